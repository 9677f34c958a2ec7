/** Every error the library throws on purpose reads `Cannot <do>: <why, with the values>`. */
export class ArgandError extends Error {
  /** The class's name, as `error.name` shows it. */
  override readonly name = "ArgandError";
}

/** Builds the error `Cannot <what>: <why>`. */
export function cannot(what: string, why: string): ArgandError {
  return new ArgandError(`Cannot ${what}: ${why}`);
}
