/** Norms of single examples, as layers. */
import { full, parameter } from "../../complex/create/create.ts";
import type { Shape } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
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
import { Layer } from "../layer.ts";
import { unitGamma } from "./gamma.ts";

/** Options of {@link LayerNorm} and {@link RMSNorm}. */
export interface LayerNormOptions extends NormOptions {
  /** Whether weight and bias are learned; true, if absent. */
  readonly elementwiseAffine?: boolean;
}

/** Options of {@link GroupNorm}. */
export interface GroupNormOptions extends NormOptions {
  /** Whether weight and bias are learned; true, if absent. */
  readonly affine?: boolean;
}

const ofElements = { normalizedShape: either(positiveInteger, list(positiveInteger)) };
const ELEMENT_OPTIONS = declareOptions<LayerNormOptions>({
  ...normFields,
  elementwiseAffine: optional(flag, true),
});
const LAYER_NORM = declareLayer("a LayerNorm", () => LayerNorm, ofElements, ELEMENT_OPTIONS);
const RMS_NORM = declareLayer("an RMSNorm", () => RMSNorm, ofElements, ELEMENT_OPTIONS);
const GROUP_NORM = declareLayer(
  "a GroupNorm",
  () => GroupNorm,
  { numGroups: positiveInteger, numChannels: positiveInteger },
  declareOptions<GroupNormOptions>({ ...normFields, affine: optional(flag, true) }),
);

function unitWeight(per: Shape): RealTensor {
  return parameter(unitGamma(per), { name: "weight" });
}

function zeroBias(per: Shape): ComplexTensor {
  return parameter(full(per, { re: 0, im: 0 }), { name: "bias" });
}

/**
 * Layer norm (Ba et al. 2016) of complex [..., ...normalizedShape]: the elements of each example are
 * centred and whitened by the 2×2 covariance V of their real and imaginary parts,
 * Γ (V + eps)^(−1/2) (z − μ) + β.
 *
 * Weight real [...normalizedShape, 3] = γrr, γii, γri, at first 1/√2, 1/√2, 0; bias β complex
 * [...normalizedShape], at first 0. Training and evaluation are the same.
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
export class LayerNorm extends Layer {
  /** Γ of each element, real [...normalizedShape, 3], or null. */
  readonly weight: RealTensor | null;
  /** β of each element, complex [...normalizedShape], or null. */
  readonly bias: ComplexTensor | null;
  readonly #shape: Shape;
  readonly #eps: number;

  /** A norm over the last axes, whose sizes are `normalizedShape`. */
  constructor(normalizedShape: NormalizedShape, options?: LayerNormOptions) {
    super();
    const { eps, elementwiseAffine } = LAYER_NORM.take(this, { normalizedShape }, options);
    this.#shape = [...normalizedAxes(LAYER_NORM.what, normalizedShape)];
    this.#eps = eps;
    this.weight = elementwiseAffine ? unitWeight(this.#shape) : null;
    this.bias = elementwiseAffine ? zeroBias(this.#shape) : null;
  }

  /** The normalised z. */
  override apply(z: ComplexTensor): ComplexTensor {
    return layerNorm(z, this.#shape, this.weight, this.bias, { eps: this.#eps });
  }
}

/**
 * Group norm (Wu and He 2018) of complex [N, channels, …]: the elements of each group of channels of
 * each example are centred and whitened by the 2×2 covariance V of their real and imaginary parts,
 * Γ (V + eps)^(−1/2) (z − μ) + β.
 *
 * Weight real [channels, 3] = γrr, γii, γri, at first 1/√2, 1/√2, 0; bias β complex [channels], at
 * first 0. Training and evaluation are the same.
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
export class GroupNorm extends Layer {
  /** Γ of each channel, real [channels, 3], or null. */
  readonly weight: RealTensor | null;
  /** β of each channel, complex [channels], or null. */
  readonly bias: ComplexTensor | null;
  readonly #groups: number;
  readonly #channels: number;
  readonly #eps: number;

  /** A norm for `numChannels` channels in `numGroups` groups. */
  constructor(numGroups: number, numChannels: number, options?: GroupNormOptions) {
    super();
    const { eps, affine } = GROUP_NORM.take(this, { numGroups, numChannels }, options);
    checkGroups(GROUP_NORM.what, numGroups, numChannels);
    this.#groups = numGroups;
    this.#channels = numChannels;
    this.#eps = eps;
    this.weight = affine ? unitWeight([numChannels]) : null;
    this.bias = affine ? zeroBias([numChannels]) : null;
  }

  /** The normalised z. */
  override apply(z: ComplexTensor): ComplexTensor {
    checkChannels("apply GroupNorm", z, this.#channels);
    return groupNorm(z, this.#groups, this.weight, this.bias, { eps: this.#eps });
  }
}

/**
 * RMS norm (Zhang and Sennrich 2019) of complex [..., ...normalizedShape]: each example is whitened by
 * the 2×2 second moments M of real and imaginary part about 0, Γ (M + eps)^(−1/2) z.
 *
 * Weight real [...normalizedShape, 3] = γrr, γii, γri, at first 1/√2, 1/√2, 0. Training and evaluation
 * are the same.
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
export class RMSNorm extends Layer {
  /** Γ of each element, real [...normalizedShape, 3], or null. */
  readonly weight: RealTensor | null;
  readonly #shape: Shape;
  readonly #eps: number;

  /** A norm over the last axes, whose sizes are `normalizedShape`. */
  constructor(normalizedShape: NormalizedShape, options?: LayerNormOptions) {
    super();
    const { eps, elementwiseAffine } = RMS_NORM.take(this, { normalizedShape }, options);
    this.#shape = [...normalizedAxes(RMS_NORM.what, normalizedShape)];
    this.#eps = eps;
    this.weight = elementwiseAffine ? unitWeight(this.#shape) : null;
  }

  /** The normalised z. */
  override apply(z: ComplexTensor): ComplexTensor {
    return rmsNorm(z, this.#shape, this.weight, { eps: this.#eps });
  }
}
