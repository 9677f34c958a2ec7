/** Rows of a table, chosen by integers. */
import { cannot } from "../../gpu/contract/errors.ts";
import { where } from "../../complex/functions/combine.ts";
import { tensor } from "../../complex/create/create.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { flatten } from "../../complex/tensor/nested.ts";
import { checkInteger, checkShape, type Shape, show, sizeOf } from "../../complex/lazy/shape.ts";
import { checkTensor, type ComplexTensor, type RealTensor } from "../../complex/tensor/tensor.ts";
import { withDefaults } from "../checks.ts";
import { type Labels, takeRows } from "../nodes.ts";

/** Integers of the host that choose rows: flat, or nested by axis. */
export type Indices = Labels | readonly Indices[];

/** Options of {@link embedding}. */
export interface EmbeddingFunctionOptions {
  /** The shape of the indices; that of the nested arrays, if absent. */
  readonly shape?: Shape | null;
  /** A row that gets no gradient; none, if absent. */
  readonly paddingIdx?: number | null;
}

function listed(what: string, indices: Indices, given: Shape | null): [Labels, Shape] {
  if (!Array.isArray(indices) && !ArrayBuffer.isView(indices)) {
    throw cannot(what, `the indices must be an array of integers, got ${describe(indices)}`);
  }
  const nested = Array.isArray(indices) ? flatten(what, indices) : null;
  const flat = (nested?.flat ?? indices) as Labels;
  const shape = given ?? nested?.shape ?? [flat.length];
  if (given !== null) {
    checkShape(what, shape);
    if (flat.length !== sizeOf(shape)) {
      throw cannot(what, `${flat.length} indices do not fill the shape ${show(shape)}`);
    }
  }
  return [flat, shape];
}

/**
 * The rows of a table that indices name: y[…, k] = weight[indices[…], k].
 *
 * @param indices Integers of the host below the number of rows, copied: a flat list (with
 * `shape`, if it stands for several axes) or arrays nested by axis.
 * @param weight Complex or real [count, dim].
 * @returns The rows […, dim], of the kind of the weight.
 * @throws {ArgandError} if an index is not a row, or the indices are ragged, none, or do not fill the
 * shape.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const table = randnComplex([10, 4]);
 * const y = nn.functional.embedding([[1, 2, 3], [9, 0, 1]], table);
 * assertEquals(y.shape, [2, 3, 4]);
 * ```
 */
export function embedding<T extends RealTensor | ComplexTensor>(
  indices: Indices,
  weight: T,
  options?: EmbeddingFunctionOptions,
): T {
  const what = "look up an embedding";
  if (checkTensor(what, weight).rank !== 2) {
    throw cannot(what, `the weight must be [count, dim], got ${show(weight.shape)}`);
  }
  const given = withDefaults<Required<EmbeddingFunctionOptions>>(what, options, {
    shape: null,
    paddingIdx: null,
  });
  const [count, dim] = weight.shape;
  if (given.paddingIdx !== null) checkInteger(what, "paddingIdx", given.paddingIdx, 0, count - 1);
  const [flat, shape] = listed(what, indices, given.shape);
  const y = takeRows(what, weight, flat);
  if (given.paddingIdx === null) return y.reshape([...shape, dim]) as T;
  const learned = Float32Array.from(flat, (k) => (k === given.paddingIdx ? 0 : 1));
  return where(tensor(learned, [flat.length, 1]), y, y.detach()).reshape([...shape, dim]) as T;
}
