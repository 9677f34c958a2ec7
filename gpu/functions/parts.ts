/** Complex numbers taken apart and put together. */
import type { MapFunction } from "../contract/map_function.ts";
import { define } from "./define.ts";

/** Re z. */
export const real: MapFunction = define(
  "real",
  ["complex"],
  "real",
  (z) => `${z}.x`,
  (n, out, z) => {
    for (let i = 0; i < n; i++) out[i] = z[2 * i];
  },
);

/** Im z. */
export const imag: MapFunction = define(
  "imag",
  ["complex"],
  "real",
  (z) => `${z}.y`,
  (n, out, z) => {
    for (let i = 0; i < n; i++) out[i] = z[2 * i + 1];
  },
);

/** x + 0i. */
export const toComplex: MapFunction = define(
  "toComplex",
  ["real"],
  "complex",
  (x) => `vec2<f32>(${x}, 0.0)`,
  (n, out, x) => {
    for (let i = 0; i < n; i++) {
      out[2 * i] = x[i];
      out[2 * i + 1] = 0;
    }
  },
);

/** x + iy. */
export const complex: MapFunction = define(
  "complex",
  ["real", "real"],
  "complex",
  (x, y) => `vec2<f32>(${x}, ${y})`,
  (n, out, x, y) => {
    for (let i = 0; i < n; i++) {
      out[2 * i] = x[i];
      out[2 * i + 1] = y[i];
    }
  },
);

/** The conjugate x − iy. */
export const conj: MapFunction = define(
  "conj",
  ["complex"],
  "complex",
  (z) => `(${z} * vec2<f32>(1.0, -1.0))`,
  (n, out, z) => {
    for (let i = 0; i < 2 * n; i += 2) {
      out[i] = z[i];
      out[i + 1] = -z[i + 1];
    }
  },
);
