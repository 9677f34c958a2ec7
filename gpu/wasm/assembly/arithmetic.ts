/** Sums, products, quotients, parts and moduli: `gpu/functions/{arithmetic,parts,modulus,cast}.ts`. */
import { Fn } from "../function_opcodes";
import {
  complex1,
  complex2,
  complexToReal,
  guarded1,
  guarded2,
  map1,
  map2,
  realsToComplex,
} from "./loops";
import {
  anyLost,
  boxed,
  choose,
  exponentOf,
  imagAt,
  isFinite,
  isInfinite,
  isLost,
  larger,
  negate,
  norm,
  pow2,
  put,
  realAt,
  splat,
  times,
  withSign,
} from "./lanes";

class Add {
  f(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}

class Sub {
  f(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}

class Mul {
  f(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}

class Div {
  f(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}

class Neg {
  f(a: v128): v128 {
    return negate(a);
  }
}

class Reciprocal {
  f(a: v128): v128 {
    return f32x4.div(splat(1), a);
  }
}

class Square {
  f(a: v128): v128 {
    return f32x4.mul(a, a);
  }
}

/** The part that an infinite factor leaves of x: its direction, and of others 0 for NaN. */
function besides(far: v128, x: v128): v128 {
  return choose(far, boxed(x), choose(isLost(x), withSign(splat(0), x), x));
}

/** What the product at `out` is where both parts are lost by an infinity, by Annex G of C. */
function recoverProduct(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const re = realAt(out), im = imagAt(out);
  const far = v128.or(isInfinite(a), isInfinite(b));
  const afar = v128.or(isInfinite(c), isInfinite(d));
  const lost = v128.and(v128.and(isLost(re), isLost(im)), v128.or(far, afar));
  a = besides(far, a);
  b = besides(far, b);
  c = besides(afar, c);
  d = besides(afar, d);
  const infinity = splat(f32.POSITIVE_INFINITY);
  const x = f32x4.mul(infinity, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, d)));
  const y = f32x4.mul(infinity, f32x4.add(f32x4.mul(a, d), f32x4.mul(b, c)));
  put(out, choose(lost, x, re), choose(lost, y, im));
}

/** No fused products: of z·z̄ the imaginary part is 0. */
class MulComplex {
  f<Copy>(out: usize, a: v128, b: v128, c: v128, d: v128): v128 {
    const re = f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, d));
    put(out, re, f32x4.add(f32x4.mul(a, d), f32x4.mul(b, c)));
    return re;
  }
  g(out: usize, a: v128, b: v128, c: v128, d: v128): void {
    recoverProduct(out, a, b, c, d);
  }
}

/** Leaves (a + ib)/(c + id). */
function putQuotient(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ea = exponentOf(larger(a, b));
  const eb = exponentOf(larger(c, d));
  const sa = pow2(i32x4.neg(ea)), sb = pow2(i32x4.neg(eb));
  a = f32x4.mul(a, sa);
  b = f32x4.mul(b, sa);
  c = f32x4.mul(c, sb);
  d = f32x4.mul(d, sb);
  const m = norm(c, d);
  const e = i32x4.sub(ea, eb);
  const half = i32x4.shr_s(e, 1);
  const s1 = pow2(half), s2 = pow2(i32x4.sub(e, half));
  const re = f32x4.div(f32x4.add(f32x4.mul(a, c), f32x4.mul(b, d)), m);
  const im = f32x4.div(f32x4.sub(f32x4.mul(b, c), f32x4.mul(a, d)), m);
  put(out, f32x4.mul(f32x4.mul(re, s1), s2), f32x4.mul(f32x4.mul(im, s1), s2));
  const lost = isLost(re);
  if (v128.any_true(lost)) putExtreme(out, v128.and(lost, isLost(im)), a, b, c, d);
}

/** What {@link putQuotient} leaves in the lanes `lost`, by Annex G of C. */

function putExtreme(out: usize, lost: v128, a: v128, b: v128, c: v128, d: v128): void {
  const infinity = splat(f32.POSITIVE_INFINITY);
  const zero = v128.and(f32x4.eq(c, splat(0)), f32x4.eq(d, splat(0)));
  const above = v128.and(v128.or(isInfinite(a), isInfinite(b)), v128.and(isFinite(c), isFinite(d)));
  const below = v128.and(v128.or(isInfinite(c), isInfinite(d)), v128.and(isFinite(a), isFinite(b)));
  const p = choose(above, boxed(a), a), q = choose(above, boxed(b), b);
  const u = choose(below, boxed(c), c), v = choose(below, boxed(d), d);
  const factor = choose(above, infinity, choose(below, splat(0), splat(f32.NaN)));
  const towards = withSign(infinity, c);
  let x = f32x4.mul(factor, f32x4.add(f32x4.mul(p, u), f32x4.mul(q, v)));
  let y = f32x4.mul(factor, f32x4.sub(f32x4.mul(q, u), f32x4.mul(p, v)));
  x = choose(zero, f32x4.mul(towards, a), x);
  y = choose(zero, f32x4.mul(towards, b), y);
  put(out, choose(lost, x, realAt(out)), choose(lost, y, imagAt(out)));
}

