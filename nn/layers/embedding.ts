/** A learned table of vectors. */
import { ones, parameter, zeros } from "../../complex/create/create.ts";
import { randn, randnComplex } from "../../complex/create/random.ts";
import { concat } from "../../complex/functions/arrange.ts";
import { checkInteger, type Shape } from "../../complex/lazy/shape.ts";
import { checkBindable } from "../../complex/ops/bindable.ts";
import { ComplexTensor, type RealTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { embedding, type Indices } from "../functional/embedding.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { integer, nullable, optional, positiveInteger } from "../declare/field.ts";
import type { LayerKind, PairOf, TensorOf } from "../layer.ts";
import { Module } from "../module.ts";
import { kindField } from "./weight.ts";

/** Options of {@link Embedding}. */
export interface EmbeddingOptions<K extends LayerKind = "complex"> {
  /** A row that starts as 0 and gets no gradient; none, if absent. */
  readonly paddingIdx?: number | null;
  /** The kind of the vectors; `"complex"`, if absent. */
  readonly kind?: K;
}

const EMBEDDING = declareLayer(
  "an Embedding",
  () => Embedding,
  { count: positiveInteger, dim: positiveInteger },
  declareOptions<EmbeddingOptions<LayerKind>>({
    paddingIdx: optional(nullable(integer(0)), null),
    kind: kindField,
  }),
);

/** A column of ones with 0 in one row. It is made on the device: nothing of its size is on the host. */
function allBut(row: number, count: number): RealTensor {
  const [before, after] = [row, count - row - 1];
  const parts = [zeros([1, 1])];
  if (before > 0) parts.unshift(ones([before, 1]));
  if (after > 0) parts.push(ones([after, 1]));
  return concat(parts);
}

/**
 * A learned vector for each of `count` things: y[…, k] = weight[indices[…], k]. The weight, complex
 * [count, dim], starts as standard complex normal numbers, E|w|² = 1, as PyTorch's N(0, 1). With
 * `kind: "real"` it is real, and starts as that.
 *
 * It takes integers of the host and is therefore not a {@link Layer}.
 *
 * @throws {ArgandError} if a size is not a positive integer, or an index or paddingIdx is not a row.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const table = new nn.Embedding(100, 16, { paddingIdx: 0 });
 * const y = table.apply([[5, 99, 0], [7, 0, 0]]);
 * assertEquals(y.shape, [2, 3, 16]);
 * ```
 */
export class Embedding<K extends LayerKind = "complex"> extends Module {
  /** The vectors [count, dim]. */
  readonly weight: TensorOf<K>;
  readonly #paddingIdx: number | null;

  /** A table with random rows; see `manualSeed`. */
  constructor(count: number, dim: number, options?: EmbeddingOptions<K>) {
    super();
    const { paddingIdx, kind } = EMBEDDING.take(this, { count, dim }, options);
    if (paddingIdx !== null) checkInteger(EMBEDDING.what, "paddingIdx", paddingIdx, 0, count - 1);
    const [shape, isReal] = [[count, dim], kind === "real"];
    checkBindable(EMBEDDING.what, { shape, dtype: isReal ? "float32" : "complex64" });
    const drawn = isReal ? randn(shape) : randnComplex(shape);
    const initial = paddingIdx === null ? drawn : drawn.mul(allBut(paddingIdx, count));
    this.weight = parameter(initial as Tensor, { name: "weight" }) as TensorOf<K>;
    this.#paddingIdx = paddingIdx;
  }

  /** The rows that indices name, […, dim]; see {@link embedding} of `nn.functional` for the indices. */
  apply(indices: Indices, shape?: Shape): TensorOf<K> {
    const options = { shape: shape ?? null, paddingIdx: this.#paddingIdx };
    return embedding(indices, this.weight, options);
  }

  /** Real and imaginary part of the rows; of a real table the rows. */
  forward(indices: Indices, shape?: Shape): PairOf<K> {
    const y: Tensor = this.apply(indices, shape);
    return (y instanceof ComplexTensor ? [y.real, y.imag] : y) as PairOf<K>;
  }
}
