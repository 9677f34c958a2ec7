/**
 * Circular functions of one real angle, and angles from coordinates. The shading language's own are
 * only as good as the adapter (atan2 is 2·10⁻⁵ off on some), so this file has its own polynomials.
 */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexToReal, define, realBinary, realUnary } from "./define.ts";
import { isMinusWgsl, nanWgsl, ungroupedWgsl, withSignWgsl } from "./scaling.ts";
import { lostWgsl } from "./special.ts";

/** `mul_high(a, b)`: the upper 32 bits of the 64-bit product, from 16-bit halves. */
export const mulHighWgsl: Wgsl = {
  name: "mul_high",
  source: `fn mul_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let low = ah * bl + ((al * bl) >> 16u);
  let mid = al * bh + (low & 0xffffu);
  return ah * bh + (low >> 16u) + (mid >> 16u);
}`,
};

/** `quarter_sincos(r, q)`: (sin, cos) of r + qπ/2 for |r| ≤ π/4. */
export const quarterSincosWgsl: Wgsl = {
  name: "quarter_sincos",
  source: `fn quarter_sincos(r: f32, q: u32) -> vec2<f32> {
  let u = r * r;
  let s = r + r * u * fma(u, fma(u, -1.95169778e-4, 8.33217613e-3), -0.166666552);
  let c = fma(u * u, fma(u, fma(u, 2.44381008e-5, -1.38873642e-3), 4.16666456e-2), 1.0 - 0.5 * u);
  let v = select(vec2<f32>(s, c), vec2<f32>(c, s), (q & 1u) == 1u);
  return vec2<f32>(select(v.x, -v.x, (q & 2u) != 0u), select(v.y, -v.y, ((q + 1u) & 2u) != 0u));
}`,
};

/**
 * `far_sincos(x)` for |x| ≥ 2^13: Payne and Hanek's reduction (1983). With x = m·2^e, the bits of
 * 2/π that m·2^e takes to whole turns are left out, and m is multiplied with the 96 that follow.
 */
const farSincosWgsl: Wgsl = {
  name: "far_sincos",
  source: `fn two_over_pi(k: u32) -> u32 {
  switch k {
    case 1u: { return 0xa2f9836eu; }
    case 2u: { return 0x4e441529u; }
    case 3u: { return 0xfc2757d1u; }
    case 4u: { return 0xf534ddc0u; }
    case 5u: { return 0xdb629599u; }
    case 6u: { return 0x3c439041u; }
    case 7u: { return 0xfe5163abu; }
    default: { return 0u; }
  }
}
fn far_sincos(x: f32) -> vec2<f32> {
  let bits = bitcast<u32>(x);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let start = ((bits >> 23u) & 255u) - 120u;
  let k = start >> 5u;
  let left = start & 31u;
  let right = 31u - left;
  let w0 = (two_over_pi(k) << left) | ((two_over_pi(k + 1u) >> 1u) >> right);
  let w1 = (two_over_pi(k + 1u) << left) | ((two_over_pi(k + 2u) >> 1u) >> right);
  let w2 = (two_over_pi(k + 2u) << left) | ((two_over_pi(k + 3u) >> 1u) >> right);
  let low = mul_high(m, w2);
  let mid = m * w1 + low;
  let high = m * w0 + mul_high(m, w1) + select(0u, 1u, mid < low);
  let rest = f32(bitcast<i32>(high << 2u)) + f32(mid >> 16u) * 6.1035156e-5;
  let r = select(rest * 3.6572951e-10, nan_from(x), (bits & 0x7f800000u) == 0x7f800000u);
  let v = quarter_sincos(r, (high + 0x20000000u) >> 30u);
  return vec2<f32>(select(v.x, -v.x, x < 0.0), v.y);
}`,
  uses: [mulHighWgsl, nanWgsl, quarterSincosWgsl],
};

/**
 * `sincos(x)`: (sin x, cos x). Below 2^13, π/2 is taken off in three parts, two of them exactly; the
 * sine of −0 is −0.
 */
