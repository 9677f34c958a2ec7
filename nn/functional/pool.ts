/** Poolings: the largest element, of complex numbers by modulus, or the mean of each window. */
import { cannot } from "../../gpu/contract/errors.ts";
import { where } from "../../complex/functions/combine.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkTensor, type RealTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import type { Size2d } from "../checks.ts";
import { avgPool, banded, maxPool } from "../nodes.ts";
import { windowMeans } from "./resize.ts";
import {
  type AdaptiveSize,
  adaptiveSizes,
  type AvgPool2dOptions,
  type AvgPoolOptions,
  avgWindow,
  type MaxPoolOptions,
  maxWindow,
  type ReturnIndices,
} from "./windows.ts";

/** Options of {@link maxPool1d}. */
export type MaxPool1dOptions = MaxPoolOptions<number>;

/** Options of {@link maxPool2d}; pairs are [along height, along width]. */
export type MaxPool2dOptions = MaxPoolOptions<Size2d>;

/** Options of {@link avgPool1d}. */
export type AvgPool1dOptions = AvgPoolOptions<number>;

/** x [N, C, H, W], or x [N, C, L] as an image of height 1. */
function imageOf<T extends Tensor>(what: string, axes: 1 | 2, x: T): T {
  if (checkTensor(what, x).rank === axes + 2) return axes === 1 ? x.unsqueeze(2) : x;
  throw cannot(what, `it takes ${axes === 1 ? "[N, C, L]" : "[N, C, H, W]"}, got ${show(x.shape)}`);
}

/** The largest elements of the windows, and their indices if the options ask for them. */
function largest<T extends Tensor>(
  axes: 1 | 2,
  x: T,
  kernel: Size2d,
  options: MaxPoolOptions<Size2d> | MaxPoolOptions<Size2d> & ReturnIndices | undefined,
): T | [T, RealTensor] {
  const what = "max-pool";
  const [window, returnIndices] = maxWindow(what, axes, kernel, options);
  const image = imageOf(what, axes, x);
  const plane = image.shape[2] * image.shape[3];
  if (returnIndices && plane > 2 ** 24) {
    throw cannot(what, `indices among ${plane} values are not exact in float32`);
  }
  const [y, indices] = maxPool(image, window);
  const [most, at] = axes === 1 ? [y.squeeze(2), indices.squeeze(2)] : [y, indices];
  return returnIndices ? [most, where(at.less(plane), at, -1)] : most;
}

/**
 * The element of largest modulus, of real numbers the greatest, of each window of a sequence, with its index; see {@link maxPool1d}.
 *
 * @param x [N, C, L] of either kind.
 * @param kernel The window's size.
 * @returns [N, C, L′] of the same kind, and real [N, C, L′] with the indices along L, as `argmax` gives them; −1
 * where a window lies in the padding altogether.
 * @throws {ArgandError} as {@link maxPool1d} does.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = complex([[[1, 0, 2, 0]]], [[[0, 3, 0, 0]]]);
 * const [, indices] = nn.functional.maxPool1d(x, 2, { returnIndices: true });
 * assertEquals(await indices.toArray(), [[[1, 2]]]);
 * ```
 */
export function maxPool1d<T extends Tensor>(
  x: T,
  kernel: number,
  options: MaxPool1dOptions & ReturnIndices,
): [T, RealTensor];
/**
 * The element of largest modulus, of real numbers the greatest, of each window of a sequence; of equals the first.
 *
 * @param x [N, C, L] of either kind.
 * @param kernel The window's size.
 * @returns [N, C, L′] of the same kind.
 * @throws {ArgandError} if x has other axes, an option does not fit, or the window is larger than the
 * padded input.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = complex([[[1, 0, 2, 0]]], [[[0, 3, 0, 0]]]);
 * assert((await nn.functional.maxPool1d(x, 4).item()).im === 3);
 * ```
 */
export function maxPool1d<T extends Tensor>(
  x: T,
  kernel: number,
  options?: MaxPool1dOptions,
): T;
export function maxPool1d<T extends Tensor>(
  x: T,
  kernel: number,
  options?: MaxPool1dOptions | MaxPool1dOptions & ReturnIndices,
): T | [T, RealTensor] {
  return largest(1, x, kernel, options);
}

/**
 * The element of largest modulus, of real numbers the greatest, of each window, with its index; see {@link maxPool2d}.
 *
 * @param x [N, C, H, W] of either kind.
 * @param kernel The window's size.
 * @returns [N, C, H′, W′] of the same kind, and real [N, C, H′, W′] with the indices h·W + w in the plane; −1
 * where a window lies in the padding altogether.
 * @throws {ArgandError} as {@link maxPool2d} does.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = complex([[[[1, 0], [0, 2]]]], [[[[0, 3], [0, 0]]]]);
 * const [, indices] = nn.functional.maxPool2d(x, 2, { returnIndices: true });
 * assert(await indices.item() === 1);
 * ```
 */
