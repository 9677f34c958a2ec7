/**
 * Norms of single examples. Of complex numbers, real and imaginary part are whitened together, as by the
 * covariance batch norm (Trabelsi et al., "Deep Complex Networks", 2018), by the moments of each example.
 */
import { cannot } from "../../gpu/contract/errors.ts";
import { where } from "../../complex/functions/combine.ts";
import { complex } from "../../complex/create/create.ts";
import { sameShape, type Shape, show, sizeOf } from "../../complex/lazy/shape.ts";
import {
  checkComplex,
  checkReal,
  type ComplexTensor,
  RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";
import { batchNorm, mix } from "../nodes.ts";
import { withoutMean } from "./fields.ts";
import {
  checkChannels,
  checkGroups,
  checkRuns,
  NORM_OPTIONS,
  normalizedAxes,
  type NormalizedShape,
  type NormOptions,
} from "./norm_options.ts";
import { normalizeRuns, scaleAndShift } from "./real_norm.ts";

function checkTrailing(what: string, z: Tensor, inner: Shape): void {
  const { shape } = z instanceof RealTensor ? z : checkComplex(what, z);
  if (sameShape(shape.slice(-inner.length), inner)) return;
  throw cannot(what, `it normalises ${show(inner)} and the input is ${show(z.shape)}`);
}

/** Γ y + β, with Γ in the last axis of a weight [...per, 3] and β in [...per], in shape `as`. */
function affine(
  what: string,
  y: ComplexTensor,
  weight: RealTensor | null,
  bias: ComplexTensor | null,
  per: Shape,
  as: Shape = per,
): ComplexTensor {
  if (weight && !sameShape(checkReal(what, weight).shape, [...per, 3])) {
    throw cannot(what, `the weight must be ${show([...per, 3])}, got ${show(weight.shape)}`);
  }
  if (bias && !sameShape(checkComplex(what, bias).shape, per)) {
    throw cannot(what, `the bias must be ${show(per)}, got ${show(bias.shape)}`);
  }
  const gamma = weight && [0, 1, 2].map((k) => weight.at(...per.map(() => null), k).reshape(as));
  const scaled = gamma ? mix(y, gamma) : y;
  return bias ? scaled.add(bias.reshape(as)) : scaled;
}

/** z, in so many runs of consecutive elements, each whitened by its moments about its mean or about 0. */
function whitenRuns(
  kind: "covariance" | "secondMoments",
  z: ComplexTensor,
  runs: number,
  eps: number,
): ComplexTensor {
  const rows = z.reshape([1, runs, z.size / runs]);
  return batchNorm(kind, rows, { affine: null, eps }).reshape(z.shape);
}

/** The same about the mean, refused where a run is one value. */
function whitenCentred(what: string, z: ComplexTensor, runs: number, eps: number): ComplexTensor {
  checkRuns(what, z, runs);
  return whitenRuns("covariance", z, runs, eps);
}

/**
 * Layer norm (Ba, Kiros and Hinton 2016) of complex numbers: the elements of each example are centred
 * and whitened, Γ (V + eps)^(−1/2) (z − μ) + β, with μ the mean over the last axes and V the 2×2
 * covariance of real and imaginary part there. Of real numbers γ (x − μ) / √(V + eps) + β with the
 * variance V.
 *
 * @param z Complex or real [..., ...normalizedShape].
 * @param normalizedShape The sizes of the axes over which the moments are taken.
 * @param weight Real [...normalizedShape, 3] with Γ = ((γrr, γri), (γri, γii)) as γrr, γii, γri; of real
 * numbers γ, [...normalizedShape]; null for none.
 * @param bias β, [...normalizedShape], of the kind of z; null for none.
 * @returns A tensor like z.
 * @throws {ArgandError} if the last axes are not normalizedShape or hold one value, or a shape differs.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.layerNorm(randnComplex([2, 50]), 50);
 * assert(Math.abs(await y.real.square().mean().item() - 1) < 1e-3);
 * ```
 */
export function layerNorm<T extends RealTensor | ComplexTensor>(
  z: T,
  normalizedShape: NormalizedShape,
  weight: RealTensor | null = null,
  bias: T | null = null,
  options?: NormOptions,
): T {
  const what = "apply LayerNorm";
  const inner = normalizedAxes(what, normalizedShape);
  checkTrailing(what, z, inner);
  const { eps } = NORM_OPTIONS.complete(what, options);
  const runs = z.size / sizeOf(inner);
  if (z instanceof RealTensor) {
    const y = normalizeRuns(what, z, runs, eps, true);
    return scaleAndShift(what, y, weight, bias as RealTensor | null, inner) as T;
  }
  const y = whitenCentred(what, z, runs, eps);
  return affine(what, y, weight, bias as ComplexTensor | null, inner) as T;
}

/**
 * Group norm (Wu and He 2018) of complex numbers: like {@link layerNorm}, over groups of channels of
 * each example and all that follows, with Γ and β for each channel.
 *
 * @param z Complex or real [N, channels, …].
 * @param numGroups Into how many groups the channels are divided.
 * @param weight Real [channels, 3] with Γ = ((γrr, γri), (γri, γii)) as γrr, γii, γri; of real numbers
 * γ, [channels]; null for none.
 * @param bias β, [channels], of the kind of z; null for none.
 * @returns A tensor like z.
 * @throws {ArgandError} if the groups do not divide the channels, or hold one value, or a shape
 * differs.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.groupNorm(randnComplex([2, 4, 30]), 2);
 * assert(Math.abs(await y.real.square().mean().item() - 1) < 1e-3);
 * ```
 */
export function groupNorm<T extends RealTensor | ComplexTensor>(
  z: T,
  numGroups: number,
  weight: RealTensor | null = null,
  bias: T | null = null,
  options?: NormOptions,
): T {
  const what = "apply GroupNorm";
  checkChannels(what, z);
  const { shape } = z;
  checkGroups(what, numGroups, shape[1]);
  const { eps } = NORM_OPTIONS.complete(what, options);
  const runs = shape[0] * numGroups;
  const [per, as] = [[shape[1]], [shape[1], ...shape.slice(2).map(() => 1)]];
  if (z instanceof RealTensor) {
    const y = normalizeRuns(what, z, runs, eps, true);
    return scaleAndShift(what, y, weight, bias as RealTensor | null, per, as) as T;
  }
  const y = whitenCentred(what, z, runs, eps);
  return affine(what, y, weight, bias as ComplexTensor | null, per, as) as T;
}

/**
 * RMS norm (Zhang and Sennrich 2019) of complex numbers: Γ (M + eps)^(−1/2) z, with M the 2×2 second
 * moments E[Re²], E[Im²], E[Re Im] about 0 over the last axes. Nothing is centred. Of real numbers
 * γ x / √(E[x²] + eps).
 *
 * @param z Complex or real [..., ...normalizedShape].
 * @param normalizedShape The sizes of the axes over which the moments are taken.
 * @param weight Real [...normalizedShape, 3] with Γ = ((γrr, γri), (γri, γii)) as γrr, γii, γri; of real
 * numbers γ, [...normalizedShape]; null for none.
 * @returns A tensor like z.
 * @throws {ArgandError} if the last axes are not normalizedShape, or the weight's shape differs.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.rmsNorm(randnComplex([2, 50]), 50);
 * assert(Math.abs(await y.real.square().mean().item() - 1) < 1e-3);
 * ```
 */
export function rmsNorm<T extends RealTensor | ComplexTensor>(
  z: T,
  normalizedShape: NormalizedShape,
  weight: RealTensor | null = null,
  options?: NormOptions,
): T {
  const what = "apply RMSNorm";
  const inner = normalizedAxes(what, normalizedShape);
  checkTrailing(what, z, inner);
  const { eps } = NORM_OPTIONS.complete(what, options);
  const runs = z.size / sizeOf(inner);
  if (z instanceof RealTensor) {
    return scaleAndShift(what, normalizeRuns(what, z, runs, eps, false), weight, null, inner) as T;
  }
  return affine(what, whitenRuns("secondMoments", z, runs, eps), weight, null, inner) as T;
}

/** Centred, and divided by the unbiased standard deviation; of equal numbers 0. */
function standardize(x: RealTensor): RealTensor {
  const d = withoutMean(x, x.shape.map((_, axis) => axis)) as RealTensor;
  const variance = d.square().sum().div(x.size - 1);
  return d.div(where(variance.equal(0), 1, variance).sqrt());
}

/**
 * Real and imaginary part each minus its mean and over its unbiased standard deviation, both taken
 * over the whole tensor. A part that is the same everywhere becomes 0.
 *
 * @param z Complex, of any shape with two values or more.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex or has one value.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = nn.functional.normalize(complex([1, 2, 3], [-4, 0, 4]));
 * assertEquals([...await y.data()], [-1, -1, 0, 0, 1, 1]);
 * ```
 */
export function normalize(z: ComplexTensor): ComplexTensor {
  const what = "normalize";
  if (checkComplex(what, z).size < 2) {
    throw cannot(what, `the input ${show(z.shape)} has 1 value, which has no variance`);
  }
  return complex(standardize(z.real), standardize(z.imag));
}
