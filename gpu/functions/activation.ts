/** Functions that serve as activations. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { define, realUnary } from "./define.ts";
import { realExpWgsl } from "./exponential.ts";

/** max(x, 0); NaN passes. */
export const reluReal: MapFunction = define(
  "relu",
  ["real"],
  "real",
  (x) => `select(${x}, 0.0, ${x} <= 0.0)`,
  (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = x[i] <= 0 ? 0 : x[i];
  },
);

/** max(Re z, 0) + i max(Im z, 0), the CReLU of Trabelsi et al. (2018). */
export const reluComplex: MapFunction = define(
  "relu",
  ["complex"],
  "complex",
  (z) => `select(${z}, vec2<f32>(0.0), ${z} <= vec2<f32>(0.0))`,
  (n, out, z) => {
    for (let i = 0; i < 2 * n; i++) out[i] = z[i] <= 0 ? 0 : z[i];
  },
);

/** g where x > 0, else 0: the derivative of relu. */
export const reluGateReal: MapFunction = define(
  "reluGate",
  ["real", "real"],
  "real",
  (g, x) => `select(0.0, ${g}, ${x} > 0.0)`,
  (n, out, g, x) => {
    for (let i = 0; i < n; i++) out[i] = x[i] > 0 ? g[i] : 0;
  },
);

/** Each part of g where that part of z is > 0, else 0: the derivative of relu. */
export const reluGateComplex: MapFunction = define(
  "reluGate",
  ["complex", "complex"],
  "complex",
  (g, z) => `select(vec2<f32>(0.0), ${g}, ${z} > vec2<f32>(0.0))`,
  (n, out, g, z) => {
    for (let i = 0; i < 2 * n; i++) out[i] = z[i] > 0 ? g[i] : 0;
  },
);

const sigmoidWgsl: Wgsl = {
  name: "real_sigmoid",
  source: `fn real_sigmoid(x: f32) -> f32 {
  let e = real_exp(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}`,
  uses: [realExpWgsl],
};

/** 1/(1 + e⁻ˣ), without overflow. */
export const sigmoid: MapFunction = realUnary("sigmoid", sigmoidWgsl, (x) => {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
});
