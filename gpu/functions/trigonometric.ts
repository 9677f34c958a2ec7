/** Circular functions of complex arguments. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexUnary } from "./define.ts";
import { sincosWgsl } from "./angle.ts";
import { complexTanhWgsl, sinhcoshWgsl, tanhOf } from "./hyperbolic.ts";
import { times, timesWgsl } from "./scaling.ts";

const complexSinWgsl: Wgsl = {
  name: "complex_sin",
  source: `fn complex_sin(z: vec2<f32>) -> vec2<f32> {
  let h = sinhcosh(z.y);
  let v = sincos(z.x);
  return vec2<f32>(times(h.z, times(h.y, v.x)), h.x * v.y * h.z);
}`,
  uses: [sincosWgsl, sinhcoshWgsl, timesWgsl],
};

/** sin z = sin x cosh y + i cos x sinh y. */
export const sinComplex: MapFunction = complexUnary("sin", complexSinWgsl, (x, y, out) => {
  out[0] = times(Math.cosh(y), Math.sin(x));
  out[1] = Math.sinh(y) * Math.cos(x);
});

const complexCosWgsl: Wgsl = {
  name: "complex_cos",
  source: `fn complex_cos(z: vec2<f32>) -> vec2<f32> {
  let h = sinhcosh(z.y);
  let v = sincos(z.x);
  return vec2<f32>(h.y * v.y * h.z, -times(h.z, times(h.x, v.x)));
}`,
  uses: [sincosWgsl, sinhcoshWgsl, timesWgsl],
};

/** cos z = cos x cosh y − i sin x sinh y. */
export const cosComplex: MapFunction = complexUnary("cos", complexCosWgsl, (x, y, out) => {
  out[0] = Math.cosh(y) * Math.cos(x);
  out[1] = -times(Math.sinh(y), Math.sin(x));
});

const complexTanWgsl: Wgsl = {
  name: "complex_tan",
  source: `fn complex_tan(z: vec2<f32>) -> vec2<f32> {
  let w = complex_tanh(vec2<f32>(-z.y, z.x));
  return vec2<f32>(w.y, -w.x);
}`,
  uses: [complexTanhWgsl],
};

/** tan z = −i tanh(iz). */
export const tanComplex: MapFunction = complexUnary("tan", complexTanWgsl, (x, y, out) => {
  tanhOf(-y, x, out);
  const re = out[0];
  out[0] = out[1];
  out[1] = -re;
});
