/** Roots and powers. */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { complexBinary, complexUnary, realBinary, realUnary } from "./define.ts";
import {
  complexExpWgsl,
  complexLogWgsl,
  expOf,
  expSumWgsl,
  logAbs,
  logSumWgsl,
  realExpWgsl,
  realLogWgsl,
} from "./exponential.ts";
import {
  exponentWgsl,
  isMinusWgsl,
  largerPartWgsl,
  modulus,
  nanWgsl,
  pow2Wgsl,
  rescaling,
  upperHalfWgsl,
  withSignWgsl,
} from "./scaling.ts";
import { extremeWgsl, infiniteWgsl, infinityWgsl, isInfinite } from "./special.ts";

const realSqrtWgsl: Wgsl = {
  name: "real_sqrt",
  source: `fn real_sqrt(x: f32) -> f32 {
  if (x < 0.0) { return nan_from(x); }
  return sqrt(x);
}`,
  uses: [nanWgsl],
};

/** √x; NaN below 0. */
export const sqrtReal: MapFunction = realUnary("sqrt", realSqrtWgsl, Math.sqrt);

/** `extreme_sqrt(z)` where a part of z is infinite or NaN. */
const extremeSqrtWgsl: Wgsl = {
  name: "extreme_sqrt",
  source: `fn extreme_sqrt(z: vec2<f32>) -> vec2<f32> {
  if (is_infinite(z.yy)) { return vec2<f32>(infinity_from(1.0), z.y); }
  let lost = nan_from(z.y);
  if (!is_infinite(z.xx)) { return vec2<f32>(lost); }
  let flat = select(with_sign(0.0, z.y), lost, is_extreme(z.y));
  return select(vec2<f32>(z.x, flat), vec2<f32>(abs(flat), infinity_from(z.y)), is_minus(z.x));
}`,
  uses: [extremeWgsl, infiniteWgsl, infinityWgsl, isMinusWgsl, nanWgsl, withSignWgsl],
};

/** `complex_sqrt(z)`: the larger part from a sum without cancellation, the other from their product. */
const complexSqrtWgsl: Wgsl = {
  name: "complex_sqrt",
  source: `fn complex_sqrt(z: vec2<f32>) -> vec2<f32> {
  if (is_extreme(z.x) || is_extreme(z.y)) { return extreme_sqrt(z); }
  let m = larger_part(z);
  if (m == 0.0) { return vec2<f32>(0.0, z.y); }
  let half = exponent_of(m) >> 1u;
  let down = pow2(-half);
  let q = z * down * down;
  let c = sqrt(0.5 * (sqrt(dot(q, q)) + abs(q.x)));
  let a = c * pow2(half);
  let b = z.y * down / (c + c);
  return select(vec2<f32>(a, b), vec2<f32>(abs(b), with_sign(a, z.y)), is_minus(z.x));
}`,
  uses: [
    exponentWgsl,
    extremeSqrtWgsl,
    extremeWgsl,
    isMinusWgsl,
    largerPartWgsl,
    pow2Wgsl,
    withSignWgsl,
  ],
};

/** √z with Re √z ≥ 0, cut along the negative axis. */
export const sqrtComplex: MapFunction = complexUnary("sqrt", complexSqrtWgsl, (x, y, out) => {
  const k = rescaling(x, y), p = k * x, q = k * y, root = Math.sqrt(k);
  const c = Math.sqrt(0.5 * (modulus(p, q) + Math.abs(p)));
  const a = c / root, b = c === 0 ? y : 0.5 * q / c / root;
  const left = x < 0;
  out[0] = left ? Math.abs(b) : a;
  out[1] = !left ? b : y < 0 || Object.is(y, -0) ? -a : a;
  if (isInfinite(y)) {
    out[0] = Infinity;
    out[1] = y;
  } else if (isInfinite(x) && Number.isNaN(y)) out[left ? 1 : 0] = Infinity;
});

/**
 * `pow_abs(a, y)` = aʸ for a ≥ 0. The error of ln a is multiplied by y ln a, up to 88, so ln a and
 * its product with y are taken in two parts each.
 */
