/** Checks of the option objects that functions and layers take. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { checkFlag } from "../lazy/shape.ts";

/** Whether it is an object as `{ … }` writes it, of this realm or of another, and not of a class. */
function isPlain(x: unknown): x is object {
  if (typeof x !== "object" || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Refuses what is not an object of options; lists, Maps, Promises and Errors are not. */
export function checkOptions(what: string, given: unknown, known: readonly string[] = []): void {
  if (isPlain(given)) return;
  const names = known.length > 0 ? `; it knows ${known.join(", ")}` : "";
  throw cannot(what, `the options must be an object, got ${describe(given)}${names}`);
}

/** Stands for a default where there is none: the check of the option sees undefined. */
export function noDefault<T>(): T {
  return undefined as unknown as T;
}

/** A copy of the options with defaults for absent ones; refuses unknown names and booleans that are not. */
export function withDefaults<O extends object>(
  what: string,
  given: Partial<O> | undefined,
  defaults: O,
): O {
  if (given === undefined) return { ...defaults };
  checkOptions(what, given, Object.keys(defaults));
  const options = { ...defaults } as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults).join(", ");
      throw cannot(what, `unknown option "${name}"; it knows ${known || "none"}`);
    }
    if (value === undefined) continue;
    if (typeof options[name] === "boolean") checkFlag(what, name, value);
    options[name] = Array.isArray(value) ? [...value] : value;
  }
  return options as O;
}

/** Refuses a value that is not one of the words. */
export function checkWord(
  what: string,
  name: string,
  value: unknown,
  words: readonly string[],
): void {
  if (words.includes(value as string)) return;
  throw cannot(
    what,
    `${name} must be ${words.map((w) => `"${w}"`).join(" or ")}, got ${describe(value)}`,
  );
}
