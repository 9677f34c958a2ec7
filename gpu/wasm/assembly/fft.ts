/**
 * Passes of Stockham's Fourier transform; see ../../kernels/fft.ts. A group of `radix` numbers is itself
 * transformed by small passes in the thread's scratch, four or more groups side by side: real and
 * imaginary parts lie apart there, as [radix, batch].
 */
import { fftSubpasses } from "./fft_subpass";
import { madd } from "./vector";

/** The words of a job; a chunk is `size` batches. */
@unmanaged
export class FftPass {
  groups: i32;
  radix: i32;
  /** Between the numbers of a group before and after, and the unit of its turns in the table. */
  step: i32;
  stride: i32;
  unit: i32;
  realIn: i32;
  realOut: i32;
  /** The last pass turns nothing. */
  last: i32;
  /** Groups side by side, a multiple of 4. */
  batch: i32;
  size: i32;
  in0: usize;
  table: usize;
  out0: usize;
  /** The small passes: their number, then radix and the place of the turns of each. */
  plan: usize;
  scaleRe: f32;
  scaleIm: f32;
  signOut: f32;
}

/** Tables longer than this are read as products of two turns, that few lines of them are touched. */
const LONG: i32 = 1 << 14;
const FINE: i32 = 1023;

export function fftPass(args: usize, chunk: i32, scratch: usize): void {
  const f = changetype<FftPass>(args);
  const end = min((chunk + 1) * f.size * f.batch, f.groups);
  for (let first = chunk * f.size * f.batch; first < end; first += f.batch) {
    const count = min(f.batch, f.groups - first);
    // Lanes without a group repeat the last one and are not written.
    for (let b = 0; b < f.batch; b += 4) readFour(f, first + min(b, count - 1), scratch + 4 * b);
    const done = fftSubpasses(f.plan, f.radix, f.batch, scratch);
    for (let b = 0; b < count; b += 4) {
      const lanes = done + 4 * <usize> b;
      if (!f.last) turnFour(f, first + b, lanes);
      writeFour(f, first + b, min(4, count - b), lanes);
    }
  }
}

/** The first number of a group. */
function source(f: FftPass, group: i32): i32 {
  const g = min(group, f.groups - 1);
  return g + g / f.step * f.step * (f.radix - 1);
}

/** Where the first number of a group goes. */
function target(f: FftPass, group: i32): i32 {
  const block = group / f.step, p = (group - block * f.step) / f.stride;
  return group + (block * f.step + p * f.stride) * (f.radix - 1);
}

