/** Attention by several heads. */
import { cannot } from "../../gpu/contract/errors.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";
import {
  type AttentionMask,
  type AttentionScores,
  scaledDotProductAttention,
} from "../functional/attention.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { flag, number, optional, positiveInteger, word } from "../declare/field.ts";
import { Layer } from "../layer.ts";
import { withDefaults } from "../checks.ts";
import { Linear } from "./linear.ts";

/** Options of {@link MultiheadAttention}. */
export interface MultiheadAttentionOptions {
  /** The part of the scores that the softmax compares, real parts or moduli; real parts, if absent. */
  readonly scores?: AttentionScores;
  /** Whether the four linear maps have biases; true, if absent. */
  readonly bias?: boolean;
  /** The probability to drop a weight of a value, in training; 0, if absent. */
  readonly dropout?: number;
  /** Whether sequences are [N, length, embed]; false, if absent: [length, N, embed]. */
  readonly batchFirst?: boolean;
}

const MULTIHEAD_ATTENTION = declareLayer(
  "a MultiheadAttention",
  () => MultiheadAttention,
  { embed: positiveInteger, heads: positiveInteger },
  declareOptions<MultiheadAttentionOptions>({
    scores: optional(word("real", "modulus"), "real"),
    bias: optional(flag, true),
    dropout: optional(number(0, 1), 0),
    batchFirst: optional(flag, false),
  }),
);

/**
 * Multi-head attention of complex numbers (Vaswani et al. 2017; Eilers and Jiang, "Building blocks for
 * a complex-valued transformer architecture", 2023): complex linear maps of queries, keys and values
 * to `heads` parts of embed/heads features each, attention in each part, and a complex linear map of
 * the parts together.
 *
 * From complex [L, N, embed], keys and values [S, N, embed], to [L, N, embed]; with `batchFirst` from
 * [N, L, embed]. With one argument it is self-attention. A mask broadcasts to [N, heads, L, S]:
 * [L, S] for all, [N, 1, 1, S] to hide the padding of each item; see `scaledDotProductAttention` of
 * `nn.functional` for its values.
 *
 * @throws {ArgandError} if a size is not a positive integer, if the heads do not divide the features,
 * or if the inputs do not fit.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true });
 * const [x, memory] = [randnComplex([3, 5, 8]), randnComplex([3, 7, 8])];
 * assertEquals(layer.apply(x, x, x, { causal: true }).shape, [3, 5, 8]);
 * assertEquals(layer.apply(x, memory).shape, [3, 5, 8]);
 * ```
 */
export class MultiheadAttention extends Layer {
  /** The map of the queries. */
  readonly query: Linear;
  /** The map of the keys. */
  readonly key: Linear;
  /** The map of the values. */
  readonly value: Linear;
  /** The map of all heads' results together. */
  readonly out: Linear;
  readonly #embed: number;
  readonly #heads: number;
  readonly #scores: AttentionScores;
  readonly #dropout: number;
  readonly #batchFirst: boolean;

  /** A layer with random weights; see `manualSeed`. */
  constructor(embed: number, heads: number, options?: MultiheadAttentionOptions) {
    super();
    const given = MULTIHEAD_ATTENTION.take(this, { embed, heads }, options);
    if (embed % heads !== 0) {
      const { what } = MULTIHEAD_ATTENTION;
      throw cannot(what, `${embed} features do not split into ${heads} heads`);
    }
    const { scores, bias, dropout, batchFirst } = given;
    this.query = new Linear(embed, embed, { bias });
    this.key = new Linear(embed, embed, { bias });
    this.value = new Linear(embed, embed, { bias });
    this.out = new Linear(embed, embed, { bias });
    this.#embed = embed;
    this.#heads = heads;
    this.#scores = scores;
    this.#dropout = dropout;
    this.#batchFirst = batchFirst;
  }

  /** Attention of the queries q to keys k and values v; k is q and v is k, if absent. */
  override apply(
    q: ComplexTensor,
    k: ComplexTensor = q,
    v: ComplexTensor = k,
    mask?: AttentionMask,
  ): ComplexTensor {
    const what = "apply MultiheadAttention";
    const { mask: added, causal } = withDefaults<Required<AttentionMask>>(what, mask, {
      mask: null,
      causal: false,
    });
    this.#check(what, [q, k, v]);
    const y = scaledDotProductAttention(
      this.#parted(this.query, q),
      this.#parted(this.key, k),
      this.#parted(this.value, v),
      {
        mask: added,
        causal,
        scores: this.#scores,
        dropout: this.training ? this.#dropout : 0,
      },
    );
    // From [N, heads, L, part] back to the input's order.
    const together = y.permute(this.#batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]);
    return this.out.apply(together.reshape(q.shape));
  }

  /** The mapped x as [N, heads, length, part]. */
  #parted(map: Linear, x: ComplexTensor): ComplexTensor {
    const [first, second] = x.shape;
    const parts = map.apply(x).reshape([first, second, this.#heads, this.#embed / this.#heads]);
    return parts.permute(this.#batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
  }

  #check(what: string, all: readonly ComplexTensor[]): void {
    const axes = this.#batchFirst ? "N, length" : "length, N";
    for (const x of all) {
      if (checkComplex(what, x).rank === 3 && x.shape[2] === this.#embed) continue;
      throw cannot(what, `it takes [${axes}, ${this.#embed}], got ${show(x.shape)}`);
    }
    const [q, k, v] = all.map((x) => x.shape);
    const batch = this.#batchFirst ? 0 : 1;
    if (q[batch] === k[batch] && k[batch] === v[batch] && k[1 - batch] === v[1 - batch]) return;
    throw cannot(
      what,
      `queries ${show(q)}, keys ${show(k)} and values ${show(v)} are not [${axes}, …] of one N, ` +
        "with as many values as keys",
    );
  }
}
