/** Sums, products and quotients of real and complex numbers. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexBinary, complexUnary, define, realBinary, realUnary } from "./define.ts";
import { exponentWgsl, largerPartWgsl, pow2Wgsl, scale2Wgsl } from "./scaling.ts";

/** x + y. */
export const addReal: MapFunction = define(
  "add",
  ["float32", "float32"],
  "float32",
  (a, b) => `(${a} + ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) out[i] = a[i] + b[i];
  },
);

/** z + w. */
export const addComplex: MapFunction = define(
  "add",
  ["complex64", "complex64"],
  "complex64",
  (a, b) => `(${a} + ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < 2 * n; i++) out[i] = a[i] + b[i];
  },
);

/** x − y. */
export const subReal: MapFunction = define(
  "sub",
  ["float32", "float32"],
  "float32",
  (a, b) => `(${a} - ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) out[i] = a[i] - b[i];
  },
);

/** z − w. */
export const subComplex: MapFunction = define(
  "sub",
  ["complex64", "complex64"],
  "complex64",
  (a, b) => `(${a} - ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < 2 * n; i++) out[i] = a[i] - b[i];
  },
);

/** x·y. */
export const mulReal: MapFunction = define(
  "mul",
  ["float32", "float32"],
  "float32",
  (a, b) => `(${a} * ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) out[i] = a[i] * b[i];
  },
);

const complexMulWgsl: Wgsl = {
  name: "complex_mul",
  source: `fn complex_mul(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}`,
};

/** z·w. */
export const mulComplex: MapFunction = define(
  "mul",
  ["complex64", "complex64"],
  "complex64",
  complexMulWgsl,
  (n, out, a, b) => {
    for (let i = 0; i < 2 * n; i += 2) {
      const ar = a[i], ai = a[i + 1], br = b[i], bi = b[i + 1];
      out[i] = ar * br - ai * bi;
      out[i + 1] = ar * bi + ai * br;
    }
  },
);

/** x/y; x/0 is infinite or NaN. */
export const divReal: MapFunction = realBinary("div", (a, b) => `(${a} / ${b})`, (x, y) => x / y);

const complexDivWgsl: Wgsl = {
  name: "complex_div",
  source: `fn complex_div(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let ea = exponent_of(larger_part(a));
  let eb = exponent_of(larger_part(b));
  let p = a * pow2(-ea);
  let q = b * pow2(-eb);
  return scale2(vec2<f32>(p.x * q.x + p.y * q.y, p.y * q.x - p.x * q.y) / dot(q, q), ea - eb);
}`,
  uses: [exponentWgsl, largerPartWgsl, pow2Wgsl, scale2Wgsl],
};

/** z/w, without overflow or underflow of intermediates; both parts of z/0 are NaN. */
export const divComplex: MapFunction = complexBinary("div", complexDivWgsl, (a, b, c, d, out) => {
  const m = c * c + d * d;
  out[0] = (a * c + b * d) / m;
  out[1] = (b * c - a * d) / m;
});

/** −x. */
export const negReal: MapFunction = define(
  "neg",
  ["float32"],
  "float32",
  (a) => `(-${a})`,
  (n, out, a) => {
    for (let i = 0; i < n; i++) out[i] = -a[i];
  },
);

/** −z. */
export const negComplex: MapFunction = define(
  "neg",
  ["complex64"],
  "complex64",
  (a) => `(-${a})`,
  (n, out, a) => {
    for (let i = 0; i < 2 * n; i++) out[i] = -a[i];
  },
);

/** 1/x. */
export const reciprocalReal: MapFunction = realUnary(
  "reciprocal",
  (a) => `(1.0 / ${a})`,
  (x) => 1 / x,
);

const complexReciprocalWgsl: Wgsl = {
  name: "complex_reciprocal",
  source: `fn complex_reciprocal(z: vec2<f32>) -> vec2<f32> {
  let e = exponent_of(larger_part(z));
  let q = z * pow2(-e);
  return vec2<f32>(q.x, -q.y) / dot(q, q) * pow2(-e);
}`,
  uses: [exponentWgsl, largerPartWgsl, pow2Wgsl],
};

/** 1/z, without overflow or underflow of intermediates; both parts of 1/0 are NaN. */
export const reciprocalComplex: MapFunction = complexUnary(
  "reciprocal",
  complexReciprocalWgsl,
  (x, y, out) => {
    const m = x * x + y * y;
    out[0] = x / m;
    out[1] = -y / m;
  },
);

/** x². */
export const squareReal: MapFunction = realUnary("square", (a) => `(${a} * ${a})`, (x) => x * x);

const complexSquareWgsl: Wgsl = {
  name: "complex_square",
  source: `fn complex_square(z: vec2<f32>) -> vec2<f32> {
  return vec2<f32>((z.x - z.y) * (z.x + z.y), 2.0 * z.x * z.y);
}`,
};

/** z². */
export const squareComplex: MapFunction = complexUnary("square", complexSquareWgsl, (x, y, out) => {
  out[0] = (x - y) * (x + y);
  out[1] = 2 * x * y;
});
