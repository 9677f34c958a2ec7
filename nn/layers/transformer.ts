/** Layers of transformers. */
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";
import type { AttentionMask, AttentionScores } from "../functional/attention.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { flag, layer, number, optional, positiveInteger, word } from "../declare/field.ts";
import { Layer } from "../layer.ts";
import { CReLU } from "./activation.ts";
import { MultiheadAttention } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { LayerNorm } from "./norm.ts";

/** Options of {@link TransformerEncoderLayer}. */
export interface TransformerEncoderLayerOptions {
  /** Features between the two linear maps; 2048, if absent. */
  readonly feedForward?: number;
  /** The probability to drop, of attention weights and of elements, in training; 0.1, if absent. */
  readonly dropout?: number;
  /** The layer between the two linear maps; {@link CReLU}, if absent. */
  readonly activation?: Layer | null;
  /** Whether the norms come before attention and maps and not after the sums; false, if absent. */
  readonly normFirst?: boolean;
  /** The part of the scores that the attention's softmax compares; real parts, if absent. */
  readonly scores?: AttentionScores;
  /** Whether sequences are [N, length, embed]; false, if absent: [length, N, embed]. */
  readonly batchFirst?: boolean;
}

const ENCODER = declareLayer(
  "a TransformerEncoderLayer",
  () => TransformerEncoderLayer,
  { embed: positiveInteger, heads: positiveInteger },
  declareOptions<TransformerEncoderLayerOptions>({
    feedForward: optional(positiveInteger, 2048),
    dropout: optional(number(0, 1), 0.1),
    activation: optional(layer, null),
    normFirst: optional(flag, false),
    scores: optional(word("real", "modulus"), "real"),
    batchFirst: optional(flag, false),
  }),
);

/**
 * An encoder layer of a transformer for complex numbers (Vaswani et al. 2017, as PyTorch has it; Eilers
 * and Jiang, "Building blocks for a complex-valued transformer architecture", 2023): with
 * A = self-attention and F(x) = W₂ a(W₁x + b₁) + b₂, y = norm₂(s + F(s)) of s = norm₁(x + A(x)), or with
 * `normFirst` y = s + F(norm₂(s)) of s = x + A(norm₁(x)). The norms are layer norms over the features
 * by covariance. In training elements are dropped after A, a and F.
 *
 * From complex [length, N, embed] to the same, or [N, length, embed] with `batchFirst`.
 *
 * @throws {ArgandError} if a size is not a positive integer, if the heads do not divide the features,
 * or if the input or the mask does not fit.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.TransformerEncoderLayer(8, 2, { feedForward: 32, batchFirst: true });
 * assertEquals(layer.apply(randnComplex([3, 5, 8]), { causal: true }).shape, [3, 5, 8]);
 * ```
 */
export class TransformerEncoderLayer extends Layer {
  /** A. */
  readonly selfAttention: MultiheadAttention;
  /** W₁ and b₁, from the features to those between. */
  readonly linear1: Linear;
  /** W₂ and b₂, back to the features. */
  readonly linear2: Linear;
  /** The norm of the attention. */
  readonly norm1: LayerNorm;
  /** The norm of the linear maps. */
  readonly norm2: LayerNorm;
  /** a. */
  readonly activation: Layer;
  /** Drops elements. */
  readonly dropout: Dropout;
  readonly #normFirst: boolean;

  /** A layer with random weights; see `manualSeed`. */
  constructor(embed: number, heads: number, options?: TransformerEncoderLayerOptions) {
    super();
    const given = ENCODER.complete({ embed, heads }, options);
    const { feedForward, dropout, activation, normFirst, scores, batchFirst } = given;
    this.selfAttention = new MultiheadAttention(embed, heads, { scores, dropout, batchFirst });
    this.linear1 = new Linear(embed, feedForward);
    this.linear2 = new Linear(feedForward, embed);
    this.norm1 = new LayerNorm(embed);
    this.norm2 = new LayerNorm(embed);
    this.activation = activation ?? new CReLU();
    this.dropout = new Dropout(dropout);
    this.#normFirst = normFirst;
    ENCODER.note(this, { ...given, activation: this.activation });
  }

  /** y; a mask is the attention's. */
  override apply(x: ComplexTensor, mask?: AttentionMask): ComplexTensor {
    checkComplex("apply TransformerEncoderLayer", x);
    const attended = (z: ComplexTensor) =>
      this.dropout.apply(this.selfAttention.apply(z, z, z, mask));
    const mapped = (z: ComplexTensor) => {
      const between = this.dropout.apply(this.activation.apply(this.linear1.apply(z)));
      return this.dropout.apply(this.linear2.apply(between));
    };
    if (this.#normFirst) {
      const sum = x.add(attended(this.norm1.apply(x)));
      return sum.add(mapped(this.norm2.apply(sum)));
    }
    const sum = this.norm1.apply(x.add(attended(x)));
    return this.norm2.apply(sum.add(mapped(sum)));
  }
}
