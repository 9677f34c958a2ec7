/** The QR decomposition. */
import * as ops from "../ops/qr.ts";
import { checkWord, withDefaults } from "../ops/options.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/** Options of {@link qr}. */
export interface QrOptions {
  /**
   * For A [… m, n] with k = min(m, n): `"reduced"` (the default) gives Q [… m, k] and
   * R [… k, n], `"complete"` Q [… m, m] and R [… m, n].
   */
  readonly mode?: "reduced" | "complete";
}

/** The result of {@link qr}. */
export interface QrDecomposition<T extends Tensor> {
  /** Orthonormal columns, Qᴴ·Q = 1. */
  readonly q: T;
  /** An upper triangular matrix with a real diagonal. */
  readonly r: T;
}

/**
 * The QR decomposition A = Q·R by Householder reflections. As in LAPACK, and so in PyTorch, R has a real
 * diagonal of either sign, which determines Q and R where the first min(m, n) columns of A are
 * independent. Q has orthonormal columns for every A, rank-deficient or zero ones included. Non-finite
 * elements of A give NaN.
 *
 * Derivatives (Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms for
 * square, wide, and deep matrices", 2020) need independent columns; otherwise they are NaN. The mode
 * `"complete"` has no derivative for m > n.
 *
 * @throws {ArgandError} if A has fewer than two axes, or the mode does not exist.
 *
 * @example
 * ```ts
 * import { qr, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { q, r } = qr(tensor([[3, 1], [4, 2]]));
 * assertAlmostEquals(await r.at(0).at(0).item(), -5, 1e-5);
 * assertAlmostEquals(await q.T.matmul(q).at(0).at(1).item(), 0, 1e-6);
 * ```
 */
export function qr<T extends Tensor>(a: T, options: QrOptions = {}): QrDecomposition<T> {
  const what = "take the QR decomposition";
  const { mode } = withDefaults<Required<QrOptions>>(what, options, { mode: "reduced" });
  checkWord(what, "mode", mode, ["reduced", "complete"]);
  const { q, r } = ops.qr(checkTensor(what, a).node, mode);
  return { q: wrap(q) as Tensor as T, r: wrap(r) as Tensor as T };
}
