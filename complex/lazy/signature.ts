/**
 * Small numbers for structures: lists of integers are alike exactly if they have the same number.
 * Nodes are compared by these, since writing their structure out as text would take most of the time in
 * which a training step is recorded.
 */
import { type DType, DTYPES } from "../../gpu/contract/dtype.ts";
import type { Shape } from "./shape.ts";

/** The number of the empty list. */
export const EMPTY = 1;

let count = 1;
/** An open-addressing table: a list, what follows it, the number of both together; 0 is a free place. */
let mask = (1 << 12) - 1;
let lists = new Int32Array(mask + 1), nexts = new Int32Array(mask + 1);
let numbers = new Int32Array(mask + 1);

/** Where the pair is, or the free place where it would be. */
function place(list: number, next: number): number {
  let at = Math.imul(list, 0x9e3779b1) ^ Math.imul(next, 0x85ebca6b);
  at = (at ^ (at >>> 15)) & mask;
  while (lists[at] !== 0 && (lists[at] !== list || nexts[at] !== next)) at = (at + 1) & mask;
  return at;
}

function put(at: number, list: number, next: number, number: number): void {
  lists[at] = list;
  nexts[at] = next;
  numbers[at] = number;
}

function grow(): void {
  const old = { lists, nexts, numbers };
  mask = 2 * mask + 1;
  lists = new Int32Array(mask + 1);
  nexts = new Int32Array(mask + 1);
  numbers = new Int32Array(mask + 1);
  old.lists.forEach((list, k) => {
    const next = old.nexts[k];
    if (list !== 0) put(place(list, next), list, next, old.numbers[k]);
  });
}

/** The number of the list `list` with `next`, a 32-bit integer, at its end. */
export function extend(list: number, next: number): number {
  next |= 0;
  const at = place(list, next);
  if (lists[at] !== 0) return numbers[at];
  if (2 * count > mask) {
    grow();
    return extend(list, next);
  }
  put(at, list, next, ++count);
  return count;
}

const texts = new Map<string, number>();

/** A small number for each distinct text. */
export function intern(text: string): number {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, texts.size);
  return texts.size - 1;
}

const objects = new WeakMap<object, number>();
let nextObject = 0;

/** A small number for each object. */
export function identify(object: object): number {
  const known = objects.get(object);
  if (known !== undefined) return known;
  objects.set(object, nextObject);
  return nextObject++;
}

// Each value begins with one of these, so that no two values are spelled alike.
const [WHOLE, FRACTION, TEXT, LIST, FIELDS, OTHER] = [0, 1, 2, 3, 4, 5];
/** Stands behind the last field of an object. */
const END = -1;

const fraction = new Float64Array(1);
const halves = new Int32Array(fraction.buffer);

/** The list with the spelling of plain data at its end: numbers, texts, lists and objects of such. */
export function extendBy(list: number, value: unknown): number {
  if (typeof value === "number") {
    if ((value | 0) === value) return extend(extend(list, WHOLE), value);
    fraction[0] = value;
    return extend(extend(extend(list, FRACTION), halves[0]), halves[1]);
  }
  if (typeof value === "string") return extend(extend(list, TEXT), intern(value));
  if (Array.isArray(value)) {
    let made = extend(extend(list, LIST), value.length);
    for (let k = 0; k < value.length; k++) made = extendBy(made, value[k]);
    return made;
  }
  if (typeof value === "object" && value !== null && isPlain(value)) {
    let made = extend(list, FIELDS);
    for (const name in value) {
      made = extend(made, intern(name));
      made = extendBy(made, (value as Record<string, unknown>)[name]);
    }
    return extend(made, END);
  }
  return extend(extend(list, OTHER), intern(JSON.stringify(value) ?? "undefined"));
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The number of the type of results: their shapes and kinds. */
export function typeOf(
  results: readonly { readonly shape: Shape; readonly dtype: DType }[],
): number {
  let list = EMPTY;
  for (let k = 0; k < results.length; k++) {
    const { shape, dtype } = results[k];
    let wide = false;
    for (let d = 0; d < shape.length; d++) if (shape[d] > MOST_SIZE) wide = true;
    list = extend(extend(list, DTYPES[dtype].code), wide ? WIDE + shape.length : shape.length);
    for (let d = 0; d < shape.length; d++) {
      if (wide) list = extend(list, Math.floor(shape[d] / (MOST_SIZE + 1)));
      list = extend(list, shape[d] & MOST_SIZE);
    }
  }
  return list;
}

/** The largest size of an axis that is one number; shapes with larger ones have two for each axis. */
const MOST_SIZE = 2 ** 31 - 1, WIDE = 2 ** 30;

/**
 * The type with the call that gives it: a primitive, and its numbers of inputs and words of params; `words` is
 * −1 without params. It follows as one number below −1, or where it does not fit as three after a −1; the
 * numbers of a type are never negative.
 */
export function extendByCall(
  type: number,
  primitive: number,
  inputs: number,
  words: number,
): number {
  if (primitive < 1 << 16 && inputs < 1 << 7 && words < (1 << 7) - 1) {
    return extend(type, -2 - (primitive << 14 | inputs << 7 | words + 1));
  }
  return extend(extend(extend(extend(type, -1), primitive), inputs), words);
}
