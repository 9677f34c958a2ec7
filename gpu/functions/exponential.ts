/**
 * Exponentials and logarithms. Each stands on one short polynomial: (eʳ − 1 − r)/r² on |r| ≤ ½ and
 * (2 artanh s − 2s)/s³ with s = (m − 1)/(m + 1) on √½ < m < √2, both fitted to relative error.
 */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexUnary, realUnary, type ReIm } from "./define.ts";
import { atan2Wgsl, sincosWgsl } from "./angle.ts";
import {
  exponentWgsl,
  largerPartWgsl,
  modulus,
  nanWgsl,
  pow2Wgsl,
  rescaling,
  times,
  timesWgsl,
  ungroupedWgsl,
  upperHalfWgsl,
} from "./scaling.ts";
import { extremeWgsl, infiniteWgsl, infinityWgsl, isInfinite } from "./special.ts";

/** `exp_tail(r)` = (eʳ − 1 − r)/r² on |r| ≤ ½. */
export const expTailWgsl: Wgsl = {
  name: "exp_tail",
  source: `fn exp_tail(r: f32) -> f32 {
  var p = fma(r, 1.99931412e-4, 1.39973906e-3);
  p = fma(r, p, 8.33307207e-3);
  p = fma(r, p, 4.16653194e-2);
  p = fma(r, p, 0.166666687);
  return fma(r, p, 0.50000006);
}`,
};

/** `exp_sum(a, b)` = e^(a + b) for |a + b| ≤ 110, where b may add digits to a. */
export const expSumWgsl: Wgsl = {
  name: "exp_sum",
  source: `fn exp_sum(a: f32, b: f32) -> f32 {
  let n = round((a + b) * 1.44269504);
  let r = ungrouped(fma(-n, 0.693145752, a)) + fma(-n, 1.42860677e-6, b);
  let k = i32(n);
  return (1.0 + fma(r * r, exp_tail(r), r)) * pow2(k / 2) * pow2(k - k / 2);
}`,
  uses: [expTailWgsl, pow2Wgsl, ungroupedWgsl],
};

/** `real_exp(x)` = eˣ. Comparisons let NaN through. */
export const realExpWgsl: Wgsl = {
  name: "real_exp",
  source: `fn real_exp(x: f32) -> f32 {
  return exp_sum(select(select(x, 90.0, x > 90.0), -105.0, x < -105.0), 0.0);
}`,
  uses: [expSumWgsl],
};

/** eˣ. */
export const expReal: MapFunction = realUnary("exp", realExpWgsl, Math.exp);

/** `real_expm1(x)` = eˣ − 1. */
export const expm1Wgsl: Wgsl = {
  name: "real_expm1",
  source: `fn real_expm1(x: f32) -> f32 {
  let near = select(fma(x * x, exp_tail(x), x), x, x == 0.0);
  return select(real_exp(x) - 1.0, near, abs(x) <= 0.5);
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

/** `log_reduce(x)`: (k, f) with x = 2ᵏ(1 + f) and √½ < 1 + f < √2, for 0 < x < ∞. */
const logReduceWgsl: Wgsl = {
  name: "log_reduce",
  source: `fn log_reduce(x: f32) -> vec2<f32> {
  let tiny = bitcast<u32>(x) < 0x800000u;
  let b = bitcast<u32>(select(x, x * 8388608.0, tiny)) - 0x3f3504f3u;
  let k = (bitcast<i32>(b) >> 23u) - select(0, 23, tiny);
  return vec2<f32>(f32(k), bitcast<f32>((b & 0x7fffffu) + 0x3f3504f3u) - 1.0);
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
  let v = log_reduce(x);
  let s = v.y / (2.0 + v.y);
  let u = s * s;
  return fma(v.x, 0.693145752, fma(v.x, 1.42860677e-6, fma(s * u, artanh_tail(u), 2.0 * s)));
}`,
  uses: [artanhTailWgsl, logReduceWgsl, nanWgsl],
};

/**
 * `log_sum(x)`: two numbers whose sum is ln x to about 32 bits, for 0 < x < ∞. The first is exact:
 * it has s = f/(2 + f) to 12 digits, and the second the remainder of that division.
 */
export const logSumWgsl: Wgsl = {
  name: "log_sum",
  source: `fn log_sum(x: f32) -> vec2<f32> {
  let v = log_reduce(x);
  let f = v.y;
  let s = f / (2.0 + f);
  let sh = select(round(s * 4096.0) * 2.44140625e-4, upper_half(s), v.x == 0.0);
  let fh = upper_half(f);
  let rest = (((f - 2.0 * sh) - sh * fh) - sh * (f - fh)) / (2.0 + f);
  let u = s * s;
  let tail = fma(s * u, artanh_tail(u), 2.0 * rest);
  return vec2<f32>(v.x * 0.693145752 + 2.0 * sh, fma(v.x, 1.42860677e-6, tail));
}`,
  uses: [artanhTailWgsl, logReduceWgsl, upperHalfWgsl],
};

/** ln x; −∞ at 0 and NaN below. */
export const logReal: MapFunction = realUnary("log", realLogWgsl, Math.log);

/** `real_log1p(x)` = ln(1 + x). */
const log1pWgsl: Wgsl = {
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
  if (is_extreme(z.y)) {
    let size = select(infinity_from(1.0), 0.0, z.x < 0.0);
    let lost = nan_from(z.y);
    return select(vec2<f32>(lost), vec2<f32>(size, select(lost, 0.0, z.x < 0.0)), is_infinite(z.xx));
  }
  let h = real_exp(0.5 * z.x);
  let v = sincos(z.y);
  return vec2<f32>(h * (h * v.y), times(h, times(h, v.x)));
}`,
  uses: [extremeWgsl, infiniteWgsl, infinityWgsl, nanWgsl, realExpWgsl, sincosWgsl, timesWgsl],
};

