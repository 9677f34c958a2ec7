/** Checks of the option objects that functions and layers take. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";

/** Refuses what is not an object of options; lists, Maps and Dates are not. */
export function checkOptions(what: string, given: unknown, known: readonly string[] = []): void {
  const named = typeof given === "object" && given !== null && !(Symbol.iterator in given);
  if (named && !(given instanceof Date)) return;
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
    if (typeof options[name] === "boolean" && typeof value !== "boolean") {
      throw cannot(what, `${name} must be true or false, got ${describe(value)}`);
    }
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
