/** The complex convolution layer. */
import { cannot } from "../../gpu/errors.ts";
import { full, parameter } from "../../complex/create.ts";
import { checkWhole } from "../../complex/shape.ts";
import type { ComplexTensor } from "../../complex/tensor.ts";
import { conv2d, type Conv2dOptions } from "../functional/conv.ts";
import { complexGlorot } from "../init.ts";
import { Layer } from "../layer.ts";
import { type Pair, pair, withDefaults } from "../options.ts";

/** Options of {@link Conv2d}. */
export interface Conv2dLayerOptions extends Conv2dOptions {
  /** Whether there is a bias; true, if absent. */
  readonly bias?: boolean;
}

/**
 * Two-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c], from [N, C, H, W] to
 * [N, O, H′, W′] with H′ = ⌊(H + 2·padding − dilation·(h − 1) − 1) / stride⌋ + 1. The weight starts as
 * complex Glorot (Trabelsi et al. 2018), the bias as 0.
 *
 * @throws {ArgandError} if an option is unknown or no fitting number, if channels do not split into
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
export class Conv2d extends Layer {
  /** Complex [out, in / groups, h, w]. */
  readonly weight: ComplexTensor;
  /** Complex [out], or null. */
  readonly bias: ComplexTensor | null;
  readonly #options: Conv2dOptions;

  /** A layer with random weight; see `manualSeed`. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Pair,
    options?: Conv2dLayerOptions,
  ) {
    super();
    const what = "make a Conv2d";
    checkWhole(what, "the number of input channels", inChannels, 1);
    checkWhole(what, "the number of output channels", outChannels, 1);
    const [h, w] = pair(what, "kernel size", kernel, 1);
    const { bias, stride, padding, dilation, groups } = withDefaults<
      Required<Conv2dLayerOptions>
    >(what, options, { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true });
    checkWhole(what, "groups", groups, 1);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw cannot(
        what,
        `${inChannels} input and ${outChannels} output channels do not split into ${groups} groups`,
      );
    }
    this.#options = {
      stride: pair(what, "stride", stride, 1),
      padding: pair(what, "padding", padding, 0),
      dilation: pair(what, "dilation", dilation, 1),
      groups,
    };
    const shape = [outChannels, inChannels / groups, h, w];
    this.weight = parameter(complexGlorot(shape), { name: "weight" });
    this.bias = bias ? parameter(full([outChannels], { re: 0, im: 0 }), { name: "bias" }) : null;
  }

  /** w ⋆ x + b. */
  override apply(z: ComplexTensor): ComplexTensor {
    return conv2d(z, this.weight, this.bias, this.#options);
  }
}
