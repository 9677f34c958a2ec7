/**
 * Infinities and NaN, which WGSL makes and tells by their bits, and complex infinities by Annex G of
 * C: a number is infinite if a part of it is, even beside NaN.
 */
import type { Wgsl } from "../contract/map_function.ts";
import { nanWgsl, withSign, withSignWgsl } from "./scaling.ts";

/** `infinity_from(x)`: ∞ with the sign of x. */
export const infinityWgsl: Wgsl = {
  name: "infinity_from",
  source: `fn infinity_from(x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | 0x7f800000u);
}`,
};

/** `is_extreme(x)`: whether x is infinite or NaN. */
export const extremeWgsl: Wgsl = {
  name: "is_extreme",
  source:
    `fn is_extreme(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u; }`,
};

/** `is_nan(z)`: which parts of z are NaN. */
export const lostWgsl: Wgsl = {
  name: "is_nan",
  source: `fn is_nan(z: vec2<f32>) -> vec2<bool> {
  return (bitcast<vec2<u32>>(z) & vec2<u32>(0x7fffffffu)) > vec2<u32>(0x7f800000u);
}`,
};

/** `is_infinite(z)`: whether a part of z is infinite. */
export const infiniteWgsl: Wgsl = {
  name: "is_infinite",
  source: `fn is_infinite(z: vec2<f32>) -> bool {
  return any((bitcast<vec2<u32>>(z) & vec2<u32>(0x7fffffffu)) == vec2<u32>(0x7f800000u));
}`,
};

/** Whether x is ∞ or −∞. */
export function isInfinite(x: number): boolean {
  return x === Infinity || x === -Infinity;
}

/** `boxed(z)`: ±1 for infinite parts, else ±0. */
export const boxedWgsl: Wgsl = {
  name: "boxed",
  source: `fn boxed(z: vec2<f32>) -> vec2<f32> {
  let far = (bitcast<vec2<u32>>(z) & vec2<u32>(0x7fffffffu)) == vec2<u32>(0x7f800000u);
  let one = select(vec2<f32>(), vec2<f32>(1.0), far);
  return vec2<f32>(with_sign(one.x, z.x), with_sign(one.y, z.y));
}`,
  uses: [withSignWgsl],
};

/** ±1 for an infinite number, else ±0. */
export function boxed(x: number): number {
  return withSign(isInfinite(x) ? 1 : 0, x);
}

/** `infinite_times(z)`: ∞·z in each part; NaN where a part is 0. */
export const infiniteTimesWgsl: Wgsl = {
  name: "infinite_times",
  source: `fn infinite_times(z: vec2<f32>) -> vec2<f32> {
  let lost = vec2<f32>(nan_from(z.x), nan_from(z.y));
  return select(vec2<f32>(infinity_from(z.x), infinity_from(z.y)), lost, (z == vec2<f32>()) | is_nan(z));
}`,
  uses: [infinityWgsl, lostWgsl, nanWgsl],
};
