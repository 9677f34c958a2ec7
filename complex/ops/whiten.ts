/**
 * Real 2×2 matrices that act on (Re z, Im z). Each is a list of its entries rr, ii, ri and, unless it is
 * symmetric, ir: real nodes whose shapes broadcast with z.
 */
import type { Node } from "../lazy/graph.ts";
import { add, complex, fill, imag, mul, neg, real, scale, sub } from "./arithmetic.ts";
import { reciprocal, relu, sqrt, square } from "./elementwise.ts";
import { detach } from "./views.ts";

/** The entries rr, ii, ri and perhaps ir. */
export type Matrix = readonly Node[];

/** M z. */
export function mix(z: Node, [rr, ii, ri, ir = ri]: Matrix): Node {
  const [x, y] = [real(z), imag(z)];
  return complex(add(mul(rr, x), mul(ri, y)), add(mul(ir, x), mul(ii, y)));
}

/**
 * (V + eps)^(−1/2) z in closed form, for symmetric second moments V of any scale: scaled to unit trace,
 * the determinant does not overflow, nor fall below 0, since V has no negative eigenvalue.
 */
export function whiten(z: Node, [rr, ii, ri]: Matrix, eps: number): Node {
  const trace = add(add(rr, ii), fill(rr.shape, 2 * eps));
  const unit = reciprocal(trace);
  const e = scale(unit, eps);
  const [a, b, c] = [mul(rr, unit), mul(ii, unit), mul(ri, unit)];
  const rounded = sub(mul(a, b), square(c));
  // Lifts to 0 what rounding left below it; the derivative is that of a b − c².
  const det = add(rounded, detach(relu(neg(rounded))));
  const s = sqrt(add(det, mul(e, add(add(a, b), e))));
  const t = sqrt(add(scale(s, 2), fill(s.shape, 1)));
  const q = reciprocal(mul(mul(s, t), sqrt(trace)));
  const more = add(e, s);
  return mix(z, [mul(add(b, more), q), mul(add(a, more), q), neg(mul(c, q))]);
}
