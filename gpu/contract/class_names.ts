/** Names of classes as errors and summaries show them: a bundler that minifies shortens a class's own. */

/** A class, whatever its constructor takes. */
// deno-lint-ignore no-explicit-any
export type Class = abstract new (...args: any[]) => unknown;

const names = new WeakMap<object, string>();
let later: (readonly [of: () => Class, name: string])[] = [];

/** Names a class. */
export function nameClass(of: Class, name: string): void {
  names.set(of, name);
}

/** Names a class that is not there yet. */
export function nameClassLater(of: () => Class, name: string): void {
  later.push([of, name]);
}

/** The name of a class; its own, which may be short, where it has no other. */
export function nameOfClass(of: Class): string {
  if (later.length > 0) {
    for (const [named, name] of later) names.set(named(), name);
    later = [];
  }
  return names.get(of) ?? of.name;
}

/** The name of an object's class. */
export function classNameOf(x: object): string {
  return nameOfClass(x.constructor as Class);
}
