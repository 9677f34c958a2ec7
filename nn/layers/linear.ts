/** The complex linear layer. */
import { full, parameter } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { linear } from "../functional/linear.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { flag, optional, positiveInteger } from "../declare/field.ts";
import { complexGlorot } from "../init.ts";
import { Layer } from "../layer.ts";

/** Options of {@link Linear}. */
export interface LinearOptions {
  /** Whether there is a bias; true, if absent. */
  readonly bias?: boolean;
}

const LINEAR = declareLayer(
  "a Linear",
  () => Linear,
  { inFeatures: positiveInteger, outFeatures: positiveInteger },
  declareOptions<LinearOptions>({ bias: optional(flag, true) }),
);

/**
 * y = x Wᵀ + b from [N, in] (or […, in]) to [N, out]. The weight starts as complex Glorot
 * (Trabelsi et al. 2018), the bias as 0.
 *
 * @throws {ArgandError} if a size is not a positive integer, or the input has other features.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.Linear(3, 2);
 * assert(layer.apply(randnComplex([5, 3])).shape[1] === 2);
 * ```
 */
export class Linear extends Layer {
  /** Complex [out, in]. */
  readonly weight: ComplexTensor;
  /** Complex [out], or null. */
  readonly bias: ComplexTensor | null;

  /** A layer with random weight; see `manualSeed`. */
  constructor(inFeatures: number, outFeatures: number, options?: LinearOptions) {
    super();
    const { bias } = LINEAR.take(this, { inFeatures, outFeatures }, options);
    const zero = { re: 0, im: 0 };
    this.weight = parameter(complexGlorot([outFeatures, inFeatures]), { name: "weight" });
    this.bias = bias ? parameter(full([outFeatures], zero), { name: "bias" }) : null;
  }

  /** x Wᵀ + b. */
  override apply(z: ComplexTensor): ComplexTensor {
    return linear(z, this.weight, this.bias);
  }
}
