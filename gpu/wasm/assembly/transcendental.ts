/**
 * Exponentials, logarithms, powers and angles over blocks: the loops of `exponential.ts` and `angle.ts`,
 * and what complex arguments make of them. Formulas: `gpu/functions`.
 */
import { Fn } from "../function_opcodes";
import { atan2, cos, quarterCos, quarterSin, quartersTaken, reduceAngle, sin, tan } from "./angle";
import * as e from "./exponential";
import {
  anyLost,
  choose,
  exponentOf,
  imagAt,
  isFinite,
  isInfinite,
  isLost,
  isMinus,
  larger,
  norm,
  pow2,
  put,
  realAt,
  splat,
  withSign,
} from "./lanes";
import {
  complexToReal,
  guarded1,
  long1,
  long2,
  longComplex1,
  longComplex2,
  realsToComplex,
} from "./loops";

class Exp {
  f(x: v128): v128 {
    return e.exp(x);
  }
}

class Expm1 {
  f(x: v128): v128 {
    return e.expm1(x);
  }
}

class Log {
  f(x: v128): v128 {
    return e.log(x);
  }
}

class Log1p {
  f(x: v128): v128 {
    return e.log1p(x);
  }
}

class Sigmoid {
  f(x: v128): v128 {
    return e.sigmoid(x);
  }
}

class Erf {
  f(x: v128): v128 {
    return e.erf(x);
  }
}

class Sin {
  f(x: v128): v128 {
    return sin(x);
  }
}

class Cos {
  f(x: v128): v128 {
    return cos(x);
  }
}

class Tan {
  f(x: v128): v128 {
    return tan(x);
  }
}

class Atan2 {
  f(y: v128, x: v128): v128 {
    return atan2(y, x);
  }
}

class Angle {
  f(x: v128, y: v128): v128 {
    return atan2(y, x);
  }
}

class Sinh {
  f(x: v128): v128 {
    const sinh = e.sinhCosh(x);
    return f32x4.mul(sinh, e.factorTaken());
  }
}

class Cosh {
  f(x: v128): v128 {
    e.sinhCosh(x);
    return f32x4.mul(e.coshTaken(), e.factorTaken());
  }
}

class Tanh {
  f(x: v128): v128 {
    return e.tanh(x);
  }
}

class Sqrt {
  f(x: v128): v128 {
    return f32x4.sqrt(x);
  }
}

class Pow {
  f(x: v128, y: v128): v128 {
    return e.pow(x, y);
  }
}

class Polar {
  f(out: usize, r: v128, phi: v128): void {
    const rest = reduceAngle(phi);
    const q = quartersTaken();
    put(out, f32x4.mul(r, quarterCos(rest, q)), f32x4.mul(r, quarterSin(rest, q)));
  }
}

/** e^{x/2} twice, as eˣ alone may overflow where a part of the result does not. */
function putExp(out: usize, x: v128, y: v128): void {
  const h = e.exp(f32x4.mul(splat(0.5), x));
  const r = reduceAngle(y);
  const q = quartersTaken();
  const re = f32x4.mul(h, f32x4.mul(h, quarterCos(r, q)));
  const im = f32x4.mul(h, f32x4.mul(h, quarterSin(r, q)));
  put(out, re, im);
  if (anyLost(re, im)) recoverExp(out, x, y, re, im);
}

/** e^∞ is infinite and e^−∞ is 0 whatever y is; real numbers stay real. */

function recoverExp(out: usize, x: v128, y: v128, re: v128, im: v128): void {
  const infinity = splat(f32.POSITIVE_INFINITY);
  const far = v128.andnot(isInfinite(x), isFinite(y));
  const low = v128.and(far, isMinus(x));
  im = choose(f32x4.eq(y, splat(0)), y, choose(low, splat(0), im));
  put(out, choose(far, choose(low, splat(0), infinity), re), im);
}