export function maxPool2d<T extends Tensor>(
  x: T,
  kernel: Size2d,
  options: MaxPool2dOptions & ReturnIndices,
): [T, RealTensor];
/**
 * The element of largest modulus, of real numbers the greatest, of each window; of equals the first. A window that lies in the
 * padding altogether, which takes a dilation, gives 0.
 *
 * @param x [N, C, H, W] of either kind.
 * @param kernel The window's size.
 * @returns [N, C, H′, W′] of the same kind.
 * @throws {ArgandError} if x has other axes, an option does not fit, or the window is larger than the
 * padded input.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = complex([[[[1, 0], [0, 2]]]], [[[[0, 3], [0, 0]]]]);
 * assert((await nn.functional.maxPool2d(x, 2).item()).im === 3);
 * ```
 */
export function maxPool2d<T extends Tensor>(
  x: T,
  kernel: Size2d,
  options?: MaxPool2dOptions,
): T;
export function maxPool2d<T extends Tensor>(
  x: T,
  kernel: Size2d,
  options?: MaxPool2dOptions | MaxPool2dOptions & ReturnIndices,
): T | [T, RealTensor] {
  return largest(2, x, kernel, options);
}

/**
 * The mean of each window of a sequence.
 *
 * @param x [N, C, L] of either kind.
 * @param kernel The window's size.
 * @returns [N, C, L′] of the same kind.
 * @throws {ArgandError} if x has other axes, an option does not fit, or the window is larger than the
 * padded input.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = nn.functional.avgPool1d(complex([[[1, 3, 5, 7]]]), 2);
 * assertEquals(await y.real.toArray(), [[[2, 6]]]);
 * ```
 */
export function avgPool1d<T extends Tensor>(
  x: T,
  kernel: number,
  options?: AvgPool1dOptions,
): T {
  const what = "average-pool";
  const window = avgWindow(what, 1, kernel, options);
  return avgPool(imageOf(what, 1, x), ...window).squeeze(2);
}

/**
 * The mean of each window. Where windows reach past the padding (in ceil mode), only what lies within
 * it is counted.
 *
 * @param x [N, C, H, W] of either kind.
 * @param kernel The window's size.
 * @returns [N, C, H′, W′] of the same kind.
 * @throws {ArgandError} if x has other axes, an option does not fit, or the window is larger than the
 * padded input.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = complex([[[[1, 0], [0, 3]]]], [[[[0, 4], [0, 0]]]]);
 * assert((await nn.functional.avgPool2d(x, 2).item()).im === 1);
 * ```
 */
export function avgPool2d<T extends Tensor>(
  x: T,
  kernel: Size2d,
  options?: AvgPool2dOptions,
): T {
  const what = "average-pool";
  const window = avgWindow(what, 2, kernel, options);
  return avgPool(imageOf(what, 2, x), ...window);
}

/** The means of windows that divide each axis after the channels into `sizes` (null keeps it). */
function adaptive<T extends Tensor>(x: T, sizes: readonly (number | null)[]): T {
  const inputs = x.shape.slice(2);
  const outputs = inputs.map((n, d) => sizes[d] ?? n);
  // Along axes that divide evenly all windows are alike and apart: one mean over their elements.
  const alike = inputs.map((n, d) => (n % outputs[d] === 0 ? n / outputs[d] : 1));
  const split = inputs.flatMap((n, d) => [n / alike[d], alike[d]]);
  let y = x.reshape([...x.shape.slice(0, 2), ...split]).mean(inputs.map((_, d) => 3 + 2 * d));
  inputs.forEach((n, d) => {
    if (n % outputs[d] !== 0) y = banded(y, d + 2, windowMeans(n, outputs[d]));
  });
  return y;
}

/**
 * The means of as many windows as asked for: window j of m over n elements reaches from ⌊j·n/m⌋ up to
 * ⌈(j + 1)·n/m⌉.
 *
 * @param x [N, C, L] of either kind.
 * @param size The output's length m.
 * @returns [N, C, m] of the same kind.
 * @throws {ArgandError} if x has other axes, or the size is not a positive integer.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = nn.functional.adaptiveAvgPool1d(complex([[[1, 2, 3]]]), 2);
 * assertEquals(await y.real.toArray(), [[[1.5, 2.5]]]);
 * ```
 */
export function adaptiveAvgPool1d<T extends Tensor>(x: T, size: number): T {
  const what = "average-pool";
  const sizes = adaptiveSizes(what, 1, size);
  imageOf(what, 1, x);
  return adaptive(x, sizes);
}

/**
 * The means of as many windows as asked for: along an axis, window j of m over n elements reaches from
 * ⌊j·n/m⌋ up to ⌈(j + 1)·n/m⌉. Size 1 gives the mean of each channel.
 *
 * @param x [N, C, H, W] of either kind.
 * @param size The output's size: a number for both axes, or [height, width]; null keeps the input's.
 * @returns [N, C, H′, W′] of the same kind.
 * @throws {ArgandError} if x has other axes, or a size is not a positive integer.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = randnComplex([1, 2, 7, 5]);
 * assert(nn.functional.adaptiveAvgPool2d(x, [3, null]).shape.join() === "1,2,3,5");
 * ```
 */
export function adaptiveAvgPool2d<T extends Tensor>(x: T, size: AdaptiveSize): T {
  const what = "average-pool";
  const sizes = adaptiveSizes(what, 2, size);
  imageOf(what, 2, x);
  return adaptive(x, sizes);
}
