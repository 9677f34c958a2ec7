/**
 * Passes of Stockham's Fourier transform; see ../../kernels/transforms/fft.ts. A butterfly of `radix`
 * numbers is itself transformed by small passes in the thread's scratch, four or more butterflies side by
 * side: real and imaginary parts lie apart there, as [radix, batch].
 */
import { fftSubpasses } from "./fft_subpass";
import { madd, nmadd } from "./vector";

/** The words of a job; a chunk is `size` batches. */
@unmanaged
export class FftPass {
  butterflies: i32;
  radix: i32;
  /** Between the numbers of a butterfly before and after, and the unit of its twiddles in the table. */
  step: i32;
  stride: i32;
  unit: i32;
  realIn: i32;
  realOut: i32;
  /** The last pass has no twiddles. */
  last: i32;
  /** Butterflies side by side, a multiple of 4. */
  batch: i32;
  size: i32;
  in0: usize;
  table: usize;
  out0: usize;
  /** The passes of a butterfly: their number, then the radix and the offset of the twiddles of each. */
  subpasses: usize;
  scaleRe: f32;
  scaleIm: f32;
  signOut: f32;
}

/** Twiddles of one digit. */
const BASE: i32 = 32;

export function fftPass(args: usize, chunk: i32, scratch: usize): void {
  const f = changetype<FftPass>(args);
  const end = min((chunk + 1) * f.size * f.batch, f.butterflies);
  for (let first = chunk * f.size * f.batch; first < end; first += f.batch) {
    const count = min(f.batch, f.butterflies - first), last = first + f.batch - 1;
    const whole = count == f.batch;
    if (whole && !f.realIn && source(f, last) - source(f, first) == f.batch - 1) {
      readRows(f, first, scratch);
    } else {
      // Lanes without a butterfly repeat the last one and are not written.
      for (let b = 0; b < f.batch; b += 4) readFour(f, first + min(b, count - 1), scratch + 4 * b);
    }
    const done = fftSubpasses(f.subpasses, f.radix, f.batch, scratch);
    if (!f.last) {
      const room = scratch + (<usize> (f.radix * f.batch) << 4);
      for (let b = 0; b < count; b += 4) twiddleFour(f, first + b, done + 4 * b, room);
    }
    if (whole && !f.realOut && target(f, last) - target(f, first) == f.batch - 1) {
      writeRows(f, first, done);
    } else {
      for (let b = 0; b < count; b += 4) writeFour(f, first + b, min(4, count - b), done + 4 * b);
    }
  }
}

/** Reads a batch of butterflies whose numbers lie beside one another, row by row. */
function readRows(f: FftPass, butterfly: i32, re: usize): void {
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  const scaleRe = f32x4.splat(f.scaleRe), scaleIm = f32x4.splat(f.scaleIm);
  const skip: usize = <usize> (f.step - f.batch) << 3;
  let at: usize = f.in0 + (<usize> source(f, butterfly) << 3);
  for (const end = re + behind; re < end; at += skip) {
    for (const last = re + row; re < last; re += 16, at += 32) {
      const x = v128.load(at), y = v128.load(at, 16);
      v128.store(re, f32x4.mul(v128.shuffle<f32>(x, y, 0, 2, 4, 6), scaleRe));
      v128.store(re + behind, f32x4.mul(v128.shuffle<f32>(x, y, 1, 3, 5, 7), scaleIm));
    }
  }
}

/** Writes such a batch. */
function writeRows(f: FftPass, butterfly: i32, re: usize): void {
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  const sign = f32x4.splat(f.signOut);
  const skip: usize = <usize> (f.stride - f.batch) << 3;
  let to: usize = f.out0 + (<usize> target(f, butterfly) << 3);
  for (const end = re + behind; re < end; to += skip) {
    for (const last = re + row; re < last; re += 16, to += 32) {
      const x = v128.load(re), y = f32x4.mul(sign, v128.load(re + behind));
      v128.store(to, v128.shuffle<f32>(x, y, 0, 4, 1, 5));
      v128.store(to, v128.shuffle<f32>(x, y, 2, 6, 3, 7), 16);
    }
  }
}

/** The first number of a butterfly. */
function source(f: FftPass, butterfly: i32): i32 {
  const g = min(butterfly, f.butterflies - 1);
  return g + g / f.step * f.step * (f.radix - 1);
}

