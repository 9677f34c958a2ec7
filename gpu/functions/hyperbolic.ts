/** Hyperbolic functions of real and complex arguments, from eˣ − 1, so that small ones keep digits. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexUnary, realUnary, type ReIm } from "./define.ts";
import { sincosWgsl } from "./angle.ts";
import { expm1Wgsl, expTailWgsl, realExpWgsl } from "./exponential.ts";
import {
  isMinusWgsl,
  nanWgsl,
  signedTimes,
  times,
  timesWgsl,
  withSign,
  withSignWgsl,
} from "./scaling.ts";
import { extremeWgsl, infiniteWgsl, infinityWgsl, isInfinite } from "./special.ts";

/**
 * `sinhcosh(x)`: sinh x and cosh x over a common factor, and that factor: 1, but e^{|x|/2} beyond 80,
 * since eˣ may overflow where its product with something small does not.
 */
export const sinhcoshWgsl: Wgsl = {
  name: "sinhcosh",
  source: `fn sinhcosh(x: f32) -> vec3<f32> {
  let a = abs(x);
  if (a > 80.0) {
    let h = real_exp(0.5 * a);
    return vec3<f32>(with_sign(0.5 * h, x), 0.5 * h, h);
  }
  let m = real_expm1(a);
  let r = m / (1.0 + m);
  return vec3<f32>(with_sign(0.5 * (m + r), x), 1.0 + 0.5 * (m - r), 1.0);
}`,
  uses: [expm1Wgsl, realExpWgsl, withSignWgsl],
};

const realSinhWgsl: Wgsl = {
  name: "real_sinh",
  source: `fn real_sinh(x: f32) -> f32 {
  let h = sinhcosh(x);
  return h.x * h.z;
}`,
  uses: [sinhcoshWgsl],
};

/** sinh x. */
export const sinhReal: MapFunction = realUnary("sinh", realSinhWgsl, Math.sinh);

const realCoshWgsl: Wgsl = {
  name: "real_cosh",
  source: `fn real_cosh(x: f32) -> f32 {
  let h = sinhcosh(x);
  return h.y * h.z;
}`,
  uses: [sinhcoshWgsl],
};

/** cosh x. */
export const coshReal: MapFunction = realUnary("cosh", realCoshWgsl, Math.cosh);

const realTanhWgsl: Wgsl = {
  name: "real_tanh",
  source: `fn real_tanh(x: f32) -> f32 {
  let a = abs(x);
  let m = real_expm1(2.0 * select(a, 10.0, a > 10.0));
  return with_sign(m / (2.0 + m), x);
}`,
  uses: [expm1Wgsl, withSignWgsl],
};

/** tanh x. */
export const tanhReal: MapFunction = realUnary("tanh", realTanhWgsl, Math.tanh);

/** `complex_sinh(z)`. Where y has no sine, infinite and zero x alone are told in the real part. */
export const complexSinhWgsl: Wgsl = {
  name: "complex_sinh",
  source: `fn complex_sinh(z: vec2<f32>) -> vec2<f32> {
  if (is_extreme(z.y)) {
    let lost = nan_from(z.y);
    return vec2<f32>(select(lost, z.x, z.x == 0.0 || is_infinite(z.xx)), lost);
  }
  let h = sinhcosh(z.x);
  let v = sincos(z.y);
  return vec2<f32>(h.x * v.y * h.z, times(h.z, times(h.y, v.x)));
}`,
  uses: [extremeWgsl, infiniteWgsl, nanWgsl, sincosWgsl, sinhcoshWgsl, timesWgsl],
};

/** Where e^|x| leaves the range of double precision soon, and is taken in two halves. */
const FAR = 700;

/** Leaves half of e^|x| times a and b in `out`, for |x| > {@link FAR}. */
function farOf(x: number, a: number, b: number, out: ReIm): void {
  const h = Math.exp(Math.abs(x) / 2);
  out[0] = 0.5 * h * a * h;
  out[1] = times(0.5 * h, b) * h;
}

const isFar = (x: number, y: number) =>
  Math.abs(x) > FAR && Number.isFinite(x) && Number.isFinite(y);

/** Leaves sinh(x + iy) in `out`. */
export function sinhOf(x: number, y: number, out: ReIm): void {
  if (isFar(x, y)) return farOf(x, Math.sign(x) * Math.cos(y), Math.sin(y), out);
  const lost = !Number.isFinite(y);
  out[0] = lost && (x === 0 || isInfinite(x)) ? x : Math.sinh(x) * Math.cos(y);
  out[1] = times(Math.cosh(x), Math.sin(y));
}

/** sinh z = sinh x cos y + i cosh x sin y. */
export const sinhComplex: MapFunction = complexUnary("sinh", complexSinhWgsl, sinhOf);

/** `complex_cosh(z)`, with the signs of x and y in an imaginary part of 0. */
export const complexCoshWgsl: Wgsl = {
  name: "complex_cosh",
  source: `fn complex_cosh(z: vec2<f32>) -> vec2<f32> {
  if (is_extreme(z.y)) {
    let lost = nan_from(z.y);
    return vec2<f32>(
      select(lost, infinity_from(1.0), is_infinite(z.xx)),
      select(lost, z.x, z.x == 0.0),
    );
  }
  let h = sinhcosh(z.x);
  let v = sincos(z.y);
  let s = select(v.x, -v.x, is_minus(z.x));
  return vec2<f32>(h.y * v.y * h.z, times(h.z, times(abs(h.x), s)));
}`,
  uses: [
    extremeWgsl,
    infiniteWgsl,
    infinityWgsl,
    isMinusWgsl,
    nanWgsl,
    sincosWgsl,
    sinhcoshWgsl,
    timesWgsl,
  ],
};

