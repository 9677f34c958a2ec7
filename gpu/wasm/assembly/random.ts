/**
 * Random numbers over blocks: Philox4x32-10 on four counters at a time, with the bits of
 * `gpu/functions/random.ts`.
 */
import { Fn } from "../function_opcodes";
import { quarterCos, quarterSin } from "./angle";
import { exp, log } from "./exponential";
import { put, splat, truncate } from "./lanes";

/** The upper 32 bits of 64-bit products. */
function mulHigh(a: v128, b: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(a, b), high = i64x2.extmul_high_i32x4_u(a, b);
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** The second word of the last {@link philox}. */
let secondWord: v128 = i32x4.splat(0);

/** The first word of Philox4x32-10 for the counters (index, stream, 0, 0). */
function philox(index: v128, stream: v128, key0: v128, key1: v128): v128 {
  const m0 = i32x4.splat(0xd2511f53), m1 = i32x4.splat(0xcd9e8d57);
  let c0 = index, c1 = stream, c2 = i32x4.splat(0), c3 = i32x4.splat(0);
  for (let round = 0; round < 10; round++) {
    const n0 = v128.xor(v128.xor(mulHigh(m1, c2), c1), key0), n1 = i32x4.mul(m1, c2);
    const n2 = v128.xor(v128.xor(mulHigh(m0, c0), c3), key1), n3 = i32x4.mul(m0, c0);
    c0 = n0;
    c1 = n1;
    c2 = n2;
    c3 = n3;
    key0 = i32x4.add(key0, i32x4.splat(0x9e3779b9));
    key1 = i32x4.add(key1, i32x4.splat(0xbb67ae85));
  }
  secondWord = c1;
  return c0;
}

/** A multiple of 2⁻²⁴ in [0, 1). */
function uniform(w: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(w, 8)), splat(5.9604645e-8));
}

/** √(−ln u) of the first word, where u lies in (0, 1]. */
function radius(w: v128): v128 {
  const k = i32x4.add(i32x4.shr_u(w, 8), i32x4.splat(1));
  const u = f32x4.mul(f32x4.convert_i32x4_u(k), splat(5.9604645e-8));
  return f32x4.sqrt(f32x4.neg(log(u)));
}

/** The standard normal number whose words are at hand. */
function normal(w: v128): v128 {
  const v = f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(secondWord, 8)), splat(2.3841858e-7));
  const q = f32x4.nearest(v);
  const r = f32x4.mul(f32x4.sub(v, q), splat(1.57079633));
  return f32x4.mul(splat(1.41421356), f32x4.mul(radius(w), quarterCos(r, truncate(q))));
}

/** Below a mean of 32 the distribution function is searched for u; its first value is at hand. */
function fewLane(out: usize, mean: f32, first: f32, u: f32): void {
  if (!(mean < 32)) return;
  let count: f32 = 0, chance = first, total = first;
  while (u >= total && (count < mean || chance > 1e-8)) {
    count += 1;
    chance *= mean / count;
    total += chance;
  }
  store<f32>(out, count);
}

/** From a mean of 32 on: a quantile of the normal number w (Giles, 2016). */
function many(mean: v128, w: v128): v128 {
  const root = f32x4.sqrt(mean), square = f32x4.mul(w, w);
  const a = f32x4.add(f32x4.mul(square, splat(0.166666667)), splat(0.333333333));
  const b = f32x4.add(f32x4.mul(square, splat(0.0138888889)), splat(0.0277777778));
  const skew = f32x4.sub(a, f32x4.div(f32x4.mul(w, b), root));
  return f32x4.floor(f32x4.add(f32x4.add(f32x4.mul(root, w), mean), skew));
}

/** Runs the function `op` of this file over a block; `means` are Poisson's only. */
export function random(
  op: i32,
  n: i32,
  out: usize,
  index: usize,
  stream: usize,
  key0: usize,
  key1: usize,
  means: usize,
): void {
  const step: usize = op == Fn.normalComplex ? 32 : 16;
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 16, out += step) {
    const w = philox(
      v128.load(index + i),
      v128.load(stream + i),
      v128.load(key0 + i),
      v128.load(key1 + i),
    );
    if (op == Fn.uniformReal) v128.store(out, uniform(w));
    else if (op == Fn.normalReal) v128.store(out, normal(w));
    else if (op == Fn.normalComplex) {
      const v = f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(secondWord, 8)), splat(2.3841858e-7));
      const q = f32x4.nearest(v);
      const r = f32x4.mul(f32x4.sub(v, q), splat(1.57079633));
      const size = radius(w), turn = truncate(q);
      put(out, f32x4.mul(size, quarterCos(r, turn)), f32x4.mul(size, quarterSin(r, turn)));
    } else if (op == Fn.poisson) {
      const mean = v128.load(means + i);
      const first = exp(f32x4.neg(mean)), u = uniform(w);
      v128.store(out, many(mean, normal(w)));
      fewLane(
        out,
        f32x4.extract_lane(mean, 0),
        f32x4.extract_lane(first, 0),
        f32x4.extract_lane(u, 0),
      );
      fewLane(
        out + 4,
        f32x4.extract_lane(mean, 1),
        f32x4.extract_lane(first, 1),
        f32x4.extract_lane(u, 1),
      );
      fewLane(
        out + 8,
        f32x4.extract_lane(mean, 2),
        f32x4.extract_lane(first, 2),
        f32x4.extract_lane(u, 2),
      );
      fewLane(
        out + 12,
        f32x4.extract_lane(mean, 3),
        f32x4.extract_lane(first, 3),
        f32x4.extract_lane(u, 3),
      );
    }
  }
}