export const sincosWgsl: Wgsl = {
  name: "sincos",
  source: `fn sincos(x: f32) -> vec2<f32> {
  if (abs(x) >= 8192.0) { return far_sincos(x); }
  let q = round(x * 0.636619772);
  let r1 = ungrouped(fma(-q, 1.5703125, x));
  let r2 = ungrouped(fma(-q, 4.83751297e-4, r1));
  let v = quarter_sincos(fma(-q, 7.54979013e-8, r2), u32(i32(q)));
  return vec2<f32>(select(v.x, x, x == 0.0), v.y);
}`,
  uses: [farSincosWgsl, quarterSincosWgsl, ungroupedWgsl],
};

const realSinWgsl: Wgsl = {
  name: "real_sin",
  source: `fn real_sin(x: f32) -> f32 { return sincos(x).x; }`,
  uses: [sincosWgsl],
};

/** sin x. */
export const sinReal: MapFunction = realUnary("sin", realSinWgsl, Math.sin);

const realCosWgsl: Wgsl = {
  name: "real_cos",
  source: `fn real_cos(x: f32) -> f32 { return sincos(x).y; }`,
  uses: [sincosWgsl],
};

/** cos x. */
export const cosReal: MapFunction = realUnary("cos", realCosWgsl, Math.cos);

const realTanWgsl: Wgsl = {
  name: "real_tan",
  source: `fn real_tan(x: f32) -> f32 {
  let v = sincos(x);
  return v.x / v.y;
}`,
  uses: [sincosWgsl],
};

/** tan x. */
export const tanReal: MapFunction = realUnary("tan", realTanWgsl, Math.tan);

/**
 * `real_atan2(y, x)`, from a polynomial in the ratio of the smaller to the larger coordinate. These are
 * chosen by one comparison, since `min` and `max` hide NaN on some adapters.
 */
export const atan2Wgsl: Wgsl = {
  name: "real_atan2",
  source: `fn real_atan2(y: f32, x: f32) -> f32 {
  let ax = abs(x);
  let ay = abs(y);
  let steep = ay > ax;
  let m = select(ax, ay, steep);
  let t = select(select(select(ay, ax, steep) / m, 1.0, ax == ay), 0.0, ax + ay == 0.0);
  let u = t * t;
  var p = fma(u, 2.97459122e-3, -1.6581187e-2);
  p = fma(u, p, 4.35535461e-2);
  p = fma(u, p, -7.58057833e-2);
  p = fma(u, p, 0.106789403);
  p = fma(u, p, -0.142142087);
  p = fma(u, p, 0.199941367);
  p = fma(u, p, -0.333331674);
  var a = fma(t * u, p, t);
  a = select(a, (1.57079637 - a) - 4.37113883e-8, steep);
  a = select(a, (3.14159274 - a) - 8.74227766e-8, is_minus(x));
  return with_sign(a, y);
}`,
  uses: [isMinusWgsl, withSignWgsl],
};

/** atan2(y, x), the angle of x + iy in [−π, π]; signed zeros count, as in NumPy. */
export const atan2: MapFunction = realBinary("atan2", atan2Wgsl, Math.atan2);

/** Of a real NaN too, whose imaginary part is a constant 0: compilers take 0/m for 0. */
const angleWgsl: Wgsl = {
  name: "complex_angle",
  source: `fn complex_angle(z: vec2<f32>) -> f32 {
  return select(real_atan2(z.y, z.x), nan_from(z.x), any(is_nan(z)));
}`,
  uses: [atan2Wgsl, lostWgsl, nanWgsl],
};

/** arg z in [−π, π], 0 at 0; on the negative axis the sign of the zero imaginary part decides. */
export const angle: MapFunction = complexToReal("angle", angleWgsl, (x, y) => Math.atan2(y, x));

const polarWgsl: Wgsl = {
  name: "complex_polar",
  source: `fn complex_polar(r: f32, phi: f32) -> vec2<f32> { return r * sincos(phi).yx; }`,
  uses: [sincosWgsl],
};

/** r·e^{iφ}. */
export const polar: MapFunction = define(
  "polar",
  ["real", "real"],
  "complex",
  polarWgsl,
  (n, out, r, phi) => {
    for (let i = 0; i < n; i++) {
      out[2 * i] = r[i] * Math.cos(phi[i]);
      out[2 * i + 1] = r[i] * Math.sin(phi[i]);
    }
  },
);
