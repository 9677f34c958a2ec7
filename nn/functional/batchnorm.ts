/** Batch norms as pure functions; the layers also track running statistics. */
import { cannot } from "../../gpu/contract/errors.ts";
import { sameShape, type Shape, show } from "../../complex/lazy/shape.ts";
import {
  checkComplex,
  checkReal,
  type ComplexTensor,
  RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";
import { checkOptions } from "../checks.ts";
import { type Affine, batchNorm as normalized, type NormKind, type Running } from "../nodes.ts";
import { checkBatch, NORM_OPTIONS, type NormOptions } from "./norm_options.ts";

/**
 * Arguments of a batch norm beside its input T: statistics to use in place of the batch's, Γ and β. W is
 * the kind of the weight, S that of the second moments.
 */
export interface BatchNormArguments<
  W extends Tensor,
  S extends Tensor,
  T extends Tensor = ComplexTensor,
> extends NormOptions {
  /** The mean and second moments of each channel; those of the batch, if absent. */
  readonly running?: { readonly mean: T; readonly spread: S } | null;
  /** The scale of each channel; comes with a bias; none, if absent. */
  readonly weight?: W | null;
  /** The shift of each channel, [channels]; none, if absent. */
  readonly bias?: T | null;
}

/**
 * Covariance batch norm (Trabelsi et al. 2018), Γ (V + eps)^{−1/2} (z − μ) + β for each channel, with V
 * the 2×2 covariance of real and imaginary part. Of real numbers γ (x − μ) / √(V + eps) + β with the
 * variance V (Ioffe and Szegedy 2015).
 *
 * It is right to 1e-5 of the largest value, and so are its derivatives, for parts that are nearly or
 * exactly proportional, too, and values of any size and mean; such channels take about twice the time.
 * Exactly proportional parts without eps give NaN.
 *
 * @param z Complex or real [N, channels, …].
 * @param given `running` with mean complex [channels] and spread real [channels, 3] = Crr, Cii, Cri;
 * `weight` real [channels, 3] = γrr, γii, γri; `bias` complex [channels]; `eps`. Of real numbers mean,
 * spread, weight and bias are real [channels].
 * @returns A tensor like z.
 * @throws {ArgandError} if a shape does not fit, weight or bias comes alone, or the moments of a single
 * value are asked for.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.batchNorm(randnComplex([100, 3]).mul({ re: 3, im: 4 }));
 * assert(Math.abs(await y.real.square().mean().item() - 1) < 1e-3); // without Γ, 1 in each part
 * ```
 */
export function batchNorm<T extends RealTensor | ComplexTensor>(
  z: T,
  given: BatchNormArguments<RealTensor, RealTensor, T> = {},
): T {
  const isReal = (z as Tensor) instanceof RealTensor;
  const spread = (what: string, x: Tensor, channels: number) =>
    checkShape(what, checkReal(what, x), isReal ? [channels] : [channels, 3]);
  return normalize("apply a batch norm", isReal ? "variance" : "covariance", z, given, spread);
}

/**
 * Batch norm of real and imaginary part each by itself (Ioffe and Szegedy 2015): for either part
 * γ (x − μ) / √(V + eps) + β.
 *
 * @param z Complex [N, channels, …].
 * @param given `running` with mean and spread complex [channels] = Vr + iVi; `weight` complex [channels]
 * = γr + iγi; `bias` complex [channels]; `eps`.
 * @returns A tensor like z.
 * @throws {ArgandError} if a shape does not fit, weight or bias comes alone, or the moments of a single
 * value are asked for.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.naiveBatchNorm(randnComplex([100, 3]));
 * assert(Math.abs(await y.imag.square().mean().item() - 1) < 1e-3);
 * ```
 */
export function naiveBatchNorm(
  z: ComplexTensor,
  given: BatchNormArguments<ComplexTensor, ComplexTensor> = {},
): ComplexTensor {
  const one = (what: string, x: Tensor, channels: number) =>
    checkShape(what, checkComplex(what, x), [channels]);
  return normalize("apply a naive batch norm", "naive", z, given, one);
}

function normalize<W extends Tensor, S extends Tensor, T extends RealTensor | ComplexTensor>(
  what: string,
  kind: NormKind,
  z: T,
  given: BatchNormArguments<W, S, T>,
  checked: (what: string, x: Tensor, channels: number) => Tensor,
): T {
  const ofKind = kind === "variance" ? checkReal : checkComplex;
  checkOptions(what, given);
  const { running = null, weight = null, bias = null, ...options } = given;
  const { eps } = NORM_OPTIONS.complete(what, options);
  if (ofKind(what, z).rank < 2) {
    throw cannot(what, `it takes [N, channels, …], got ${show(z.shape)}`);
  }
  const channels = z.shape[1];
  if ((weight === null) !== (bias === null)) {
    throw cannot(what, "it takes weight and bias, or neither");
  }
  const affine: Affine | null = weight && bias && {
    weight: checked(what, weight, channels),
    bias: checkShape(what, ofKind(what, bias), [channels]),
  };
  const frozen: Running | null = running && {
    mean: checkShape(what, ofKind(what, running.mean), [channels]),
    spread: checked(what, running.spread, channels),
  };
  if (!frozen) checkBatch(what, z, channels);
  return normalized(kind, z, { affine, eps, frozen });
}

function checkShape<T extends Tensor>(what: string, x: T, shape: Shape): T {
  if (sameShape(x.shape, shape)) return x;
  throw cannot(what, `a statistic, weight or bias must be ${show(shape)}, got ${show(x.shape)}`);
}
