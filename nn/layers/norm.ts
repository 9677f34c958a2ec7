/** Norms of single examples, as layers. */
import { full, ones, parameter, zeros } from "../../complex/create/create.ts";
import type { Shape } from "../../complex/lazy/shape.ts";
import type { RealTensor } from "../../complex/tensor/tensor.ts";
import { groupNorm, layerNorm, rmsNorm } from "../functional/norm.ts";
import {
  checkChannels,
  checkGroups,
  normalizedAxes,
  type NormalizedShape,
  normFields,
  type NormOptions,
} from "../functional/norm_options.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { either, flag, list, optional, positiveInteger } from "../declare/field.ts";
import { Layer, type LayerKind, type TensorOf } from "../layer.ts";
import { unitGamma } from "./gamma.ts";
import { checkOfKind, kindField } from "./weight.ts";

/** Options of {@link LayerNorm} and {@link RMSNorm}. */
export interface LayerNormOptions<K extends LayerKind = "complex"> extends NormOptions {
  /** Whether weight and bias are learned; true, if absent. */
  readonly elementwiseAffine?: boolean;
  /** The kind of tensors that the layer takes and gives; `"complex"`, if absent. */
  readonly kind?: K;
}

/** Options of {@link GroupNorm}. */
export interface GroupNormOptions<K extends LayerKind = "complex"> extends NormOptions {
  /** Whether weight and bias are learned; true, if absent. */
  readonly affine?: boolean;
  /** The kind of tensors that the layer takes and gives; `"complex"`, if absent. */
  readonly kind?: K;
}

const ofElements = { normalizedShape: either(positiveInteger, list(positiveInteger)) };
const ELEMENT_OPTIONS = declareOptions<LayerNormOptions<LayerKind>>({
  ...normFields,
  elementwiseAffine: optional(flag, true),
  kind: kindField,
});
const LAYER_NORM = declareLayer("a LayerNorm", () => LayerNorm, ofElements, ELEMENT_OPTIONS);
const RMS_NORM = declareLayer("an RMSNorm", () => RMSNorm, ofElements, ELEMENT_OPTIONS);
const GROUP_NORM = declareLayer(
  "a GroupNorm",
  () => GroupNorm,
  { numGroups: positiveInteger, numChannels: positiveInteger },
  declareOptions<GroupNormOptions<LayerKind>>({
    ...normFields,
    affine: optional(flag, true),
    kind: kindField,
  }),
);

function unitWeight(kind: LayerKind, per: Shape): RealTensor {
  return parameter(kind === "real" ? ones(per) : unitGamma(per), { name: "weight" });
}

function zeroBias<K extends LayerKind>(kind: K, per: Shape): TensorOf<K> {
  const zero = kind === "real" ? zeros(per) : full(per, { re: 0, im: 0 });
  return parameter(zero, { name: "bias" }) as unknown as TensorOf<K>;
}

/**
 * Layer norm (Ba et al. 2016) of complex [..., ...normalizedShape]: the elements of each example are
 * centred and whitened by the 2×2 covariance V of their real and imaginary parts,
 * Γ (V + eps)^(−1/2) (z − μ) + β.
 *
 * Weight real [...normalizedShape, 3] = γrr, γii, γri, at first 1/√2, 1/√2, 0; bias β complex
 * [...normalizedShape], at first 0. With `kind: "real"` γ (x − μ) / √(V + eps) + β of real numbers, as in
 * PyTorch. Training and evaluation are the same.
 *
 * @throws {ArgandError} if the last axes of the input are not normalizedShape or hold one value.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.LayerNorm([3, 20]);
 * const y = norm.apply(randnComplex([2, 3, 20]));
 * assert(Math.abs(await y.absSquared().mean().item() - 1) < 1e-3);
 * ```
 */
export class LayerNorm<K extends LayerKind = "complex"> extends Layer<K> {
  /** The kind, for the compiler alone; it follows from the options, not from where the layer is used. */
  declare readonly kind?: NoInfer<K>;
  /** Γ of each element, real [...normalizedShape, 3], or γ of a real layer; or null. */
  readonly weight: RealTensor | null;
  /** β of each element, [...normalizedShape], or null. */
  readonly bias: TensorOf<K> | null;
  readonly #shape: Shape;
  readonly #eps: number;
  readonly #kind: LayerKind;

