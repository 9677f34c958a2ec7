/** Sums of products of tensors, written by their indices. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import * as ops from "../ops/einsum.ts";
import {
  checkTensor,
  type ComplexTensor,
  type RealTensor,
  type Tensor,
  wrap,
} from "../tensor/tensor.ts";

/** The kind of the product of all operands: real only if each is, complex if one is. */
export type Contracted<L extends readonly Tensor[]> = L extends readonly RealTensor[] ? RealTensor
  : L extends readonly ComplexTensor[] ? ComplexTensor
  : L extends readonly [infer First, ...infer Rest extends readonly Tensor[]]
    ? [First] extends [ComplexTensor] ? ComplexTensor
    : Contracted<Rest> extends ComplexTensor ? ComplexTensor
    : Tensor
  : Tensor;

/**
 * Einstein summation, by the rules of NumPy and PyTorch. Letters name the axes of each operand; the
 * result has the axes after `->`, and every index that is not among them is summed over:
 * `einsum("bij,bjk->bik", a, b)` is c_bik = Σ_j a_bij b_bjk.
 *
 * - Without `->` the result has the indices that occur once, in alphabetical order (capitals first).
 * - `...` stands for the axes without a letter; they broadcast, and come first if there is no `->`. If
 *   the result leaves them out, they are summed over.
 * - An index that is repeated in one operand takes its diagonal: `"ii->i"`.
 * - A size of 1 broadcasts against any other. Nothing is conjugated.
 *
 * More than two operands are multiplied pairwise, beginning with the pair of the fewest multiplications.
 *
 * @param equation The indices, such as `"ij,jk->ik"`.
 * @param operands As many tensors as there are terms; the result is complex if one of them is.
 * @throws {ArgandError} if the terms do not fit the operands, an index has two sizes, or the result
 * names one that is in no term.
 *
 * @example
 * ```ts
 * import { complex, einsum, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const a = tensor([[1, 2], [3, 4]]);
 * assertEquals(await einsum("ii", a).item(), 5); // the trace
 * const z = complex([1, 0], [0, 1]); // 1, i
 * assertEquals(await einsum("i,ij,j->", z, a, z).item(), { re: -3, im: 5 });
 * ```
 */
export function einsum<L extends readonly Tensor[]>(
  equation: string,
  ...operands: L
): Contracted<L> {
  const what = "einsum";
  if (typeof equation !== "string") {
    throw cannot(
      what,
      `the equation must be a text such as "ij,jk->ik", got ${describe(equation)}`,
    );
  }
  const nodes = operands.map((x) => checkTensor(`einsum "${equation}"`, x).node);
  return wrap(ops.einsum(equation, nodes)) as Tensor as Contracted<L>;
}
