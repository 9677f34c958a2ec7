/** The options of Fourier transforms, and their checks. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { checkWord, withDefaults } from "../ops/options.ts";
import { type Axes, checkAxis, checkInteger, checkList, type Shape, show } from "../lazy/shape.ts";

/**
 * Where a transform of n points is divided: "backward", the inverse by n; "ortho", both by √n, so that
 * they are unitary; "forward", the forward one by n.
 */
export type FftNorm = "backward" | "ortho" | "forward";

/** Points that a transform may have; buffers end before. */
export const MOST_POINTS = 2 ** 30;

/** Options of transforms along one axis. */
export interface FftOptions {
  /** How many points: the axis is cut, or filled up with zeros; its own size, if absent. */
  readonly n?: number;
  /** The axis; the last, if absent. */
  readonly axis?: number;
  /** Where to divide by n; "backward", if absent. */
  readonly norm?: FftNorm;
}

/** Options of transforms along several axes. */
export interface FftnOptions {
  /** How many points along each of the axes; their own sizes, if absent. */
  readonly size?: readonly number[];
  /** The axes. Absent means the last two for two dimensions, else all, or the last `size.length`. */
  readonly axes?: Axes;
  /** Where to divide by the number of points; "backward", if absent. */
  readonly norm?: FftNorm;
}

/** The options of one axis, checked: the axis counted from 0, and the points, if they were given. */
export function lineOptions(
  what: string,
  shape: Shape,
  given: FftOptions | undefined,
): { n: number | undefined; axis: number; norm: FftNorm } {
  const defaults: FftOptions = { n: undefined, axis: -1, norm: "backward" };
  const { n, axis, norm } = withDefaults(what, given, defaults);
  checkNorm(what, norm);
  if (n !== undefined) checkInteger(what, "n", n, 1, MOST_POINTS);
  return { n, axis: checkAxis(what, axis!, shape), norm: norm! };
}

/** The options of several axes, checked: the axes counted from 0, in the order they were given. */
export function gridOptions(
  what: string,
  shape: Shape,
  given: FftnOptions | undefined,
  dimensions?: number,
): { size: readonly number[] | undefined; axes: number[]; norm: FftNorm } {
  const defaults: FftnOptions = { size: undefined, axes: undefined, norm: "backward" };
  const { size, axes, norm } = withDefaults(what, given, defaults);
  checkNorm(what, norm);
  if (size !== undefined) {
    for (const n of checkList(what, "sizes", size)) checkInteger(what, "a size", n, 1, MOST_POINTS);
  }
  const count = dimensions ?? size?.length ?? shape.length;
  const last = Array.from({ length: count }, (_, k) => k - count);
  const list = axesOf(what, axes === undefined ? last : axes, shape);
  if (dimensions !== undefined && list.length !== dimensions) {
    throw cannot(what, `it takes ${dimensions} axes, got ${show(list)}`);
  }
  if (list.length === 0) {
    throw cannot(what, `there is no axis to transform of shape ${show(shape)}`);
  }
  if (size && size.length !== list.length) {
    throw cannot(what, `sizes ${show(size)} do not go with ${list.length} axes`);
  }
  return { size, axes: list, norm: norm! };
}

/** Axes counted from 0, in the order they were given, none twice. */
export function axesOf(what: string, axes: Axes, shape: Shape): number[] {
  if (typeof axes !== "number" && !Array.isArray(axes)) {
    throw cannot(what, `axes are an integer or an array of them, got ${describe(axes)}`);
  }
  const list = (typeof axes === "number" ? [axes] : axes).map((d) => checkAxis(what, d, shape));
  if (new Set(list).size !== list.length) {
    throw cannot(what, `an axis is named twice in [${String(axes)}]`);
  }
  return list;
}

function checkNorm(what: string, norm: unknown): void {
  checkWord(what, "norm", norm, ["backward", "ortho", "forward"]);
}

/** The factor of a transform of n points. */
export function factorOf(norm: FftNorm, n: number, inverse: boolean): number {
  if (norm === "ortho") return 1 / Math.sqrt(n);
  return (norm === "forward") === inverse ? 1 : 1 / n;
}
