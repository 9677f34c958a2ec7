/** The options of Fourier transforms, and their checks. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { checkWord, withDefaults } from "../ops/options.ts";
import { type Axes, checkAxis, checkInteger, checkList, type Shape, show } from "../lazy/shape.ts";

/**
 * Which transform of n points is divided by what: "backward", the inverse by n; "ortho", both by √n, so
 * that they are unitary; "forward", the forward transform by n.
 */
export type FftNorm = "backward" | "ortho" | "forward";

/** The most points of a transform; buffers reach their limit before. */
export const MOST_POINTS = 2 ** 30;

/** Options of transforms along one axis. */
export interface FftOptions {
  /** How many points: the axis is cut or zero-padded; its own size, if absent. */
  readonly n?: number;
  /** The axis; the last, if absent. */
  readonly axis?: number;
  /** Which transform is divided by n; "backward", if absent. */
  readonly norm?: FftNorm;
}

/** Options of transforms along several axes. */
export interface FftnOptions {
  /** How many points along each of the axes; their own sizes, if absent. */
  readonly size?: readonly number[];
  /** The axes. If absent, the last two for two dimensions, else all, or the last `size.length`. */
  readonly axes?: Axes;
  /** Which transform is divided by the number of points; "backward", if absent. */
  readonly norm?: FftNorm;
}

/** Checks the options for one axis: the axis counted from 0, and the number of points, if given. */
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

/** Checks the options for several axes: the axes counted from 0, in the order given. */
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
    throw cannot(what, `there is no axis to transform in shape ${show(shape)}`);
  }
  if (size && size.length !== list.length) {
    throw cannot(what, `sizes ${show(size)} do not match ${list.length} axes`);
  }
  return { size, axes: list, norm: norm! };
}

/** The axes counted from 0, in the order given; refuses repeated ones. */
export function axesOf(what: string, axes: Axes, shape: Shape): number[] {
  if (typeof axes !== "number" && !Array.isArray(axes)) {
    throw cannot(what, `axes are an integer or an array of them, got ${describe(axes)}`);
  }
  const list = (typeof axes === "number" ? [axes] : axes).map((d) => checkAxis(what, d, shape));
  if (new Set(list).size !== list.length) {
    throw cannot(what, `an axis is named twice in ${show(axes as readonly number[])}`);
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
