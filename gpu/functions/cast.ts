/** Conversions between kinds. */
import type { MapFunction } from "../contract/map_function.ts";
import { define } from "./define.ts";

/** An index as a real number, exact below 2²⁴. */
export const indexToReal: MapFunction = define(
  "indexToReal",
  ["uint32"],
  "float32",
  (k) => `f32(${k})`,
  (n, out, k) => {
    for (let i = 0; i < n; i++) out[i] = k[i];
  },
);
