/** Metrics: real numbers that say how good a prediction is, through which no derivative passes. */
import { div, where } from "../../complex/functions/combine.ts";
import { type Labels, labelTensor } from "../nodes.ts";
import { type Axes, checkAxes, sizeOf } from "../../complex/lazy/shape.ts";
import {
  checkTensor,
  ComplexTensor,
  type RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";
import { checkPositive, withDefaults } from "../checks.ts";
import {
  checkAlike,
  checkRows,
  cosine,
  difference,
  orOne,
  scaled,
  timesConj,
  withoutMean,
} from "./fields.ts";

/** Options of the metrics of two fields. */
export interface MetricOptions {
  /** The axes that are taken together to one number; all, if absent. */
  readonly axis?: Axes;
}

/** Both tensors without derivatives, and the axes. */
function fields(
  what: string,
  a: Tensor,
  b: Tensor,
  axis?: Axes,
): [a: Tensor, b: Tensor, axes: number[]] {
  const [x, y] = checkAlike(what, a, b);
  return [x.detach(), y.detach(), checkAxes(what, axis, x.shape)];
}

/** √Σ|x|² over axes. */
function norm(x: Tensor, axes: readonly number[]): RealTensor {
  const [unit, scale] = scaled(x, axes);
  return unit.absSquared().sum(axes, true).sqrt().mul(scale).squeeze(axes);
}

/**
 * The part of rows whose largest entry is at the label; of complex logits the moduli count. Of equal
 * entries the first is the largest.
 *
 * @param logits Real or complex [N, classes].
 * @param labels N integers on the host, copied.
 * @returns A real number in [0, 1].
 * @throws {ArgandError} if a label is not a class, or there is not one for each row.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([[0, 2], [3, 1]]);
 * assertEquals(await nn.metrics.accuracy(logits, [1, 1]).item(), 0.5);
 * ```
 */
export function accuracy(logits: Tensor, labels: Labels): RealTensor {
  const what = "take the accuracy";
  const x = checkTensor(what, logits).detach();
  checkRows(what, x);
  const real = x instanceof ComplexTensor ? x.abs() : x as RealTensor;
  const expected = labelTensor(what, labels, x.shape[1], x.shape[0]);
  return real.argmax(1).equal(expected).mean();
}

/**
 * ‖a − b‖ / ‖b‖ with ‖x‖² = Σ|x|². If b is 0 it is infinite, or 0 if a is 0 too.
 *
 * @param a Real or complex, of any shape.
 * @param b What a should be, of the same shape.
 * @returns A real number, or one for what is left of the axes.
 * @throws {ArgandError} if the shapes differ, or an axis does not exist.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const error = nn.metrics.relativeError(complex([3, 4]), complex([0, 4]));
 * assertEquals(await error.item(), 0.75);
 * ```
 */
export function relativeError(a: Tensor, b: Tensor, options?: MetricOptions): RealTensor {
  const what = "take the relative error";
  const { axis } = withDefaults<MetricOptions>(what, options, { axis: undefined });
  const [x, y, axes] = fields(what, a, b, axis);
  const [off, size] = [norm(difference(x, y), axes), norm(y, axes)];
  return where(size.equal(0), where(off.equal(0), 0, Infinity), off.div(orOne(size)));
}

/** Options of {@link correlation}. */
export interface CorrelationOptions extends MetricOptions {
  /** Whether the means are taken off first; false, if absent. */
  readonly meanFree?: boolean;
}

/**
 * |⟨a, b⟩| / (‖a‖ ‖b‖), in [0, 1]; with `meanFree` of a and b without their means, and of two real
 * tensors then with its sign: Pearson's coefficient, in [−1, 1]. It is 0 if either is 0, or constant
 * with `meanFree`.
 *
 * @param a Real or complex, of any shape: fields, or intensities.
 * @param b Real or complex, of the same shape.
 * @returns A real number, or one for what is left of the axes.
 * @throws {ArgandError} if the shapes differ, or an axis does not exist.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const r = nn.metrics.correlation(tensor([1, 2, 3]), tensor([5, 4, 3]), { meanFree: true });
 * assertAlmostEquals(await r.item(), -1, 1e-6);
 * ```
 */
export function correlation(a: Tensor, b: Tensor, options?: CorrelationOptions): RealTensor {
  const what = "take the correlation";
  const { axis, meanFree } = withDefaults<CorrelationOptions>(what, options, {
    axis: undefined,
    meanFree: false,
  });
  const [x, y, axes] = fields(what, a, b, axis);
  if (!meanFree) return cosine(x, y, axes).abs();
  const r = cosine(withoutMean(x, axes), withoutMean(y, axes), axes);
  return r instanceof ComplexTensor ? r.abs() : r as RealTensor;
}

/** Options of {@link phaseError}. */
export interface PhaseErrorOptions extends MetricOptions {
  /**
   * Whether a is turned first by the phase that brings it nearest to b, the phase of Σ conj(a) b;
   * false, if absent.
   */
  readonly removeGlobalPhase?: boolean;
}

/**
 * The root mean square of arg a − arg b in radians, the difference taken in (−π, π], over the
 * elements in which neither is 0. NaN if there is none.
 *
 * @param a Real or complex, of any shape.
 * @param b What a should be, of the same shape.
 * @returns A real number in [0, π], or one for what is left of the axes.
 * @throws {ArgandError} if the shapes differ, or an axis does not exist.
 *
 * @example
 * ```ts
 * import { nn, polar } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const error = nn.metrics.phaseError(polar([1, 5], [3, 0.1]), polar([2, 1], [-3, 0.1]));
 * assertAlmostEquals(await error.item(), (2 * Math.PI - 6) / Math.SQRT2, 1e-6);
 * ```
 */
export function phaseError(a: Tensor, b: Tensor, options?: PhaseErrorOptions): RealTensor {
  const what = "take the phase error";
  const { axis, removeGlobalPhase } = withDefaults<PhaseErrorOptions>(what, options, {
    axis: undefined,
    removeGlobalPhase: false,
  });
  const [x, y, axes] = fields(what, a, b, axis);
  let rotations = timesConj(x.sgn(), y.sgn());
  if (removeGlobalPhase) {
    const [u, v] = [scaled(x, axes)[0], scaled(y, axes)[0]];
    const total = timesConj(u, v).sum(axes, true).sgn();
    rotations = timesConj(rotations, where(total.equal(0), 1, total));
  }
  const count = x.notEqual(0).mul(y.notEqual(0)).sum(axes);
  const square = rotations.angle().square().sum(axes).div(orOne(count));
  return where(count.equal(0), NaN, square.sqrt());
}

/** Options of {@link psnr}. */
export interface PsnrOptions extends MetricOptions {
  /** The largest modulus that there can be, above 0; the largest in b, if absent. */
  readonly peak?: number;
}

/**
 * The peak signal-to-noise ratio in decibels, 10 log₁₀(peak² / mean |a − b|²). Infinite if a = b.
 *
 * @param a Real or complex, of any shape.
 * @param b What a should be, of the same shape.
 * @returns A real number, or one for what is left of the axes.
 * @throws {ArgandError} if the shapes differ, an axis does not exist, or the peak is not above 0.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const ratio = nn.metrics.psnr(tensor([0.9, 0.1]), tensor([1, 0]));
 * assertAlmostEquals(await ratio.item(), 20, 1e-4);
 * ```
 */
export function psnr(a: Tensor, b: Tensor, options?: PsnrOptions): RealTensor {
  const what = "take the peak signal-to-noise ratio";
  const { axis, peak } = withDefaults<PsnrOptions>(what, options, {
    axis: undefined,
    peak: undefined,
  });
  if (peak !== undefined) checkPositive(what, "peak", peak);
  const [x, y, axes] = fields(what, a, b, axis);
  const off = norm(difference(x, y), axes).div(Math.sqrt(sizeOf(axes.map((d) => x.shape[d]))));
  const largest = peak === undefined ? y.abs().max(axes) : peak;
  const ratio = div(largest, orOne(off)).log().mul(20 / Math.LN10);
  return where(off.equal(0), Infinity, ratio);
}
