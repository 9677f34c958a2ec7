/** Arithmetic of shapes, and the checks that stand at the head of every operation. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe, show } from "./describe.ts";

export { show } from "./describe.ts";

/** The sizes of a tensor's axes, outermost first. */
export type Shape = readonly number[];

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** How many elements lie around an axis: over the axes before it, and over those after it. */
export function around(shape: Shape, axis: number): { outer: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), inner: sizeOf(shape.slice(axis + 1)) };
}

/** True where both shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return true;
}

/** Refuses what is not an array. */
export function checkList<T>(what: string, of: string, list: readonly T[]): readonly T[] {
  if (Array.isArray(list)) {
    for (let k = 0; k < list.length; k++) {
      if (!(k in list)) throw cannot(what, `${of} is a list of ${list.length} without item ${k}`);
    }
    return list;
  }
  throw cannot(what, `it takes an array of ${of}, got ${describe(list)}`);
}

function checkSizes(what: string, shape: Shape): void {
  if (Array.isArray(shape)) return;
  throw cannot(what, `the shape must be an array of integers, got ${describe(shape)}`);
}

/** Refuses shapes of more elements than can be counted. */
function checkCount(what: string, shape: Shape): void {
  if (sizeOf(shape) <= Number.MAX_SAFE_INTEGER) return;
  throw cannot(
    what,
    `the shape ${show(shape)} has more than 2^53 elements, which can't be counted`,
  );
}

/** Refuses what is not a list of positive integers. */
export function checkShape(what: string, shape: Shape): void {
  checkSizes(what, shape);
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 1) {
      const sizes = `every size in the shape ${show(shape)}`;
      throw cannot(what, `${sizes} must be a positive integer, got ${describe(n)}`);
    }
  }
  checkCount(what, shape);
}

/** Refuses to treat as one value what has several. */
export function checkScalar(what: string, shape: Shape): void {
  if (sizeOf(shape) === 1) return;
  throw cannot(what, `it has ${sizeOf(shape)} values, shape ${show(shape)}, and not one`);
}

/** Refuses what is not a number; NaN and infinities are numbers. */
export function checkNumber(what: string, name: string, x: unknown): void {
  if (typeof x !== "number") throw cannot(what, `${name} must be a number, got ${describe(x)}`);
}

/** Refuses what is neither true nor false. */
export function checkFlag(what: string, name: string, x: unknown): asserts x is boolean {
  if (typeof x !== "boolean") {
    throw cannot(what, `${name} must be true or false, got ${describe(x)}`);
  }
}

/** An interval in words: ` from 1 to 5`, ` of at least 0`, or nothing. */
export function range(low: number, high: number): string {
  if (high < Infinity) return ` from ${low} to ${high}`;
  return low > -Infinity ? ` of at least ${low}` : "";
}

/** Refuses what is not an integer in [low, high]. */
export function checkInteger(
  what: string,
  name: string,
  n: number,
  low = 0,
  high = Infinity,
): void {
  if (!Number.isSafeInteger(n) || n < low || n > high) {
    const positive = low === 1 && high === Infinity;
    const integer = positive ? "a positive integer" : `an integer${range(low, high)}`;
    throw cannot(what, `${name} must be ${integer}, got ${describe(n)}`);
  }
}

/** An axis counted from 0; negative ones count from the end, as in NumPy. */
export function checkAxis(what: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw cannot(
      what,
      `axis ${describe(axis)} is not one of the ${rank} axes of shape ${show(shape)}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from 0, in order, none twice; absent means all. */
export function checkAxes(
  what: string,
  axes: Axes | undefined,
  shape: Shape,
): number[] {
  if (axes === undefined) return shape.map((_, d) => d);
  if (typeof axes !== "number" && !Array.isArray(axes)) {
    throw cannot(what, `axes are an integer or an array of them, got ${describe(axes)}`);
  }
  const list = (typeof axes === "number" ? [axes] : [...axes])
    .map((axis) => checkAxis(what, axis, shape)).sort((a, b) => a - b);
  if (new Set(list).size !== list.length) {
    throw cannot(what, `an axis is named twice in ${show(axes as readonly number[])}`);
  }
  return list;
}

/** The shape that both broadcast to, by NumPy's rule; an error shows `whole`, if they are parts. */
export function broadcastShapes(
  what: string,
  a: Shape,
  b: Shape,
  whole: readonly [Shape, Shape] = [a, b],
): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let d = 1; d <= rank; d++) {
    const m = a[a.length - d] ?? 1;
    const n = b[b.length - d] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      const [sa, sb] = whole.map(show);
      throw cannot(what, `shapes ${sa} and ${sb} do not broadcast: ${m} against ${n}`);
    }
    out.unshift(Math.max(m, n));
  }
  checkCount(what, out);
  return out;
}

/** A shape with one size given as −1 worked out from the number of elements. */
export function resolveShape(what: string, shape: Shape, size: number): number[] {
  checkSizes(what, shape);
  const holes = shape.filter((n) => n === -1).length;
  checkShape(what, shape.filter((n) => n !== -1));
  if (holes > 1) throw cannot(what, `only one size of ${show(shape)} may be -1`);
  const known = shape.reduce((a, n) => (n === -1 ? a : a * n), 1);
  const full = shape.map((n) => (n === -1 ? size / known : n));
  if (holes === 1 && !Number.isInteger(size / known)) {
    throw cannot(what, `${size} elements do not fill the shape ${show(shape)}`);
  }
  checkShape(what, full);
  if (sizeOf(full) !== size) {
    throw cannot(what, `${size} elements do not fill the shape ${show(shape)}`);
  }
  return full;
}
