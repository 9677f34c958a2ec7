/** Numbers on the host, single and nested by axis. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import type { Shape } from "../lazy/shape.ts";

/** A complex number on the host. */
export interface Complex {
  /** The real part. */
  readonly re: number;
  /** The imaginary part. */
  readonly im: number;
}

/** True for `{ re, im }` with two numbers. */
export function isComplexNumber(x: unknown): x is Complex {
  if (typeof x !== "object" || x === null || !("re" in x && "im" in x)) return false;
  return typeof x.re === "number" && typeof x.im === "number";
}

/** Numbers nested by axis. */
export type NestedReal = number | NestedReal[];

/** Complex numbers nested by axis. */
export type NestedComplex = Complex | NestedComplex[];

/** Entries nested by axis that are only read. */
export type NestedData<T> = T | readonly NestedData<T>[];

type Nested<T> = T | Nested<T>[];

/** The entries of a row-major shape nested by axis. */
export function nest<T>(shape: Shape, entry: (k: number) => T): Nested<T> {
  let k = 0;
  const block = (axis: number): Nested<T> =>
    axis === shape.length ? entry(k++) : Array.from({ length: shape[axis] }, () => block(axis + 1));
  return block(0);
}

/** Arrays are no deeper in one another; those that hold themselves are. */
const DEEPEST = 64;

/** The shape and the entries of nested arrays; refuses ragged ones. */
export function flatten(what: string, data: unknown): { shape: number[]; flat: unknown[] } {
  const shape: number[] = [];
  for (let at = data; Array.isArray(at); at = at[0]) {
    if (shape.length === DEEPEST) {
      throw cannot(what, `arrays lie deeper than ${DEEPEST} in one another`);
    }
    shape.push(at.length);
  }
  const flat: unknown[] = [];
  const walk = (at: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (Array.isArray(at)) throw cannot(what, "the nested arrays differ in depth");
      flat.push(at);
      return;
    }
    if (!Array.isArray(at) || at.length !== shape[axis]) {
      const got = Array.isArray(at) ? `${at.length} entries` : describe(at);
      throw cannot(what, `along axis ${axis} there are ${shape[axis]} entries and then ${got}`);
    }
    for (const item of at) walk(item, axis + 1);
  };
  walk(data, 0);
  return { shape, flat };
}
