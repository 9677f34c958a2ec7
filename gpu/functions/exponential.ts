/**
 * Exponentials and logarithms. Each stands on one short polynomial: (eʳ − 1 − r)/r² on |r| ≤ ½ and
 * (2 artanh s − 2s)/s³ with s = (m − 1)/(m + 1) on √½ < m < √2, both fitted to relative error.
 */
import type { MapFunction, Wgsl } from "../function.ts";
import { complexUnary, realUnary } from "./define.ts";
import { atan2Wgsl, sincosWgsl } from "./angle.ts";
import { exponentWgsl, nanWgsl, pow2Wgsl, times, timesWgsl } from "./scaling.ts";

const expTailWgsl: Wgsl = {
  name: "exp_tail",
  source: `fn exp_tail(r: f32) -> f32 {
  var p = fma(r, 1.99931412e-4, 1.39973906e-3);
  p = fma(r, p, 8.33307207e-3);
  p = fma(r, p, 4.16653194e-2);
  p = fma(r, p, 0.166666687);
  return fma(r, p, 0.50000006);
}`,
};

/** `exp_sum(a, b)` = e^(a + b), where b adds bits to a. Comparisons let NaN through. */
export const expSumWgsl: Wgsl = {
  name: "exp_sum",
  source: `fn exp_sum(a: f32, b: f32) -> f32 {
  let x = select(select(a, 90.0, a > 90.0), -105.0, a < -105.0);
  let n = round(x * 1.44269504);
  let r = fma(-n, 0.693145752, x) + fma(-n, 1.42860677e-6, b);
  let k = i32(n);
  return (1.0 + fma(r * r, exp_tail(r), r)) * pow2(k / 2) * pow2(k - k / 2);
}`,
  uses: [expTailWgsl, pow2Wgsl],
};

/** `real_exp(x)` = eˣ. */
export const realExpWgsl: Wgsl = {
  name: "real_exp",
  source: `fn real_exp(x: f32) -> f32 { return exp_sum(x, 0.0); }`,
  uses: [expSumWgsl],
};

/** eˣ. */
export const expReal: MapFunction = realUnary("exp", realExpWgsl, Math.exp);

/** `real_expm1(x)` = eˣ − 1. */
export const expm1Wgsl: Wgsl = {
  name: "real_expm1",
  source: `fn real_expm1(x: f32) -> f32 {
  return select(real_exp(x) - 1.0, fma(x * x, exp_tail(x), x), abs(x) <= 0.5);
}`,
  uses: [expTailWgsl, realExpWgsl],
};

/** eˣ − 1, accurate near 0. */
export const expm1: MapFunction = realUnary("expm1", expm1Wgsl, Math.expm1);

const artanhTailWgsl: Wgsl = {
  name: "artanh_tail",
  source: `fn artanh_tail(u: f32) -> f32 {
  return fma(u, fma(u, 0.298721522, 0.399775267), 0.666667759);
}`,
};

/** `real_log(x)` = ln x; −∞ at 0 and NaN below. */
export const realLogWgsl: Wgsl = {
  name: "real_log",
  source: `fn real_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if (bits - 1u >= 0x7f7fffffu) {
    if (bits == 0x7f800000u) { return x; }
    return select(nan_from(x), bitcast<f32>(bits | 0xff800000u), x == 0.0);
  }
  let tiny = bits < 0x800000u;
  let b = select(bits, bitcast<u32>(x * 8388608.0), tiny) - 0x3f3504f3u;
  let k = f32((bitcast<i32>(b) >> 23u) - select(0, 23, tiny));
  let f = bitcast<f32>((b & 0x7fffffu) + 0x3f3504f3u) - 1.0;
  let s = f / (2.0 + f);
  let u = s * s;
  return fma(k, 0.693145752, fma(k, 1.42860677e-6, fma(s * u, artanh_tail(u), 2.0 * s)));
}`,
  uses: [artanhTailWgsl, nanWgsl],
};

/** ln x; −∞ at 0 and NaN below. */
export const logReal: MapFunction = realUnary("log", realLogWgsl, Math.log);

/** `real_log1p(x)` = ln(1 + x). */
export const log1pWgsl: Wgsl = {
  name: "real_log1p",
  source: `fn real_log1p(x: f32) -> f32 {
  let s = x / (2.0 + x);
  let u = s * s;
  if (x > -0.29 && x < 0.41) { return fma(s * u, artanh_tail(u), 2.0 * s); }
  return real_log(1.0 + x);
}`,
  uses: [artanhTailWgsl, realLogWgsl],
};

/** ln(1 + x), accurate near 0. */
export const log1p: MapFunction = realUnary("log1p", log1pWgsl, Math.log1p);

/** `complex_exp(z)`; e^{x/2} twice, as eˣ alone may overflow where a part of the result does not. */
export const complexExpWgsl: Wgsl = {
  name: "complex_exp",
  source: `fn complex_exp(z: vec2<f32>) -> vec2<f32> {
  let h = real_exp(0.5 * z.x);
  let v = sincos(z.y);
  return vec2<f32>(h * (h * v.y), times(h, times(h, v.x)));
}`,
  uses: [realExpWgsl, sincosWgsl, timesWgsl],
};

/** e^z = eˣ(cos y + i sin y). */
export const expComplex: MapFunction = complexUnary("exp", complexExpWgsl, (x, y, out) => {
  const e = Math.exp(x);
  out[0] = e * Math.cos(y);
  out[1] = times(e, Math.sin(y));
});

/**
 * `log_abs(z)` = ln |z|. Near the unit circle x² + y² − 1 is summed from the squares of the upper
 * halves of the digits, which are exact, and the small rest.
 */
export const logAbsWgsl: Wgsl = {
  name: "log_abs",
  source: `fn log_abs(z: vec2<f32>) -> f32 {
  let m = max(abs(z.x), abs(z.y));
  let n = min(abs(z.x), abs(z.y));
  if (m >= 0.5 && m < 2.0) {
    let mh = bitcast<f32>(bitcast<u32>(m) & 0xfffff000u);
    let nh = bitcast<f32>(bitcast<u32>(n) & 0xfffff000u);
    let rest = (m - mh) * (m + mh) + (n - nh) * (n + nh);
    return 0.5 * real_log1p(((mh * mh - 1.0) + nh * nh) + rest);
  }
  let e = exponent_of(m);
  let q = z * pow2(-e);
  let k = f32(e);
  return fma(k, 0.693145752, fma(k, 1.42860677e-6, 0.5 * real_log(dot(q, q))));
}`,
  uses: [exponentWgsl, log1pWgsl, pow2Wgsl, realLogWgsl],
};

/** `complex_log(z)`. */
export const complexLogWgsl: Wgsl = {
  name: "complex_log",
  source: `fn complex_log(z: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(log_abs(z), real_atan2(z.y, z.x));
}`,
  uses: [atan2Wgsl, logAbsWgsl],
};

/** ln |z|, accurate near the unit circle. */
export function logAbs(x: number, y: number): number {
  const m = Math.max(Math.abs(x), Math.abs(y)), n = Math.min(Math.abs(x), Math.abs(y));
  if (m < 0.5 || m >= 2) return 0.5 * Math.log(m * m + n * n);
  return 0.5 * Math.log1p((m - 1) * (m + 1) + n * n);
}

/** ln z = ln |z| + i arg z, cut along the negative axis. */
export const logComplex: MapFunction = complexUnary("log", complexLogWgsl, (x, y, out) => {
  out[0] = logAbs(x, y);
  out[1] = Math.atan2(y, x);
});
