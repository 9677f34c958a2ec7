/** Where in the user's program the library was called, by the stack of an error. */

/** A line of a stack outside the library, and the function of the library that it called. */
export interface CallSite {
  /** The place, such as `file:///home/me/train.ts:12:9`. */
  readonly at: string;
  /** The function, such as `RealTensor.log`; null where it has no name. */
  readonly by: string | null;
}

/** An error with the stack of this call, `limit` lines at most: what takes time is to read it. */
export function errorHere(limit: number): Error {
  const settings = Error as { stackTraceLimit?: number };
  const before = settings.stackTraceLimit;
  settings.stackTraceLimit = limit;
  const error = new Error("recorded here");
  settings.stackTraceLimit = before;
  return error;
}

/** The folder that holds the library's floors, by the place of this file; null in a bundle. */
const ROOT =
  /(?:[(@]|at )([^()@]*)complex\/transforms\/call_site\.ts:\d/.exec(errorHere(1).stack ?? "")
    ?.[1] ??
    null;
const FLOORS = ["complex", "gpu", "nn"].map((floor) => `${ROOT}${floor}/`);

/** Lines as V8 writes them, and as Firefox and Safari do: a function, if it has a name, and the place. */
const LINES = [/^at (?:(.+?) \()?(.+:\d+:\d+)\)?$/, /^(.*?)@(.+:\d+:\d+)$/];

/** The runtime's own files. */
const INTERNAL = /^(?:async )?(?:node|ext|bun):/;

/** The first line of a stack that lies outside the library; null where there is none, or in a bundle. */
export function callSite(stack: string): CallSite | null {
  if (ROOT === null) return null;
  let by: string | null = null;
  for (const line of stack.split("\n")) {
    const parts = LINES[0].exec(line.trim()) ?? LINES[1].exec(line.trim());
    if (!parts || INTERNAL.test(parts[2])) continue;
    const at = parts[2].replace(/^async /, "");
    if (!FLOORS.some((floor) => at.startsWith(floor))) return { at, by };
    by = /^(?:async |new )*([\w$.#]+)$/.exec(parts[1] ?? "")?.[1] ?? null;
  }
  return null;
}
