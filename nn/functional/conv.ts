/** Convolutions. */
import type { Tensor } from "../../complex/tensor/tensor.ts";
import type { Size2d, Size3d } from "../checks.ts";
import { convolve, type ConvOptions } from "./convolve.ts";

/** Options of {@link conv1d}. */
export type Conv1dOptions = ConvOptions<number>;

/** Options of {@link conv2d}; each a number, or [along height, along width]. */
export type Conv2dOptions = ConvOptions<Size2d>;

/** Options of {@link conv3d}; each a number, or [along depth, along height, along width]. */
export type Conv3dOptions = ConvOptions<Size3d>;

/**
 * One-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c] (without conjugation).
 *
 * @param x Complex or real [N, C, L].
 * @param weight [O, C / groups, l], of the kind of x.
 * @param bias [O], of that kind, or nothing.
 * @returns [N, O, L′] with L′ = ⌊(L + 2·padding − dilation·(l − 1) − 1) / stride⌋ + 1.
 * @throws {ArgandError} if channels or sizes do not fit, or the kernel is larger than the padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.conv1d(randnComplex([1, 2, 50]), randnComplex([4, 2, 5]), null, {
 *   stride: 5,
 * });
 * assert(y.shape.join() === "1,4,10");
 * ```
 */
export function conv1d<T extends Tensor>(
  x: T,
  weight: T,
  bias: T | null = null,
  options?: Conv1dOptions,
): T {
  return convolve(1, x, weight, bias, options);
}

/**
 * Two-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c] (without conjugation).
 *
 * @param x Complex or real [N, C, H, W].
 * @param weight [O, C / groups, h, w], of the kind of x.
 * @param bias [O], of that kind, or nothing.
 * @returns [N, O, H′, W′] with H′ = ⌊(H + 2·padding − dilation·(h − 1) − 1) / stride⌋ + 1.
 * @throws {ArgandError} if channels or sizes do not fit, or the kernel is larger than the padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.conv2d(randnComplex([1, 2, 8, 8]), randnComplex([4, 2, 3, 3]), null, {
 *   padding: 1,
 * });
 * assert(y.shape.join() === "1,4,8,8");
 * ```
 */
export function conv2d<T extends Tensor>(
  x: T,
  weight: T,
  bias: T | null = null,
  options?: Conv2dOptions,
): T {
  return convolve(2, x, weight, bias, options);
}

/**
 * Three-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c] (without conjugation).
 * It lays out the d taps along depth as channels, which takes d / stride times the memory of x while
 * it runs.
 *
 * @param x Complex or real [N, C, D, H, W].
 * @param weight [O, C / groups, d, h, w], of the kind of x.
 * @param bias [O], of that kind, or nothing.
 * @returns [N, O, D′, H′, W′] with
 * D′ = ⌊(D + 2·padding − dilation·(d − 1) − 1) / stride⌋ + 1, H′ and W′ likewise.
 * @throws {ArgandError} if channels or sizes do not fit, or the kernel is larger than the padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [x, weight] = [randnComplex([1, 2, 5, 6, 7]), randnComplex([4, 2, 3, 3, 3])];
 * const y = nn.functional.conv3d(x, weight, null, { padding: "same" });
 * assert(y.shape.join() === "1,4,5,6,7");
 * ```
 */
export function conv3d<T extends Tensor>(
  x: T,
  weight: T,
  bias: T | null = null,
  options?: Conv3dOptions,
): T {
  return convolve(3, x, weight, bias, options);
}
