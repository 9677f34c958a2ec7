/**
 * The exponential of matrices by scaling and squaring: exp(A) = exp(A / 2ˢ) to the power 2ˢ, with the
 * Taylor polynomial of degree 12 (Paterson–Stockmeyer scheme, five products). The device finds s: the
 * graph holds all squarings, and each is used where it is needed.
 */
import { inexact, type Precision, precisionOf } from "../../gpu/contract/dtype.ts";
import type { Node } from "../lazy/graph.ts";
import { add, fill, fillLike, full, mul, scale, sub } from "./arithmetic.ts";
import { equal, greater, lessEqual, where } from "./compare.ts";
import { embedDiagonal } from "./diagonal.ts";
import { abs, minimum } from "./elementwise.ts";
import { adjoint, checkSquare } from "./matrices.ts";
import { matmul } from "./matmul.ts";
import { max } from "./reduce.ts";
import { detach, sum } from "./views.ts";

/**
 * Up to the norm `theta`, degree 12 is accurate to the precision (Bader, Blanes and Casas 2019, table 1);
 * beyond it the result is squared so many times at most.
 */
const RANGES: Readonly<Record<Precision, { readonly theta: number; readonly squarings: number }>> =
  {
    single: { theta: 1.46, squarings: 17 },
    double: { theta: 0.2996, squarings: 20 },
  };

/** The identity with the dtype and size of square matrices. */
function identity({ shape, dtype }: Node): Node {
  const n = shape.at(-1)!;
  return embedDiagonal(full([n], inexact(dtype), 1), n, n);
}

/** Σ A^k / k! up to k = 12. */
function taylor(a: Node): Node {
  const one = identity(a);
  const a2 = matmul(a, a);
  const a3 = matmul(a2, a);
  let factorial = 479001600; // 12!
  let y = scale(a3, 1 / factorial);
  for (const k of [9, 6, 3, 0]) {
    // Here `factorial` is (k + 3)!.
    const c2 = factorial / (k + 3);
    const c1 = c2 / (k + 2);
    factorial = c1 / (k + 1);
    const part = add(add(scale(a2, 1 / c2), scale(a, 1 / c1)), scale(one, 1 / factorial));
    y = add(y, part);
    if (k > 0) y = matmul(y, a3);
  }
  return y;
}

/**
 * The correction that makes X = exp(A) unitary where A is skew-Hermitian to the last bit, else 0:
 * X (1 − XᴴX) / 2, one Newton step towards the nearest unitary matrix. It is as small as the rounding
 * that it undoes, and derivatives do not pass through it.
 */
function lossless(a: Node, x: Node): Node {
  const rank = a.shape.length;
  const off = max(abs(add(a, adjoint(a))), [rank - 2, rank - 1], true);
  const step = scale(matmul(x, sub(identity(x), matmul(adjoint(x), x))), 0.5);
  return where(equal(off, fill(off.shape, 0)), step, fillLike(step, 0));
}

/** exp(A) over the last two axes. */
export function expm(a: Node): Node {
  checkSquare("take the exponential of matrices", a);
  const r = abs(detach(a));
  const rank = a.shape.length;
  const columns = max(sum(r, rank - 2, true), rank - 1, true);
  const rows = max(sum(r, rank - 1, true), rank - 2, true);
  const size = minimum(columns, rows);
  const { theta, squarings } = RANGES[precisionOf(a.dtype)];
  const takes = Array.from(
    { length: squarings },
    (_, k) => greater(size, fill(size.shape, theta * 2 ** k)),
  );
  // 2^−s as a product of halves.
  const half = takes.map((take) => where(take, fill(size.shape, 0.5), fill(size.shape, 1)))
    .reduce(mul);
  let x = taylor(mul(a, half));
  for (const take of takes) x = where(take, matmul(x, x), x);
  x = add(x, lossless(detach(a), detach(x)));
  const inRange = lessEqual(size, fill(size.shape, theta * 2 ** squarings));
  return where(inRange, x, fillLike(x, NaN));
}
