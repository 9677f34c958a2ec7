/** Eigenvalues and eigenvectors of Hermitian matrices. */
import * as ops from "../ops/eigh.ts";
import { checkTensor, type RealTensor, type Tensor, wrap, wrapReal } from "../tensor/tensor.ts";

/** The result of {@link eigh}: A·V = V·diag(values). */
export interface HermitianEigen<T extends Tensor> {
  /** The eigenvalues [… n] in ascending order. */
  readonly values: RealTensor;
  /** The eigenvectors as orthonormal columns, [… n, n]. */
  readonly vectors: T;
}

/**
 * Eigenvalues and eigenvectors of Hermitian (or real symmetric) matrices, [… n, n]: A = V·diag(λ)·Vᴴ.
 * They are those of the Hermitian part (A + Aᴴ) / 2, which is A if A is Hermitian.
 *
 * The method is one-sided Jacobi rotations of A + c, with c beyond the largest |λ|: V is orthonormal to
 * 10⁻⁶ in float32 and 10⁻¹⁴ in float64, and the values are accurate to as much of the largest |λ|. A vector
 * of a simple eigenvalue is determined up to its phase, those of equal values up to a rotation among them.
 * A non-finite element of A makes all results NaN.
 *
 * Derivatives are right for functions that do not depend on the phases, and where values coincide or nearly
 * do (a level), for functions that no turn of the vectors within the level changes: a projector on it,
 * V·f(λ)·Vᴴ. For a function that does depend on the choice, the derivative grows as 1 / (λ_i − λ_j), and is
 * NaN where the two differ by less than 2⁻¹² of the largest |λ| (2⁻²⁶ in float64). Whether it depends is
 * seen by its first derivative along the turn: 0 to rounding means that it does not. Second derivatives are
 * right within a level and far from one; values that differ by 10⁻³ of the largest leave them two digits.
 * Where a function of both values and vectors goes on with hundreds of operations that are not linear, both
 * are NaN in a level. Derivatives of the values alone are always finite.
 *
 * One computation gives both where one schedule asks for both: `evaluate(values, vectors)` before reading them
 * one after the other avoids a second computation.
 *
 * @throws {ArgandError} if A is not square.
 *
 * @example
 * ```ts
 * import { complex, eigh } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const pauli = complex([[0, 0], [0, 0]], [[0, -1], [1, 0]]);
 * const { values, vectors } = eigh(pauli);
 * assertAlmostEquals((await values.data())[0], -1, 1e-6);
 * const back = vectors.mul(values).matmul(vectors.H);
 * assertAlmostEquals(await back.sub(pauli).abs().max().item(), 0, 1e-6);
 * ```
 */
export function eigh<T extends Tensor>(a: T): HermitianEigen<T> {
  const what = "take Hermitian eigenvectors";
  const { values, vectors } = ops.eigh(what, checkTensor(what, a).node);
  return { values: wrapReal(values), vectors: wrap(vectors) as Tensor as T };
}

/**
 * The eigenvalues of Hermitian (or real symmetric) matrices, in ascending order; see {@link eigh}. Their
 * derivative V·diag(g)·Vᴴ is finite also where values are equal; there, it belongs to one choice of vectors
 * unless all equal values count alike.
 *
 * @throws {ArgandError} if A is not square.
 *
 * @example
 * ```ts
 * import { eigvalsh, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const [low, high] = await eigvalsh(tensor([[2, 1], [1, 2]])).data();
 * assertAlmostEquals(low, 1, 1e-6);
 * assertAlmostEquals(high, 3, 1e-6);
 * ```
 */
export function eigvalsh(a: Tensor): RealTensor {
  const what = "take Hermitian eigenvalues";
  return wrapReal(ops.eigh(what, checkTensor(what, a).node).values);
}
