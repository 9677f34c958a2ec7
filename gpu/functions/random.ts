/**
 * Random numbers as functions of (index, stream, key0, key1): Philox4x32-10 of Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3" (2011). The counter is (index, stream, 0, 0).
 */
import type { HostArray, Kind } from "../contract/dtype.ts";
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { define } from "./define.ts";
import { mulHighWgsl, quarterSincosWgsl } from "./angle.ts";
import { realExpWgsl, realLogWgsl } from "./exponential.ts";

const philoxWgsl: Wgsl = {
  name: "philox",
  source: `fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round_number = 0u; round_number < 10u; round_number++) {
    c = vec4<u32>(
      mul_high(0xcd9e8d57u, c.z) ^ c.y ^ k.x, 0xcd9e8d57u * c.z,
      mul_high(0xd2511f53u, c.x) ^ c.w ^ k.y, 0xd2511f53u * c.x,
    );
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`,
  uses: [mulHighWgsl],
};

/** The upper 32 bits of a 64-bit product: float64 knows it to 2¹¹, and its lower bits are `low`. */
function mulHigh(a: number, b: number, low: number): number {
  return ((a * b - (low >>> 0)) * 2 ** -32 + 0.5) >>> 0;
}

/** Philox4x32-10: leaves in `c` the four words for the counter that it held. */
export function philox(c: Uint32Array, key0: number, key1: number): void {
  let c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
  for (let round = 0; round < 10; round++) {
    const n1 = Math.imul(0xcd9e8d57, c2), n3 = Math.imul(0xd2511f53, c0);
    const n0 = mulHigh(0xcd9e8d57, c2, n1) ^ c1 ^ key0;
    const n2 = mulHigh(0xd2511f53, c0, n3) ^ c3 ^ key1;
    c0 = n0 >>> 0;
    c1 = n1 >>> 0;
    c2 = n2 >>> 0;
    c3 = n3 >>> 0;
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  c[0] = c0;
  c[1] = c1;
  c[2] = c2;
  c[3] = c3;
}

/** Calls `use` with the place of each element and its four random words. */
function eachDraw(
  n: number,
  [index, stream, key0, key1]: readonly HostArray[],
  use: (i: number, words: Uint32Array) => void,
): void {
  const c = new Uint32Array(4);
  for (let i = 0; i < n; i++) {
    c[0] = index[i];
    c[1] = stream[i];
    c[2] = c[3] = 0;
    philox(c, key0[i], key1[i]);
    use(i, c);
  }
}

const counted: readonly Kind[] = ["integer", "integer", "integer", "integer"];
const STEP = 2 ** -24;

/**
 * The top 24 bits of word `k` as a fraction of 1; for results in double precision 53 bits, of which the
 * others come from word `k` + 2.
 */
function fraction(c: Uint32Array, k: number, out: HostArray): number {
  if (!(out instanceof Float64Array)) return (c[k] >>> 8) * STEP;
  return (c[k] * 2 ** 21 + (c[k + 2] >>> 11)) * 2 ** -53;
}

const uniformWgsl: Wgsl = {
  name: "uniform_real",
  source: `fn uniform_real(index: u32, stream: u32, key0: u32, key1: u32) -> f32 {
  let w = philox(vec4<u32>(index, stream, 0u, 0u), vec2<u32>(key0, key1));
  return f32(w.x >> 8u) * 5.9604645e-8;
}`,
  uses: [philoxWgsl],
};

/** Uniform in [0, 1), a multiple of 2⁻²⁴, in double precision of 2⁻⁵³; the same bits on every engine. */
export const uniformReal: MapFunction = define(
  "uniform",
  counted,
  "real",
  uniformWgsl,
  (n, out, ...args) => eachDraw(n, args, (i, c) => out[i] = fraction(c, 0, out)),
);

/** `normal_complex`: √(−ln u)·e^{2πiv}, with 2πv taken from the nearest quarter turn. */
const normalComplexWgsl: Wgsl = {
  name: "normal_complex",
  source: `fn normal_complex(index: u32, stream: u32, key0: u32, key1: u32) -> vec2<f32> {
  let w = philox(vec4<u32>(index, stream, 0u, 0u), vec2<u32>(key0, key1));
  let u = f32((w.x >> 8u) + 1u) * 5.9604645e-8;
  let v = f32(w.y >> 8u) * 2.3841858e-7;
  let q = round(v);
  return sqrt(-real_log(u)) * quarter_sincos((v - q) * 1.57079633, u32(q)).yx;
}`,
  uses: [philoxWgsl, quarterSincosWgsl, realLogWgsl],
};

/** The complex standard normal distribution, E|z|² = 1, by Box and Muller from words 0 and 1. */
export const normalComplex: MapFunction = define(
  "normal",
  counted,
  "complex",
  normalComplexWgsl,
  (n, out, ...args) =>
    eachDraw(n, args, (i, c) => {
      const least = out instanceof Float64Array ? 2 ** -53 : STEP;
      const r = Math.sqrt(-Math.log(fraction(c, 0, out) + least));
      const phi = 2 * Math.PI * fraction(c, 1, out);
      out[2 * i] = r * Math.cos(phi);
      out[2 * i + 1] = r * Math.sin(phi);
    }),
);

const normalRealWgsl: Wgsl = {
  name: "normal_real",
  source: `fn normal_real(index: u32, stream: u32, key0: u32, key1: u32) -> f32 {
  return 1.41421356 * normal_complex(index, stream, key0, key1).x;
}`,
  uses: [normalComplexWgsl],
};

/** Numbers in the precision of others. */
const blockLike = (x: HostArray, n: number): HostArray =>
  x instanceof Float64Array ? new Float64Array(n) : new Float32Array(n);

/** The standard normal distribution: √2 times the real part of {@link normalComplex}. */
export const normalReal: MapFunction = define(
  "normal",
  counted,
  "real",
  normalRealWgsl,
  (n, out, ...args) => {
    const z = blockLike(out, 2 * n);
    normalComplex.cpu(n, z, ...args);
    for (let i = 0; i < n; i++) out[i] = Math.SQRT2 * z[2 * i];
  },
);

/** From this mean on, counts are quantiles of a normal number. */
const MANY = 32;

const poissonWgsl: Wgsl = {
  name: "poisson_count",
  source: `fn poisson_count(mean: f32, index: u32, stream: u32, key0: u32, key1: u32) -> f32 {
  if (mean < ${MANY}.0) {
    let u = uniform_real(index, stream, key0, key1);
    var count = 0.0;
    var chance = real_exp(-mean);
    var total = chance;
    while (u >= total && (count < mean || chance > 1e-8)) {
      count += 1.0;
      chance *= mean / count;
      total += chance;
    }
    return count;
  }
  let w = normal_real(index, stream, key0, key1);
  let root = sqrt(mean);
  let skew = fma(w * w, 0.166666667, 0.333333333) - w * fma(w * w, 0.0138888889, 0.0277777778) / root;
  return floor(fma(root, w, mean) + skew);
}`,
  uses: [uniformWgsl, normalRealWgsl, realExpWgsl],
};

/**
 * Poisson counts: below a mean of 32 the distribution function is searched for a uniform number,
 * from there on they are ⌊λ + √λ w + ⅓ + w²/6 − (w/36 + w³/72)/√λ⌋ of a standard normal w (Giles,
 * "Algorithm 955: approximation of the inverse Poisson cumulative distribution function", 2016),
 * whose law is within 1e-4 of Poisson's in total variation. A mean below 0 counts as 0.
 */
export const poisson: MapFunction = define(
  "poisson",
  ["real", ...counted],
  "real",
  poissonWgsl,
  (n, out, means, ...args) => {
    const [u, w] = [blockLike(out, n), blockLike(out, n)];
    uniformReal.cpu(n, u, ...args);
    normalReal.cpu(n, w, ...args);
    for (let i = 0; i < n; i++) {
      out[i] = means[i] < MANY ? fewOf(means[i], u[i]) : manyOf(means[i], w[i]);
    }
  },
);

function fewOf(mean: number, u: number): number {
  let count = 0;
  let chance = Math.exp(-mean);
  let total = chance;
  while (u >= total && (count < mean || chance > 1e-8)) {
    chance *= mean / ++count;
    total += chance;
  }
  return count;
}

function manyOf(mean: number, w: number): number {
  const root = Math.sqrt(mean);
  const skew = (w * w + 2) / 6 - w * (w * w + 2) / (72 * root);
  return Math.floor(mean + root * w + skew);
}
