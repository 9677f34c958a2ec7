/** Eigenvalues and eigenvectors of Hermitian matrices. */
import * as ops from "../ops/eigh.ts";
import { checkTensor, type RealTensor, type Tensor, wrap, wrapReal } from "../tensor/tensor.ts";

/** What {@link eigh} gives: A·V = V·diag(values). */
export interface HermitianEigen<T extends Tensor> {
  /** The eigenvalues [… n] in ascending order. */
  readonly values: RealTensor;
  /** The eigenvectors as orthonormal columns, [… n, n]. */
  readonly vectors: T;
}

/**
 * Eigenvalues and eigenvectors of Hermitian (or real symmetric) matrices, [… n, n]: A = V·diag(λ)·Vᴴ. It
 * reads the Hermitian part (A + Aᴴ) / 2, which is A where A is Hermitian.
 *
 * One-sided Jacobi rotations on A + c, with c beyond the largest |λ|, in float32: V is orthonormal to
 * 10⁻⁶ and the values are exact to about 10⁻⁶ of the largest |λ|. A vector belonging to a single value
 * is determined up to its phase, those of equal values up to a rotation among them. Where A has an element
 * that is not finite, all is NaN.
 *
 * Derivatives are those of functions that do not depend on the phases. Derivatives of vectors grow as
 * 1 / (λ_i − λ_j) and are NaN where two values that they mix are equal; those of the values are always
 * finite.
 *
 * Both come from one computation where one schedule asks for them: `eval(values, vectors)` before reading
 * one after the other saves doing it again.
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
 * The eigenvalues alone of Hermitian (or real symmetric) matrices, in ascending order; see {@link eigh}.
 * Their derivative V·diag(g)·Vᴴ is finite also where values are equal.
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