class DivComplex {
  f(out: usize, a: v128, b: v128, c: v128, d: v128): void {
    putQuotient(out, a, b, c, d);
  }
}

class ReciprocalComplex {
  f(out: usize, x: v128, y: v128): void {
    const s = pow2(i32x4.neg(exponentOf(larger(x, y))));
    const p = f32x4.mul(x, s), q = f32x4.mul(y, s);
    const m = norm(p, q);
    const re = f32x4.div(p, m), im = f32x4.div(negate(q), m);
    put(out, f32x4.mul(re, s), f32x4.mul(im, s));
    if (anyLost(re, im)) putExtremeReciprocal(out, x, y);
  }
}

/** 1/∞ = 0, and 1/0 infinite in its real part. */

function putExtremeReciprocal(out: usize, x: v128, y: v128): void {
  const infinite = v128.or(isInfinite(x), isInfinite(y));
  const zero = v128.and(f32x4.eq(x, splat(0)), f32x4.eq(y, splat(0)));
  const re = choose(infinite, withSign(splat(0), x), realAt(out));
  const im = choose(infinite, withSign(splat(0), negate(y)), imagAt(out));
  put(out, choose(zero, withSign(splat(f32.POSITIVE_INFINITY), x), re), im);
}

class InverseOrZero {
  f(out: usize, x: v128, y: v128): void {
    const size = larger(x, y);
    const tiny = f32x4.lt(size, splat(1.1754943508222875e-38)); // 2^−126
    const s = pow2(i32x4.neg(exponentOf(size)));
    x = f32x4.mul(x, s);
    y = f32x4.mul(y, s);
    const f = v128.andnot(f32x4.div(s, norm(x, y)), tiny);
    put(out, f32x4.mul(x, f), f32x4.mul(negate(y), f));
  }
}

class OverSquares {
  f(x: v128, y: v128): v128 {
    const size = larger(x, y);
    const tiny = f32x4.lt(size, splat(1.1754943508222875e-38)); // 2^−126
    const s = pow2(i32x4.neg(exponentOf(size)));
    x = f32x4.mul(x, s);
    y = f32x4.mul(y, s);
    return v128.andnot(f32x4.mul(f32x4.div(x, norm(x, y)), s), tiny);
  }
}

/** (x − y)(x + y) is 0·∞ where equal parts overflow; infinities are those of products. */
class SquareComplex {
  f<Copy>(out: usize, x: v128, y: v128): v128 {
    const half = f32x4.mul(x, y); // finite where 2x may not be
    const re = f32x4.mul(f32x4.sub(x, y), f32x4.add(x, y));
    put(out, re, f32x4.add(half, half));
    return re;
  }
  g(out: usize, x: v128, y: v128): void {
    const level = v128.and(f32x4.eq(f32x4.abs(x), f32x4.abs(y)), isFinite(x));
    put(out, choose(level, splat(0), realAt(out)), imagAt(out));
    recoverProduct(out, x, y, x, y);
  }
}

class Times {
  f(a: v128, b: v128): v128 {
    return times(a, b);
  }
}

class TimesComplex {
  f<Copy>(out: usize, a: v128, b: v128, c: v128, d: v128): v128 {
    const zero = v128.and(f32x4.eq(c, splat(0)), f32x4.eq(d, splat(0)));
    const re = f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, d));
    const im = f32x4.add(f32x4.mul(a, d), f32x4.mul(b, c));
    put(out, choose(zero, c, re), choose(zero, d, im));
    return re;
  }
  g(out: usize, a: v128, b: v128, c: v128, d: v128): void {
    recoverProduct(out, a, b, c, d);
  }
}

class Over {
  f(a: v128, b: v128): v128 {
    return choose(f32x4.eq(a, splat(0)), a, f32x4.div(a, b));
  }
}

class OverComplex {
  f(out: usize, a: v128, b: v128, c: v128, d: v128): void {
    putQuotient(out, a, b, c, d);
    const zero = v128.and(f32x4.eq(a, splat(0)), f32x4.eq(b, splat(0)));
    if (v128.any_true(zero)) {
      put(out, choose(zero, a, realAt(out)), choose(zero, b, imagAt(out)));
    }
  }
}

class Join {
  f(out: usize, x: v128, y: v128): void {
    put(out, x, y);
  }
}

class Conj {
  f(a: v128): v128 {
    return v128.xor(a, i64x2.splat(0x8000000000000000));
  }
}

class Real {
  f(x: v128, _y: v128): v128 {
    return x;
  }
}

class Imag {
  f(_x: v128, y: v128): v128 {
    return y;
  }
}

class Abs {
  f(a: v128): v128 {
    return f32x4.abs(a);
  }
}

