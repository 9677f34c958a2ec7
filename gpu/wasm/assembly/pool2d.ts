/** Poolings over windows of planes; see ../../kernels/windows/pool2d.ts and windows.ts. */

/** The words of a pooling's geometry; a chunk is `size` rows of outputs, or `size` planes. */
@unmanaged
class Pooling {
  planes: i32;
  inHeight: i32;
  inWidth: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  paddingHeight: i32;
  paddingWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  size: i32;
  in0: usize;
  in1: usize;
  out0: usize;
  out1: usize;
  /** Words of a number; of averages also whether padding counts, whether there is a divisor, and it. */
  countPadding: i32;
  divides: i32;
  words: i32;
  divisor: f32;
}

/** The index of the winner of a window that lies in the padding altogether. */
const NO_WINNER: i32 = -1;

/** Squares between these come of parts that need no scaling: neither over- nor underflow is near. */
const SMALL: f32 = 3.3087224502121107e-24; // 2^−78
const LARGE: f32 = 3.3230699894622897e+35; // 2^118

/** The first of the numbers of largest modulus in a window, as its place in the plane. */
function winner(s: Pooling, plane: usize, top: i32, left: i32): i32 {
  let best: f32 = -1;
  let index = NO_WINNER;
  for (let a = 0, h = top; a < s.kernelHeight; a++, h += s.dilationHeight) {
    if (h < 0 || h >= s.inHeight) continue;
    for (let b = 0, w = left; b < s.kernelWidth; b++, w += s.dilationWidth) {
      if (w < 0 || w >= s.inWidth) continue;
      const k = h * s.inWidth + w;
      const z = plane + (<usize> k << 3);
      const re = load<f32>(z), im = load<f32>(z, 4);
      const square = re * re + im * im;
      if (square != square) return k; // the first NaN wins
      if (square > best) {
        best = square;
        index = k;
      } else if (index == NO_WINNER) index = k;
    }
  }
  if (index == NO_WINNER || (best >= SMALL && best <= LARGE)) return index;
  return scaledWinner(s, plane, top, left, index);
}

/** The same where squares may have over- or underflown, scaled by a power of two. */
function scaledWinner(s: Pooling, plane: usize, top: i32, left: i32, first: i32): i32 {
  let largest: f32 = 0;
  let factor: f32 = 0;
  let best: f32 = -1;
  let index = first;
  for (let round = 0; round < 2; round++) {
    let started = false;
    for (let a = 0, h = top; a < s.kernelHeight; a++, h += s.dilationHeight) {
      if (h < 0 || h >= s.inHeight) continue;
      for (let b = 0, w = left; b < s.kernelWidth; b++, w += s.dilationWidth) {
        if (w < 0 || w >= s.inWidth) continue;
        const k = h * s.inWidth + w;
        const z = plane + (<usize> k << 3);
        const re = abs(load<f32>(z)), im = abs(load<f32>(z, 4));
        if (round == 0) {
          largest = max(largest, max(re, im));
          continue;
        }
        if (!started) index = k;
        started = true;
        const fr = factor * re, fi = factor * im;
        const square = fr * fr + fi * fi;
        if (square > best) {
          best = square;
          index = k;
        }
      }
    }
    factor = largest > <f32> 1152921504606846976 // 2^60
      ? <f32> 8.470329472543003e-22 // 2^−70
      : largest < <f32> 9.094947017729282e-13 && largest > 0 // 2^−40
      ? <f32> 1.2089258196146292e+24 // 2^80
      : 1;
  }
  return index;
}

/** The same of real numbers: the first of the greatest. */
function greatest(s: Pooling, plane: usize, top: i32, left: i32): i32 {
  let best: f32 = 0;
  let index = NO_WINNER;
  for (let a = 0, h = top; a < s.kernelHeight; a++, h += s.dilationHeight) {
    if (h < 0 || h >= s.inHeight) continue;
    for (let b = 0, w = left; b < s.kernelWidth; b++, w += s.dilationWidth) {
      if (w < 0 || w >= s.inWidth) continue;
      const k = h * s.inWidth + w;
      const x = load<f32>(plane + (<usize> k << 2));
      if (x != x) return k;
      if (x > best || index == NO_WINNER) {
        best = x;
        index = k;
      }
    }
  }
  return index;
}

