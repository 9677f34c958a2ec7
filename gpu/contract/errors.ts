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

/** The same error, as thrown at the line that asks for what has failed. */
export function again(error: ArgandError): ArgandError {
  const copy = new ArgandError(error.message, { cause: error });
  Error.captureStackTrace?.(copy, again);
  return copy;
}

/** Builds the error `Cannot <what>: <why>`. */
export function cannot(what: string, why: string): ArgandError {
  const error = new ArgandError(`Cannot ${what}: ${why}`);
  Error.captureStackTrace?.(error, cannot); // begins where the mistake was found; not all engines can
  return error;
}
