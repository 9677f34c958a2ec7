/** Where progress is written to: standard error, in Deno, Node and Bun alike. */

/** Something that shows lines. */
export interface Terminal {
  /** Whether a line can be rewritten in place. */
  readonly live: boolean;
  /** The characters of a line. */
  columns(): number;
  write(text: string): void;
}

/** The parts of Deno, Node and Bun that are used here. */
interface Host {
  readonly Deno?: {
    readonly stderr: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number };
    consoleSize(): { columns: number };
  };
  readonly process?: {
    readonly stderr?: { isTTY?: boolean; columns?: number; write(text: string): unknown };
  };
}

const COLUMNS = 80;

/** Standard error; where there is none, as in a browser, the console. */
export function standardError(): Terminal {
  const { Deno, process } = globalThis as unknown as Host;
  if (Deno?.stderr) {
    const live = Deno.stderr.isTerminal();
    return {
      live,
      columns: () => live ? Deno.consoleSize().columns : COLUMNS,
      write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
    };
  }
  const stream = process?.stderr;
  if (typeof stream?.write === "function") {
    return {
      live: stream.isTTY === true,
      columns: () => stream.columns ?? COLUMNS,
      write: (text) => void stream.write(text),
    };
  }
  return { live: false, columns: () => COLUMNS, write: (text) => console.info(text.trimEnd()) };
}
