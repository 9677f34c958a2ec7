/**
 * Exponentials and logarithms of four numbers, by the polynomials of `gpu/functions/exponential.ts`,
 * where the formulas are explained.
 */
import {
  choose,
  exponentOf,
  isInfinite,
  isLost,
  isMinus,
  larger,
  norm,
  pow2,
  put,
  splat,
  truncate,
  upperHalf,
  withSign,
} from "./lanes";
import { madd, nmadd } from "./vector";

function expTail(r: v128): v128 {
  let p = madd(r, splat(1.99931412e-4), splat(1.39973906e-3));
  p = madd(r, p, splat(8.33307207e-3));
  p = madd(r, p, splat(4.16653194e-2));
  p = madd(r, p, splat(0.166666687));
  return madd(r, p, splat(0.50000006));
}

/** e^(a + b) for |a + b| ≤ 110, where b may add digits to a. */
export function expSum(a: v128, b: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(f32x4.add(a, b), splat(1.44269504)));
  const r = f32x4.add(nmadd(n, splat(0.693145752), a), nmadd(n, splat(1.42860677e-6), b));
  const k = truncate(n);
  const half = i32x4.shr_s(k, 1);
  const p = f32x4.add(splat(1), madd(f32x4.mul(r, r), expTail(r), r));
  return f32x4.mul(f32x4.mul(p, pow2(half)), pow2(i32x4.sub(k, half)));
}

/** eˣ. Comparisons let NaN through. */
export function exp(x: v128): v128 {
  x = choose(f32x4.gt(x, splat(90)), splat(90), x);
  x = choose(f32x4.lt(x, splat(-105)), splat(-105), x);
  return expSum(x, splat(0));
}

/** eˣ − 1. */
export function expm1(x: v128): v128 {
  const near = choose(f32x4.eq(x, splat(0)), x, madd(f32x4.mul(x, x), expTail(x), x));
  const far = f32x4.sub(exp(x), splat(1));
  return choose(f32x4.le(f32x4.abs(x), splat(0.5)), near, far);
}

function artanhTail(u: v128): v128 {
  return madd(u, madd(u, splat(0.298721522), splat(0.399775267)), splat(0.666667759));
}

/** The bits from which {@link logExponent} and {@link logFraction} are taken. */
function logBits(x: v128): v128 {
  const tiny = i32x4.lt_u(x, i32x4.splat(0x800000));
  return i32x4.sub(choose(tiny, f32x4.mul(x, splat(8388608)), x), i32x4.splat(0x3f3504f3));
}

/** The k of x = 2ᵏ(1 + f). */
function logExponent(x: v128, bits: v128): v128 {
  const tiny = i32x4.lt_u(x, i32x4.splat(0x800000));
  const k = i32x4.sub(i32x4.shr_s(bits, 23), v128.and(tiny, i32x4.splat(23)));
  return f32x4.convert_i32x4_s(k);
}

/** The f of x = 2ᵏ(1 + f). */
function logFraction(bits: v128): v128 {
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(0x3f3504f3));
  return f32x4.sub(m, splat(1));
}

/** ln x; −∞ at 0 and NaN below. */
export function log(x: v128): v128 {
  const bits = logBits(x);
  const k = logExponent(x, bits);
  const f = logFraction(bits);
  const s = f32x4.div(f, f32x4.add(splat(2), f));
  const u = f32x4.mul(s, s);
  let y = madd(f32x4.mul(s, u), artanhTail(u), f32x4.add(s, s));
  y = madd(k, splat(0.693145752), madd(k, splat(1.42860677e-6), y));
  y = choose(f32x4.lt(x, splat(0)), splat(f32.NaN), y);
  y = choose(f32x4.eq(x, splat(0)), splat(-f32.POSITIVE_INFINITY), y);
  // Infinity and NaN stay what they are.
  return choose(
    f32x4.lt(f32x4.abs(x), splat(f32.POSITIVE_INFINITY)),
    y,
    choose(f32x4.lt(x, splat(0)), splat(f32.NaN), x),
  );
}

/** ln(1 + x). */
export function log1p(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(splat(2), x));
  const u = f32x4.mul(s, s);
  const near = madd(f32x4.mul(s, u), artanhTail(u), f32x4.add(s, s));
  const isNear = v128.and(f32x4.gt(x, splat(-0.29)), f32x4.lt(x, splat(0.41)));
  if (i32x4.all_true(isNear)) return near;
  return choose(isNear, near, log(f32x4.add(splat(1), x)));
}

