/** The passes of batch norms that map every element by its channel's matrices. */
import { Channels, swapped } from "./channels";
import { column, cross, mixed, number, same, scale, turned, turnedBack, write } from "./frame";
import { madd } from "./vector";

/** The diagonal of a real 2×2 matrix by rows, for two complex numbers. */
function diagonal(a: v128): v128 {
  return v128.shuffle<f32>(a, a, 0, 3, 0, 3);
}

/** The off-diagonal of a real 2×2 matrix by rows, for two complex numbers. */
function beside(a: v128): v128 {
  return v128.shuffle<f32>(a, a, 1, 2, 1, 2);
}

/**
 * in0: x, in1: μ, β, A by rows and a frame for each channel → out0: A (x − μ) + β, or A p + β where there
 * is a frame, for `size` numbers.
 */
export function channelAffine(args: usize, chunk: i32, _scratch: usize): void {
  const d = changetype<Channels>(args);
  const x = d.in0, table = d.in1, y = d.out0;
  const first = chunk * d.size, end = min(first + d.size, d.n * d.channels * d.inner);
  const inner = d.inner;
  const row = first / inner;
  let channel = row % d.channels;
  let at = x + 8 * <usize> first;
  const to = y - x;
  const stop = x + 8 * <usize> end;
  let rowEnd = x + 8 * <usize> (row + 1) * <usize> inner;
  while (at < stop) {
    const t = table + 64 * <usize> channel;
    const mean = v128.load_splat<u64>(t), beta = v128.load_splat<u64>(t, 8), a = v128.load(t, 16);
    const same = diagonal(a), cross = beside(a);
    const last = min(rowEnd, stop);
    if (load<f32>(t, 32) != 0) at = turnedAffine(at, last, to, t);
    for (; at + 32 <= last; at += 32) {
      const d0 = f32x4.sub(v128.load(at), mean), d1 = f32x4.sub(v128.load(at, 16), mean);
      v128.store(at + to, madd(cross, swapped(d0), madd(same, d0, beta)));
      v128.store(at + to, madd(cross, swapped(d1), madd(same, d1, beta)), 16);
    }
    for (; at < last; at += 8) {
      const d0 = f32x4.sub(v128.load_zero<u64>(at), mean);
      v128.store_lane<u64>(at + to, madd(cross, swapped(d0), madd(same, d0, beta)), 0);
    }
    rowEnd += 8 * <usize> inner;
    if (++channel == d.channels) channel = 0;
  }
}

/** The numbers from `at` to `last` of a channel with a frame: A p + β, in float64. Gives `last`. */
function turnedAffine(at: usize, last: usize, to: usize, t: usize): usize {
  const mean = number(t), beta = number(t + 8), frame = t + 32, centre = number(frame + 16);
  const size = scale(frame), re = f64x2.mul(same(frame), size), im = f64x2.mul(cross(frame), size);
  const a0 = column(t + 16, 0), a1 = column(t + 16, 1);
  for (; at < last; at += 8) {
    const p = f64x2.sub(turned(f64x2.sub(number(at), mean), re, im), centre);
    write(at + to, mixed(a0, a1, p, beta));
  }
  return at;
}

/**
 * in0: x, in1: gy, in2: μ, ḡ, A and B by rows and a frame for each channel → out0: A (gy − ḡ) + B (x − μ),
 * which is along the axes of the frame where there is one, for `size` numbers.
 */
export function channelGradient(args: usize, chunk: i32, _scratch: usize): void {
  const d = changetype<Channels>(args);
  const x = d.in0, gy = d.in1, table = d.in2, gx = d.out0;
  const first = chunk * d.size, end = min(first + d.size, d.n * d.channels * d.inner);
  const inner = d.inner;
  const row = first / inner;
  let channel = row % d.channels;
  let at = x + 8 * <usize> first;
  const to = gx - x, g = gy - x;
  const stop = x + 8 * <usize> end;
  let rowEnd = x + 8 * <usize> (row + 1) * <usize> inner;
  while (at < stop) {
    const t = table + 80 * <usize> channel;
    const mean = v128.load_splat<u64>(t), meanG = v128.load_splat<u64>(t, 8);
    const a = v128.load(t, 16), b = v128.load(t, 32);
    const sameA = diagonal(a), crossA = beside(a), sameB = diagonal(b), crossB = beside(b);
    const last = min(rowEnd, stop);
    if (load<f32>(t, 48) != 0) at = turnedGradient(at, last, g, to, t);
    for (; at + 32 <= last; at += 32) {
      const d0 = f32x4.sub(v128.load(at), mean), d1 = f32x4.sub(v128.load(at, 16), mean);
      const g0 = f32x4.sub(v128.load(at + g), meanG), g1 = f32x4.sub(v128.load(at + g, 16), meanG);
      const y0 = madd(sameB, d0, f32x4.mul(sameA, g0)), y1 = madd(sameB, d1, f32x4.mul(sameA, g1));
      const z0 = madd(crossB, swapped(d0), madd(crossA, swapped(g0), y0));
      const z1 = madd(crossB, swapped(d1), madd(crossA, swapped(g1), y1));
      v128.store(at + to, z0);
      v128.store(at + to, z1, 16);
    }
    for (; at < last; at += 8) {
      const d0 = f32x4.sub(v128.load_zero<u64>(at), mean);
      const g0 = f32x4.sub(v128.load_zero<u64>(at + g), meanG);
      const y0 = madd(sameB, d0, f32x4.mul(sameA, g0));
      v128.store_lane<u64>(at + to, madd(crossB, swapped(d0), madd(crossA, swapped(g0), y0)), 0);
    }
    rowEnd += 8 * <usize> inner;
    if (++channel == d.channels) channel = 0;
  }
}

/** The numbers from `at` to `last` of a channel with a frame, in float64. Gives `last`. */
function turnedGradient(at: usize, last: usize, g: usize, to: usize, t: usize): usize {
  const mean = number(t), meanG = number(t + 8), frame = t + 48, centre = number(frame + 16);
  const size = scale(frame), re = same(frame), im = cross(frame);
  const a0 = column(t + 16, 0), a1 = column(t + 16, 1);
  const b0 = column(t + 32, 0), b1 = column(t + 32, 1);
  for (; at < last; at += 8) {
    const d = f64x2.mul(f64x2.sub(number(at), mean), size);
    const p = f64x2.sub(turned(d, re, im), centre);
    const h = f64x2.sub(turned(number(at + g), re, im), meanG);
    write(at + to, turnedBack(mixed(a0, a1, h, mixed(b0, b1, p, f64x2.splat(0))), re, im));
  }
  return at;
}
