/** The exponential of matrices. */
import * as ops from "../ops/expm.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/**
 * The exponential of square matrices, exp(A) = Σ Aᵏ / k!, over the last two axes: [… n, n] → [… n, n].
 * Where A is skew-Hermitian to the last bit (Aᴴ = −A) the result is unitary to float32, so that a layer
 * whose matrix is `expm(x.sub(x.H))` stays lossless while x learns. Scaling and squaring: Higham, SIAM J.
 * Matrix Anal. Appl. 26 (2005).
 *
 * With ‖A‖ the largest sum of moduli in a column (or in a row, if that is smaller) the rounding of float32
 * leaves an error of about 10⁻⁷ (1 + ‖A‖), relative to the largest entry met on the way. ‖A‖ may be up to
 * 2990; beyond it the result is NaN.
 *
 * @throws {ArgandError} if the matrices are not square.
 *
 * @example
 * ```ts
 * import { complex, expm } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // A turn by a right angle.
 * const turn = expm(complex([[0, -Math.PI / 2], [Math.PI / 2, 0]]));
 * assertAlmostEquals((await turn.at(1).at(0).item()).re, 1, 1e-6);
 * ```
 */
export function expm<T extends Tensor>(a: T): T {
  const { node } = checkTensor("take the exponential of matrices", a);
  return wrap(ops.expm(node)) as Tensor as T;
}