/** |a|ʸ for a ≥ 0: ln a and its product with y are taken in two parts each. 1ʸ is 1, even of NaN. */
export function powAbs(a: v128, y: v128): v128 {
  const t = f32x4.mul(y, log(a));
  const rough = exp(v128.andnot(t, f32x4.eq(a, splat(1))));
  const bits = logBits(a);
  const k = logExponent(a, bits);
  const f = logFraction(bits);
  const two = f32x4.add(splat(2), f);
  const s = f32x4.div(f, two);
  const fine = f32x4.mul(f32x4.nearest(f32x4.mul(s, splat(4096))), splat(2.44140625e-4));
  const sh = choose(f32x4.eq(k, splat(0)), upperHalf(s), fine);
  const fh = upperHalf(f);
  let rest = f32x4.sub(f, f32x4.add(sh, sh));
  rest = f32x4.sub(rest, f32x4.mul(sh, fh));
  rest = f32x4.div(f32x4.sub(rest, f32x4.mul(sh, f32x4.sub(f, fh))), two);
  const u = f32x4.mul(s, s);
  const tail = madd(f32x4.mul(s, u), artanhTail(u), f32x4.add(rest, rest));
  const high = f32x4.add(f32x4.mul(k, splat(0.693145752)), f32x4.add(sh, sh));
  const low = madd(k, splat(1.42860677e-6), tail);
  const lh = upperHalf(high);
  const yh = upperHalf(y);
  const cross = f32x4.add(
    f32x4.mul(yh, f32x4.sub(high, lh)),
    f32x4.mul(f32x4.sub(y, yh), high),
  );
  const exact = expSum(f32x4.mul(yh, lh), f32x4.add(f32x4.mul(y, low), cross));
  return choose(f32x4.lt(f32x4.abs(t), splat(110)), exact, rough);
}

/** xʸ; NaN for x < 0 unless y is an integer, and 1 for x = 1 or y = 0, even beside NaN. */
export function pow(x: v128, y: v128): v128 {
  const p = powAbs(f32x4.abs(x), y);
  const whole = f32x4.eq(f32x4.floor(y), y);
  const half = f32x4.mul(splat(0.5), y);
  const odd = f32x4.ne(f32x4.floor(half), half);
  const turned = choose(odd, f32x4.neg(p), p);
  const atEnd = v128.or(
    f32x4.eq(x, splat(0)),
    f32x4.eq(x, splat(-f32.POSITIVE_INFINITY)),
  );
  const outside = choose(atEnd, p, splat(f32.NaN));
  const below = choose(whole, turned, outside);
  const result = choose(isMinus(x), below, p);
  return choose(f32x4.eq(y, splat(0)), splat(1), result);
}

/** ln |x + iy|, accurate near the unit circle. */
export function logAbs(x: v128, y: v128): v128 {
  const m = larger(x, y);
  const isNear = v128.and(f32x4.ge(m, splat(0.5)), f32x4.lt(m, splat(2)));
  if (i32x4.all_true(isNear)) return logNear(x, y, m);
  const e = exponentOf(m);
  const scale = pow2(i32x4.neg(e));
  const k = f32x4.convert_i32x4_s(e);
  const q = f32x4.mul(splat(0.5), log(norm(f32x4.mul(x, scale), f32x4.mul(y, scale))));
  const far = madd(k, splat(0.693145752), madd(k, splat(1.42860677e-6), q));
  const r = v128.any_true(isNear) ? choose(isNear, logNear(x, y, m), far) : far;
  if (!v128.any_true(isLost(r))) return r;
  // Infinite if a part is, even beside NaN.
  return choose(v128.or(isInfinite(x), isInfinite(y)), splat(f32.POSITIVE_INFINITY), r);
}

/** ln |x + iy| where the larger part m is about 1. */
function logNear(x: v128, y: v128, m: v128): v128 {
  const n = f32x4.min(f32x4.abs(x), f32x4.abs(y));
  const d = f32x4.sub(m, splat(1));
  const dh = upperHalf(d);
  const nh = upperHalf(n);
  const rest = f32x4.add(
    f32x4.mul(f32x4.sub(d, dh), f32x4.add(d, dh)),
    f32x4.mul(f32x4.sub(n, nh), f32x4.add(n, nh)),
  );
  let sum = f32x4.add(f32x4.add(d, d), f32x4.mul(nh, nh));
  sum = f32x4.add(f32x4.add(sum, f32x4.mul(dh, dh)), rest);
  return f32x4.mul(splat(0.5), log1p(sum));
}

