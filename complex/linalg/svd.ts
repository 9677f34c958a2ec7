/** The singular value decomposition. */
import * as ops from "../ops/svd.ts";
import { adjoint } from "../ops/matrices.ts";
import { withDefaults } from "../ops/options.ts";
import { checkTensor, type RealTensor, type Tensor, wrap, wrapReal } from "../tensor/tensor.ts";

/** Options of {@link svd}. */
export interface SvdOptions {
  /** Whether U and Vh are square, completed by further orthonormal vectors; false, if absent. */
  readonly fullMatrices?: boolean;
}

/** The result of {@link svd}: A = U·diag(S)·Vh. */
export interface SingularValueDecomposition<T extends Tensor> {
  /** The left singular vectors as columns, [… m, k]; with `fullMatrices` [… m, m]. */
  readonly u: T;
  /** The singular values [… k], the largest first. */
  readonly s: RealTensor;
  /** The right singular vectors, conjugated, as rows, [… k, n]; with `fullMatrices` [… n, n]. */
  readonly vh: T;
}

/**
 * The singular value decomposition A = U·diag(S)·Vh of matrices [… m, n], with k = min(m, n); PyTorch's
 * `torch.linalg.svd`, but by default without `fullMatrices`. For a transmission matrix, the columns of Vhᴴ
 * are the inputs of its eigenchannels, those of U their outputs, and S² the transmission of each.
 *
 * The method is one-sided Jacobi rotations in parallel order (Brent and Luk, SIAM J. Sci. Stat. Comput. 6,
 * 1985): U and V are orthonormal to 10⁻⁶ in float32 and 10⁻¹⁴ in float64, whatever the rank of A, and
 * singular values are accurate to as much of the largest. A vector of a simple singular value is determined
 * up to its phase, those of equal values up to a rotation among them. A non-finite element of A makes all
 * results NaN.
 *
 * Derivatives (Wan and Zhang, arXiv:1909.02659) are right for functions that do not depend on the phases,
 * and where values coincide or nearly do, for functions that no common turn of their vectors changes: the
 * polar factor U·Vh, U·f(S)·Vh. For a function that does depend on the choice, they grow as
 * 1 / (s_i − s_j), and are NaN where the two differ by less than 2⁻¹² of the largest; 0 counts as equal to
 * −0, so that a polar factor has NaN where two values vanish. For second derivatives and long functions
 * see {@link eigh}. For the values alone take `svdvals`, whose derivative is always finite. With
 * `fullMatrices`, the vectors beyond k have no derivative.
 *
 * All parts come from one computation where one schedule asks for them: `evaluate(u, s, vh)` before reading
 * them one by one saves doing it again.
 *
 * @throws {ArgandError} if A has fewer than two axes.
 *
 * @example
 * ```ts
 * import { complex, svd } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const a = complex([[0, 2], [0, 0]], [[0, 0], [3, 0]]);
 * const { u, s, vh } = svd(a);
 * assertAlmostEquals((await s.data())[0], 3, 1e-6);
 * const back = u.mul(s).matmul(vh);
 * assertAlmostEquals(await back.sub(a).abs().max().item(), 0, 1e-6);
 * ```
 */
export function svd<T extends Tensor>(
  a: T,
  options: SvdOptions = {},
): SingularValueDecomposition<T> {
  const what = "take the singular value decomposition";
  const { node } = checkTensor(what, a);
  const { fullMatrices } = withDefaults<Required<SvdOptions>>(what, options, {
    fullMatrices: false,
  });
  const { u, s, vh } = ops.svd(node);
  const full = fullMatrices
    ? [ops.fullColumns(u, node), adjoint(ops.fullColumns(adjoint(vh), node))]
    : [u, vh];
  const [left, right] = full.map((x) => wrap(x) as Tensor as T);
  return { u: left, s: wrapReal(s), vh: right };
}

/**
 * The singular values, [… m, n] → [… min(m, n)], the largest first; faster than {@link svd}, and with a
 * finite derivative U·diag(g)·Vh also where values are equal.
 *
 * @throws {ArgandError} if A has fewer than two axes.
 *
 * @example
 * ```ts
 * import { svdvals, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const [first, second] = await svdvals(tensor([[3, 0], [4, 5]])).data();
 * assertAlmostEquals(first, Math.sqrt(45), 1e-5);
 * assertAlmostEquals(second, Math.sqrt(5), 1e-5);
 * ```
 */
export function svdvals(a: Tensor): RealTensor {
  return wrapReal(ops.svdvals(checkTensor("take singular values", a).node));
}