class ExpComplex {
  f(out: usize, x: v128, y: v128): void {
    putExp(out, x, y);
  }
}

class LogComplex {
  f(out: usize, x: v128, y: v128): void {
    put(out, e.logAbs(x, y), atan2(y, x));
  }
}

class PowComplex {
  f(out: usize, x: v128, y: v128, u: v128, v: v128): void {
    const a = e.logAbs(x, y), b = atan2(y, x);
    const ua = f32x4.mul(u, a), vb = f32x4.mul(v, b);
    const ub = f32x4.mul(u, b), va = f32x4.mul(v, a);
    const p = f32x4.sub(ua, vb), q = f32x4.add(ub, va);
    if (anyLost(p, q)) putPower(out, a, b, u, v, p, q);
    else putExp(out, p, q);
    const zero = splat(0);
    const isZero = v128.and(f32x4.eq(x, zero), f32x4.eq(y, zero));
    const noPower = v128.and(f32x4.eq(u, zero), f32x4.eq(v, zero));
    if (!v128.any_true(v128.or(isZero, noPower))) return;
    let re = realAt(out), im = imagAt(out);
    const ofZero = choose(f32x4.gt(u, zero), zero, splat(f32.NaN));
    re = choose(noPower, splat(1), choose(isZero, ofZero, re));
    im = choose(noPower, zero, choose(isZero, ofZero, im));
    put(out, re, im);
  }
}

/** a·b, and 0 where either is 0, whatever the other is. */
function zeroWins(a: v128, b: v128): v128 {
  const zero = v128.or(f32x4.eq(a, splat(0)), f32x4.eq(b, splat(0)));
  return v128.andnot(f32x4.mul(a, b), zero);
}

/** Powers where w ln z = (u + iv)(a + ib) has NaN in it: ∞·0 is 0 there. */

function putPower(out: usize, a: v128, b: v128, u: v128, v: v128, p: v128, q: v128): void {
  const lost = isLost(f32x4.add(p, q));
  p = choose(lost, f32x4.sub(zeroWins(u, a), zeroWins(v, b)), p);
  q = choose(lost, f32x4.add(zeroWins(u, b), zeroWins(v, a)), q);
  putExp(out, p, q);
}

/** √z is infinite where a part of z is, even beside NaN. */
class SqrtComplex {
  f<Copy>(out: usize, x: v128, y: v128): v128 {
    const m = larger(x, y);
    const half = i32x4.shr_s(exponentOf(m), 1);
    const down = pow2(i32x4.neg(half));
    const p = f32x4.mul(f32x4.mul(x, down), down), q = f32x4.mul(f32x4.mul(y, down), down);
    const root = f32x4.sqrt(norm(p, q));
    const sum = f32x4.mul(splat(0.5), f32x4.add(root, f32x4.abs(p)));
    const c = f32x4.sqrt(sum), a = f32x4.mul(c, pow2(half));
    const b = f32x4.div(f32x4.mul(y, down), f32x4.add(c, c));
    const zero = f32x4.eq(root, splat(0));
    const left = isMinus(x);
    const re = choose(left, f32x4.abs(b), a);
    const im = choose(zero, y, choose(left, withSign(a, y), b));
    put(out, choose(zero, splat(0), re), im);
    return im;
  }
  g(out: usize, x: v128, y: v128): void {
    const infinity = splat(f32.POSITIVE_INFINITY);
    const steep = isInfinite(y), flat = v128.and(isInfinite(x), isLost(y));
    const left = v128.and(flat, isMinus(x));
    const re = choose(v128.or(steep, v128.andnot(flat, left)), infinity, realAt(out));
    put(out, re, choose(steep, y, choose(left, infinity, imagAt(out))));
  }
}