/** The numbers of four groups → lanes of [radix, batch], real parts and behind them imaginary ones. */
function readFour(f: FftPass, group: i32, re: usize): void {
  const a = source(f, group), b = source(f, group + 1), c = source(f, group + 2);
  const d = source(f, group + 3);
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  const scaleRe = f32x4.splat(f.scaleRe), scaleIm = f32x4.splat(f.scaleIm);
  const shift = f.realIn ? 2 : 3;
  const step: usize = <usize> f.step << shift;
  let pa: usize = f.in0 + (<usize> a << shift), pb: usize = f.in0 + (<usize> b << shift);
  let pc: usize = f.in0 + (<usize> c << shift), pd: usize = f.in0 + (<usize> d << shift);
  const end = re + behind;
  const together = b - a == 1 && c - a == 2 && d - a == 3;
  if (f.realIn) {
    const zero = f32x4.splat(0);
    for (; re < end; re += row) {
      const x = together
        ? v128.load(pa)
        : f32x4(load<f32>(pa), load<f32>(pb), load<f32>(pc), load<f32>(pd));
      v128.store(re, f32x4.mul(x, scaleRe));
      v128.store(re + behind, zero);
      pa += step;
      pb += step;
      pc += step;
      pd += step;
    }
    return;
  }
  if (together) {
    for (; re < end; re += row, pa += step) {
      const x = v128.load(pa), y = v128.load(pa, 16);
      v128.store(re, f32x4.mul(v128.shuffle<f32>(x, y, 0, 2, 4, 6), scaleRe));
      v128.store(re + behind, f32x4.mul(v128.shuffle<f32>(x, y, 1, 3, 5, 7), scaleIm));
    }
    return;
  }
  if (f.step == 1) {
    for (; re + row < end; re += 2 * row) {
      const x = v128.load(pa), y = v128.load(pb), z = v128.load(pc), w = v128.load(pd);
      const xy = v128.shuffle<f32>(x, y, 0, 4, 2, 6), zw = v128.shuffle<f32>(z, w, 0, 4, 2, 6);
      const uv = v128.shuffle<f32>(x, y, 1, 5, 3, 7), st = v128.shuffle<f32>(z, w, 1, 5, 3, 7);
      v128.store(re, f32x4.mul(v128.shuffle<i64>(xy, zw, 0, 2), scaleRe));
      v128.store(re + behind, f32x4.mul(v128.shuffle<i64>(uv, st, 0, 2), scaleIm));
      v128.store(re + row, f32x4.mul(v128.shuffle<i64>(xy, zw, 1, 3), scaleRe));
      v128.store(re + row + behind, f32x4.mul(v128.shuffle<i64>(uv, st, 1, 3), scaleIm));
      pa += 16;
      pb += 16;
      pc += 16;
      pd += 16;
    }
  }
  for (; re < end; re += row) {
    const x = v128.load_lane<u64>(pb, v128.load_zero<u64>(pa), 1);
    const y = v128.load_lane<u64>(pd, v128.load_zero<u64>(pc), 1);
    v128.store(re, f32x4.mul(v128.shuffle<f32>(x, y, 0, 2, 4, 6), scaleRe));
    v128.store(re + behind, f32x4.mul(v128.shuffle<f32>(x, y, 1, 3, 5, 7), scaleIm));
    pa += step;
    pb += step;
    pc += step;
    pd += step;
  }
}

/** A turn of the table. */
function turnAt(f: FftPass, at: i32): v128 {
  return v128.load_zero<u64>(f.table + (<usize> at << 3));
}

/** A turn as the product of a coarse and a fine one. */
function longTurn(f: FftPass, at: i32): v128 {
  const a = turnAt(f, at & ~FINE), b = turnAt(f, at & FINE);
  const same = f32x4.mul(v128.shuffle<f32>(a, a, 0, 0, 2, 2), b);
  const cross = f32x4.mul(v128.shuffle<f32>(a, a, 1, 1, 3, 3), v128.shuffle<f32>(b, b, 1, 0, 3, 2));
  return f32x4.add(same, f32x4.mul(cross, f32x4(-1, 1, -1, 1)));
}

/** Multiplies number j of each of four groups by e^{−2πi jp·unit/n}. */
function turnFour(f: FftPass, group: i32, re: usize): void {
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  // Lanes behind the last group turn by what the last one turns.
  const g = f.groups - 1;
  const a = group % f.step / f.stride * f.unit, b = min(group + 1, g) % f.step / f.stride * f.unit;
  const c = min(group + 2, g) % f.step / f.stride * f.unit;
  const d = min(group + 3, g) % f.step / f.stride * f.unit;
  if (a + b + c + d == 0) return;
  const long = f.step / f.stride * f.radix * f.unit > LONG;
  const alike = a == d && a == b && a == c;
  let at = re + row;
  for (let j = 1; j < f.radix; j++, at += row) {
    let cos: v128, sin: v128;
    if (alike) {
      const t = long ? longTurn(f, j * a) : turnAt(f, j * a);
      cos = v128.shuffle<f32>(t, t, 0, 0, 0, 0);
      sin = v128.shuffle<f32>(t, t, 1, 1, 1, 1);
    } else {
      const ta = long ? longTurn(f, j * a) : turnAt(f, j * a);
      const tb = long ? longTurn(f, j * b) : turnAt(f, j * b);
      const tc = long ? longTurn(f, j * c) : turnAt(f, j * c);
      const td = long ? longTurn(f, j * d) : turnAt(f, j * d);
      const ab = v128.shuffle<f32>(ta, tb, 0, 4, 1, 5), cd = v128.shuffle<f32>(tc, td, 0, 4, 1, 5);
      cos = v128.shuffle<i64>(ab, cd, 0, 2);
      sin = v128.shuffle<i64>(ab, cd, 1, 3);
    }
    const x = v128.load(at), y = v128.load(at + behind);
    v128.store(at, f32x4.sub(f32x4.mul(cos, x), f32x4.mul(sin, y)));
    v128.store(at + behind, madd(cos, y, f32x4.mul(sin, x)));
  }
}