class AbsComplex {
  f(x: v128, y: v128): v128 {
    const e = exponentOf(larger(x, y));
    const s = pow2(i32x4.neg(e));
    const r = f32x4.mul(f32x4.sqrt(norm(f32x4.mul(x, s), f32x4.mul(y, s))), pow2(e));
    if (!v128.any_true(isLost(r))) return r;
    // Infinite if a part is, even beside NaN.
    return choose(v128.or(isInfinite(x), isInfinite(y)), splat(f32.POSITIVE_INFINITY), r);
  }
}

class AbsSquared {
  f(x: v128, y: v128): v128 {
    return norm(x, y);
  }
}

/** One infinite part beside a finite one gives its direction. */
class Sgn {
  f<Copy>(out: usize, x: v128, y: v128): v128 {
    const m = larger(x, y);
    const s = pow2(i32x4.neg(exponentOf(m)));
    const p = f32x4.mul(x, s), q = f32x4.mul(y, s);
    const r = f32x4.sqrt(norm(p, q));
    const zero = f32x4.eq(r, splat(0));
    put(out, choose(zero, x, f32x4.div(p, r)), choose(zero, y, f32x4.div(q, r)));
    return r;
  }
  g(out: usize, x: v128, y: v128): void {
    const far = v128.or(isInfinite(x), isInfinite(y));
    const one = v128.and(far, v128.or(isFinite(x), isFinite(y)));
    const lost = v128.andnot(far, one), nan = splat(f32.NaN);
    put(
      out,
      choose(one, boxed(x), choose(lost, nan, realAt(out))),
      choose(one, boxed(y), choose(lost, nan, imagAt(out))),
    );
  }
}

/** ±1 where |x| > 0, else x itself: 0, −0 or NaN. */
class Sign {
  f(x: v128): v128 {
    const one = v128.or(v128.and(x, i32x4.splat(0x80000000)), splat(1));
    return choose(f32x4.gt(f32x4.abs(x), splat(0)), one, x);
  }
}

class FromIndex {
  f(k: v128): v128 {
    return f32x4.convert_i32x4_u(k);
  }
}

function toComplex(n: i32, out: usize, a: usize): void {
  for (let end = out + ((<usize> n) << 3); out < end; out += 32, a += 16) {
    put(out, v128.load(a), splat(0));
  }
}

/** Runs the function `op` of this file over a block of `n` elements. */
export function arithmetic(op: i32, n: i32, out: usize, a: usize, b: usize): void {
  switch (op) {
    case Fn.addReal:
      return map2<Add>(n, out, a, b);
    case Fn.addComplex:
      return map2<Add>(n << 1, out, a, b);
    case Fn.subReal:
      return map2<Sub>(n, out, a, b);
    case Fn.subComplex:
      return map2<Sub>(n << 1, out, a, b);
    case Fn.mulReal:
      return map2<Mul>(n, out, a, b);
    case Fn.mulComplex:
      return guarded2<MulComplex>(n, out, a, b);
    case Fn.divReal:
      return map2<Div>(n, out, a, b);
    case Fn.divComplex:
      return complex2<DivComplex>(n, out, a, b);
    case Fn.timesReal:
      return map2<Times>(n, out, a, b);
    case Fn.timesComplex:
      return guarded2<TimesComplex>(n, out, a, b);
    case Fn.overReal:
      return map2<Over>(n, out, a, b);
    case Fn.overComplex:
      return complex2<OverComplex>(n, out, a, b);
    case Fn.negReal:
      return map1<Neg>(n, out, a);
    case Fn.negComplex:
      return map1<Neg>(n << 1, out, a);
    case Fn.reciprocalReal:
      return map1<Reciprocal>(n, out, a);
    case Fn.reciprocalComplex:
      return complex1<ReciprocalComplex>(n, out, a);
    case Fn.inverseOrZero:
      return complex1<InverseOrZero>(n, out, a);
    case Fn.overSquares:
      return map2<OverSquares>(n, out, a, b);
    case Fn.squareReal:
      return map1<Square>(n, out, a);
    case Fn.squareComplex:
      return guarded1<SquareComplex>(n, out, a);
    case Fn.complex:
      return realsToComplex<Join>(n, out, a, b);
    case Fn.conj:
      return map1<Conj>(n << 1, out, a);
    case Fn.imag:
      return complexToReal<Imag>(n, out, a);
    case Fn.real:
      return complexToReal<Real>(n, out, a);
    case Fn.toComplex:
      return toComplex(n, out, a);
    case Fn.absComplex:
      return complexToReal<AbsComplex>(n, out, a);
    case Fn.absReal:
      return map1<Abs>(n, out, a);
    case Fn.absSquared:
      return complexToReal<AbsSquared>(n, out, a);
    case Fn.sgn:
      return guarded1<Sgn>(n, out, a);
    case Fn.sign:
      return map1<Sign>(n, out, a);
    case Fn.indexToReal:
      return map1<FromIndex>(n, out, a);
  }
}
