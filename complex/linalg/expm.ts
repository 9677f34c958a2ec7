/** The exponential of matrices. */
import * as ops from "../ops/expm.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/**
 * The exponential of square matrices, exp(A) = Σ Aᵏ / k!, over the last two axes: [… n, n] → [… n, n].
 * Where A is skew-Hermitian to the last bit (Aᴴ = −A), the result is unitary to float32, so that a layer
 * whose matrix is `expm(x.sub(x.H))` stays lossless while x learns. The method is scaling and squaring
 * (Higham, SIAM J. Matrix Anal. Appl. 26, 2005).
 *
 * With ‖A‖ the largest sum of moduli in a column (or in a row, if that is smaller), the rounding of float32
 * leaves an error of about 10⁻⁷ (1 + ‖A‖), relative to the largest intermediate entry. ‖A‖ may be up to
 * 191 000; beyond that, float32 has no digit of a phase left, and the result is NaN.
 *
 * @throws {ArgandError} if the matrices are not square.
 *
 * @example
 * ```ts
 * import { complex, expm } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // The rotation by a right angle.
 * const rotation = expm(complex([[0, -Math.PI / 2], [Math.PI / 2, 0]]));
 * assertAlmostEquals((await rotation.at(1).at(0).item()).re, 1, 1e-6);
 * ```
 */
export function expm<T extends Tensor>(a: T): T {
  const { node } = checkTensor("take the exponential of matrices", a);
  return wrap(ops.expm(node)) as Tensor as T;
}
