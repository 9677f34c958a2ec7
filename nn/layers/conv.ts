/** Convolution layers. */
import { cannot } from "../../gpu/contract/errors.ts";
import {
  convFields,
  convolved,
  type ConvOptions,
  type Movement,
  movementOf,
  type Sizes,
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
import { Layer, type LayerKind, type TensorOf } from "../layer.ts";
import { kindField, weightAndBias } from "./weight.ts";

/** Options of the convolution layers; `S` is a number, or one for each axis. */
export interface ConvLayerOptions<S, K extends LayerKind = "complex"> extends ConvOptions<S> {
  /** Whether there is a bias; true, if absent. */
  readonly bias?: boolean;
  /** The kind of the weight, of what the layer takes and of what it gives; `"complex"`, if absent. */
  readonly kind?: K;
}

/** Options of {@link Conv1d}. */
export type Conv1dLayerOptions<K extends LayerKind = "complex"> = ConvLayerOptions<number, K>;

/** Options of {@link Conv2d}. */
export type Conv2dLayerOptions<K extends LayerKind = "complex"> = ConvLayerOptions<Size2d, K>;

/** Options of {@link Conv3d}. */
export type Conv3dLayerOptions<K extends LayerKind = "complex"> = ConvLayerOptions<Size3d, K>;

const layerFields = <S extends Sizes>(sizes: (of: Field<number>) => Field<S>) => ({
  ...convFields(sizes),
  bias: optional(flag, true),
  kind: kindField,
});

declareLayer(
  "a Conv1d",
  () => Conv1d,
  weightFields(single(positiveInteger)),
  declareOptions<Conv1dLayerOptions<LayerKind>>(layerFields(single)),
);
declareLayer(
  "a Conv2d",
  () => Conv2d,
  weightFields(pairOf(positiveInteger)),
  declareOptions<Conv2dLayerOptions<LayerKind>>(layerFields(pairOf)),
);
declareLayer(
  "a Conv3d",
  () => Conv3d,
  weightFields(tripleOf(positiveInteger)),
  declareOptions<Conv3dLayerOptions<LayerKind>>(layerFields(tripleOf)),
);

/**
 * The base of convolutions and transposed convolutions: weight and bias.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const net = new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.CReLU(), new nn.Conv2d(4, 2, 3));
 * const layers = net.modules().filter((m) => m instanceof nn.Convolution);
 * assertEquals(layers.map((m) => m.weight.shape[0]), [4, 2]);
 * ```
 */
export abstract class Convolution<K extends LayerKind = "complex"> extends Layer<K> {
  /** The kind, for the compiler alone; it follows from the options, not from where the layer is used. */
  declare readonly kind?: NoInfer<K>;
  /** The weight [out, in / groups, …kernel]; transposed, [in, out / groups, …kernel]. */
  readonly weight: TensorOf<K>;
  /** The bias [out], or null. */
  readonly bias: TensorOf<K> | null;

  /** A layer with random weight; see `manualSeed`. */
  constructor(
    what: string,
    { inChannels, outChannels, kernel }: WeightSizes<readonly number[]>,
    { groups, bias, kind }: {
      readonly groups: number;
      readonly bias: boolean;
      readonly kind: LayerKind;
    },
    transposed: boolean,
  ) {
    super();
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw cannot(
        what,
        `${inChannels} input and ${outChannels} output channels do not split into ${groups} groups`,
      );
    }
    const [outer, inner] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    const shape = [outer, inner / groups, ...kernel];
    const parts = weightAndBias(kind as K, shape, outChannels, bias);
    this.weight = parts.weight;
    this.bias = parts.bias;
  }
}

/**
 * The base of the convolutions over one, two and three axes.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer: nn.Convolution = new nn.Conv3d(2, 4, [3, 5, 5]);
 * assert(layer instanceof nn.ConvNd && layer.weight.shape.join() === "4,2,3,5,5");
 * ```
 */
