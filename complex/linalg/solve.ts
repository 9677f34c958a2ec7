/** Linear systems, inverses and determinants of square matrices. */
import type { Combined } from "../functions/combine.ts";
import * as determinants from "../ops/det.ts";
import * as systems from "../ops/solve.ts";
import { checkTensor, type RealTensor, type Tensor, wrap, wrapReal } from "../tensor/tensor.ts";

/**
 * The solution X of A·X = B, by elimination with partial pivoting. A is [… n, n]; B is a vector [n], a
 * stack of vectors [… n] with the leading axes of A, or matrices [… n, k], and the leading axes
 * broadcast, as in `torch.linalg.solve`. One A for many right-hand sides is factorised once.
 *
 * The residual ‖A·X − B‖ is about 1e-7·‖A‖‖X‖ for a few hundred equations, so that X has the digits that
 * the condition number of A leaves of seven. Where A is singular (a pivot is zero, or below the normal
 * numbers of float32) or not finite, X is NaN in every element, and so are the gradients; no error is
 * thrown, since nothing waits for the elimination.
 *
 * @throws {ArgandError} if A is not square, B does not have n rows, or the other axes do not broadcast.
 *
 * @example
 * ```ts
 * import { complex, solve } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const a = complex([[0, 1], [2, 0]], [[1, 0], [0, 0]]); // i·x + y = 1 and 2x = 4
 * const [x, y] = await solve(a, complex([1, 4])).toArray() as { re: number; im: number }[];
 * assertAlmostEquals(x.re, 2, 1e-6);
 * assertAlmostEquals(y.im, -2, 1e-6);
 * ```
 */
export function solve<A extends Tensor, B extends Tensor>(a: A, b: B): Combined<A, B> {
  const [x, y] = [checkTensor("solve", a), checkTensor("solve", b)];
  return wrap(systems.solve(x.node, y.node)) as Combined<A, B>;
}

/**
 * The inverse A⁻¹ of square matrices, [… n, n] → [… n, n]. {@link solve} is more accurate than a
 * product with it. NaN in every element where A is singular or not finite.
 *
 * @throws {ArgandError} if A is not square.
 *
 * @example
 * ```ts
 * import { inv, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await inv(tensor([[0, 2], [4, 0]])).toArray(), [[0, 0.25], [0.5, 0]]);
 * ```
 */
export function inv<T extends Tensor>(a: T): T {
  return wrap(systems.inverse(checkTensor("invert", a).node)) as Tensor as T;
}

/**
 * The determinant of square matrices, [… n, n] → […]. It is 0 where A is singular, and may leave
 * the range of float32 for large n, where {@link slogdet} does not; NaN where A is not finite.
 *
 * Its gradient det(A)*·A⁻ᴴ is right also for singular matrices; second derivatives are accurate only
 * where A is regular.
 *
 * @throws {ArgandError} if A is not square.
 *
 * @example
 * ```ts
 * import { det, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await det(tensor([[1, 2], [3, 4]])).item(), -2, 1e-5);
 * ```
 */
export function det<T extends Tensor>(a: T): T {
  return wrap(determinants.det(checkTensor("take the determinant", a).node)) as Tensor as T;
}

/** The result of {@link slogdet}. */
export interface SignAndLogarithm<T extends Tensor> {
  /** det A / |det A|, and 0 where det A = 0; for real matrices ±1 or 0. */
  readonly sign: T;
  /** ln |det A|, and −∞ where det A = 0. */
  readonly logAbs: RealTensor;
}

/**
 * The determinant of square matrices as its direction and the logarithm of its modulus,
 * det A = sign · exp(logAbs), [… n, n] → […] each. It represents determinants beyond the range of
 * float32. Where A is singular, they are 0 and −∞, and their gradients are NaN.
 *
 * @throws {ArgandError} if A is not square.
 *
 * @example
 * ```ts
 * import { eye, slogdet } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { sign, logAbs } = slogdet(eye(100).mul(-10)); // 10^100
 * assertAlmostEquals(await sign.item(), 1);
 * assertAlmostEquals(await logAbs.item(), 100 * Math.LN10, 1e-4);
 * ```
 */
export function slogdet<T extends Tensor>(a: T): SignAndLogarithm<T> {
  const { node } = checkTensor("take the logarithm of the determinant", a);
  const { sign, logAbs } = determinants.slogdet(node);
  return { sign: wrap(sign) as Tensor as T, logAbs: wrapReal(logAbs) };
}
