/** How many modules may still be made: descriptions from files can't ask for any number of them. */
import { cannot } from "../gpu/contract/errors.ts";

let left = Infinity;
let most = Infinity;

/** Counts a module that is being made. */
export function countModule(): void {
  if (left-- > 0) return;
  throw cannot("build a module", `it would be made of more than ${most} modules`);
}

/** What `build` gives, which may make at most so many modules, or what is left where it is called within. */
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
