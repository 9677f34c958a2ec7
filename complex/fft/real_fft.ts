/** Fourier transforms of real tensors: spectra are Hermitian, X_{n−k} = conj X_k, so that half is kept. */
import { cannot } from "../../gpu/contract/errors.ts";
import {
  factorOf,
  type FftnOptions,
  type FftOptions,
  gridOptions,
  lineOptions,
} from "./fft_options.ts";
import { fit, irdft, irdftGrid, rdft, rdftGrid } from "../ops/fft.ts";
import { show } from "../lazy/shape.ts";
import {
  checkReal,
  checkTensor,
  type ComplexTensor,
  type RealTensor,
  type Tensor,
  wrapComplex,
  wrapReal,
} from "../tensor/tensor.ts";

/**
 * The transform of a real tensor along an axis: X_k = Σ_j x_j e^{−2πi jk/n} for k from 0 to ⌊n/2⌋. The
 * other half is conj X_{n−k}.
 *
 * @param x A real tensor of any shape.
 * @param options As for {@link fft}.
 * @returns A complex tensor of the same shape, except for ⌊n/2⌋ + 1 frequencies along the axis.
 * @throws {ArgandError} if x is complex, and as {@link fft}.
 *
 * @example
 * ```ts
 * import { rfft, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await rfft(tensor([1, -1, 1, -1])).real.toArray(), [0, 0, 4]);
 * ```
 */
export function rfft(x: RealTensor, options?: FftOptions): ComplexTensor {
  const what = "take the rfft";
  const { node, shape } = checkReal(what, x);
  const { n, axis, norm } = lineOptions(what, shape, options);
  const points = n ?? shape[axis];
  return wrapComplex(rdft(fit(node, axis, points), axis, factorOf(norm, points, false)));
}

/** How many points belong to the frequencies along an axis; refuses a single frequency. */
function pointsOf(what: string, n: number | undefined, shape: readonly number[], axis: number) {
  const points = n ?? 2 * (shape[axis] - 1);
  if (points > 0) return points;
  throw cannot(
    what,
    `shape ${show(shape)} has one frequency along axis ${axis}: give the number of points`,
  );
}

/**
 * The real tensor of n points whose {@link rfft} is x. An even n and n + 1 have as many frequencies, so
 * that an odd n must be given. The imaginary parts of X_0 and, for even n, of X_{n/2} are ignored.
 *
 * @param x ⌊n/2⌋ + 1 frequencies along the axis; more are cut off, missing ones count as zero.
 * @param options `n` points (2 · (frequencies − 1), if absent), `axis` and `norm` as for
 * {@link ifft}.
 * @returns A real tensor of the same shape, except for n points along the axis.
 * @throws {ArgandError} if there is one frequency and no `n`, and as {@link fft}.
 *
 * @example
 * ```ts
 * import { irfft, rfft, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3]);
 * assertAlmostEquals(await irfft(rfft(x), { n: 3 }).at(2).item(), 3, 1e-6);
 * ```
 */
export function irfft(x: Tensor, options?: FftOptions): RealTensor {
  const what = "take the irfft";
  const { node, shape } = checkTensor(what, x);
  const { n, axis, norm } = lineOptions(what, shape, options);
  const points = pointsOf(what, n, shape, axis);
  return wrapReal(irdft(node, axis, points, factorOf(norm, points, true)));
}

function realGrid(
  what: string,
  x: RealTensor,
  options: FftnOptions | undefined,
  dimensions?: number,
): ComplexTensor {
  const { node, shape } = checkReal(what, x);
  const { size, axes, norm } = gridOptions(what, shape, options, dimensions);
  const points = axes.map((axis, k) => size?.[k] ?? shape[axis]);
  return wrapComplex(rdftGrid(node, { axes, points, factor: (n) => factorOf(norm, n, false) }));
}

function inverseGrid(
  what: string,
  x: Tensor,
  options: FftnOptions | undefined,
  dimensions?: number,
): RealTensor {
  const { node, shape } = checkTensor(what, x);
  const { size, axes, norm } = gridOptions(what, shape, options, dimensions);
  const last = axes.length - 1;
  const points = axes.map((axis, k) =>
    k === last ? pointsOf(what, size?.[k], shape, axis) : size?.[k] ?? shape[axis]
  );
  return wrapReal(irdftGrid(node, { axes, points, factor: (n) => factorOf(norm, n, true) }));
}

/**
 * The transform of a real tensor along two axes; half of the second is kept, as in {@link rfft}.
 *
 * @param x A real tensor of at least two axes.
 * @param options As for {@link fft2}.
 * @returns A complex tensor of the same shape, except for ⌊n/2⌋ + 1 frequencies along the second axis.
 * @throws {ArgandError} if x is complex, and as {@link fft2}.
 *
 * @example
 * ```ts
 * import { ones, rfft2 } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await rfft2(ones([2, 3])).real.toArray(), [[6, 0], [0, 0]]);
 * ```
 */
export function rfft2(x: RealTensor, options?: FftnOptions): ComplexTensor {
  return realGrid("take the rfft2", x, options, 2);
}

/**
 * The real tensor whose {@link rfft2} is x.
 *
 * @param x A complex tensor of at least two axes.
 * @param options `size` is that of the result; an odd size of the second axis must be given. The other
 * options are as for {@link ifft2}.
 * @returns A real tensor of the same shape, except for the sizes along the two axes.
 * @throws {ArgandError} as {@link irfft} and {@link fft2}.
 *
 * @example
 * ```ts
 * import { irfft2, ones, rfft2 } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await irfft2(rfft2(ones([2, 2]))).toArray(), [[1, 1], [1, 1]]);
 * ```
 */
export function irfft2(x: Tensor, options?: FftnOptions): RealTensor {
  return inverseGrid("take the irfft2", x, options, 2);
}

/**
 * The transform of a real tensor along several axes (all, if absent); half of the last is kept, as in
 * {@link rfft}.
 *
 * @param x A real tensor of at least one axis.
 * @param options As for {@link fftn}.
 * @returns A complex tensor of the same shape, except for ⌊n/2⌋ + 1 frequencies along the last axis.
 * @throws {ArgandError} if x is complex, and as {@link fft2}.
 *
 * @example
 * ```ts
 * import { ones, rfftn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(rfftn(ones([2, 4, 6])).shape, [2, 4, 4]);
 * ```
 */
export function rfftn(x: RealTensor, options?: FftnOptions): ComplexTensor {
  return realGrid("take the rfftn", x, options);
}

/**
 * The real tensor whose {@link rfftn} is x.
 *
 * @param x A complex tensor of at least one axis.
 * @param options As for {@link irfft2}.
 * @returns A real tensor of the same shape, except for the sizes along the axes.
 * @throws {ArgandError} as {@link irfft} and {@link fft2}.
 *
 * @example
 * ```ts
 * import { irfftn, ones, rfftn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const size = [2, 2, 3];
 * assertEquals(irfftn(rfftn(ones(size)), { size }).shape, size);
 * ```
 */
export function irfftn(x: Tensor, options?: FftnOptions): RealTensor {
  return inverseGrid("take the irfftn", x, options);
}