/** The greatest of the windows of `last − first` rows of real outputs. */
function takeGreatest(s: Pooling, first: i32, last: i32): void {
  for (let row = first; row < last; row++) {
    const plane = s.in0 + (<usize> (row / s.outHeight * s.inHeight * s.inWidth) << 2);
    const top = row % s.outHeight * s.strideHeight - s.paddingHeight;
    for (let j = 0, left = -s.paddingWidth; j < s.outWidth; j++, left += s.strideWidth) {
      const k = greatest(s, plane, top, left);
      const o = <usize> (row * s.outWidth + j) << 2;
      store<i32>(s.out1 + o, k);
      store<f32>(s.out0 + o, k == NO_WINNER ? 0 : load<f32>(plane + (<usize> k << 2)));
    }
  }
}

/** Writes output o of a window at top, left. */
function takeWinner(s: Pooling, plane: usize, o: i32, top: i32, left: i32): void {
  const k = winner(s, plane, top, left);
  store<i32>(s.out1 + (<usize> o << 2), k);
  const z = k == NO_WINNER ? <u64> 0 : load<u64>(plane + (<usize> k << 3));
  store<u64>(s.out0 + (<usize> o << 3), z);
}

/** The winners of `size` rows of outputs: their values, and their places in the plane. */
export function maxPool2d(args: usize, chunk: i32, _scratch: usize): void {
  const s = changetype<Pooling>(args);
  const last = min((chunk + 1) * s.size, s.planes * s.outHeight);
  if (s.words == 1) return takeGreatest(s, chunk * s.size, last);
  const step = s.strideWidth;
  // From the first column of four windows side by side to behind the last.
  const reach = 3 * step + (s.kernelWidth - 1) * s.dilationWidth + 1;
  for (let row = chunk * s.size; row < last; row++) {
    const plane = s.in0 + (<usize> (row / s.outHeight * s.inHeight * s.inWidth) << 3);
    const top = row % s.outHeight * s.strideHeight - s.paddingHeight;
    const end = (row + 1) * s.outWidth;
    let left = -s.paddingWidth;
    for (let o = end - s.outWidth; o < end;) {
      if (left >= 0 && o + 4 <= end && left + reach <= s.inWidth) {
        if (!fourWinners(s, plane, o, top, left)) {
          for (let k = 0; k < 4; k++) takeWinner(s, plane, o + k, top, left + k * step);
        }
        o += 4;
        left += 4 * step;
      } else {
        takeWinner(s, plane, o++, top, left);
        left += step;
      }
    }
  }
}

/** Four windows side by side; false, and nothing written, where one is empty, needs scaling or has NaN. */
function fourWinners(s: Pooling, plane: usize, o: i32, top: i32, left: i32): bool {
  const zero = i32x4.splat(0), one = s.strideWidth;
  let best = f32x4.splat(-1), re = zero, im = zero, index = zero, any = zero;
  let total = f32x4.splat(0);
  let first = i32x4.splat(-1);
  const gap: usize = <usize> one << 3;
  for (let a = 0, h = top; a < s.kernelHeight; a++, h += s.dilationHeight) {
    if (h < 0 || h >= s.inHeight) continue;
    const k = h * s.inWidth + left;
    let at = plane + (<usize> k << 3);
    let place = i32x4(k, k + one, k + 2 * one, k + 3 * one);
    for (let b = 0; b < s.kernelWidth; b++) {
      const u = v128.load_lane<u64>(at + gap, v128.load_zero<u64>(at), 1);
      const v = v128.load_lane<u64>(at + 3 * gap, v128.load_zero<u64>(at + 2 * gap), 1);
      const x = v128.shuffle<f32>(u, v, 0, 2, 4, 6), y = v128.shuffle<f32>(u, v, 1, 3, 5, 7);
      any = v128.or(any, v128.or(x, y));
      const square = f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y));
      total = f32x4.add(total, square);
      const better = f32x4.gt(square, best);
      best = v128.bitselect(square, best, better);
      // The first of all is taken as it is, should no square be a number.
      const larger = v128.or(better, first);
      first = zero;
      re = v128.bitselect(x, re, larger);
      im = v128.bitselect(y, im, larger);
      index = v128.bitselect(place, index, larger);
      place = i32x4.add(place, i32x4.splat(s.dilationWidth));
      at += <usize> s.dilationWidth << 3;
    }
  }
  if (v128.any_true(v128.or(first, f32x4.ne(total, total)))) return false;
  const safe = v128.and(f32x4.ge(best, f32x4.splat(SMALL)), f32x4.le(best, f32x4.splat(LARGE)));
  const none = i32x4.eq(v128.and(any, i32x4.splat(0x7fffffff)), zero);
  if (!i32x4.all_true(v128.or(safe, none))) return false;
  const to = s.out0 + (<usize> o << 3);
  v128.store(to, v128.shuffle<f32>(re, im, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<f32>(re, im, 2, 6, 3, 7), 16);
  v128.store(s.out1 + (<usize> o << 2), index);
  return true;
}

