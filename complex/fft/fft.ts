/** Fourier transforms of complex tensors. */
import {
  factorOf,
  type FftnOptions,
  type FftOptions,
  gridOptions,
  lineOptions,
} from "./fft_options.ts";
import { dft, dftGrid, fit } from "../ops/fft.ts";
import { checkTensor, type ComplexTensor, type Tensor, wrapComplex } from "../tensor/tensor.ts";

function line(
  what: string,
  x: Tensor,
  options: FftOptions | undefined,
  inverse: boolean,
): ComplexTensor {
  const { node, shape } = checkTensor(what, x);
  const { n, axis, norm } = lineOptions(what, shape, options);
  const points = n ?? shape[axis];
  return wrapComplex(
    dft(fit(node, axis, points), axis, inverse, factorOf(norm, points, inverse)),
  );
}

function grid(
  what: string,
  x: Tensor,
  options: FftnOptions | undefined,
  inverse: boolean,
  dimensions?: number,
): ComplexTensor {
  const { node, shape } = checkTensor(what, x);
  const { size, axes, norm } = gridOptions(what, shape, options, dimensions);
  const points = axes.map((axis, k) => size?.[k] ?? shape[axis]);
  const factor = (n: number) => factorOf(norm, n, inverse);
  return wrapComplex(dftGrid(node, { axes, points, factor }, inverse));
}

/**
 * The discrete Fourier transform X_k = Σ_j x_j e^{−2πi jk/n} along an axis, j and k from 0 to n − 1.
 * Lengths whose prime factors are at most 13 are transformed in radix passes (Cooley and Tukey 1965, in
 * Stockham's form), all others through a convolution (Bluestein 1970): O(n log n) for any n.
 *
 * The gradient of x is the transform, with the opposite sign, of the gradient of X.
 *
 * @param x A real or complex tensor of any shape.
 * @param options `n` points (the axis is cut or zero-padded), `axis` (the last), and `norm`:
 * "backward" (no factor here, 1/n in {@link ifft}), "ortho" (1/√n in both) or "forward" (1/n here).
 * @returns A complex tensor of the same shape, except for n points along the axis.
 * @throws {ArgandError} if the axis does not exist, n is not an integer from 1 to 2³⁰, or an option is
 * unknown.
 *
 * @example
 * ```ts
 * import { complex, fft } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const wave = complex([1, 0, -1, 0], [0, 1, 0, -1]); // e^{2πi j/4}
 * assertEquals(await fft(wave).real.toArray(), [0, 4, 0, 0]);
 * ```
 */
export function fft(x: Tensor, options?: FftOptions): ComplexTensor {
  return line("take the fft", x, options, false);
}

/**
 * The inverse x_j = (1/n) Σ_k X_k e^{2πi jk/n} of {@link fft} along an axis.
 *
 * @param x A real or complex tensor of any shape.
 * @param options As for {@link fft}; the two are inverse if `norm` is the same.
 * @returns A complex tensor of the same shape, except for n points along the axis.
 * @throws {ArgandError} as {@link fft}.
 *
 * @example
 * ```ts
 * import { fft, ifft, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3]);
 * assertAlmostEquals((await ifft(fft(x)).at(1).item()).re, 2, 1e-6);
 * ```
 */
export function ifft(x: Tensor, options?: FftOptions): ComplexTensor {
  return line("take the ifft", x, options, true);
}

/**
 * The transform along two axes, X_kl = Σ_ij x_ij e^{−2πi (ik/m + jl/n)}: the plane waves of a field on a
 * plane.
 *
 * @param x A real or complex tensor of at least two axes.
 * @param options `size` `[m, n]` (the axes are cut or zero-padded), `axes` (the last two),
 * and `norm` as for {@link fft}, with m·n points.
 * @returns A complex tensor of the same shape, except for the sizes given.
 * @throws {ArgandError} if an axis does not exist or is named twice, or a size does not fit.
 *
 * @example
 * ```ts
 * import { fft2, ones } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await fft2(ones([2, 3])).real.toArray(), [[6, 0, 0], [0, 0, 0]]);
 * ```
 */
export function fft2(x: Tensor, options?: FftnOptions): ComplexTensor {
  return grid("take the fft2", x, options, false, 2);
}

/**
 * The inverse of {@link fft2}.
 *
 * @param x A real or complex tensor of at least two axes.
 * @param options As for {@link fft2}.
 * @returns A complex tensor of the same shape, except for the sizes given.
 * @throws {ArgandError} as {@link fft2}.
 *
 * @example
 * ```ts
 * import { ifft2, ones } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await ifft2(ones([2, 2])).real.toArray(), [[1, 0], [0, 0]]);
 * ```
 */
export function ifft2(x: Tensor, options?: FftnOptions): ComplexTensor {
  return grid("take the ifft2", x, options, true, 2);
}

/**
 * The transform along several axes (all, if absent), one after the other.
 *
 * @param x A real or complex tensor of at least one axis.
 * @param options `size`, `axes` and `norm` as for {@link fft2}; `size` alone means the last
 * axes.
 * @returns A complex tensor of the same shape, except for the sizes given.
 * @throws {ArgandError} as {@link fft2}.
 *
 * @example
 * ```ts
 * import { fftn, ones } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const z = fftn(ones([2, 2, 2]));
 * assertEquals(await z.at(0).at(0).at(0).item(), { re: 8, im: 0 });
 * ```
 */
export function fftn(x: Tensor, options?: FftnOptions): ComplexTensor {
  return grid("take the fftn", x, options, false);
}

/**
 * The inverse of {@link fftn}.
 *
 * @param x A real or complex tensor of at least one axis.
 * @param options As for {@link fftn}.
 * @returns A complex tensor of the same shape, except for the sizes given.
 * @throws {ArgandError} as {@link fft2}.
 *
 * @example
 * ```ts
 * import { ifftn, ones } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const z = ifftn(ones([2, 2, 2]));
 * assertEquals(await z.at(0).at(0).at(0).item(), { re: 1, im: 0 });
 * ```
 */
export function ifftn(x: Tensor, options?: FftnOptions): ComplexTensor {
  return grid("take the ifftn", x, options, true);
}
