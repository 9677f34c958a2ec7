/** How many modules may still be made: descriptions from files can't ask for any number of them. */
import { cannot } from "../gpu/contract/errors.ts";

/** Modules for each record of a description, and for each array beside it. */
const EACH = 8;
/** The most modules of a description. */
const MOST = 100_000;

/** The most values that are looked at; a description of a program's own may hold itself. */
const MOST_VALUES = 1_000_000;

/** How many modules a description may make: a few letters in it can ask for thousands of layers. */
export function allowanceOf(description: unknown, free: number, arrays = 0): number {
  let records = arrays, values = 0;
  for (const waiting = [description]; waiting.length > 0;) {
    const value = waiting.pop();
    if (++values > MOST_VALUES) return MOST;
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) records++;
    if (records > MOST) return MOST;
    for (const inner of Object.values(value)) waiting.push(inner);
  }
  return Math.min(free + EACH * records, MOST);
}

let left = Infinity;
let most = Infinity;

/** Counts a module that is being made. */
export function countModule(): void {
  if (left-- > 0) return;
  throw cannot("build a module", `it would be made of more than ${most} modules`);
}

/** The result of `build`, which may make at most so many modules, or as many as an outer call has left. */
export function withAtMost<T>(modules: number, build: () => T): T {
  if (left <= modules) return build();
  const outer = { left, most };
  left = most = modules;
  try {
    return build();
  } finally {
    const made = modules - Math.max(left, 0);
    ({ left, most } = outer);
    left -= made;
  }
}