export abstract class ConvNd<S extends Sizes, K extends LayerKind = "complex">
  extends Convolution<K> {
  readonly #axes: number;
  readonly #movement: Movement;

  /** A layer over so many axes. */
  constructor(
    axes: number,
    inChannels: number,
    outChannels: number,
    kernel: S,
    options: ConvLayerOptions<S, K> | undefined,
  ) {
    type Options = ConvLayerOptions<Sizes, LayerKind>;
    const declared = declarationOf<WeightSizes, Options>(new.target);
    const full = declared.complete({ inChannels, outChannels, kernel }, options);
    const movement = movementOf(declared.what, axes, full);
    const sizes = { inChannels, outChannels, kernel: spread(kernel, axes) };
    super(declared.what, sizes, full, false);
    this.#axes = axes;
    this.#movement = movement;
    declared.note(this, full);
  }

  /** w ⋆ x + b. */
  override apply(x: TensorOf<K>): TensorOf<K> {
    return convolved(this.#axes, x, this.weight, this.bias, this.#movement) as TensorOf<K>;
  }
}

/**
 * One-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c], from [N, C, L] to [N,
 * O, L′] with L′ = ⌊(L + 2·padding − dilation·(l − 1) − 1) / stride⌋ + 1. The weight starts as
 * complex Glorot (Trabelsi et al. 2018), the bias as 0; with `kind: "real"` both as PyTorch's.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, if channels do not split into
 * the groups, if the input has other channels or is smaller than the kernel.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.Conv1d(1, 8, 5, { stride: 2, padding: 2 });
 * assert(layer.apply(randnComplex([3, 1, 100])).shape.join() === "3,8,50");
 * ```
 */
export class Conv1d<K extends LayerKind = "complex"> extends ConvNd<number, K> {
  /** A layer with random weight; see `manualSeed`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: number,
    options?: Conv1dLayerOptions<K>,
  ) {
    super(1, inChannels, outChannels, kernel, options);
  }
}

/**
 * Two-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c], from [N, C, H, W] to
 * [N, O, H′, W′] with H′ = ⌊(H + 2·padding − dilation·(h − 1) − 1) / stride⌋ + 1. The weight starts
 * as complex Glorot (Trabelsi et al. 2018), the bias as 0; with `kind: "real"` both as PyTorch's.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, if channels do not split into
 * the groups, if the input has other channels or is smaller than the kernel.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.Conv2d(1, 10, 5, { stride: 2, padding: 2 });
 * assert(layer.apply(randnComplex([3, 1, 28, 28])).shape.join() === "3,10,14,14");
 * ```
 */
export class Conv2d<K extends LayerKind = "complex"> extends ConvNd<Size2d, K> {
  /** A layer with random weight; see `manualSeed`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Size2d,
    options?: Conv2dLayerOptions<K>,
  ) {
    super(2, inChannels, outChannels, kernel, options);
  }
}

/**
 * Three-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c], from [N, C, D, H, W]
 * to [N, O, D′, H′, W′] with D′ = ⌊(D + 2·padding − dilation·(d − 1) − 1) / stride⌋ + 1, H′ and W′
 * likewise. The weight starts as complex Glorot (Trabelsi et al. 2018), the bias as 0; with
 * `kind: "real"` both as PyTorch's.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, if channels do not split into
 * the groups, if the input has other channels or is smaller than the kernel.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.Conv3d(1, 4, 3, { padding: "same" });
 * assert(layer.apply(randnComplex([2, 1, 6, 7, 8])).shape.join() === "2,4,6,7,8");
 * ```
 */
export class Conv3d<K extends LayerKind = "complex"> extends ConvNd<Size3d, K> {
  /** A layer with random weight; see `manualSeed`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Size3d,
    options?: Conv3dLayerOptions<K>,
  ) {
    super(3, inChannels, outChannels, kernel, options);
  }
}