/** Where y has no sine, infinite and zero x alone are told in the real part. */
function recoverSinh(out: usize, x: v128, y: v128, re: v128, im: v128, turned: bool): void {
  const edge = v128.or(f32x4.eq(x, splat(0)), isInfinite(x));
  re = choose(v128.andnot(edge, isFinite(y)), x, re);
  im = choose(f32x4.eq(y, splat(0)), y, im);
  if (turned) put(out, im, f32x4.neg(re));
  else put(out, re, im);
}

function recoverCosh(out: usize, x: v128, y: v128, re: v128, im: v128): void {
  const lost = v128.not(isFinite(y));
  re = choose(v128.and(lost, isInfinite(x)), splat(f32.POSITIVE_INFINITY), re);
  im = choose(v128.and(lost, f32x4.eq(x, splat(0))), x, im);
  im = choose(f32x4.eq(y, splat(0)), v128.xor(y, v128.and(x, i32x4.splat(0x80000000))), im);
  put(out, re, im);
}

class SinhComplex {
  f(out: usize, x: v128, y: v128): void {
    const r = reduceAngle(y), q = quartersTaken();
    const sinh = e.sinhCosh(x), cosh = e.coshTaken(), k = e.factorTaken();
    const re = f32x4.mul(k, f32x4.mul(sinh, quarterCos(r, q)));
    const im = f32x4.mul(k, f32x4.mul(cosh, quarterSin(r, q)));
    put(out, re, im);
    if (anyLost(re, im)) recoverSinh(out, x, y, re, im, false);
  }
}

class CoshComplex {
  f(out: usize, x: v128, y: v128): void {
    const r = reduceAngle(y), q = quartersTaken();
    const sinh = e.sinhCosh(x), cosh = e.coshTaken(), k = e.factorTaken();
    const re = f32x4.mul(k, f32x4.mul(cosh, quarterCos(r, q)));
    const im = f32x4.mul(k, f32x4.mul(sinh, quarterSin(r, q)));
    put(out, re, im);
    if (anyLost(re, im)) recoverCosh(out, x, y, re, im);
  }
}

/** sin z = −i sinh(iz). */
class SinComplex {
  f(out: usize, x: v128, y: v128): void {
    const r = reduceAngle(x), q = quartersTaken();
    const sinh = e.sinhCosh(f32x4.neg(y)), cosh = e.coshTaken(), k = e.factorTaken();
    const re = f32x4.mul(k, f32x4.mul(sinh, quarterCos(r, q)));
    const im = f32x4.mul(k, f32x4.mul(cosh, quarterSin(r, q)));
    put(out, im, f32x4.neg(re));
    if (anyLost(re, im)) recoverSinh(out, f32x4.neg(y), x, re, im, true);
  }
}

/** cos z = cosh(iz). */
class CosComplex {
  f(out: usize, x: v128, y: v128): void {
    const r = reduceAngle(x), q = quartersTaken();
    const sinh = e.sinhCosh(f32x4.neg(y)), cosh = e.coshTaken(), k = e.factorTaken();
    const re = f32x4.mul(k, f32x4.mul(cosh, quarterCos(r, q)));
    const im = f32x4.mul(k, f32x4.mul(sinh, quarterSin(r, q)));
    put(out, re, im);
    if (anyLost(re, im)) recoverCosh(out, f32x4.neg(y), x, re, im);
  }
}

/** Leaves tanh(x + iy); beyond 9 the real part is ±1. */
function putTanh(out: usize, x: v128, y: v128, turned: bool): void {
  const r = reduceAngle(y), q = quartersTaken();
  const s = quarterSin(r, q), c = quarterCos(r, q);
  const a = f32x4.abs(x);
  const far = f32x4.gt(a, splat(9));
  const sc = f32x4.mul(s, c);
  const h = e.sinhCosh(x), cosh = e.coshTaken();
  const m = norm(h, c);
  let re = f32x4.div(f32x4.mul(h, cosh), m);
  let im = f32x4.div(sc, m);
  if (v128.any_true(far)) {
    const flat = f32x4.mul(f32x4.mul(splat(4), sc), e.exp(f32x4.mul(splat(-2), a)));
    re = choose(far, withSign(splat(1), x), re);
    im = choose(far, flat, im);
  }
  if (anyLost(re, im)) {
    const lost = v128.not(isFinite(y)), infinite = isInfinite(x), none = f32x4.eq(x, splat(0));
    re = choose(v128.andnot(lost, infinite), choose(none, x, splat(f32.NaN)), re);
    im = choose(v128.and(lost, infinite), splat(0), choose(f32x4.eq(y, splat(0)), y, im));
  }
  if (turned) put(out, im, f32x4.neg(re));
  else put(out, re, im);
}

