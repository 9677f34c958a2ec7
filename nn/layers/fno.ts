/** Fourier neural operators. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../../complex/lazy/describe.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { MOST_LAYERS, type Size2d } from "../checks.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { integer, layerMaker, optional, pairOf, positiveInteger } from "../declare/field.ts";
import { Layer } from "../layer.ts";
import { CGELU } from "./activation.ts";
import { Conv2d } from "./conv.ts";
import { SpectralConv2d } from "./spectral_conv.ts";

/** Options of {@link FNO2d}. */
export interface FNO2dOptions {
  /** Fields that go in. */
  readonly inChannels: number;
  /** Fields that come out. */
  readonly outChannels: number;
  /** Fourier modes of each sign, or [along height, along width]. */
  readonly modes: Size2d;
  /** Channels within; 32, if absent. */
  readonly width?: number;
  /** Fourier layers; 4, if absent. */
  readonly layers?: number;
  /** Channels of the projection at the end; 128, if absent. */
  readonly hidden?: number;
  /** Makes each activation; `CGELU`, if absent. */
  readonly activation?: () => Layer;
}

const FNO2D = declareLayer(
  "an FNO2d",
  () => FNO2d,
  {},
  declareOptions<FNO2dOptions>({
    inChannels: positiveInteger,
    outChannels: positiveInteger,
    modes: pairOf(positiveInteger),
    width: optional(positiveInteger, 32),
    layers: optional(integer(1, MOST_LAYERS), 4),
    hidden: optional(positiveInteger, 128),
    activation: optional(layerMaker, () => new CGELU()),
  }),
);

/** An activation; refuses what makes none. */
function made(what: string, activation: () => Layer): Layer {
  // A class is a function that cannot be called.
  if (activation.prototype instanceof Layer) {
    const { name } = activation;
    throw cannot(
      what,
      `activation must make a layer, as () => new ${name}(), got the class ${name}`,
    );
  }
  const layer: unknown = activation();
  if (layer instanceof Layer) return layer;
  throw cannot(what, `activation must make a layer, it made ${describe(layer)}`);
}

/**
 * A Fourier neural operator (Li et al., ICLR 2021): it learns a map from fields to fields, such as from
 * a source to the wave it makes, from [N, inChannels, H, W] to [N, outChannels, H, W]. The input is
 * lifted to `width` channels point by point; each of `layers` steps is v ← σ(K v + W v + b) with a
 * spectral convolution K and a matrix W of channels, the last without σ; two matrices with σ between
 * project to the output. Nothing in it depends on the grid: what was learned on one applies on others.
 *
 * The fields are taken as periodic. Where the map depends on the place, give the coordinates as input
 * channels.
 *
 * @throws {ArgandError} if a size is not a positive integer, or the input has other channels or fewer
 * points than 2·modes.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const net = new nn.FNO2d({ inChannels: 1, outChannels: 2, modes: 4, width: 8, layers: 2 });
 * assertEquals(net.apply(randnComplex([3, 1, 16, 16])).shape, [3, 2, 16, 16]);
 * ```
 */
export class FNO2d extends Layer {
  /** From the input to the channels within. */
  readonly lift: Conv2d;
  /** K of each step. */
  readonly spectral: readonly SpectralConv2d[];
  /** W and b of each step. */
  readonly local: readonly Conv2d[];
  /** σ after each step but the last, and in the projection. */
  readonly activations: readonly Layer[];
  /** To the channels of the projection, and to the output. */
  readonly project: readonly [Conv2d, Conv2d];

  /** An operator with random weights; see `manualSeed`. */
  constructor(options: FNO2dOptions) {
    super();
    const full = FNO2D.complete({}, options);
    const { inChannels, outChannels, modes, width, layers, hidden, activation } = full;
    const steps = Array.from({ length: layers });
    // Everything is checked before a weight is drawn.
    this.activations = steps.map(() => made(FNO2D.what, activation));
    this.lift = new Conv2d(inChannels, width, 1);
    this.spectral = steps.map(() => new SpectralConv2d(width, width, modes));
    this.local = steps.map(() => new Conv2d(width, width, 1));
    this.project = [new Conv2d(width, hidden, 1), new Conv2d(hidden, outChannels, 1)];
    FNO2D.note(this, { ...full, activation: this.activations[0] });
  }

  /** The fields that the operator makes of z. */
  override apply(z: ComplexTensor): ComplexTensor {
    const last = this.spectral.length - 1;
    let v = this.lift.apply(z);
    this.spectral.forEach((k, step) => {
      const sum = k.apply(v).add(this.local[step].apply(v));
      v = step < last ? this.activations[step].apply(sum) : sum;
    });
    const [first, second] = this.project;
    return second.apply(this.activations[last].apply(first.apply(v)));
  }
}
