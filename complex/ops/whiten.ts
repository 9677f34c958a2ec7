/**
 * Real 2×2 matrices that act on (Re z, Im z). Each is a list of its entries rr, ii, ri and, unless it is
 * symmetric, ir: real nodes whose shapes broadcast with z.
 */
import type { Node } from "../lazy/graph.ts";
import { add, complex, div, fill, imag, mul, neg, real, scale, sub } from "./arithmetic.ts";
import { reciprocal, sqrt, square } from "./elementwise.ts";

/** The entries rr, ii, ri and perhaps ir. */
export type Matrix = readonly Node[];

/** M z. */
export function mix(z: Node, [rr, ii, ri, ir = ri]: Matrix): Node {
  const [x, y] = [real(z), imag(z)];
  return complex(add(mul(rr, x), mul(ri, y)), add(mul(ir, x), mul(ii, y)));
}

/**
 * (V + eps)^(−1/2) z for symmetric second moments V, in the deviations σ₁, σ₂ of the parts and their
 * correlation r: sums of positive numbers of size 1, as long as |r| is not near 1.
 */
export function whiten(z: Node, [rr, ii, ri]: Matrix, eps: Node): Node {
  const [s1, s2] = [sqrt(add(rr, eps)), sqrt(add(ii, eps))];
  const r = div(div(ri, s1), s2);
  const one = fill(r.shape, 1);
  // det V = (σ₁σ₂e)², and the trace of its root is h·t.
  const e = sqrt(mul(sub(one, r), add(one, r)));
  const f = div(square(r), add(one, e));
  const h = add(s1, s2);
  const [p1, p2] = [div(s1, h), div(s2, h)];
  const t = sqrt(sub(one, scale(mul(mul(p1, p2), f), 2)));
  const q = reciprocal(mul(e, t));
  return mix(z, [
    mul(div(sub(one, mul(p1, f)), s1), q),
    mul(div(sub(one, mul(p2, f)), s2), q),
    neg(mul(div(r, h), q)),
  ]);
}
