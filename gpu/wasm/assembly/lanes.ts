/** Four lanes: choices, signs, powers of two, and interleaved complex numbers taken apart. */

/** The integers nearest to zero of numbers within ±2³¹; of others anything. */
export function truncate(x: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_trunc_f32x4_s(x);
  return i32x4.trunc_sat_f32x4_s(x);
}

export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** `yes` where all bits of the condition's lane are set, else `no`. */
export function choose(condition: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, condition);
}

/** −x, by its bit. */
export function negate(x: v128): v128 {
  return f32x4.neg(x);
}

/** |x| with the sign bit of s. */
export function withSign(x: v128, s: v128): v128 {
  return v128.bitselect(x, s, i32x4.splat(0x7fffffff));
}

/** All bits where x is NaN. */
export function isLost(x: v128): v128 {
  return f32x4.ne(x, x);
}

/** All bits where x is infinite. */
export function isInfinite(x: v128): v128 {
  return f32x4.eq(f32x4.abs(x), splat(f32.POSITIVE_INFINITY));
}

/** All bits where x is neither infinite nor NaN. */
export function isFinite(x: v128): v128 {
  return f32x4.lt(f32x4.abs(x), splat(f32.POSITIVE_INFINITY));
}

/** ±1 of an infinite number, else ±0. */
export function boxed(x: v128): v128 {
  return withSign(v128.and(isInfinite(x), splat(1)), x);
}

/** Whether one of four complex numbers is NaN in a part; true also of some infinite ones. */
export function anyLost(re: v128, im: v128): bool {
  return v128.any_true(isLost(f32x4.add(re, im)));
}

/** All bits where the sign bit is set. */
export function isMinus(x: v128): v128 {
  return i32x4.shr_s(x, 31);
}

/** 2^e for −126 ≤ e ≤ 127. */
export function pow2(e: v128): v128 {
  return i32x4.shl(i32x4.add(e, i32x4.splat(127)), 23);
}

/** floor(log2 |x|), kept within ±126. */
export function exponentOf(x: v128): v128 {
  const e = i32x4.sub(v128.and(i32x4.shr_u(x, 23), i32x4.splat(255)), i32x4.splat(127));
  return i32x4.max_s(i32x4.min_s(e, i32x4.splat(126)), i32x4.splat(-126));
}

/** max(|x|, |y|). */
export function larger(x: v128, y: v128): v128 {
  return f32x4.pmax(f32x4.abs(x), f32x4.abs(y));
}

/** x cut to 12 digits, so that a product of two such is exact. */
export function upperHalf(x: v128): v128 {
  return v128.and(x, i32x4.splat(0xfffff000));
}

/** a·b, but b where b is 0, even if a has overflowed. */
export function times(a: v128, b: v128): v128 {
  return choose(f32x4.eq(b, splat(0)), b, f32x4.mul(a, b));
}

/** x² + y². */
export function norm(x: v128, y: v128): v128 {
  return f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y));
}

/** The real parts of four complex numbers at p. */
export function realAt(p: usize): v128 {
  return v128.shuffle<f32>(v128.load(p), v128.load(p, 16), 0, 2, 4, 6);
}

/** The imaginary parts of four complex numbers at p. */
export function imagAt(p: usize): v128 {
  return v128.shuffle<f32>(v128.load(p), v128.load(p, 16), 1, 3, 5, 7);
}

/** Leaves four complex numbers at p. */
export function put(p: usize, re: v128, im: v128): void {
  v128.store(p, v128.shuffle<f32>(re, im, 0, 4, 1, 5));
  v128.store(p, v128.shuffle<f32>(re, im, 2, 6, 3, 7), 16);
}
