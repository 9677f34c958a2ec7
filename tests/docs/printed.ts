/**
 * What examples print, beside the comments that say it: `console.log(x); // 1, 2 (why so)`.
 *
 * The words and numbers of the comment must be those that are printed, in order. Brackets, commas
 * and quotes do not count, and neither does what stands in parentheses at the end. `…` stands for
 * any words. After `≈` a number may be off by one unit of the last digit that is written. A line
 * that runs several times has all its prints in one comment. A comment that begins with `such as`
 * is not compared: what it shows depends on the machine. Where a page shows all that an example
 * prints, in a block marked `text`, that is compared in the same way.
 */

import type { Example } from "./examples.ts";

/** A line that says what it prints, and what it did print. */
export interface Claim {
  readonly line: number;
  readonly says: string;
  readonly prints: string[];
}

/** An example that can be run in this process, and that notes what it prints in its claims. */
export interface Recorded {
  readonly source: string;
  readonly claims: readonly Claim[];
  /** All that it is to print, if the page shows it. */
  readonly output?: string;
}

const CLAIM = /console\.log(\(.*\);) \/\/ (.*)$/;

/** The claims of the example that is running, where its code finds them. */
const running = globalThis as typeof globalThis & {
  __print?: (claim: number, ...values: unknown[]) => void;
};

/** Finds the claims in an example. They are filled while `run` waits for it. */
export function record({ source, output }: Example): Recorded {
  const claims: Claim[] = [];
  const noted = source.split("\n").map((text, k) =>
    text.replace(CLAIM, (_, call: string, says: string) => {
      claims.push({ line: k + 1, says, prints: [] });
      return `__print(${claims.length - 1}, ${call.slice(1)}`;
    })
  );
  return { source: noted.join("\n"), claims, output };
}

/** Runs a recorded example by `load` and gives back the claims that do not hold, in words. */
export async function run(
  { claims, output }: Recorded,
  load: () => Promise<unknown>,
): Promise<string[]> {
  const { log } = console;
  const printed: string[] = [];
  console.log = (...values) => void printed.push(values.map(show).join(" "));
  running.__print = (claim, ...values) => {
    console.log(...values);
    claims[claim].prints.push(printed.at(-1)!);
  };
  try {
    await load();
  } finally {
    console.log = log;
    delete running.__print;
  }
  const wrong = claims.filter((claim) => !holds(claim)).map(({ line, says, prints }) =>
    `line ${line} says "${says}" and prints "${prints.join(" ")}"`
  );
  if (output !== undefined && words(output).join(" ") !== words(printed.join("\n")).join(" ")) {
    wrong.push(`the page shows\n${output}and it prints\n${printed.join("\n")}`);
  }
  return wrong;
}

/** Whether a claim is what was printed. */
export function holds({ says, prints }: Pick<Claim, "says" | "prints">): boolean {
  if (says.startsWith("such as")) return true;
  const [exact, about] = says.replace(/ \([^()]*\)$/, "").split("≈");
  const said = [
    ...words(exact).map((word) => ({ word, exact: true })),
    ...words(about ?? "").map((word) => ({ word, exact: false })),
  ];
  return matches(said, words(prints.join(" ")));
}

function show(value: unknown): string {
  return typeof value === "string"
    ? value
    : Deno.inspect(value, { breakLength: Infinity, iterableLimit: 1000, colors: false });
}

/** The words and numbers of a text. */
function words(text: string): string[] {
  return text.replace(/\b\w+Array\(\d+\)/g, " ").split(/[\s[\],"']+/).filter((word) => word !== "");
}

interface Said {
  readonly word: string;
  readonly exact: boolean;
}

function matches(said: readonly Said[], printed: readonly string[]): boolean {
  if (said.length === 0) return printed.length === 0;
  const [first, ...rest] = said;
  if (first.word === "…") {
    return printed.some((_, k) => matches(rest, printed.slice(k))) || matches(rest, []);
  }
  return printed.length > 0 && same(first, printed[0]) && matches(rest, printed.slice(1));
}

function same({ word, exact }: Said, printed: string): boolean {
  const [a, b] = [Number(word), Number(printed)];
  if (Number.isNaN(a) || Number.isNaN(b)) return word === printed;
  const digits = word.split(".")[1]?.length ?? 0;
  return exact ? a === b : Math.abs(a - b) <= 1.0001 * 10 ** -digits;
}
