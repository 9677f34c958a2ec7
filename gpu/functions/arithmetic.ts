/** Sums, products and quotients of real and complex numbers. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexBinary, complexUnary, define, realBinary, realUnary, type ReIm } from "./define.ts";
import {
  exponentWgsl,
  isMinusWgsl,
  largerPartWgsl,
  nanWgsl,
  pow2Wgsl,
  rescaling,
  scale2Wgsl,
  times,
  timesWgsl,
  withSign,
  withSignWgsl,
} from "./scaling.ts";
import {
  boxed,
  boxedWgsl,
  infiniteTimesWgsl,
  infiniteWgsl,
  infinityWgsl,
  isInfinite,
  lostWgsl,
} from "./special.ts";

/** x + y. */
export const addReal: MapFunction = define(
  "add",
  ["real", "real"],
  "real",
  (a, b) => `(${a} + ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) out[i] = a[i] + b[i];
  },
);

/** z + w. */
export const addComplex: MapFunction = define(
  "add",
  ["complex", "complex"],
  "complex",
  (a, b) => `(${a} + ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < 2 * n; i++) out[i] = a[i] + b[i];
  },
);

/** x − y. */
export const subReal: MapFunction = define(
  "sub",
  ["real", "real"],
  "real",
  (a, b) => `(${a} - ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < n; i++) out[i] = a[i] - b[i];
  },
);

/** z − w. */
export const subComplex: MapFunction = define(
  "sub",
  ["complex", "complex"],
  "complex",
  (a, b) => `(${a} - ${b})`,
  (n, out, a, b) => {
    for (let i = 0; i < 2 * n; i++) out[i] = a[i] - b[i];
  },
);

/** x·y. */
export const mulReal: MapFunction = define(
  "mul",
  ["real", "real"],
  "real",
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

/** A part that infinity leaves of a factor: its direction, or 0 for NaN. */
function besides(x: number, far: boolean): number {
  return far ? boxed(x) : Number.isNaN(x) ? 0 : x;
}

/** Leaves (a + ib)(c + id) in `out`; by Annex G of C it is infinite where both parts are lost by ∞. */
function multiply(a: number, b: number, c: number, d: number, out: ReIm): void {
  out[0] = a * c - b * d;
  out[1] = a * d + b * c;
  if (!(Number.isNaN(out[0]) && Number.isNaN(out[1]))) return;
  const far = isInfinite(a) || isInfinite(b), afar = isInfinite(c) || isInfinite(d);
  if (!far && !afar) return;
  [a, b, c, d] = [besides(a, far), besides(b, far), besides(c, afar), besides(d, afar)];
  out[0] = Infinity * (a * c - b * d);
  out[1] = Infinity * (a * d + b * c);
}

/**
 * z·w. On the CPU engine it is infinite by Annex G of C where z or w is, though the formula has ∞ − ∞ or
 * ∞·0 in both parts; in WGSL this would make every shader with products longer.
 */
export const mulComplex: MapFunction = define(
  "mul",
  ["complex", "complex"],
  "complex",
  complexMulWgsl,
  (n, out, a, b) => {
    const value: ReIm = [0, 0];
    for (let i = 0; i < 2 * n; i += 2) {
      const ar = a[i], ai = a[i + 1], br = b[i], bi = b[i + 1];
      let re = ar * br - ai * bi, im = ar * bi + ai * br;
      if (re !== re && im !== im) {
        multiply(ar, ai, br, bi, value);
        [re, im] = value;
      }
      out[i] = re;
      out[i + 1] = im;
    }
  },
);

/** x·y, but y where y is 0, even if x is infinite or NaN. */
export const timesReal: MapFunction = realBinary("times", timesWgsl, times);

const complexTimesWgsl: Wgsl = {
  name: "complex_times",
  source: `fn complex_times(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return select(complex_mul(a, b), b, b.x == 0.0 && b.y == 0.0);
}`,
  uses: [complexMulWgsl],
};

/** z·w, but w where w is 0, even if z is infinite or NaN. */
export const timesComplex: MapFunction = complexBinary(
  "times",
  complexTimesWgsl,
  (a, b, c, d, out) => {
    multiply(a, b, c, d, out);
    if (c !== 0 || d !== 0) return;
    out[0] = c;
    out[1] = d;
  },
);

/** x/y; x/0 is infinite or NaN. */
export const divReal: MapFunction = realBinary("div", (a, b) => `(${a} / ${b})`, (x, y) => x / y);

/** `extreme_div(a, b)` where a or b is infinite, or b is 0. */
const extremeDivWgsl: Wgsl = {
  name: "extreme_div",
  source: `fn extreme_div(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  if (b.x == 0.0 && b.y == 0.0) {
    let z = infinite_times(a);
    return select(z, -z, is_minus(b.x));
  }
  let far = is_infinite(a);
  if (far == is_infinite(b) || any(is_nan(select(a, b, far)))) {
    return vec2<f32>(nan_from(a.x), nan_from(b.x));
  }
  let p = select(a, boxed(a), far);
  let q = select(boxed(b), b, far);
  let r = vec2<f32>(p.x * q.x + p.y * q.y, p.y * q.x - p.x * q.y);
  if (far) { return infinite_times(r); }
  return vec2<f32>(with_sign(0.0, r.x), with_sign(0.0, r.y));
}`,
  uses: [
    boxedWgsl,
    infiniteTimesWgsl,
    infiniteWgsl,
    isMinusWgsl,
    lostWgsl,
    nanWgsl,
    withSignWgsl,
  ],
};

const complexDivWgsl: Wgsl = {
  name: "complex_div",
  source: `fn complex_div(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  if (is_infinite(a) || is_infinite(b) || (b.x == 0.0 && b.y == 0.0)) { return extreme_div(a, b); }
  let ea = exponent_of(larger_part(a));
  let eb = exponent_of(larger_part(b));
  let p = a * pow2(-ea);
  let q = b * pow2(-eb);
  return scale2(vec2<f32>(p.x * q.x + p.y * q.y, p.y * q.x - p.x * q.y) / dot(q, q), ea - eb);
}`,
  uses: [exponentWgsl, extremeDivWgsl, infiniteWgsl, largerPartWgsl, pow2Wgsl, scale2Wgsl],
};

/** Leaves (a + ib)/(c + id) in `out`; of infinities and zeros by Annex G of C. */
function divide(a: number, b: number, c: number, d: number, out: ReIm): void {
  const k = rescaling(c, d), j = rescaling(a, b);
  divideNormal(j * a, j * b, k * c, k * d, out);
  if (k === j) return;
  const whole = k / j; // which may be out of range
  const inRange = whole > 0 && whole < Infinity;
  out[0] = inRange ? out[0] * whole : out[0] * k / j;
  out[1] = inRange ? out[1] * whole : out[1] * k / j;
}

/** The same for numbers whose squares are in range. */
function divideNormal(a: number, b: number, c: number, d: number, out: ReIm): void {
  const m = c * c + d * d;
  out[0] = (a * c + b * d) / m;
  out[1] = (b * c - a * d) / m;
  if (!(Number.isNaN(out[0]) && Number.isNaN(out[1]))) return;
  let factor = NaN;
  if (m === 0) {
    out[0] = withSign(Infinity, c) * a;
    out[1] = withSign(Infinity, c) * b;
    return;
  }
  if ((isInfinite(a) || isInfinite(b)) && Number.isFinite(m)) {
    [a, b, factor] = [boxed(a), boxed(b), Infinity];
  } else if ((isInfinite(c) || isInfinite(d)) && Number.isFinite(a) && Number.isFinite(b)) {
    [c, d, factor] = [boxed(c), boxed(d), 0];
  }
  out[0] = factor * (a * c + b * d);
  out[1] = factor * (b * c - a * d);
}

/**
 * z/w, without overflow or underflow of intermediates. Infinite operands and zero divisors give what
 * Annex G of C says: z/∞ is 0, and z/0 infinite or NaN.
 */
export const divComplex: MapFunction = complexBinary("div", complexDivWgsl, divide);

/** x/y, but x where x is 0, even if y is 0 or NaN. */
export const overReal: MapFunction = realBinary(
  "over",
  (a, b) => `select(${a} / ${b}, ${a}, ${a} == 0.0)`,
  (x, y) => x === 0 ? x : x / y,
);

const complexOverWgsl: Wgsl = {
  name: "complex_over",
  source: `fn complex_over(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return select(complex_div(a, b), a, a.x == 0.0 && a.y == 0.0);
}`,
  uses: [complexDivWgsl],
};

/** z/w, but z where z is 0, even if w is 0 or NaN. */
export const overComplex: MapFunction = complexBinary(
  "over",
  complexOverWgsl,
  (a, b, c, d, out) => {
    if (a === 0 && b === 0) {
      out[0] = a;
      out[1] = b;
    } else divide(a, b, c, d, out);
  },
);

/** −x. */
export const negReal: MapFunction = define(
  "neg",
  ["real"],
  "real",
  (a) => `(-${a})`,
  (n, out, a) => {
    for (let i = 0; i < n; i++) out[i] = -a[i];
  },
);

/** −z. */
export const negComplex: MapFunction = define(
  "neg",
  ["complex"],
  "complex",
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
  if (z.x == 0.0 && z.y == 0.0) { return vec2<f32>(infinity_from(z.x), nan_from(z.y)); }
  let e = exponent_of(larger_part(z));
  let q = z * pow2(-e);
  let zero = vec2<f32>(with_sign(0.0, z.x), with_sign(0.0, -z.y));
  return select(vec2<f32>(q.x, -q.y) / dot(q, q) * pow2(-e), zero, is_infinite(z));
}`,
  uses: [
    exponentWgsl,
    infiniteWgsl,
    infinityWgsl,
    largerPartWgsl,
    nanWgsl,
    pow2Wgsl,
    withSignWgsl,
  ],
};

