/** Circular functions of complex arguments. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexUnary } from "./define.ts";
import {
  complexCoshWgsl,
  complexSinhWgsl,
  complexTanhWgsl,
  coshOf,
  sinhOf,
  tanhOf,
} from "./hyperbolic.ts";

const complexSinWgsl: Wgsl = {
  name: "complex_sin",
  source: `fn complex_sin(z: vec2<f32>) -> vec2<f32> {
  let w = complex_sinh(vec2<f32>(-z.y, z.x));
  return vec2<f32>(w.y, -w.x);
}`,
  uses: [complexSinhWgsl],
};

/** sin z = −i sinh(iz) = sin x cosh y + i cos x sinh y. */
export const sinComplex: MapFunction = complexUnary("sin", complexSinWgsl, (x, y, out) => {
  sinhOf(-y, x, out);
  const re = out[0];
  out[0] = out[1];
  out[1] = -re;
});

const complexCosWgsl: Wgsl = {
  name: "complex_cos",
  source: `fn complex_cos(z: vec2<f32>) -> vec2<f32> {
  return complex_cosh(vec2<f32>(-z.y, z.x));
}`,
  uses: [complexCoshWgsl],
};

/** cos z = cosh(iz) = cos x cosh y − i sin x sinh y. */
export const cosComplex: MapFunction = complexUnary("cos", complexCosWgsl, (x, y, out) => {
  coshOf(-y, x, out);
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
