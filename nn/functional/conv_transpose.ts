/** Transposed convolutions. */
import type { Tensor } from "../../complex/tensor/tensor.ts";
import type { Size2d, Size3d } from "../checks.ts";
import { convolveTransposed, type ConvTransposeOptions } from "./convolve.ts";

/** Options of {@link convTranspose1d}. */
export type ConvTranspose1dOptions = ConvTransposeOptions<number>;

/** Options of {@link convTranspose2d}; each a number, or [along height, along width]. */
export type ConvTranspose2dOptions = ConvTransposeOptions<Size2d>;

/** Options of {@link convTranspose3d}; each a number, or [along depth, along height, along width]. */
export type ConvTranspose3dOptions = ConvTransposeOptions<Size3d>;

/**
 * The transpose of {@link conv1d} as a linear map (without conjugation) plus a bias,
 * y[n, o, k·stride + t·dilation − padding] += Σ_c x[n, c, k] w[c, o, t].
 *
 * @param x Complex or real [N, C, L].
 * @param weight [C, O / groups, l], of the kind of x.
 * @param bias [O], of that kind, or nothing.
 * @returns [N, O, L′] with
 * L′ = (L − 1)·stride − 2·padding + dilation·(l − 1) + outputPadding + 1.
 * @throws {ArgandError} if channels or sizes do not fit, or `outputPadding` is below neither stride nor
 * dilation.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.convTranspose1d(randnComplex([1, 4, 10]), randnComplex([4, 2, 5]), null, {
 *   stride: 5,
 * });
 * assert(y.shape.join() === "1,2,50");
 * ```
 */
export function convTranspose1d<T extends Tensor>(
  x: T,
  weight: T,
  bias: T | null = null,
  options?: ConvTranspose1dOptions,
): T {
  return convolveTransposed(1, x, weight, bias, options);
}

/**
 * The transpose of {@link conv2d} as a linear map (without conjugation) plus a bias: each pixel of x
 * lays down the kernel, `stride` apart. It is the adjoint of x ↦ conv2d(x, conj w).
 *
 * @param x Complex or real [N, C, H, W].
 * @param weight [C, O / groups, h, w], of the kind of x.
 * @param bias [O], of that kind, or nothing.
 * @returns [N, O, H′, W′] with
 * H′ = (H − 1)·stride − 2·padding + dilation·(h − 1) + outputPadding + 1.
 * @throws {ArgandError} if channels or sizes do not fit, or `outputPadding` is below neither stride nor
 * dilation.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [x, weight] = [randnComplex([1, 4, 5, 5]), randnComplex([4, 2, 3, 3])];
 * const y = nn.functional.convTranspose2d(x, weight, null, {
 *   stride: 2,
 *   padding: 1,
 *   outputPadding: 1,
 * });
 * assert(y.shape.join() === "1,2,10,10");
 * ```
 */
export function convTranspose2d<T extends Tensor>(
  x: T,
  weight: T,
  bias: T | null = null,
  options?: ConvTranspose2dOptions,
): T {
  return convolveTransposed(2, x, weight, bias, options);
}

/**
 * The transpose of {@link conv3d} as a linear map (without conjugation) plus a bias: each voxel of x
 * lays down the kernel, `stride` apart. It takes d times the memory of a plane's output while it runs.
 *
 * @param x Complex or real [N, C, D, H, W].
 * @param weight [C, O / groups, d, h, w], of the kind of x.
 * @param bias [O], of that kind, or nothing.
 * @returns [N, O, D′, H′, W′] with
 * D′ = (D − 1)·stride − 2·padding + dilation·(d − 1) + outputPadding + 1, H′ and W′ likewise.
 * @throws {ArgandError} if channels or sizes do not fit, or `outputPadding` is below neither stride nor
 * dilation.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [x, weight] = [randnComplex([1, 4, 3, 4, 5]), randnComplex([4, 2, 2, 2, 2])];
 * const y = nn.functional.convTranspose3d(x, weight, null, { stride: 2 });
 * assert(y.shape.join() === "1,2,6,8,10");
 * ```
 */
export function convTranspose3d<T extends Tensor>(
  x: T,
  weight: T,
  bias: T | null = null,
  options?: ConvTranspose3dOptions,
): T {
  return convolveTransposed(3, x, weight, bias, options);
}