/** 1/z, without overflow or underflow of intermediates; of infinities and 0 as {@link divComplex}. */
export const reciprocalComplex: MapFunction = complexUnary(
  "reciprocal",
  complexReciprocalWgsl,
  (x, y, out) => {
    const k = rescaling(x, y), p = k * x, q = k * y, m = p * p + q * q;
    out[0] = m === 0 ? withSign(Infinity, x) : p / m * k;
    out[1] = m === 0 ? NaN : -q / m * k;
    if (isInfinite(x) || isInfinite(y)) {
      out[0] = withSign(0, x);
      out[1] = withSign(0, -y);
    }
  },
);

const inverseOrZeroWgsl: Wgsl = {
  name: "inverse_or_zero",
  source: `fn inverse_or_zero(z: vec2<f32>) -> vec2<f32> {
  return select(complex_reciprocal(z), vec2<f32>(), larger_part(z) < 0x1p-126f);
}`,
  uses: [complexReciprocalWgsl, largerPartWgsl],
};

/** 1/z, and 0 where that may overflow (at 0, for one): where both parts are below 2⁻¹²⁶. */
export const inverseOrZero: MapFunction = complexUnary(
  "inverseOrZero",
  inverseOrZeroWgsl,
  (x, y, out) => {
    const tiny = Math.max(Math.abs(x), Math.abs(y)) < 2 ** -126, m = x * x + y * y;
    out[0] = tiny ? 0 : x / m;
    out[1] = tiny ? 0 : -y / m;
  },
);

