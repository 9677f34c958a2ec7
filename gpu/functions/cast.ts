/** Conversions between kinds. */
import type { MapFunction } from "../contract/map_function.ts";
import { define } from "./define.ts";

/** The same real number, rounded to the precision of the result. */
export const castReal: MapFunction = define("cast", ["real"], "real", (x) => x, (n, out, x) => {
  for (let i = 0; i < n; i++) out[i] = x[i];
});

/** The same complex number, each part rounded to the precision of the result. */
export const castComplex: MapFunction = define(
  "cast",
  ["complex"],
  "complex",
  (z) => z,
  (n, out, z) => {
    for (let i = 0; i < 2 * n; i++) out[i] = z[i];
  },
);

/** An index as a real number, exact as far as the result has digits: below 2²⁴ in single precision. */
export const indexToReal: MapFunction = define(
  "indexToReal",
  ["integer"],
  "real",
  (k) => `f32(${k})`,
  (n, out, k) => {
    for (let i = 0; i < n; i++) out[i] = k[i];
  },
);