/** in0 at the winners in1 → out0, `size` planes. */
export function maxPool2dPick(args: usize, chunk: i32, _scratch: usize): void {
  const s = changetype<Pooling>(args);
  const outs = s.outHeight * s.outWidth, isReal = s.words == 1;
  const last = min((chunk + 1) * s.size, s.planes);
  for (let p = chunk * s.size; p < last; p++) {
    const plane = s.in0 + (<usize> (p * s.inHeight * s.inWidth) << (s.words + 1));
    for (let o = p * outs; o < (p + 1) * outs; o++) {
      const k = load<i32>(s.in1 + (<usize> o << 2));
      if (isReal) {
        const x = k == NO_WINNER ? <f32> 0 : load<f32>(plane + (<usize> k << 2));
        store<f32>(s.out0 + (<usize> o << 2), x);
        continue;
      }
      const z = k == NO_WINNER ? <u64> 0 : load<u64>(plane + (<usize> k << 3));
      store<u64>(s.out0 + (<usize> o << 3), z);
    }
  }
}

/** in0 added up where the winners in1 are → out0, `size` planes. */
export function maxPool2dScatter(args: usize, chunk: i32, _scratch: usize): void {
  const s = changetype<Pooling>(args);
  const ins = s.inHeight * s.inWidth, outs = s.outHeight * s.outWidth, isReal = s.words == 1;
  const last = min((chunk + 1) * s.size, s.planes);
  for (let p = chunk * s.size; p < last; p++) {
    const plane = s.out0 + (<usize> (p * ins) << (s.words + 1));
    memory.fill(plane, 0, <usize> ins << (s.words + 1));
    for (let o = p * outs; o < (p + 1) * outs; o++) {
      const k = load<i32>(s.in1 + (<usize> o << 2));
      if (k == NO_WINNER) continue;
      if (isReal) {
        const to = plane + (<usize> k << 2);
        store<f32>(to, load<f32>(to) + load<f32>(s.in0 + (<usize> o << 2)));
        continue;
      }
      const at = plane + (<usize> k << 3);
      const g = v128.load_zero<u64>(s.in0 + (<usize> o << 3));
      v128.store_lane<u64>(at, f32x4.add(v128.load_zero<u64>(at), g), 0);
    }
  }
}

/** How many elements along an axis the window at `start` counts, PyTorch's rule. */
function extent(start: i32, kernel: i32, size: i32, padding: i32, countPadding: i32): i32 {
  const end = min(start + kernel, size + padding);
  return max(1, countPadding ? end - start : min(end, size) - max(start, 0));
}

/** The divisor of a window. */
function divisorOf(s: Pooling, top: i32, left: i32): f32 {
  if (s.divides) return s.divisor;
  return <f32> (extent(top, s.kernelHeight, s.inHeight, s.paddingHeight, s.countPadding) *
    extent(left, s.kernelWidth, s.inWidth, s.paddingWidth, s.countPadding));
}

/** The mean over a window at top, left of a plane of complex or real numbers, in float64. */
function average(s: Pooling, plane: usize, o: i32, top: i32, left: i32): void {
  const first = max(0, -left);
  const count = min(s.kernelWidth, s.inWidth - left) - first;
  const last = min(s.kernelHeight, s.inHeight - top);
  const by = divisorOf(s, top, left);
  if (s.words == 2) {
    let sum = f64x2.splat(0);
    for (let a = max(0, -top); a < last; a++) {
      let at = plane + (<usize> ((top + a) * s.inWidth + left + first) << 3);
      for (let b = 0; b < count; b++, at += 8) {
        sum = f64x2.add(sum, f64x2.promote_low_f32x4(v128.load_zero<u64>(at)));
      }
    }
    const mean = f32x4.demote_f64x2_zero(f64x2.div(sum, f64x2.splat(<f64> by)));
    v128.store_lane<u64>(s.out0 + (<usize> o << 3), mean, 0);
    return;
  }
  let sum: f64 = 0;
  for (let a = max(0, -top); a < last; a++) {
    let at = plane + (<usize> ((top + a) * s.inWidth + left + first) << 2);
    for (let b = 0; b < count; b++, at += 4) sum += <f64> load<f32>(at);
  }
  store<f32>(s.out0 + (<usize> o << 2), <f32> (sum / <f64> by));
}

