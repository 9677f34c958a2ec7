/** Products of matrices and vectors. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { Combined } from "./combine.ts";
import { mul } from "../ops/arithmetic.ts";
import * as products from "../ops/matmul.ts";
import { reshape } from "../ops/views.ts";
import { show } from "../lazy/shape.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/**
 * The matrix product over the last two axes, [… m, k] · [… k, n] → [… m, n]; the axes before them
 * broadcast. A vector is a row on the left and a column on the right. Transposed and conjugated
 * operands, such as `z.H`, are read as they lie.
 *
 * @throws {ArgandError} if the inner sizes differ, the other axes do not broadcast, or an operand has no
 * axis.
 *
 * @example
 * ```ts
 * import { complex, matmul } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const z = complex([[1, 2]], [[0, 1]]); // [1, 2 + i]
 * assertEquals(await matmul(z, z.H).item(), { re: 6, im: 0 });
 * ```
 */
export function matmul<A extends Tensor, B extends Tensor>(a: A, b: B): Combined<A, B> {
  const [x, y] = [checkTensor("matmul", a), checkTensor("matmul", b)];
  return wrap(products.matmul(x.node, y.node)) as Combined<A, B>;
}

/**
 * The inner product Σ conj(a)·b over all elements.
 *
 * @throws {ArgandError} if the sizes differ.
 *
 * @example
 * ```ts
 * import { complex, vdot } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const i = complex([0], [1]);
 * assertEquals(await vdot(i, i).item(), { re: 1, im: 0 });
 * ```
 */
export function vdot<A extends Tensor, B extends Tensor>(a: A, b: B): Combined<A, B> {
  const [x, y] = [checkTensor("vdot", a), checkTensor("vdot", b)];
  return wrap(products.vdot(x.node, y.node)) as Combined<A, B>;
}

/**
 * The outer product of vectors, y_ij = a_i b_j, without conjugation: [m], [n] → [m, n].
 *
 * @throws {ArgandError} if an operand is not a vector.
 *
 * @example
 * ```ts
 * import { outer, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await outer(tensor([1, 2]), tensor([3, 4])).toArray(), [[3, 4], [6, 8]]);
 * ```
 */
export function outer<A extends Tensor, B extends Tensor>(a: A, b: B): Combined<A, B> {
  const what = "take the outer product";
  const [x, y] = [checkTensor(what, a).node, checkTensor(what, b).node];
  if (x.shape.length !== 1 || y.shape.length !== 1) {
    throw cannot(what, `shapes ${show(x.shape)} and ${show(y.shape)} are not those of vectors`);
  }
  return wrap(mul(reshape(x, [x.size, 1]), y)) as Combined<A, B>;
}

/**
 * The Kronecker product, NumPy's and PyTorch's `kron`: the blocks a_ij · b, [m, n] ⊗ [p, q] →
 * [m·p, n·q]. With other numbers of axes, each axis multiplies in the same way; the operand with fewer
 * axes gets axes of size 1 in front.
 *
 * @example
 * ```ts
 * import { eye, kron, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = kron(eye(2), tensor([[1, 2]]));
 * assertEquals(await x.toArray(), [[1, 2, 0, 0], [0, 0, 1, 2]]);
 * ```
 */
export function kron<A extends Tensor, B extends Tensor>(a: A, b: B): Combined<A, B> {
  const what = "take the Kronecker product";
  const [x, y] = [checkTensor(what, a).node, checkTensor(what, b).node];
  const rank = Math.max(x.shape.length, y.shape.length);
  const sizes = [x, y].map(({ shape }) => [...Array(rank - shape.length).fill(1), ...shape]);
  const [m, n] = sizes;
  const outer = mul(
    reshape(x, m.flatMap((size: number) => [size, 1])),
    reshape(y, n.flatMap((size: number) => [1, size])),
  );
  return wrap(reshape(outer, m.map((size: number, d: number) => size * n[d]))) as Combined<A, B>;
}
