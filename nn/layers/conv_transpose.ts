/** Transposed convolution layers. */
import {
  convolvedTransposed,
  convTransposeFields,
  type ConvTransposeOptions,
  type Sizes,
  type TransposedMovement,
  transposedMovementOf,
  weightFields,
  type WeightSizes,
} from "../functional/convolve.ts";
import { type Size2d, type Size3d, spread } from "../checks.ts";
import { declarationOf, declareLayer, declareOptions } from "../declare/declaration.ts";
import {
  type Field,
  flag,
  optional,
  pairOf,
  positiveInteger,
  single,
  tripleOf,
} from "../declare/field.ts";
import type { LayerKind, TensorOf } from "../layer.ts";
import { Convolution } from "./conv.ts";
import { kindField } from "./weight.ts";

/** Options of the transposed convolution layers; `S` is a number, or one for each axis. */
export interface ConvTransposeLayerOptions<S, K extends LayerKind = "complex">
  extends ConvTransposeOptions<S> {
  /** Whether there is a bias; true, if absent. */
  readonly bias?: boolean;
  /** The kind of the weight, of what the layer takes and of what it gives; `"complex"`, if absent. */
  readonly kind?: K;
}

/** Options of {@link ConvTranspose1d}. */
export type ConvTranspose1dLayerOptions<K extends LayerKind = "complex"> =
  ConvTransposeLayerOptions<number, K>;

/** Options of {@link ConvTranspose2d}. */
export type ConvTranspose2dLayerOptions<K extends LayerKind = "complex"> =
  ConvTransposeLayerOptions<Size2d, K>;

/** Options of {@link ConvTranspose3d}. */
export type ConvTranspose3dLayerOptions<K extends LayerKind = "complex"> =
  ConvTransposeLayerOptions<Size3d, K>;

const layerFields = <S extends Sizes>(sizes: (of: Field<number>) => Field<S>) => {
  const { outputPadding, ...others } = convTransposeFields(sizes);
  return { ...others, bias: optional(flag, true), outputPadding, kind: kindField };
};

declareLayer(
  "a ConvTranspose1d",
  () => ConvTranspose1d,
  weightFields(single(positiveInteger)),
  declareOptions<ConvTranspose1dLayerOptions<LayerKind>>(layerFields(single)),
);
declareLayer(
  "a ConvTranspose2d",
  () => ConvTranspose2d,
  weightFields(pairOf(positiveInteger)),
  declareOptions<ConvTranspose2dLayerOptions<LayerKind>>(layerFields(pairOf)),
);
declareLayer(
  "a ConvTranspose3d",
  () => ConvTranspose3d,
  weightFields(tripleOf(positiveInteger)),
  declareOptions<ConvTranspose3dLayerOptions<LayerKind>>(layerFields(tripleOf)),
);

/**
 * The base of the transposed convolutions over one, two and three axes.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer: nn.Convolution = new nn.ConvTranspose2d(4, 2, 3, { groups: 2 });
 * assert(layer instanceof nn.ConvTransposeNd && layer.weight.shape.join() === "4,1,3,3");
 * ```
 */
export abstract class ConvTransposeNd<S extends Sizes, K extends LayerKind = "complex">
  extends Convolution<K> {
  readonly #axes: number;
  readonly #movement: TransposedMovement;

  /** A layer over so many axes. */
  constructor(
    axes: number,
    inChannels: number,
    outChannels: number,
    kernel: S,
    options: ConvTransposeLayerOptions<S, K> | undefined,
  ) {
    type Options = ConvTransposeLayerOptions<Sizes, LayerKind>;
    const declared = declarationOf<WeightSizes, Options>(new.target);
    const full = declared.complete({ inChannels, outChannels, kernel }, options);
    const movement = transposedMovementOf(declared.what, axes, full);
    const sizes = { inChannels, outChannels, kernel: spread(kernel, axes) };
    super(declared.what, sizes, full, true);
    this.#axes = axes;
    this.#movement = movement;
    declared.note(this, full);
  }

  /** The transpose of w ⋆ y ↦ x, applied to x, + b. */
  override apply(x: TensorOf<K>): TensorOf<K> {
    const { weight, bias } = this;
    return convolvedTransposed(this.#axes, x, weight, bias, this.#movement) as TensorOf<K>;
  }
}

/**
 * The transpose of {@link Conv1d} as a linear map plus a bias, over one axis: each pixel lays down
 * the kernel, `stride` apart, from [N, C, L] to [N, O, L′] with L′ = (L − 1)·stride − 2·padding +
 * dilation·(l − 1) + outputPadding + 1. The weight [in, out / groups, …] and the
 * bias start as those of the convolution.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, if `outputPadding` is below
 * neither stride nor dilation, if channels do not split into the groups, if the input has other
 * channels or padding cuts all of the output off.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.ConvTranspose1d(8, 1, 4, { stride: 2, padding: 1 });
 * assert(layer.apply(randnComplex([3, 8, 50])).shape.join() === "3,1,100");
 * ```
 */
export class ConvTranspose1d<K extends LayerKind = "complex"> extends ConvTransposeNd<number, K> {
  /** A layer with random weight; see `manualSeed`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: number,
    options?: ConvTranspose1dLayerOptions<K>,
  ) {
    super(1, inChannels, outChannels, kernel, options);
  }
}

/**
 * The transpose of {@link Conv2d} as a linear map plus a bias, over two axes: each pixel lays down
 * the kernel, `stride` apart, from [N, C, H, W] to [N, O, H′, W′] with H′ = (H − 1)·stride −
 * 2·padding + dilation·(h − 1) + outputPadding + 1. The weight [in, out / groups, …] and the
 * bias start as those of the convolution.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, if `outputPadding` is below
 * neither stride nor dilation, if channels do not split into the groups, if the input has other
 * channels or padding cuts all of the output off.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.ConvTranspose2d(10, 1, 5, { stride: 2, padding: 2, outputPadding: 1 });
 * assert(layer.apply(randnComplex([3, 10, 14, 14])).shape.join() === "3,1,28,28");
 * ```
 */
export class ConvTranspose2d<K extends LayerKind = "complex"> extends ConvTransposeNd<Size2d, K> {
  /** A layer with random weight; see `manualSeed`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Size2d,
    options?: ConvTranspose2dLayerOptions<K>,
  ) {
    super(2, inChannels, outChannels, kernel, options);
  }
}

/**
 * The transpose of {@link Conv3d} as a linear map plus a bias, over three axes: each pixel lays down the
 * kernel, `stride` apart, from [N, C, D, H, W] to [N, O, D′, H′, W′] with D′ = (D − 1)·stride − 2·padding +
 * dilation·(d − 1) + outputPadding + 1, H′ and W′ likewise. The weight [in, out / groups, …] and the bias
 * start as those of the convolution.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, if `outputPadding` is below
 * neither stride nor dilation, if channels do not split into the groups, if the input has other
 * channels or padding cuts all of the output off.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.ConvTranspose3d(4, 1, 2, { stride: 2 });
 * assert(layer.apply(randnComplex([2, 4, 3, 3, 4])).shape.join() === "2,1,6,6,8");
 * ```
 */
export class ConvTranspose3d<K extends LayerKind = "complex"> extends ConvTransposeNd<Size3d, K> {
  /** A layer with random weight; see `manualSeed`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Size3d,
    options?: ConvTranspose3dLayerOptions<K>,
  ) {
    super(3, inChannels, outChannels, kernel, options);
  }
}
