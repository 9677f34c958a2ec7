/** Moduli and signs. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexToReal, complexUnary, realUnary } from "./define.ts";
import { exponentWgsl, largerPartWgsl, modulus, pow2Wgsl, rescaling } from "./scaling.ts";
import { boxed, infiniteWgsl, isInfinite } from "./special.ts";

/** |x|. */
export const absReal: MapFunction = realUnary("abs", (x) => `abs(${x})`, Math.abs);

/** `complex_abs(z)` = |z|. */
const complexAbsWgsl: Wgsl = {
  name: "complex_abs",
  source: `fn complex_abs(z: vec2<f32>) -> f32 {
  let e = exponent_of(larger_part(z));
  let q = z * pow2(-e);
  let far = select(abs(z.y), abs(z.x), is_infinite(z.xx));
  return select(sqrt(dot(q, q)) * pow2(e), far, is_infinite(z));
}`,
  uses: [exponentWgsl, infiniteWgsl, largerPartWgsl, pow2Wgsl],
};

/** |z| = √(x² + y²), without overflow or underflow of the squares. */
export const absComplex: MapFunction = complexToReal(
  "abs",
  complexAbsWgsl,
  (x, y) => {
    const r = modulus(x, y);
    return Number.isNaN(r) ? Math.hypot(x, y) : r; // infinite if a part is, even beside NaN
  },
);

/** |z|² = x² + y². */
export const absSquared: MapFunction = complexToReal(
  "absSquared",
  (z) => `dot(${z}, ${z})`,
  (x, y) => x * x + y * y,
);

/** −1, 0 or 1. */
export const sign: MapFunction = realUnary(
  "sign",
  (x) => `select(${x}, sign(${x}), abs(${x}) > 0.0)`, // the built-in makes 0 of NaN on some adapters
  Math.sign,
);

const complexSgnWgsl: Wgsl = {
  name: "complex_sgn",
  source: `fn complex_sgn(z: vec2<f32>) -> vec2<f32> {
  let m = larger_part(z);
  let q = z * pow2(-exponent_of(m));
  return select(q / sqrt(dot(q, q)), z, z.x == 0.0 && z.y == 0.0);
}`,
  uses: [exponentWgsl, largerPartWgsl, pow2Wgsl],
};

/** z/|z|, and 0 at 0; on the CPU engine of one infinite part its sign, and NaN if both are infinite. */
export const sgn: MapFunction = complexUnary("sgn", complexSgnWgsl, (x, y, out) => {
  const lost = Number.isNaN(x) || Number.isNaN(y);
  if (!lost && (isInfinite(x) || isInfinite(y))) {
    const both = isInfinite(x) && isInfinite(y);
    out[0] = both ? NaN : boxed(x);
    out[1] = both ? NaN : boxed(y);
    return;
  }
  const k = rescaling(x, y), m = modulus(k * x, k * y);
  out[0] = m === 0 ? x : k * x / m;
  out[1] = m === 0 ? y : k * y / m;
});