/** The means of `size` rows of outputs. */
export function avgPool2d(args: usize, chunk: i32, _scratch: usize): void {
  const s = changetype<Pooling>(args);
  const shift = s.words + 1;
  const last = min((chunk + 1) * s.size, s.planes * s.outHeight);
  const pairs = s.kernelHeight == 2 && s.kernelWidth == 2 && s.strideWidth == 2 &&
    s.paddingWidth == 0;
  for (let row = chunk * s.size; row < last; row++) {
    const plane = s.in0 + (<usize> (row / s.outHeight * s.inHeight * s.inWidth) << shift);
    const top = row % s.outHeight * s.strideHeight - s.paddingHeight;
    let o = row * s.outWidth;
    let left = -s.paddingWidth;
    const end = o + s.outWidth;
    if (pairs && top >= 0 && top + 1 < s.inHeight) {
      const by = f32x4.splat(divisorOf(s, top, 0));
      let at = plane + (<usize> (top * s.inWidth) << shift);
      let to = s.out0 + (<usize> o << shift);
      const below = <usize> s.inWidth << shift;
      const step = 4 / s.words;
      for (; o + step <= end && left + 2 * step <= s.inWidth; o += step, left += 2 * step) {
        const a = f32x4.add(v128.load(at), v128.load(at + below));
        const b = f32x4.add(v128.load(at, 16), v128.load(at + below, 16));
        const sum = s.words == 2
          ? f32x4.add(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3))
          : f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
        v128.store(to, f32x4.div(sum, by));
        at += 32;
        to += 16;
      }
    }
    for (; o < end; o++, left += s.strideWidth) average(s, plane, o, top, left);
  }
}

/** Each window's share of in0 added to what it covers → out0, `size` planes. */
export function avgPool2dScatter(args: usize, chunk: i32, _scratch: usize): void {
  const s = changetype<Pooling>(args);
  const shift = s.words + 1;
  const ins = s.inHeight * s.inWidth;
  const last = min((chunk + 1) * s.size, s.planes);
  // Windows of two columns of complex numbers that do not overlap are written a row at a time.
  const apart = s.words == 2 && s.kernelWidth == 2 && s.strideWidth >= 2 &&
    s.strideHeight >= s.kernelHeight;
  for (let p = chunk * s.size; p < last; p++) {
    const plane = s.out0 + (<usize> (p * ins) << shift);
    memory.fill(plane, 0, <usize> ins << shift);
    let at = s.in0 + (<usize> (p * s.outHeight * s.outWidth) << shift);
    for (let oh = 0; oh < s.outHeight; oh++) {
      const top = oh * s.strideHeight - s.paddingHeight;
      const rows = min(s.kernelHeight, s.inHeight - top);
      for (let ow = 0; ow < s.outWidth; ow++, at += <usize> 1 << shift) {
        const left = ow * s.strideWidth - s.paddingWidth;
        const first = max(0, -left);
        const count = min(s.kernelWidth, s.inWidth - left) - first;
        const by = f32x4.splat(divisorOf(s, top, left));
        const g = s.words == 2 ? v128.load_zero<u64>(at) : v128.load_zero<u32>(at);
        const share = f32x4.div(g, by);
        if (apart && count == 2) {
          const twice = v128.shuffle<i64>(share, share, 0, 2);
          for (let a = max(0, -top); a < rows; a++) {
            v128.store(plane + (<usize> ((top + a) * s.inWidth + left + first) << 3), twice);
          }
          continue;
        }
        for (let a = max(0, -top); a < rows; a++) {
          let to = plane + (<usize> ((top + a) * s.inWidth + left + first) << shift);
          for (let b = 0; b < count; b++, to += <usize> 1 << shift) {
            if (s.words == 2) {
              v128.store_lane<u64>(to, f32x4.add(v128.load_zero<u64>(to), share), 0);
            } else store<f32>(to, load<f32>(to) + f32x4.extract_lane(share, 0));
          }
        }
      }
    }
  }
}