const overSquaresWgsl: Wgsl = {
  name: "over_squares",
  source: `fn over_squares(x: f32, y: f32) -> f32 {
  let m = larger_part(vec2<f32>(x, y));
  let s = pow2(-exponent_of(m));
  let q = vec2<f32>(x, y) * s;
  return select(q.x / dot(q, q) * s, 0.0, m < 0x1p-126f);
}`,
  uses: [exponentWgsl, largerPartWgsl, pow2Wgsl],
};

/** x/(x² + y²), without overflow of the squares, and 0 as {@link inverseOrZero}. */
export const overSquares: MapFunction = realBinary("overSquares", overSquaresWgsl, (x, y) => {
  return Math.max(Math.abs(x), Math.abs(y)) < 2 ** -126 ? 0 : x / (x * x + y * y);
});

/** x². */
export const squareReal: MapFunction = realUnary("square", (a) => `(${a} * ${a})`, (x) => x * x);

/**
 * A factor of 0 wins over one that has overflowed. Choices keep compilers from doubling x before y,
 * since 2x may be infinite where xy is not.
 */
const complexSquareWgsl: Wgsl = {
  name: "complex_square",
  source: `fn complex_square(z: vec2<f32>) -> vec2<f32> {
  let a = z.x - z.y;
  let b = z.x + z.y;
  let h = z.x * z.y;
  let im = select(h + select(h, 0.0, h == 0.0), h, h == 0.0);
  return vec2<f32>(select(a * b, with_sign(0.0, z.x), a == 0.0 || b == 0.0), im);
}`,
  uses: [withSignWgsl],
};

/** z²; infinite as {@link mulComplex}. */
export const squareComplex: MapFunction = complexUnary("square", complexSquareWgsl, (x, y, out) => {
  out[0] = (x - y) * (x + y);
  out[1] = 2 * x * y;
  if (Number.isNaN(out[0]) && Number.isNaN(out[1])) multiply(x, y, x, y, out);
});
