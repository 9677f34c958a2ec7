/** Hyperbolic functions of real and complex arguments, from eˣ − 1, so that small ones keep digits. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexUnary, realUnary } from "./define.ts";
import { sincosWgsl } from "./angle.ts";
import { expm1Wgsl, realExpWgsl } from "./exponential.ts";
import { times, timesWgsl, withSignWgsl } from "./scaling.ts";

/** `sinhcosh(x)`: (sinh x, cosh x); beyond 80 from e^{x/2}, as eˣ overflows before its half. */
export const sinhcoshWgsl: Wgsl = {
  name: "sinhcosh",
  source: `fn sinhcosh(x: f32) -> vec2<f32> {
  let a = abs(x);
  if (a > 80.0) {
    let h = real_exp(0.5 * a);
    let big = (0.5 * h) * h;
    return vec2<f32>(with_sign(big, x), big);
  }
  let m = real_expm1(a);
  let r = m / (1.0 + m);
  return vec2<f32>(with_sign(0.5 * (m + r), x), 1.0 + 0.5 * (m - r));
}`,
  uses: [expm1Wgsl, realExpWgsl, withSignWgsl],
};

const realSinhWgsl: Wgsl = {
  name: "real_sinh",
  source: `fn real_sinh(x: f32) -> f32 { return sinhcosh(x).x; }`,
  uses: [sinhcoshWgsl],
};

/** sinh x. */
export const sinhReal: MapFunction = realUnary("sinh", realSinhWgsl, Math.sinh);

const realCoshWgsl: Wgsl = {
  name: "real_cosh",
  source: `fn real_cosh(x: f32) -> f32 { return sinhcosh(x).y; }`,
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

const complexSinhWgsl: Wgsl = {
  name: "complex_sinh",
  source: `fn complex_sinh(z: vec2<f32>) -> vec2<f32> {
  let h = sinhcosh(z.x);
  let v = sincos(z.y);
  return vec2<f32>(h.x * v.y, times(h.y, v.x));
}`,
  uses: [sincosWgsl, sinhcoshWgsl, timesWgsl],
};

/** sinh z = sinh x cos y + i cosh x sin y. */
export const sinhComplex: MapFunction = complexUnary("sinh", complexSinhWgsl, (x, y, out) => {
  out[0] = Math.sinh(x) * Math.cos(y);
  out[1] = times(Math.cosh(x), Math.sin(y));
});

const complexCoshWgsl: Wgsl = {
  name: "complex_cosh",
  source: `fn complex_cosh(z: vec2<f32>) -> vec2<f32> {
  let h = sinhcosh(z.x);
  let v = sincos(z.y);
  return vec2<f32>(h.y * v.y, times(h.x, v.x));
}`,
  uses: [sincosWgsl, sinhcoshWgsl, timesWgsl],
};

/** cosh z = cosh x cos y + i sinh x sin y. */
export const coshComplex: MapFunction = complexUnary("cosh", complexCoshWgsl, (x, y, out) => {
  out[0] = Math.cosh(x) * Math.cos(y);
  out[1] = times(Math.sinh(x), Math.sin(y));
});

/** `complex_tanh(z)`. Beyond 9 the real part is ±1, and the imaginary one 4 sin y cos y e^{−2|x|}. */
export const complexTanhWgsl: Wgsl = {
  name: "complex_tanh",
  source: `fn complex_tanh(z: vec2<f32>) -> vec2<f32> {
  let v = sincos(z.y);
  let a = abs(z.x);
  if (a > 9.0) {
    return vec2<f32>(with_sign(1.0, z.x), 4.0 * v.x * v.y * real_exp(-2.0 * a));
  }
  let h = sinhcosh(z.x);
  return vec2<f32>(h.x * h.y, v.x * v.y) / (h.x * h.x + v.y * v.y);
}`,
  uses: [realExpWgsl, sincosWgsl, sinhcoshWgsl, withSignWgsl],
};

/** Leaves tanh(x + iy) in `out`. */
export function tanhOf(x: number, y: number, out: [number, number]): void {
  const s = Math.sin(y), c = Math.cos(y);
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
