/** Diagonals of matrices, and their sums. */
import { cannot } from "../../gpu/contract/errors.ts";
import * as ops from "../ops/diagonal.ts";
import { checkMatrices } from "../ops/matrices.ts";
import { sum } from "../ops/views.ts";
import { checkInteger, show } from "../lazy/shape.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/**
 * The diagonal of matrices: y_i = x_{i, i+offset} over the last two axes, [… m, n] → [… length].
 *
 * @param offset How far the diagonal lies above the main one; below it, if negative.
 * @throws {ArgandError} if x has fewer than two axes, or the diagonal lies outside it.
 *
 * @example
 * ```ts
 * import { diagonal, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assertEquals(await diagonal(x).toArray(), [1, 4]);
 * assertEquals(await diagonal(x, 1).toArray(), [2]);
 * ```
 */
export function diagonal<T extends Tensor>(x: T, offset = 0): T {
  const what = "take a diagonal";
  const { node, shape } = checkTensor(what, x);
  checkMatrices(what, node);
  checkInteger(what, "the offset", offset, -Infinity);
  const [m, n] = shape.slice(-2);
  if (ops.diagonalLength(m, n, offset) < 1) {
    throw cannot(what, `offset ${offset} lies outside the matrices of shape ${show(shape)}`);
  }
  return wrap(ops.diagonal(node, offset)) as Tensor as T;
}

/**
 * NumPy's `diag`: for a vector [n], the square matrix with the vector on its diagonal and zeros elsewhere;
 * for a matrix [m, n], its diagonal. Both use the diagonal `k` above the main one.
 *
 * @param k How far the diagonal lies above the main one; below it, if negative.
 * @throws {ArgandError} if x is neither a vector nor a matrix, or the diagonal lies outside the matrix.
 *
 * @example
 * ```ts
 * import { diag, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = diag(tensor([1, 2]));
 * assertEquals(await x.toArray(), [[1, 0], [0, 2]]);
 * assertEquals(await diag(x).toArray(), [1, 2]);
 * ```
 */
export function diag<T extends Tensor>(x: T, k = 0): T {
  const what = "make or take a diagonal";
  const { node, rank, shape } = checkTensor(what, x);
  if (rank === 2) return diagonal(x, k);
  if (rank !== 1) {
    throw cannot(what, `it takes a vector or a matrix, got shape ${show(shape)}; see diagonal`);
  }
  checkInteger(what, "k", k, -Infinity);
  const n = shape[0] + Math.abs(k);
  return wrap(ops.embedDiagonal(node, n, n, k)) as Tensor as T;
}

/**
 * The trace Σ x_ii over the last two axes, [… m, n] → […].
 *
 * @throws {ArgandError} if x has fewer than two axes.
 *
 * @example
 * ```ts
 * import { complex, trace } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await trace(complex([[1, 2], [3, 4]], [[0, 9], [9, 1]])).item(), { re: 5, im: 1 });
 * ```
 */
export function trace<T extends Tensor>(x: T): T {
  const what = "take a trace";
  const { node } = checkTensor(what, x);
  checkMatrices(what, node);
  return wrap(sum(ops.diagonal(node), -1)) as Tensor as T;
}