class TanhComplex {
  f(out: usize, x: v128, y: v128): void {
    putTanh(out, x, y, false);
  }
}

/** tan z = −i tanh(iz). */
class TanComplex {
  f(out: usize, x: v128, y: v128): void {
    putTanh(out, f32x4.neg(y), x, true);
  }
}

class SechSquared {
  f(x: v128): v128 {
    return e.sechSquared(x);
  }
}

class SechSquaredComplex {
  f(out: usize, x: v128, y: v128): void {
    const r = reduceAngle(y), q = quartersTaken();
    e.putSechSquared(out, x, quarterSin(r, q), quarterCos(r, q));
  }
}

/** Runs the function `op` of this file over a block of `n` elements. */
export function transcendental(op: i32, n: i32, out: usize, a: usize, b: usize): void {
  switch (op) {
    case Fn.expReal:
      return long1<Exp>(n, out, a);
    case Fn.expComplex:
      return longComplex1<ExpComplex>(n, out, a);
    case Fn.expm1:
      return long1<Expm1>(n, out, a);
    case Fn.log1p:
      return long1<Log1p>(n, out, a);
    case Fn.logReal:
      return long1<Log>(n, out, a);
    case Fn.logComplex:
      return longComplex1<LogComplex>(n, out, a);
    case Fn.sigmoid:
      return long1<Sigmoid>(n, out, a);
    case Fn.erf:
      return long1<Erf>(n, out, a);
    case Fn.sinReal:
      return long1<Sin>(n, out, a);
    case Fn.cosReal:
      return long1<Cos>(n, out, a);
    case Fn.tanReal:
      return long1<Tan>(n, out, a);
    case Fn.atan2:
      return long2<Atan2>(n, out, a, b);
    case Fn.angle:
      return complexToReal<Angle>(n, out, a);
    case Fn.polar:
      return realsToComplex<Polar>(n, out, a, b);
    case Fn.sinhReal:
      return long1<Sinh>(n, out, a);
    case Fn.coshReal:
      return long1<Cosh>(n, out, a);
    case Fn.tanhReal:
      return long1<Tanh>(n, out, a);
    case Fn.sinhComplex:
      return longComplex1<SinhComplex>(n, out, a);
    case Fn.coshComplex:
      return longComplex1<CoshComplex>(n, out, a);
    case Fn.tanhComplex:
      return longComplex1<TanhComplex>(n, out, a);
    case Fn.sinComplex:
      return longComplex1<SinComplex>(n, out, a);
    case Fn.cosComplex:
      return longComplex1<CosComplex>(n, out, a);
    case Fn.tanComplex:
      return longComplex1<TanComplex>(n, out, a);
    case Fn.sechSquaredReal:
      return long1<SechSquared>(n, out, a);
    case Fn.sechSquaredComplex:
      return longComplex1<SechSquaredComplex>(n, out, a);
    case Fn.sqrtReal:
      return long1<Sqrt>(n, out, a);
    case Fn.sqrtComplex:
      return guarded1<SqrtComplex>(n, out, a);
    case Fn.powReal:
      return long2<Pow>(n, out, a, b);
    case Fn.powComplex:
      return longComplex2<PowComplex>(n, out, a, b);
  }
}
