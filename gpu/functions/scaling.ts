/**
 * Powers of two and special values for WGSL. Moduli, quotients and logarithms scale their arguments
 * by an exact power of two first, so that no square overflows or underflows on the way. Shading
 * languages promise nothing about infinities and NaN, so these are made and told by their bits.
 */
import type { Wgsl } from "../contract/map_function.ts";

/** `pow2(e)` = 2^e for −126 ≤ e ≤ 127. */
export const pow2Wgsl: Wgsl = {
  name: "pow2",
  source: `fn pow2(e: i32) -> f32 { return bitcast<f32>(u32(e + 127) << 23u); }`,
};

/** `exponent_of(x)`: floor(log2 |x|), kept within ±126 so that both signs of it are powers of two. */
export const exponentWgsl: Wgsl = {
  name: "exponent_of",
  source: `fn exponent_of(x: f32) -> i32 {
  return clamp(i32((bitcast<u32>(x) >> 23u) & 255u) - 127, -126, 126);
}`,
};

/** `scale2(z, e)` = z·2^e, in two steps, as 2^e alone may be out of range. */
export const scale2Wgsl: Wgsl = {
  name: "scale2",
  source: `fn scale2(z: vec2<f32>, e: i32) -> vec2<f32> {
  let half = e / 2;
  return z * pow2(half) * pow2(e - half);
}`,
  uses: [pow2Wgsl],
};

/** `larger_part(z)` = max(|re|, |im|). */
export const largerPartWgsl: Wgsl = {
  name: "larger_part",
  source: `fn larger_part(z: vec2<f32>) -> f32 { return max(abs(z.x), abs(z.y)); }`,
};

/** `upper_half(x)`: x cut to 12 digits, so that a product of two such is exact. */
export const upperHalfWgsl: Wgsl = {
  name: "upper_half",
  source: `fn upper_half(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }`,
};

/**
 * `ungrouped(x)` = x for |x| < 10³⁰, as a choice, through which compilers do not regroup sums. Some
 * do so elsewhere, and a·b + (a·c + d) as a·(b + c) + d undoes a reduction whose steps are exact.
 */
export const ungroupedWgsl: Wgsl = {
  name: "ungrouped",
  source: `fn ungrouped(x: f32) -> f32 { return select(x, 0.0, abs(x) >= 1e30); }`,
};

/** `nan_from(x)`: NaN; the argument keeps compilers from rejecting it as a constant. */
export const nanWgsl: Wgsl = {
  name: "nan_from",
  source: `fn nan_from(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u); }`,
};

/** `with_sign(x, s)`: |x| with the sign bit of s, which tells −0 from 0. */
export const withSignWgsl: Wgsl = {
  name: "with_sign",
  source: `fn with_sign(x: f32, s: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(s) & 0x80000000u));
}`,
};

/** |x| with the sign of s, which tells −0 from 0. */
export function withSign(x: number, s: number): number {
  return s < 0 || Object.is(s, -0) ? -Math.abs(x) : Math.abs(x);
}

/** `is_minus(x)`: whether the sign bit is set; true of −0. */
export const isMinusWgsl: Wgsl = {
  name: "is_minus",
  source: `fn is_minus(x: f32) -> bool { return (bitcast<u32>(x) & 0x80000000u) != 0u; }`,
};

/** `times(a, b)` = a·b, but b where b is 0, even if a has overflowed. */
export const timesWgsl: Wgsl = {
  name: "times",
  source: `fn times(a: f32, b: f32) -> f32 { return select(a * b, b, b == 0.0); }`,
};

/** The product a·b, but b where b is 0, even if a is infinite. */
export function times(a: number, b: number): number {
  return b === 0 ? b : a * b;
}

/** a·b, but ±0 where b is 0, even if a is infinite or NaN. */
export function signedTimes(a: number, b: number): number {
  const minus = a < 0 || Object.is(a, -0);
  return b === 0 ? (minus ? -b : b) : a * b;
}

/**
 * A power of two by which x and y may be multiplied so that their squares are normal numbers of double
 * precision; mostly 1. Its own square root is a power of two.
 */
export function rescaling(x: number, y: number): number {
  const m = Math.max(Math.abs(x), Math.abs(y));
  return m > 2 ** 500 ? 2 ** -600 : m < 2 ** -400 && m > 0 ? 2 ** 600 : 1;
}

/** √(x² + y²) in double precision, of finite numbers. */
export function modulus(x: number, y: number): number {
  const k = rescaling(x, y), p = k * x, q = k * y;
  return Math.sqrt(p * p + q * q) / k;
}