/** Where the first number of a butterfly goes. */
function target(f: FftPass, butterfly: i32): i32 {
  const block = butterfly / f.step, p = (butterfly - block * f.step) / f.stride;
  return butterfly + (block * f.step + p * f.stride) * (f.radix - 1);
}

/** The numbers of four butterflies → lanes of [radix, batch], real parts and behind them imaginary ones. */
function readFour(f: FftPass, butterfly: i32, re: usize): void {
  const a = source(f, butterfly), b = source(f, butterfly + 1), c = source(f, butterfly + 2);
  const d = source(f, butterfly + 3);
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

/** The twiddles of four lanes, as cosines at `to` and sines behind them. */
function gatherTwiddles(f: FftPass, a: i32, b: i32, c: i32, d: i32, to: usize): void {
  const ta = v128.load_zero<u64>(f.table + (<usize> a << 3));
  const tb = v128.load_zero<u64>(f.table + (<usize> b << 3));
  const tc = v128.load_zero<u64>(f.table + (<usize> c << 3));
  const td = v128.load_zero<u64>(f.table + (<usize> d << 3));
  const ab = v128.shuffle<f32>(ta, tb, 0, 4, 1, 5), cd = v128.shuffle<f32>(tc, td, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 16);
}

/**
 * Multiplies number j of each of four butterflies by e^{−2πi jp·unit/n}: the product of the twiddles of j's
 * digits in base 32, of which few are needed.
 */
function twiddleFour(f: FftPass, butterfly: i32, re: usize, room: usize): void {
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  // Lanes behind the last butterfly take its twiddles.
  const g = f.butterflies - 1;
  const a = butterfly % f.step / f.stride * f.unit,
    b = min(butterfly + 1, g) % f.step / f.stride * f.unit;
  const c = min(butterfly + 2, g) % f.step / f.stride * f.unit;
  const d = min(butterfly + 3, g) % f.step / f.stride * f.unit;
  if ((a | b | c | d) == 0) return;
  const fine = min(BASE, f.radix);
  for (let j = 0; j < fine; j++) {
    gatherTwiddles(f, j * a, j * b, j * c, j * d, room + (<usize> j << 5));
  }
  let at = re;
  for (let j = 0; j < f.radix; j += BASE) {
    const coarse = room + (<usize> BASE << 5);
    gatherTwiddles(f, j * a, j * b, j * c, j * d, coarse);
    const cosine = v128.load(coarse), sine = v128.load(coarse, 16);
    const last = room + (<usize> min(BASE, f.radix - j) << 5);
    for (let t = room; t < last; t += 32, at += row) {
      let cos = v128.load(t), sin = v128.load(t, 16);
      if (j > 0) {
        const next = nmadd(sine, sin, f32x4.mul(cosine, cos));
        sin = madd(sine, cos, f32x4.mul(cosine, sin));
        cos = next;
      }
      const x = v128.load(at), y = v128.load(at + behind);
      v128.store(at, nmadd(sin, y, f32x4.mul(cos, x)));
      v128.store(at + behind, madd(sin, x, f32x4.mul(cos, y)));
    }
  }
}

/** Writes one lane of [radix, batch] as the numbers of a butterfly. */
function writeLane(f: FftPass, butterfly: i32, re: usize): void {
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  const shift = f.realOut ? 2 : 3;
  const stride: usize = <usize> f.stride << shift;
  let to = f.out0 + (<usize> target(f, butterfly) << shift);
  for (const end = re + behind; re < end; re += row, to += stride) {
    store<f32>(to, load<f32>(re));
    if (!f.realOut) store<f32>(to, f.signOut * load<f32>(re + behind), 4);
  }
}

/** Writes lanes of [radix, batch] as the numbers of the `count` butterflies from `butterfly` on. */
function writeFour(f: FftPass, butterfly: i32, count: i32, re: usize): void {
  if (count < 4) {
    for (let b = 0; b < count; b++) writeLane(f, butterfly + b, re + 4 * b);
    return;
  }
  const row: usize = <usize> f.batch << 2;
  const behind: usize = row * <usize> f.radix;
  const end = re + behind;
  const a = target(f, butterfly), b = target(f, butterfly + 1), c = target(f, butterfly + 2);
  const d = target(f, butterfly + 3);
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
    for (let k = 0; k < 4; k++) writeLane(f, butterfly + k, re + 4 * k);
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
