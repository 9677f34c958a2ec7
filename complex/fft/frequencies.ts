/** The order of the frequencies of Fourier transforms. */
import { cannot } from "../../gpu/contract/errors.ts";
import { line } from "../create/create.ts";
import { realDtype, type RealOptions } from "../create/options.ts";
import { axesOf, MOST_POINTS } from "./fft_options.ts";
import { roll } from "../ops/views.ts";
import { type Axes, checkInteger, checkNumber } from "../lazy/shape.ts";
import { checkTensor, type RealTensor, type Tensor, wrap } from "../tensor/tensor.ts";

function moved<T extends Tensor>(what: string, x: T, axes: Axes | undefined, back: boolean): T {
  const { node, shape } = checkTensor(what, x);
  const list = axesOf(what, axes === undefined ? shape.map((_, d) => d) : axes, shape);
  if (list.length === 0) return x;
  const half = (n: number) => Math.floor(n / 2) * (back ? -1 : 1);
  return wrap(roll(node, shape.map((n, d) => (list.includes(d) ? half(n) : 0)))) as Tensor as T;
}

/**
 * Moves frequency 0 to the middle, index ⌊n/2⌋ of each axis: y_k = x_{k − ⌊n/2⌋}, wrapping around.
 *
 * @param x A real or complex tensor.
 * @param axes The axes; all, if absent.
 * @returns A tensor of the same kind and shape: a view.
 * @throws {ArgandError} if an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { fftfreq, fftshift } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await fftshift(fftfreq(4)).toArray(), [-0.5, -0.25, 0, 0.25]);
 * ```
 */
export function fftshift<T extends Tensor>(x: T, axes?: Axes): T {
  return moved("shift frequencies", x, axes, false);
}

/**
 * The inverse of {@link fftshift}: moves the middle to the front.
 *
 * @param x A real or complex tensor.
 * @param axes The axes; all, if absent.
 * @returns A tensor of the same kind and shape: a view.
 * @throws {ArgandError} if an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { arange, fftshift, ifftshift } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await fftshift(arange(5)).toArray(), [3, 4, 0, 1, 2]);
 * assertEquals(await ifftshift(fftshift(arange(5))).toArray(), [0, 1, 2, 3, 4]);
 * ```
 */
export function ifftshift<T extends Tensor>(x: T, axes?: Axes): T {
  return moved("shift frequencies back", x, axes, true);
}

/** `count` of 0, 1, … divided by n·d; those from n/2 on are negative if `wrapped`. */
function frequencies(
  n: number,
  d: number,
  count: number,
  wrapped: boolean,
  options: RealOptions | undefined,
): RealTensor {
  const what = "list frequencies";
  const dtype = realDtype(what, options);
  checkNumber(what, "the spacing", d);
  if (d === 0 || !Number.isFinite(d)) {
    throw cannot(what, `the spacing must be a finite number other than 0, got ${d}`);
  }
  const frequency = (k: number) => (wrapped && 2 * k >= n ? k - n : k) / (n * d);
  return line(count, dtype, frequency);
}

/** Refuses what is not a number of points. */
function checkPoints(n: number): number {
  checkInteger("list frequencies", "n", n, 1, MOST_POINTS);
  return n;
}

/**
 * The frequencies of {@link fft}, in cycles per unit of `d`: [0, 1, …, −2, −1] / (n·d). For even n the
 * middle frequency is negative.
 *
 * @param n The number of points.
 * @param d The spacing of the points; 1, if absent.
 * @param options The `dtype`; the default one, if absent.
 * @returns A real tensor of n numbers.
 * @throws {ArgandError} if n is not an integer from 1 to 2³⁰, or d is 0 or not finite.
 *
 * @example
 * ```ts
 * import { fftfreq } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await fftfreq(4, 0.5).toArray(), [0, 0.5, -1, -0.5]);
 * ```
 */
export function fftfreq(n: number, d = 1, options?: RealOptions): RealTensor {
  return frequencies(checkPoints(n), d, n, true, options);
}

/**
 * The frequencies of {@link rfft}: [0, 1, …, ⌊n/2⌋] / (n·d).
 *
 * @param n The number of points.
 * @param d The spacing of the points; 1, if absent.
 * @param options The `dtype`; the default one, if absent.
 * @returns A real tensor of ⌊n/2⌋ + 1 numbers.
 * @throws {ArgandError} if n is not an integer from 1 to 2³⁰, or d is 0 or not finite.
 *
 * @example
 * ```ts
 * import { rfftfreq } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await rfftfreq(4).toArray(), [0, 0.25, 0.5]);
 * ```
 */
export function rfftfreq(n: number, d = 1, options?: RealOptions): RealTensor {
  return frequencies(checkPoints(n), d, (n >> 1) + 1, false, options);
}
