/**
 * Sines, cosines and angles of four numbers, by the polynomials of `gpu/functions/angle.ts`, where the
 * formulas are explained.
 */
import { choose, isMinus, splat, truncate, withSign } from "./lanes";
import { madd, nmadd } from "./vector";

/** The quarter turns that {@link reduceAngle} took off last. */
let quarters: v128 = i32x4.splat(0);
/** The quarter turns that {@link reduceFar} took off last. */
let farQuarters: i32 = 0;

/** The quarter turns that the last {@link reduceAngle} took off. */
export function quartersTaken(): v128 {
  return quarters;
}

/** x − qπ/2 within ±π/4; {@link quartersTaken} tells q. */
export function reduceAngle(x: v128): v128 {
  const q = f32x4.nearest(f32x4.mul(x, splat(0.636619772)));
  let r = nmadd(q, splat(1.5703125), x);
  r = nmadd(q, splat(4.83751297e-4), r);
  // With no turn taken off x itself stands, of which −0 is one.
  r = choose(f32x4.eq(q, splat(0)), x, nmadd(q, splat(7.54979013e-8), r));
  quarters = truncate(q);
  const near = f32x4.lt(f32x4.abs(x), splat(8192));
  if (!i32x4.all_true(near)) return reduceSome(x, r, near);
  return r;
}

function reduceSome(x: v128, r: v128, near: v128): v128 {
  let k = quarters;
  if (!i32x4.extract_lane(near, 0)) {
    r = f32x4.replace_lane(r, 0, reduceFar(f32x4.extract_lane(x, 0)));
    k = i32x4.replace_lane(k, 0, farQuarters);
  }
  if (!i32x4.extract_lane(near, 1)) {
    r = f32x4.replace_lane(r, 1, reduceFar(f32x4.extract_lane(x, 1)));
    k = i32x4.replace_lane(k, 1, farQuarters);
  }
  if (!i32x4.extract_lane(near, 2)) {
    r = f32x4.replace_lane(r, 2, reduceFar(f32x4.extract_lane(x, 2)));
    k = i32x4.replace_lane(k, 2, farQuarters);
  }
  if (!i32x4.extract_lane(near, 3)) {
    r = f32x4.replace_lane(r, 3, reduceFar(f32x4.extract_lane(x, 3)));
    k = i32x4.replace_lane(k, 3, farQuarters);
  }
  quarters = k;
  return r;
}

/** Bits 32 k − 32 to 32 k − 1 of 2/π. */
function twoOverPi(k: u32): u32 {
  switch (k) {
    case 1:
      return 0xa2f9836e;
    case 2:
      return 0x4e441529;
    case 3:
      return 0xfc2757d1;
    case 4:
      return 0xf534ddc0;
    case 5:
      return 0xdb629599;
    case 6:
      return 0x3c439041;
    case 7:
      return 0xfe5163ab;
    default:
      return 0;
  }
}

/** Payne and Hanek's reduction for |x| ≥ 2^13; {@link farQuarters} tells the quarter turns. */
function reduceFar(x: f32): f32 {
  const bits = reinterpret<u32>(x);
  const m: u64 = (bits & 0x7fffff) | 0x800000;
  const start = ((bits >> 23) & 255) - 120;
  const k = start >> 5, left = start & 31, right = 31 - left;
  const w0 = (twoOverPi(k) << left) | ((twoOverPi(k + 1) >> 1) >> right);
  const w1 = (twoOverPi(k + 1) << left) | ((twoOverPi(k + 2) >> 1) >> right);
  const w2 = (twoOverPi(k + 2) << left) | ((twoOverPi(k + 3) >> 1) >> right);
  // The product modulo 2^64 of m and the words, in turns over 2^64.
  const turns = ((m * <u64> w0) << 32) + m * <u64> w1 + ((m * <u64> w2) >> 32);
  const high = <u32> (turns >> 32);
  const rest = <f32> (<i32> (high << 2)) + <f32> (<u32> turns >> 16) * <f32> 6.1035156e-5;
  const r = rest * <f32> 3.6572951e-10 + (x - x);
  const q = <i32> ((high + 0x20000000) >> 30);
  farQuarters = x < 0 ? -q : q;
  return x < 0 ? -r : r;
}

/** sin r for |r| ≤ π/4, with u = r². */
function sinTail(r: v128, u: v128): v128 {
  const p = madd(u, madd(u, splat(-1.95169778e-4), splat(8.33217613e-3)), splat(-0.166666552));
  return choose(f32x4.eq(r, splat(0)), r, madd(f32x4.mul(r, u), p, r));
}

/** cos r for |r| ≤ π/4, with u = r². */
function cosTail(u: v128): v128 {
  const p = madd(u, madd(u, splat(2.44381008e-5), splat(-1.38873642e-3)), splat(4.16666456e-2));
  return madd(f32x4.mul(u, u), p, nmadd(splat(0.5), u, splat(1)));
}

/** sin(r + qπ/2) for |r| ≤ π/4; the cosine is that of q + 1. */
export function quarterSin(r: v128, q: v128): v128 {
  const u = f32x4.mul(r, r);
  const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
  const minus = i32x4.shl(v128.and(q, i32x4.splat(2)), 30);
  return v128.xor(choose(odd, cosTail(u), sinTail(r, u)), minus);
}

/** cos(r + qπ/2) for |r| ≤ π/4. */
export function quarterCos(r: v128, q: v128): v128 {
  return quarterSin(r, i32x4.add(q, i32x4.splat(1)));
}

/** sin x. */
export function sin(x: v128): v128 {
  const r = reduceAngle(x);
  return quarterSin(r, quarters);
}

/** cos x. */
export function cos(x: v128): v128 {
  const r = reduceAngle(x);
  return quarterCos(r, quarters);
}

/** tan x. */
export function tan(x: v128): v128 {
  const r = reduceAngle(x);
  const q = quarters;
  return f32x4.div(quarterSin(r, q), quarterCos(r, q));
}

/** atan2(y, x); signed zeros count. */
export function atan2(y: v128, x: v128): v128 {
  const ax = f32x4.abs(x), ay = f32x4.abs(y);
  const m = f32x4.max(ax, ay);
  const same = f32x4.eq(ax, ay);
  let t = f32x4.div(f32x4.min(ax, ay), m);
  t = choose(f32x4.eq(m, splat(0)), splat(0), choose(same, splat(1), t));
  const u = f32x4.mul(t, t);
  let p = madd(u, splat(2.97459122e-3), splat(-1.6581187e-2));
  p = madd(u, p, splat(4.35535461e-2));
  p = madd(u, p, splat(-7.58057833e-2));
  p = madd(u, p, splat(0.106789403));
  p = madd(u, p, splat(-0.142142087));
  p = madd(u, p, splat(0.199941367));
  p = madd(u, p, splat(-0.333331674));
  let a = madd(f32x4.mul(t, u), p, t);
  const steep = f32x4.sub(f32x4.sub(splat(1.57079637), a), splat(4.37113883e-8));
  a = choose(f32x4.gt(ay, ax), steep, a);
  const back = f32x4.sub(f32x4.sub(splat(3.14159274), a), splat(8.74227766e-8));
  a = choose(isMinus(x), back, a);
  return withSign(a, y);
}