const powAbsWgsl: Wgsl = {
  name: "pow_abs",
  source: `fn pow_abs(a: f32, y: f32) -> f32 {
  let t = y * real_log(a);
  if (!(abs(t) < 110.0)) { return real_exp(t); }
  let l = log_sum(a);
  let lh = upper_half(l.x);
  let yh = upper_half(y);
  return exp_sum(yh * lh, y * l.y + (yh * (l.x - lh) + (y - yh) * l.x));
}`,
  uses: [expSumWgsl, logSumWgsl, realExpWgsl, realLogWgsl, upperHalfWgsl],
};

const realPowWgsl: Wgsl = {
  name: "real_pow",
  source: `fn real_pow(x: f32, y: f32) -> f32 {
  if (y == 0.0 || x == 1.0 || (x == -1.0 && is_infinite(vec2<f32>(y)))) { return 1.0; }
  let p = pow_abs(abs(x), y);
  if (!is_minus(x)) { return p; }
  if (floor(y) == y) { return select(p, -p, floor(0.5 * y) != 0.5 * y); }
  return select(nan_from(x), p, x == 0.0 || is_infinite(vec2<f32>(x)));
}`,
  uses: [infiniteWgsl, isMinusWgsl, nanWgsl, powAbsWgsl],
};

/** xʸ; NaN for x < 0 unless y is an integer, and 1 for x = 1 or y = 0, even beside NaN. */
export const powReal: MapFunction = realBinary(
  "pow",
  realPowWgsl,
  (x, y) => x === 1 || (x === -1 && isInfinite(y)) ? 1 : Math.pow(x, y),
);

const zeroWinsWgsl: Wgsl = {
  name: "zero_wins",
  source:
    `fn zero_wins(a: f32, b: f32) -> f32 { return select(a * b, 0.0, a == 0.0 || b == 0.0); }`,
};

/** a·b, and 0 where either is 0, whatever the other is. */
const zeroWins = (a: number, b: number) => a === 0 || b === 0 ? 0 : a * b;

const complexPowWgsl: Wgsl = {
  name: "complex_pow",
  source: `fn complex_pow(z: vec2<f32>, w: vec2<f32>) -> vec2<f32> {
  if (w.x == 0.0 && w.y == 0.0) { return vec2<f32>(1.0, 0.0); }
  if (z.x == 0.0 && z.y == 0.0) {
    return vec2<f32>(select(nan_from(w.x), 0.0, w.x > 0.0), select(nan_from(w.x), 0.0, w.x > 0.0));
  }
  let l = complex_log(z);
  let t = vec2<f32>(w.x * l.x - w.y * l.y, w.x * l.y + w.y * l.x);
  if (is_extreme(t.x) || is_extreme(t.y)) {
    return complex_exp(vec2<f32>(
      zero_wins(w.x, l.x) - zero_wins(w.y, l.y),
      zero_wins(w.x, l.y) + zero_wins(w.y, l.x),
    ));
  }
  return complex_exp(t);
}`,
  uses: [complexExpWgsl, complexLogWgsl, extremeWgsl, nanWgsl, zeroWinsWgsl],
};

/**
 * z^w = e^{w ln z}, cut along the negative axis of z; z⁰ = 1, and 0^w is 0 where Re w > 0, else NaN.
 * The relative error grows with |w ln z|.
 */
export const powComplex: MapFunction = complexBinary("pow", complexPowWgsl, (x, y, u, v, out) => {
  if (u === 0 && v === 0) {
    out[0] = 1;
    out[1] = 0;
  } else if (x === 0 && y === 0) {
    out[0] = out[1] = u > 0 ? 0 : NaN;
  } else {
    const a = logAbs(x, y), b = Math.atan2(y, x);
    const re = u * a - v * b, phi = u * b + v * a;
    if (!Number.isNaN(re + phi)) return expOf(re, phi, out);
    expOf(zeroWins(u, a) - zeroWins(v, b), zeroWins(u, b) + zeroWins(v, a), out);
  }
});
