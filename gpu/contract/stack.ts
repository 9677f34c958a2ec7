/** Stacks of errors as their readers need them: their own line first. */
import { environment } from "./runtime.ts";

/** What V8 has beside the standard; Node's and Deno's type checkers alone know it. */
const v8 = Error as {
  captureStackTrace?(target: object): void;
  stackTraceLimit?: number;
};

/** Frames that are looked through for the first line outside the library. */
const DEEPEST = 100;

/** Whether the frames within the library are shown, too. */
const isWhole = environment("ARGAND_DEBUG") === "1";

/** The frame of this file, after the folder of the library; in a bundle there is no such frame. */
const HERE = /\(([^()]*)gpu\/contract\/stack\.ts:\d+:\d+\)$/;

/** Whether a frame is of the library at `base`, or of the runtime on its behalf. */
function isInside(frame: string, base: string): boolean {
  if (/\(<anonymous>\)|\((ext|node):/.test(frame)) return true;
  const at = frame.indexOf(base);
  return at >= 0 && /^((complex|gpu|nn)\/|gpu\.ts:)/.test(frame.slice(at + base.length));
}

/** The frames of the stack from the first line outside the library on; null where none is known. */
function framesOutside(): string[] | null {
  const probe: { stack?: unknown } = {};
  v8.captureStackTrace?.(probe);
  if (typeof probe.stack !== "string") return null;
  const frames = probe.stack.split("\n").slice(1);
  const base = HERE.exec(frames[0])?.[1];
  const first = base === undefined ? -1 : frames.findIndex((frame) => !isInside(frame, base));
  return first < 0 ? null : frames.slice(first);
}

/**
 * Makes an error whose stack begins with the first line outside the library, with `ARGAND_DEBUG=1` within
 * it. Where the runtime does not write stacks as V8 does, the stack stays whole.
 */
export function withOuterStack<E extends Error>(make: () => E): E {
  const limit = v8.stackTraceLimit ?? 0;
  if (isWhole || !v8.captureStackTrace || limit <= 0) return make();
  try {
    v8.stackTraceLimit = DEEPEST;
    const frames = framesOutside();
    // Deno shows an uncaught error by the frames that it was made with, or else by its text.
    v8.stackTraceLimit = frames ? 0 : limit;
    const error = make();
    if (frames) {
      error.stack = [`${error.name}: ${error.message}`, ...frames.slice(0, limit)].join("\n");
    }
    return error;
  } finally {
    v8.stackTraceLimit = limit;
  }
}
