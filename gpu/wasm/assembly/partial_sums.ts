/** Sums of arrays that lie one after the other. */
import { word } from "./vector";

/**
 * out[i] = bias[i mod width] + Σ_p in[p · count + i] for one chunk of i.
 *
 * Words: in, out, bias (0 for none), count, parts, width, numbers in a chunk (a multiple of 4).
 */
export function partialSums(args: usize, chunk: i32, _scratch: usize): void {
  const source: usize = word(args, 0), target: usize = word(args, 1), bias: usize = word(args, 2);
  const count = word(args, 3), parts = word(args, 4), width = word(args, 5), size = word(args, 6);
  const first = chunk * size, last = min(first + size, count);
  const step: usize = <usize> count << 2;
  let i = first;
  for (; i + 4 <= last; i += 4) {
    let sum = f32x4.splat(0);
    if (bias) {
      const column = i % width;
      sum = column + 4 <= width ? v128.load(bias + (<usize> column << 2)) : f32x4(
        at(bias, i, width),
        at(bias, i + 1, width),
        at(bias, i + 2, width),
        at(bias, i + 3, width),
      );
    }
    let from = source + (<usize> i << 2);
    for (let p = 0; p < parts; p++, from += step) sum = f32x4.add(sum, v128.load(from));
    v128.store(target + (<usize> i << 2), sum);
  }
  for (; i < last; i++) {
    let sum: f32 = bias ? at(bias, i, width) : 0;
    let from = source + (<usize> i << 2);
    for (let p = 0; p < parts; p++, from += step) sum += load<f32>(from);
    store<f32>(target + (<usize> i << 2), sum);
  }
}

function at(bias: usize, i: i32, width: i32): f32 {
  return load<f32>(bias + (<usize> (i % width) << 2));
}