/** 1/(1 + e⁻ˣ). */
export function sigmoid(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(choose(f32x4.lt(x, splat(0)), e, splat(1)), f32x4.add(splat(1), e));
}

/** erf x, as `gpu/functions/erf.ts`. */
export function erf(x: v128): v128 {
  const size = f32x4.abs(x);
  const a = choose(f32x4.gt(size, splat(4)), splat(4), size);
  const s = f32x4.mul(a, a);
  let inner = madd(splat(8.51310449e-5), s, splat(-8.17563967e-4));
  inner = madd(inner, s, splat(5.20385895e-3));
  inner = madd(inner, s, splat(-2.68605091e-2));
  inner = madd(inner, s, splat(0.112837151));
  inner = madd(inner, s, splat(-0.376126349));
  inner = madd(inner, s, splat(0.128379166));
  let outer = madd(splat(-2.1459462e-4), a, splat(3.2199726e-3));
  outer = madd(outer, a, splat(-2.2906022e-2));
  outer = madd(outer, a, splat(0.105286844));
  outer = madd(outer, a, splat(0.635699391));
  outer = madd(outer, a, splat(1.12851989));
  outer = f32x4.sub(splat(1), exp(f32x4.mul(f32x4.neg(a), outer)));
  return choose(f32x4.lt(a, splat(0.9)), madd(x, inner, x), withSign(outer, x));
}

/** What {@link sinhCosh} has besides. */
let lastCosh: v128 = f32x4.splat(0);
let lastFactor: v128 = f32x4.splat(0);

/** The cosh of the last {@link sinhCosh}. */
export function coshTaken(): v128 {
  return lastCosh;
}

/** The factor of the last {@link sinhCosh}. */
export function factorTaken(): v128 {
  return lastFactor;
}

/**
 * sinh x, and cosh x for {@link coshTaken}, both over {@link factorTaken}: 1, but e^{|x|/2} beyond 80,
 * since eˣ may overflow where its product with something small does not.
 */
export function sinhCosh(x: v128): v128 {
  const a = f32x4.abs(x);
  const m = expm1(a);
  const r = f32x4.div(m, f32x4.add(splat(1), m));
  let sinh = f32x4.mul(splat(0.5), f32x4.add(m, r));
  let cosh = f32x4.add(splat(1), f32x4.mul(splat(0.5), f32x4.sub(m, r)));
  let factor = splat(1);
  const far = f32x4.gt(a, splat(80));
  if (v128.any_true(far)) {
    const h = exp(f32x4.mul(splat(0.5), a));
    const half = f32x4.mul(splat(0.5), h);
    sinh = choose(far, half, sinh);
    cosh = choose(far, half, cosh);
    factor = choose(far, h, factor);
  }
  lastCosh = cosh;
  lastFactor = factor;
  return withSign(sinh, x);
}

/** 1/cosh² x. */
export function sechSquared(x: v128): v128 {
  const q = exp(f32x4.mul(splat(-2), f32x4.abs(x)));
  const sum = f32x4.add(splat(1), q);
  return f32x4.div(f32x4.mul(splat(4), q), f32x4.mul(sum, sum));
}

/** 1/cosh² (x + iy) from the sine and cosine of y, as `gpu/functions/hyperbolic.ts`. */
export function putSechSquared(out: usize, x: v128, sin: v128, cos: v128): void {
  const r = f32x4.mul(splat(-2), f32x4.abs(x));
  const q = exp(r);
  const near = madd(f32x4.mul(r, r), expTail(r), r);
  const m = choose(f32x4.ge(r, splat(-0.5)), near, f32x4.sub(q, splat(1)));
  const u = f32x4.mul(f32x4.add(splat(1), q), cos);
  const v = f32x4.mul(withSign(m, x), sin);
  const d = norm(u, v);
  const s = f32x4.div(u, d), t = f32x4.div(v, d);
  const size = f32x4.mul(splat(4), q);
  const re = f32x4.mul(f32x4.sub(s, t), f32x4.add(s, t));
  const im = f32x4.mul(f32x4.mul(splat(-2), s), t);
  put(out, f32x4.mul(size, re), f32x4.mul(size, im));
}

/** tanh x. */
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const m = expm1(f32x4.mul(splat(2), choose(f32x4.gt(a, splat(10)), splat(10), a)));
  return withSign(f32x4.div(m, f32x4.add(splat(2), m)), x);
}
