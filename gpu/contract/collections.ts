/** Helpers for arrays and maps that the language itself lacks. */

/** The integers from 0 to n − 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, k) => k);
}

/** Whether it is an object that says how to go through it; a string is not. */
export function isIterable(x: unknown): x is Iterable<unknown> {
  return typeof x === "object" && x !== null && Symbol.iterator in x;
}

/** The items by their key, in their order: `Map.groupBy`, which Node has only from version 21 on. */
export function groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
