/** Norms of vectors, scaled so that squares and powers do not overflow or underflow early. */
import { type Precision, precisionOf } from "../../gpu/contract/dtype.ts";
import type { Node } from "../lazy/graph.ts";
import { abs, absSquared, maximum, minimum, pow, reciprocal, sqrt } from "./elementwise.ts";
import { fill, fillLike, mul, neg } from "./arithmetic.ts";
import { equal, notEqual, where } from "./compare.ts";
import { max } from "./reduce.ts";
import { detach, sum } from "./views.ts";

/** Between 2⁻ⁿ and 2ⁿ, the reciprocal is a normal number. */
const EXPONENT: Readonly<Record<Precision, number>> = { single: 126, double: 1022 };

/** A constant near r: divided by it, values of r's size neither overflow nor underflow. */
export function scaleOf(r: Node): Node {
  const n = EXPONENT[precisionOf(r.dtype)];
  const low = maximum(detach(r), fill(r.shape, 2 ** -n));
  return minimum(low, fill(r.shape, 2 ** n));
}

/** f(x), and 0 where x is 0, in value and derivative. */
function awayFromZero(x: Node, f: (x: Node) => Node): Node {
  const zero = equal(x, fill(x.shape, 0));
  return where(zero, fill(x.shape, 0), f(where(zero, fill(x.shape, 1), x)));
}

/** √Σ|x|² over axes, which stay with size 1; its derivative at 0 is 0. */
export function euclidean(x: Node, axes: readonly number[]): Node {
  const scale = scaleOf(max(abs(x), axes, true));
  const total = sum(absSquared(mul(x, reciprocal(scale))), axes, true);
  return mul(scale, awayFromZero(total, sqrt));
}

/** The p-norm over axes, which stay with size 1: any p, ±Infinity and 0 (how many are not 0). */
export function vectorNorm(x: Node, p: number, axes: readonly number[]): Node {
  if (p === 2) return euclidean(x, axes);
  if (p === 0) return sum(notEqual(x, fillLike(x, 0)), axes, true);
  const r = abs(x);
  if (p === 1) return sum(r, axes, true);
  const extreme = p > 0 ? max(r, axes, true) : neg(max(neg(r), axes, true));
  if (!Number.isFinite(p)) return extreme;
  const scale = scaleOf(extreme);
  const part = mul(r, reciprocal(scale));
  const power = (y: Node, q: number) => pow(y, fill(y.shape, q));
  // With p < 0, one zero entry makes the norm 0.
  const total = sum(awayFromZero(part, (y) => power(y, p)), axes, true);
  const norm = mul(scale, awayFromZero(total, (y) => power(y, 1 / p)));
  if (p > 0) return norm;
  return where(equal(extreme, fill(extreme.shape, 0)), fill(extreme.shape, 0), norm);
}
