/**
 * Operations that have no public name, on tensors. Apart from recurrences, whose loops record many
 * small operations, layers and functions meet the graph's nodes here alone.
 */
import { precisionOf } from "../gpu/contract/dtype.ts";
import {
  type BatchNorm,
  covarianceBatchNorm,
  naiveBatchNorm,
  type Running as RunningNodes,
  secondMomentNorm,
} from "../complex/ops/batchnorm.ts";
import { composedBatchNorm } from "../complex/ops/batchnorm_composed.ts";
import {
  conv,
  type ConvGeometry,
  convTranspose,
  type ConvTransposeGeometry,
} from "../complex/ops/conv.ts";
import { fromIndex } from "../complex/ops/indices.ts";
import { checkLabels, type Labels } from "../complex/ops/labels.ts";
import { matmul } from "../complex/ops/matmul.ts";
import * as pools from "../complex/ops/pool2d.ts";
import { type Band, resample } from "../complex/ops/resample.ts";
import { pick, take } from "../complex/ops/take.ts";
import { reshape } from "../complex/ops/views.ts";
import * as matrices from "../complex/ops/whiten.ts";
import { assign } from "../complex/lazy/updates.ts";
import {
  type ComplexTensor,
  type RealTensor,
  type Tensor,
  wrap,
  wrapComplex,
  wrapReal,
} from "../complex/tensor/tensor.ts";

export { Band } from "../complex/ops/resample.ts";
export type { Labels } from "../complex/ops/labels.ts";
export type { PoolGeometry } from "../complex/ops/pool2d.ts";

/** a b + bias; the product begins with the bias, which rounds otherwise than adding it would. */
export function product<T extends Tensor>(a: T, b: T, bias: T | null): T {
  return wrap(matmul(a.node, b.node, bias?.node)) as Tensor as T;
}

/** The convolution over so many axes, with the bias in its kernel. */
export function convolution<T extends Tensor>(
  what: string,
  axes: number,
  x: T,
  weight: T,
  bias: T | null,
  geometry: ConvGeometry,
): T {
  return wrap(conv(what, axes, [x.node, weight.node, bias && bias.node], geometry)) as Tensor as T;
}

/** The transposed convolution over so many axes. */
export function transposedConvolution<T extends Tensor>(
  what: string,
  axes: number,
  x: T,
  weight: T,
  bias: T | null,
  geometry: ConvTransposeGeometry,
): T {
  return wrap(
    convTranspose(what, axes, [x.node, weight.node, bias && bias.node], geometry),
  ) as Tensor as T;
}

/** The largest element of each window, and its index in the plane. */
export function maxPool<T extends Tensor>(
  image: T,
  window: pools.PoolGeometry,
): [values: T, indices: RealTensor] {
  const [values, indices] = pools.maxPool2d(image.node, window);
  return [wrap(values) as Tensor as T, wrapReal(fromIndex(indices))];
}

/** The mean of each window. */
export function avgPool<T extends Tensor>(
  image: T,
  window: pools.PoolGeometry,
  countIncludePad: boolean,
  divisor: number | null,
): T {
  return wrap(pools.avgPool2d(image.node, window, countIncludePad, divisor)) as Tensor as T;
}

/** The elements along an axis, replaced by sums of them. */
export function banded<T extends Tensor>(x: T, axis: number, band: Band): T {
  return wrap(resample(x.node, axis, band)) as T;
}

/** Labels as a real tensor, each checked to be an integer in [0, below). */
export function labelTensor(
  what: string,
  labels: Labels,
  below: number,
  count: number,
): RealTensor {
  return wrapReal(fromIndex(checkLabels(what, labels, below, count).node));
}

/** The element of each row that its label names. */
export function pickLabels(what: string, x: RealTensor, labels: Labels): RealTensor {
  return wrapReal(pick(x.node, checkLabels(what, labels, x.shape[1], x.shape[0])));
}

/** The rows that the labels name. */
export function takeRows<T extends Tensor>(what: string, x: T, labels: Labels): T {
  return wrap(take(x.node, checkLabels(what, labels, x.shape[0]), 0)) as Tensor as T;
}

/** A real 2×2 matrix, rr, ii, ri and perhaps ir, on both parts of z. */
export function mix(z: ComplexTensor, matrix: readonly RealTensor[]): ComplexTensor {
  return wrapComplex(matrices.mix(z.node, matrix.map((entry) => entry.node)));
}

/** The mean and the second moments of each channel. */
export interface Running {
  readonly mean: Tensor;
  /** Crr, Cii, Cri; or, naive, the two variances as a complex number; of real numbers the variance. */
  readonly spread: Tensor;
}

/** The scale and the shift of each channel. */
export interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** How a batch norm normalises: by the batch's statistics, which move the tracked ones, or by frozen ones. */
export interface BatchNormUse {
  readonly affine: Affine | null;
  readonly eps: number;
  readonly frozen?: Running | null;
  readonly tracked?: Running | null;
  /** The weight of the batch in the tracked statistics. */
  readonly momentum?: number;
}

/**
 * How values are normalised: complex ones by covariance, by second moments about 0, or each part by
 * itself, and real ones by variance.
 */
export type NormKind = "covariance" | "secondMoments" | "naive" | "variance";

const KERNELS: Readonly<Record<Exclude<NormKind, "variance">, BatchNorm>> = {
  covariance: covarianceBatchNorm,
  secondMoments: secondMomentNorm,
  naive: naiveBatchNorm,
};

const nodesOf = ({ mean, spread }: Running): RunningNodes => ({
  mean: mean.node,
  spread: spread.node,
});

/** z [N, channels, …], normalised. */
export function batchNorm<T extends RealTensor | ComplexTensor>(
  kind: NormKind,
  z: T,
  { affine, eps, frozen = null, tracked = null, momentum = 0 }: BatchNormUse,
): T {
  const [n, channels] = z.shape;
  const x = reshape(z.node, [n, channels, z.size / n / channels]);
  const scale = affine && { weight: affine.weight.node, bias: affine.bias.node };
  const move = ({ mean, spread }: RunningNodes) =>
    assign([tracked!.mean.state!, mean], [tracked!.spread.state!, spread]);
  if (kind === "variance" || precisionOf(x.dtype) === "double") {
    const [still, moving] = [frozen && nodesOf(frozen), tracked && nodesOf(tracked)];
    const use = { kind, affine: scale, eps, frozen: still, tracked: moving, momentum };
    const { y, moved } = composedBatchNorm(x, use);
    if (moved) move(moved);
    return wrap(reshape(y, z.shape)) as Tensor as T;
  }
  const norm = KERNELS[kind];
  const stats = frozen ? norm.frozen(nodesOf(frozen)) : norm.statistics(x);
  if (tracked) move(norm.track(x, stats, nodesOf(tracked), momentum));
  return wrap(reshape(norm.normalize(x, stats, scale, eps, !frozen), z.shape)) as Tensor as T;
}