/** Writes one lane of [radix, batch] as the numbers of a group. */
function writeLane(f: FftPass, group: i32, re: usize): void {
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  const shift = f.realOut ? 2 : 3;
  const stride: usize = <usize> f.stride << shift;
  let to = f.out0 + (<usize> target(f, group) << shift);
  for (const end = re + behind; re < end; re += row, to += stride) {
    store<f32>(to, load<f32>(re));
    if (!f.realOut) store<f32>(to, f.signOut * load<f32>(re + behind), 4);
  }
}

/** Writes lanes of [radix, batch] as the numbers of the `count` groups from `group` on. */
function writeFour(f: FftPass, group: i32, count: i32, re: usize): void {
  if (count < 4) {
    for (let b = 0; b < count; b++) writeLane(f, group + b, re + 4 * b);
    return;
  }
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  const end = re + behind;
  const a = target(f, group), b = target(f, group + 1), c = target(f, group + 2);
  const d = target(f, group + 3);
  const sign = f32x4.splat(f.signOut);
  if (b - a == 1 && c - a == 2 && d - a == 3) {
    if (f.realOut) {
      let to = f.out0 + (<usize> a << 2);
      for (; re < end; re += row, to += <usize> f.stride << 2) v128.store(to, v128.load(re));
      return;
    }
    let to = f.out0 + (<usize> a << 3);
    for (; re < end; re += row, to += <usize> f.stride << 3) {
      const x = v128.load(re), y = f32x4.mul(sign, v128.load(re + behind));
      v128.store(to, v128.shuffle<f32>(x, y, 0, 4, 1, 5));
      v128.store(to, v128.shuffle<f32>(x, y, 2, 6, 3, 7), 16);
    }
    return;
  }
  if (f.stride != 1 || f.realOut || f.radix % 2 != 0) {
    for (let k = 0; k < 4; k++) writeLane(f, group + k, re + 4 * k);
    return;
  }
  let pa: usize = f.out0 + (<usize> a << 3), pb: usize = f.out0 + (<usize> b << 3);
  let pc: usize = f.out0 + (<usize> c << 3), pd: usize = f.out0 + (<usize> d << 3);
  for (; re < end; re += 2 * row) {
    const x = v128.load(re), y = f32x4.mul(sign, v128.load(re + behind));
    const z = v128.load(re + row), w = f32x4.mul(sign, v128.load(re + row + behind));
    const xy = v128.shuffle<f32>(x, y, 0, 4, 1, 5), zw = v128.shuffle<f32>(z, w, 0, 4, 1, 5);
    const uv = v128.shuffle<f32>(x, y, 2, 6, 3, 7), st = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
    v128.store(pa, v128.shuffle<i64>(xy, zw, 0, 2));
    v128.store(pb, v128.shuffle<i64>(xy, zw, 1, 3));
    v128.store(pc, v128.shuffle<i64>(uv, st, 0, 2));
    v128.store(pd, v128.shuffle<i64>(uv, st, 1, 3));
    pa += 16;
    pb += 16;
    pc += 16;
    pd += 16;
  }
}
