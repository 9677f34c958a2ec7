/** Unitary matrices from free ones. */
import { cannot } from "../../gpu/contract/errors.ts";
import { expm } from "../../complex/linalg/expm.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";

/**
 * U = exp(A − Aᴴ): unitary for any A, and every unitary matrix is of this form (Lezcano-Casado and
 * Martínez-Rubio, "Cheap Orthogonal Constraints in Neural Networks", 2019). Where the sums of moduli in
 * the columns of A − Aᴴ exceed 191 000 it is NaN, as `expm` is.
 *
 * @param a Complex [n, n] (or [… n, n]).
 * @returns Complex of the same shape, with U Uᴴ = 1.
 * @throws {ArgandError} if the matrices are not square.
 *
 * @example
 * ```ts
 * import { matmul, nn, randnComplex } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const u = nn.functional.unitary(randnComplex([3, 3]));
 * assertAlmostEquals((await matmul(u, u.H).at(1).at(1).item()).re, 1, 1e-5);
 * ```
 */
export function unitary(a: ComplexTensor): ComplexTensor {
  const what = "make a unitary matrix";
  const { rank, shape } = checkComplex(what, a);
  if (rank < 2 || shape[rank - 1] !== shape[rank - 2]) {
    throw cannot(what, `it takes a square matrix, got ${show(shape)}`);
  }
  return expm(a.sub(a.H));
}