  /** A norm over the last axes, whose sizes are `normalizedShape`. */
  constructor(normalizedShape: NormalizedShape, options?: LayerNormOptions<K>) {
    super();
    const { eps, elementwiseAffine, kind } = LAYER_NORM.take(this, { normalizedShape }, options);
    this.#shape = [...normalizedAxes(LAYER_NORM.what, normalizedShape)];
    this.#eps = eps;
    this.#kind = kind;
    this.weight = elementwiseAffine ? unitWeight(kind, this.#shape) : null;
    this.bias = elementwiseAffine ? zeroBias(kind as K, this.#shape) : null;
  }

  /** The normalised z. */
  override apply(z: TensorOf<K>): TensorOf<K> {
    checkOfKind("apply LayerNorm", this.#kind, z);
    return layerNorm(z, this.#shape, this.weight, this.bias, { eps: this.#eps });
  }
}

/**
 * Group norm (Wu and He 2018) of complex [N, channels, …]: the elements of each group of channels of
 * each example are centred and whitened by the 2×2 covariance V of their real and imaginary parts,
 * Γ (V + eps)^(−1/2) (z − μ) + β.
 *
 * Weight real [channels, 3] = γrr, γii, γri, at first 1/√2, 1/√2, 0; bias β complex [channels], at
 * first 0. With `kind: "real"` γ (x − μ) / √(V + eps) + β of real numbers, as in PyTorch. Training and
 * evaluation are the same.
 *
 * @throws {ArgandError} if the groups do not divide the channels, or the input has other channels or
 * one value in each group.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.GroupNorm(2, 6);
 * const y = norm.apply(randnComplex([2, 6, 8, 8]));
 * assert(Math.abs(await y.absSquared().mean().item() - 1) < 1e-3);
 * ```
 */
export class GroupNorm<K extends LayerKind = "complex"> extends Layer<K> {
  /** The kind, for the compiler alone; it follows from the options, not from where the layer is used. */
  declare readonly kind?: NoInfer<K>;
  /** Γ of each channel, real [channels, 3], or γ of a real layer; or null. */
  readonly weight: RealTensor | null;
  /** β of each channel, [channels], or null. */
  readonly bias: TensorOf<K> | null;
  readonly #groups: number;
  readonly #channels: number;
  readonly #eps: number;
  readonly #kind: LayerKind;

  /** A norm for `numChannels` channels in `numGroups` groups. */
  constructor(numGroups: number, numChannels: number, options?: GroupNormOptions<K>) {
    super();
    const given = GROUP_NORM.take(this, { numGroups, numChannels }, options);
    const { eps, affine, kind } = given;
    checkGroups(GROUP_NORM.what, numGroups, numChannels);
    this.#groups = numGroups;
    this.#channels = numChannels;
    this.#eps = eps;
    this.#kind = kind;
    this.weight = affine ? unitWeight(kind, [numChannels]) : null;
    this.bias = affine ? zeroBias(kind as K, [numChannels]) : null;
  }

  /** The normalised z. */
  override apply(z: TensorOf<K>): TensorOf<K> {
    checkOfKind("apply GroupNorm", this.#kind, z);
    checkChannels("apply GroupNorm", z, this.#channels);
    return groupNorm(z, this.#groups, this.weight, this.bias, { eps: this.#eps });
  }
}

/**
 * RMS norm (Zhang and Sennrich 2019) of complex [..., ...normalizedShape]: each example is whitened by
 * the 2×2 second moments M of real and imaginary part about 0, Γ (M + eps)^(−1/2) z.
 *
 * Weight real [...normalizedShape, 3] = γrr, γii, γri, at first 1/√2, 1/√2, 0. With `kind: "real"`
 * γ x / √(E[x²] + eps) of real numbers, as in PyTorch. Training and evaluation are the same.
 *
 * @throws {ArgandError} if the last axes of the input are not normalizedShape.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.RMSNorm(40);
 * const y = norm.apply(randnComplex([2, 40]));
 * assert(Math.abs(await y.absSquared().mean().item() - 1) < 1e-3);
 * ```
 */
export class RMSNorm<K extends LayerKind = "complex"> extends Layer<K> {
  /** The kind, for the compiler alone; it follows from the options, not from where the layer is used. */
  declare readonly kind?: NoInfer<K>;
  /** Γ of each element, real [...normalizedShape, 3], or γ of a real layer; or null. */
  readonly weight: RealTensor | null;
  readonly #shape: Shape;
  readonly #eps: number;
  readonly #kind: LayerKind;

  /** A norm over the last axes, whose sizes are `normalizedShape`. */
  constructor(normalizedShape: NormalizedShape, options?: LayerNormOptions<K>) {
    super();
    const { eps, elementwiseAffine, kind } = RMS_NORM.take(this, { normalizedShape }, options);
    this.#shape = [...normalizedAxes(RMS_NORM.what, normalizedShape)];
    this.#eps = eps;
    this.#kind = kind;
    this.weight = elementwiseAffine ? unitWeight(kind, this.#shape) : null;
  }

  /** The normalised z. */
  override apply(z: TensorOf<K>): TensorOf<K> {
    checkOfKind("apply RMSNorm", this.#kind, z);
    return rmsNorm(z, this.#shape, this.weight, { eps: this.#eps });
  }
}
