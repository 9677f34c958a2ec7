/** The linear layer. */
import { linear } from "../functional/linear.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { flag, optional, positiveInteger } from "../declare/field.ts";
import { Layer, type LayerKind, type TensorOf } from "../layer.ts";
import { kindField, weightAndBias } from "./weight.ts";

/** Options of {@link Linear}. */
export interface LinearOptions<K extends LayerKind = "complex"> {
  /** Whether there is a bias; true, if absent. */
  readonly bias?: boolean;
  /** The kind of the weight, of what the layer takes and of what it gives; `"complex"`, if absent. */
  readonly kind?: K;
}

const LINEAR = declareLayer(
  "a Linear",
  () => Linear,
  { inFeatures: positiveInteger, outFeatures: positiveInteger },
  declareOptions<LinearOptions<LayerKind>>({ bias: optional(flag, true), kind: kindField }),
);

/**
 * y = x Wᵀ + b from [N, in] (or […, in]) to [N, out]. The weight starts as complex Glorot
 * (Trabelsi et al. 2018), the bias as 0; with `kind: "real"` both start as PyTorch's, between ±1/√in.
 *
 * @throws {ArgandError} if a size is not a positive integer, or the input has other features.
 *
 * @example
 * ```ts
 * import { nn, ones, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const layer = new nn.Linear(3, 2);
 * assert(layer.apply(randnComplex([5, 3])).shape[1] === 2);
 *
 * const real = new nn.Linear(3, 2, { kind: "real" });
 * assert(real.apply(ones([5, 3])).dtype === "float32");
 * ```
 */
export class Linear<K extends LayerKind = "complex"> extends Layer<K> {
  /** The kind, for the compiler alone; it follows from the options, not from where the layer is used. */
  declare readonly kind?: NoInfer<K>;
  /** The weight [out, in]. */
  readonly weight: TensorOf<K>;
  /** The bias [out], or null. */
  readonly bias: TensorOf<K> | null;

  /** A layer with random weight; see `manualSeed`. */
  constructor(inFeatures: number, outFeatures: number, options?: LinearOptions<K>) {
    super();
    const { bias, kind } = LINEAR.take(this, { inFeatures, outFeatures }, options);
    const parts = weightAndBias(kind as K, [outFeatures, inFeatures], outFeatures, bias);
    this.weight = parts.weight;
    this.bias = parts.bias;
  }

  /** x Wᵀ + b. */
  override apply(x: TensorOf<K>): TensorOf<K> {
    return linear(x, this.weight, this.bias) as TensorOf<K>;
  }
}
