/** The loops by which `gpu.limits` knows what the engine can do at most. */
import { madd, word } from "./vector";

/**
 * out[i] = the sum of twelve chains x ← x·a + b, of four lanes each, for one chunk of i: as many as the
 * processor has registers for.
 *
 * Words: in (a, b and 62 first values), out, count, numbers in a chunk, multiply-adds of a chain (a
 * multiple of 4).
 */
export function multiplyAddChains(args: usize, chunk: i32, _scratch: usize): void {
  const source: usize = word(args, 0), target: usize = word(args, 1);
  const count = word(args, 2), size = word(args, 3), rounds = word(args, 4);
  const a = f32x4.splat(load<f32>(source)), b = f32x4.splat(load<f32>(source, 4));
  for (let i = chunk * size, last = min(i + size, count); i < last; i++) {
    let x0 = first(source, i, 0), x1 = first(source, i, 1), x2 = first(source, i, 2);
    let x3 = first(source, i, 3), x4 = first(source, i, 4), x5 = first(source, i, 5);
    let x6 = first(source, i, 6), x7 = first(source, i, 7), x8 = first(source, i, 8);
    let x9 = first(source, i, 9), x10 = first(source, i, 10), x11 = first(source, i, 11);
    for (let r = 0; r < rounds; r += 4) {
      x0 = four(x0, a, b);
      x1 = four(x1, a, b);
      x2 = four(x2, a, b);
      x3 = four(x3, a, b);
      x4 = four(x4, a, b);
      x5 = four(x5, a, b);
      x6 = four(x6, a, b);
      x7 = four(x7, a, b);
      x8 = four(x8, a, b);
      x9 = four(x9, a, b);
      x10 = four(x10, a, b);
      x11 = four(x11, a, b);
    }
    const s0 = f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3));
    const s1 = f32x4.add(f32x4.add(x4, x5), f32x4.add(x6, x7));
    const s2 = f32x4.add(f32x4.add(x8, x9), f32x4.add(x10, x11));
    const sum = f32x4.add(s0, f32x4.add(s1, s2));
    const low = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
    const high = f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
    store<f32>(target + (<usize> i << 2), low + high);
  }
}

function first(source: usize, i: i32, chain: i32): v128 {
  const value = load<f32>(source + (<usize> ((i + chain) % 62) << 2), 8);
  return f32x4.add(f32x4.splat(value), f32x4(0, 0.1, 0.2, 0.3));
}

// @ts-ignore: decorator

function four(x: v128, a: v128, b: v128): v128 {
  return madd(madd(madd(madd(x, a, b), a, b), a, b), a, b);
}

/**
 * Copies one chunk.
 *
 * Words: in, out, bytes, bytes in a chunk.
 */
export function copyBytes(args: usize, chunk: i32, _scratch: usize): void {
  const size: usize = word(args, 3), from: usize = chunk * size;
  memory.copy(word(args, 1) + from, word(args, 0) + from, min<usize>(size, word(args, 2) - from));
}
