/** Comparisons, which give 1 or 0, and choices. */
import type { Kind } from "../contract/dtype.ts";
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { define, realBinary } from "./define.ts";

function compare(
  name: string,
  operator: string,
  f: (x: number, y: number) => boolean,
  kind: Kind = "real",
): MapFunction {
  return define(
    name,
    [kind, kind],
    "real",
    (a, b) => `select(0.0, 1.0, ${a} ${operator} ${b})`,
    (n, out, a, b) => {
      for (let i = 0; i < n; i++) out[i] = f(a[i], b[i]) ? 1 : 0;
    },
  );
}

/** x < y. */
export const less: MapFunction = compare("less", "<", (x, y) => x < y);

/** x ≤ y. */
export const lessEqual: MapFunction = compare("lessEqual", "<=", (x, y) => x <= y);

/** x > y. */
export const greater: MapFunction = compare("greater", ">", (x, y) => x > y);

/** x ≥ y. */
export const greaterEqual: MapFunction = compare("greaterEqual", ">=", (x, y) => x >= y);

/** x = y. */
export const equalReal: MapFunction = compare("equal", "==", (x, y) => x === y);

/** x ≠ y. */
export const notEqualReal: MapFunction = define(
  "notEqual",
  ["real", "real"],
  "real",
  (a, b) => `select(1.0, 0.0, ${a} == ${b})`, // != of NaN is false on some adapters
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) out[i] = a[i] !== b[i] ? 1 : 0;
  },
);

/** j = k, of indices. */
export const equalIndex: MapFunction = compare("equal", "==", (j, k) => j === k, "integer");

/** z = w, in both parts. */
export const equalComplex: MapFunction = define(
  "equal",
  ["complex", "complex"],
  "real",
  (a, b) => `select(0.0, 1.0, all(${a} == ${b}))`,
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) {
      out[i] = a[2 * i] === b[2 * i] && a[2 * i + 1] === b[2 * i + 1] ? 1 : 0;
    }
  },
);

/** z ≠ w, in either part. */
export const notEqualComplex: MapFunction = define(
  "notEqual",
  ["complex", "complex"],
  "real",
  (a, b) => `select(1.0, 0.0, all(${a} == ${b}))`,
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) {
      out[i] = a[2 * i] !== b[2 * i] || a[2 * i + 1] !== b[2 * i + 1] ? 1 : 0;
    }
  },
);

/** x where the condition is not 0, else y. */
export const whereReal: MapFunction = define(
  "where",
  ["real", "real", "real"],
  "real",
  (c, a, b) => `select(${a}, ${b}, ${c} == 0.0)`, // != of NaN is false on some adapters
  (n, out, c, a, b) => {
    for (let i = 0; i < n; i++) out[i] = c[i] !== 0 ? a[i] : b[i];
  },
);

/** z where the real condition is not 0, else w. */
export const whereComplex: MapFunction = define(
  "where",
  ["real", "complex", "complex"],
  "complex",
  (c, a, b) => `select(${a}, ${b}, ${c} == 0.0)`, // != of NaN is false on some adapters
  (n, out, c, a, b) => {
    for (let i = 0; i < n; i++) {
      const from = c[i] !== 0 ? a : b;
      out[2 * i] = from[2 * i];
      out[2 * i + 1] = from[2 * i + 1];
    }
  },
);

const maximumWgsl: Wgsl = {
  name: "real_maximum",
  source: `fn real_maximum(x: f32, y: f32) -> f32 {
  return select(select(x + y, y, x <= y), x, x > y);
}`,
};

/** The larger of x and y; NaN if either is. */
export const maximum: MapFunction = realBinary("maximum", maximumWgsl, Math.max);

const minimumWgsl: Wgsl = {
  name: "real_minimum",
  source: `fn real_minimum(x: f32, y: f32) -> f32 {
  return select(select(x + y, y, x >= y), x, x < y);
}`,
};

/** The smaller of x and y; NaN if either is. */
export const minimum: MapFunction = realBinary("minimum", minimumWgsl, Math.min);