/** Leaves e^{x + iy} in `out`; of infinite x it is 0 or infinite whatever y is. */
export function expOf(x: number, y: number, out: ReIm): void {
  // In two halves where eˣ alone leaves the range of double precision.
  const e = Math.exp(x), h = Math.abs(x) > 700 ? Math.exp(x / 2) : 0;
  out[0] = h > 0 && Number.isFinite(h) ? h * (h * Math.cos(y)) : e * Math.cos(y);
  out[1] = h > 0 && Number.isFinite(h) ? h * (h * Math.sin(y)) : times(e, Math.sin(y));
  if (Number.isFinite(y) || !isInfinite(x)) return;
  out[0] = e;
  out[1] = e === 0 ? 0 : NaN;
}

/** e^z = eˣ(cos y + i sin y). */
export const expComplex: MapFunction = complexUnary("exp", complexExpWgsl, expOf);

/**
 * `log_abs(z)` = ln |z|. Near the unit circle x² + y² − 1 = 2d + d² + n² with d = m − 1 for the larger
 * part m and the smaller n, whose squares are taken in two parts, the first exact.
 */
const logAbsWgsl: Wgsl = {
  name: "log_abs",
  source: `fn log_abs(z: vec2<f32>) -> f32 {
  if (is_extreme(z.x) || is_extreme(z.y)) {
    return select(nan_from(z.x), infinity_from(1.0), is_infinite(z));
  }
  let m = larger_part(z);
  if (m >= 0.5 && m < 2.0) {
    let d = m - 1.0;
    let n = min(abs(z.x), abs(z.y));
    let dh = upper_half(d);
    let nh = upper_half(n);
    let rest = (d - dh) * (d + dh) + (n - nh) * (n + nh);
    return 0.5 * real_log1p(((2.0 * d + nh * nh) + dh * dh) + rest);
  }
  let e = exponent_of(m);
  let q = z * pow2(-e);
  let k = f32(e);
  return fma(k, 0.693145752, fma(k, 1.42860677e-6, 0.5 * real_log(dot(q, q))));
}`,
  uses: [
    exponentWgsl,
    extremeWgsl,
    infiniteWgsl,
    infinityWgsl,
    largerPartWgsl,
    log1pWgsl,
    nanWgsl,
    pow2Wgsl,
    realLogWgsl,
    upperHalfWgsl,
  ],
};

/** `complex_log(z)`. */
export const complexLogWgsl: Wgsl = {
  name: "complex_log",
  source: `fn complex_log(z: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(log_abs(z), real_atan2(z.y, z.x));
}`,
  uses: [atan2Wgsl, logAbsWgsl],
};

/** x² in two parts, of which the first is its rounded value (Veltkamp and Dekker 1971). */
function squared(x: number): [number, number] {
  const split = 134217729 * x, high = split - (split - x), low = x - high;
  const p = x * x;
  return [p, high * high - p + 2 * high * low + low * low];
}

/** ln |z|, accurate near the unit circle; infinite if a part is, even beside NaN. */
export function logAbs(x: number, y: number): number {
  if (isInfinite(x) || isInfinite(y)) return Infinity;
  const m = Math.max(Math.abs(x), Math.abs(y)), n = Math.min(Math.abs(x), Math.abs(y));
  if (m < 0.5 || m >= 2) {
    const k = rescaling(m, n);
    return Math.log(modulus(k * m, k * n)) - Math.log(k);
  }
  const [p, e] = squared(m), [q, f] = squared(n);
  const s = (p - 1) + q, rest = (p - 1) - s + q;
  return 0.5 * Math.log1p(s + (rest + e + f));
}

/** ln z = ln |z| + i arg z, cut along the negative axis. */
export const logComplex: MapFunction = complexUnary("log", complexLogWgsl, (x, y, out) => {
  out[0] = logAbs(x, y);
  out[1] = Math.atan2(y, x);
});