/** Leaves cosh(x + iy) in `out`. */
export function coshOf(x: number, y: number, out: ReIm): void {
  if (isFar(x, y)) return farOf(x, Math.cos(y), Math.sign(x) * Math.sin(y), out);
  const lost = !Number.isFinite(y);
  out[0] = lost && isInfinite(x) ? Infinity : Math.cosh(x) * Math.cos(y);
  out[1] = lost && x === 0 ? x : signedTimes(Math.sinh(x), Math.sin(y));
}

/** cosh z = cosh x cos y + i sinh x sin y. */
export const coshComplex: MapFunction = complexUnary("cosh", complexCoshWgsl, coshOf);

/** `complex_tanh(z)`. Beyond 9 the real part is ±1, and the imaginary one 4 sin y cos y e^{−2|x|}. */
export const complexTanhWgsl: Wgsl = {
  name: "complex_tanh",
  source: `fn complex_tanh(z: vec2<f32>) -> vec2<f32> {
  if (is_extreme(z.y)) {
    if (is_infinite(z.xx)) { return vec2<f32>(with_sign(1.0, z.x), 0.0); }
    let lost = nan_from(z.y);
    return vec2<f32>(select(lost, z.x, z.x == 0.0), lost);
  }
  let v = sincos(z.y);
  let a = abs(z.x);
  if (a > 9.0) {
    return vec2<f32>(with_sign(1.0, z.x), 4.0 * v.x * v.y * real_exp(-2.0 * a));
  }
  let h = sinhcosh(z.x);
  let r = vec2<f32>(h.x * h.y, v.x * v.y) / (h.x * h.x + v.y * v.y);
  return vec2<f32>(r.x, select(r.y, v.x, v.x == 0.0));
}`,
  uses: [
    extremeWgsl,
    infiniteWgsl,
    nanWgsl,
    realExpWgsl,
    sincosWgsl,
    sinhcoshWgsl,
    withSignWgsl,
  ],
};

/** Leaves tanh(x + iy) in `out`. */
export function tanhOf(x: number, y: number, out: ReIm): void {
  const s = Math.sin(y), c = Math.cos(y);
  if (y === 0 || !Number.isFinite(y)) {
    const edge = isInfinite(x) ? withSign(1, x) : x === 0 ? x : NaN;
    out[0] = y === 0 ? Math.tanh(x) : edge;
    out[1] = y === 0 ? y : isInfinite(x) ? 0 : NaN;
    return;
  }
  if (Math.abs(x) > 20) {
    out[0] = Math.sign(x);
    out[1] = 4 * s * c * Math.exp(-2 * Math.abs(x));
    return;
  }
  const sh = Math.sinh(x), m = sh * sh + c * c;
  out[0] = sh * Math.cosh(x) / m;
  out[1] = s * c / m;
}

/** tanh z = (sinh x cosh x + i sin y cos y)/(sinh² x + cos² y). */
export const tanhComplex: MapFunction = complexUnary("tanh", complexTanhWgsl, tanhOf);

const realSechSquaredWgsl: Wgsl = {
  name: "real_sech_squared",
  source: `fn real_sech_squared(x: f32) -> f32 {
  let q = real_exp(-2.0 * abs(x));
  return 4.0 * q / ((1.0 + q) * (1.0 + q));
}`,
  uses: [realExpWgsl],
};

/** 1/cosh² x, the slope of tanh; its digits stay where tanh x rounds to ±1. */
export const sechSquaredReal: MapFunction = realUnary("sechSquared", realSechSquaredWgsl, (x) => {
  const q = Math.exp(-2 * Math.abs(x));
  return 4 * q / ((1 + q) * (1 + q));
});

/** With q = e^{−2|x|}: 2 cosh z = e^{|x|}(u + iv), where u = (1 + q) cos y and v = ±(1 − q) sin y. */
const complexSechSquaredWgsl: Wgsl = {
  name: "complex_sech_squared",
  source: `fn complex_sech_squared(z: vec2<f32>) -> vec2<f32> {
  let r = -2.0 * abs(z.x);
  let q = real_exp(r);
  let m = select(q - 1.0, fma(r * r, exp_tail(r), r), r >= -0.5);
  let w = sincos(z.y);
  let u = (1.0 + q) * w.y;
  let v = with_sign(m, z.x) * w.x;
  let d = u * u + v * v;
  let s = u / d;
  let t = v / d;
  return 4.0 * q * vec2<f32>((s - t) * (s + t), -2.0 * s * t);
}`,
  uses: [expTailWgsl, realExpWgsl, sincosWgsl, withSignWgsl],
};

/** 1/cosh² z, the slope of tanh, and of tan at iz; its digits stay where tanh z is nearly ±1. */
export const sechSquaredComplex: MapFunction = complexUnary(
  "sechSquared",
  complexSechSquaredWgsl,
  (x, y, out) => {
    const r = -2 * Math.abs(x), q = Math.exp(r), m = Math.expm1(r);
    const u = (1 + q) * Math.cos(y), v = (x < 0 ? m : -m) * Math.sin(y);
    const d = u * u + v * v, s = u / d, t = v / d;
    out[0] = 4 * q * (s - t) * (s + t);
    out[1] = -8 * q * s * t;
  },
);
