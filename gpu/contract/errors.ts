/** The one class of errors, and how they are worded. */
import { nameClass } from "./class_names.ts";
import { withOuterStack } from "./stack.ts";

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
  static {
    nameClass(this, "ArgandError");
  }

  /** The class's name, as `error.name` shows it. */
  override readonly name = "ArgandError";
}

/** The same error, as thrown at the line that asks for what has failed. */
export function again(error: ArgandError): ArgandError {
  return withOuterStack(() => new ArgandError(error.message, { cause: error }));
}

/** The most letters of an error, and of what can't be done: names of files and lists may be long. */
const [MOST_LETTERS, MOST_WHAT] = [4000, 1000];

const cut = (text: string, most: number) => text.length > most ? `${text.slice(0, most)}…` : text;

/** Builds the error `Cannot <what>: <why>`; what no one would read to its end is cut. */
export function cannot(what: string, why: string): ArgandError {
  const message = cut(`Cannot ${cut(what, MOST_WHAT)}: ${why}`, MOST_LETTERS);
  return withOuterStack(() => new ArgandError(message));
}
