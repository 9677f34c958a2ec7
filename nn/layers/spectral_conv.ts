/** Convolutions by their Fourier modes, as layers. */
import { parameter } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { spectralConv } from "../functional/spectral_conv.ts";
import { type Size2d, spread } from "../checks.ts";
import { declarationOf, declareLayer } from "../declare/declaration.ts";
import { pairOf, positiveInteger, single } from "../declare/field.ts";
import { complexGlorot } from "../init.ts";
import { Layer } from "../layer.ts";

const channels = { inChannels: positiveInteger, outChannels: positiveInteger };
declareLayer("a SpectralConv1d", () => SpectralConv1d, {
  ...channels,
  modes: single(positiveInteger),
});
const SPECTRAL_CONV2D = declareLayer("a SpectralConv2d", () => SpectralConv2d, {
  ...channels,
  modes: pairOf(positiveInteger),
});

/**
 * The base of the spectral convolutions over one and two axes.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer: nn.SpectralConv = new nn.SpectralConv2d(2, 4, [3, 5]);
 * assertEquals(layer.weight.shape, [2, 4, 6, 10]);
 * ```
 */
export abstract class SpectralConv extends Layer {
  /** Complex [in, out, 2m] or [in, out, 2m₁, 2m₂], from frequency −m to m − 1. */
  readonly weight: ComplexTensor;

  /** A layer with random weight; see `manualSeed`. */
  constructor(axes: number, inChannels: number, outChannels: number, modes: Size2d) {
    super();
    const declared: typeof SPECTRAL_CONV2D = declarationOf(new.target);
    declared.take(this, { inChannels, outChannels, modes });
    const counts = spread(modes, axes).map((m) => 2 * m);
    const shape = [inChannels, outChannels, ...counts];
    const fans = { fanIn: inChannels, fanOut: outChannels };
    this.weight = parameter(complexGlorot(shape, fans), { name: "weight" });
  }

  /** The lowest Fourier modes, mixed between channels. */
  override apply(z: ComplexTensor): ComplexTensor {
    return spectralConv(z, this.weight);
  }
}

/**
 * A convolution over all of an axis by its lowest Fourier modes, from [N, in, L] to [N, out, L] (Li et
 * al., "Fourier Neural Operator", ICLR 2021); see `nn.functional.spectralConv` for the formula. With
 * `modes` m it keeps the frequencies −m, …, m − 1, 2m in all, in periods over the axis, so that its
 * weight does not depend on the grid. The weight starts as complex Glorot (Trabelsi et al. 2018).
 *
 * @throws {ArgandError} if a size is not a positive integer, or the input has other channels or fewer
 * than 2m points.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.SpectralConv1d(2, 4, 8);
 * assertEquals(layer.apply(randnComplex([3, 2, 64])).shape, [3, 4, 64]);
 * assertEquals(layer.apply(randnComplex([3, 2, 100])).shape, [3, 4, 100]);
 * ```
 */
export class SpectralConv1d extends SpectralConv {
  /** A layer with random weight; see `manualSeed`. */
  constructor(inChannels: number, outChannels: number, modes: number) {
    super(1, inChannels, outChannels, modes);
  }
}

/**
 * A convolution over all of two axes by its lowest Fourier modes, from [N, in, H, W] to [N, out, H, W]
 * (Li et al., "Fourier Neural Operator", ICLR 2021); see `nn.functional.spectralConv` for the formula.
 * With `modes` m (or [m₁, m₂]) it keeps the frequencies −m, …, m − 1 of each axis, 2m in all, in periods
 * over the axis, so that its weight does not depend on the grid. The weight starts as complex Glorot
 * (Trabelsi et al. 2018).
 *
 * @throws {ArgandError} if a size is not a positive integer, or the input has other channels or fewer
 * than 2m points.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.SpectralConv2d(2, 4, [3, 5]);
 * assertEquals(layer.apply(randnComplex([3, 2, 16, 20])).shape, [3, 4, 16, 20]);
 * ```
 */
export class SpectralConv2d extends SpectralConv {
  /** A layer with random weight; see `manualSeed`. */
  constructor(inChannels: number, outChannels: number, modes: Size2d) {
    super(2, inChannels, outChannels, modes);
  }
}
