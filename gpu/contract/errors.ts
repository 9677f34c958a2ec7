/**
 * Every error the library throws on purpose reads `Cannot <do>: <why, with the values>`.
 *
 * @example
 * ```ts
 * import { ArgandError, ones } from "@argand/argand";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => ones([2]).add(ones([3])), ArgandError, "Cannot add: shapes [2] and [3]");
 * ```
 */
export class ArgandError extends Error {
  /** The class's name, as `error.name` shows it. */
  override readonly name = "ArgandError";
}

/** Builds the error `Cannot <what>: <why>`. */
export function cannot(what: string, why: string): ArgandError {
  const error = new ArgandError(`Cannot ${what}: ${why}`);
  Error.captureStackTrace?.(error, cannot); // begins where the mistake was found; not all engines can
  return error;
}
