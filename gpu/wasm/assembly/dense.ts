/**
 * The inner loops of dense factorisations; see householder.ts, jacobi.ts and eliminate.ts in
 * ../../kernels/factorisations/.
 */
import { swapped } from "./channels";
import { madd, nmadd, word } from "./vector";

/** Rows that are summed before they join the rest. */
const RUN: i32 = 32;

/** The `count` numbers at `at`, up to four, and zeros. */
function loadPart(at: usize, count: i32): v128 {
  if (count >= 4) return v128.load(at);
  if (count == 1) return v128.load_zero<u32>(at);
  const two = v128.load_zero<u64>(at);
  return count == 2 ? two : v128.load_lane<u32>(at, two, 2, 8);
}

function storePart(at: usize, x: v128, count: i32): void {
  if (count >= 4) return v128.store(at, x);
  if (count == 1) return v128.store_lane<u32>(at, x, 0);
  v128.store_lane<u64>(at, x, 0);
  if (count == 3) v128.store_lane<u32>(at, x, 2, 8);
}

/** (x, −x) again and again: the factor of the exchanged parts in a product with a conjugate. */
function alternating(x: f32): v128 {
  return f32x4(x, -x, x, -x);
}

/**
 * Columns a ← a − τ v (vᴴ a) for `size` numbers of each row. The first of v is 1, whatever lies there.
 *
 * Words: v, bytes between its elements, a, bytes between its rows, rows, numbers in a row, words of an
 * element, numbers in a chunk (a multiple of 16), and τ.
 */
export function reflectColumns(args: usize, chunk: i32, _scratch: usize): void {
  const size = word(args, 7), first = chunk * size, end = min(first + size, word(args, 5));
  let c = first;
  for (; c + 16 <= end; c += 16) reflectSixteen(args, c);
  for (; c < end; c += 4) reflectFour(args, c, min(4, end - c));
}

/** τ w of complex or real numbers. */
function timesTau(args: usize, w: v128): v128 {
  const re = f32x4.mul(f32x4.splat(load<f32>(args, 32)), w);
  if (word(args, 6) == 1) return re;
  return nmadd(alternating(load<f32>(args, 36)), swapped(w), re);
}

/** A line of the cache: sums in registers, over all rows. */
function reflectSixteen(args: usize, column: i32): void {
  const v: usize = word(args, 0), next: usize = word(args, 1), step: usize = word(args, 3);
  const rows = word(args, 4), complex = word(args, 6) == 2;
  const a: usize = <usize> word(args, 2) + (<usize> column << 2);
  const zero = f32x4.splat(0);
  let w0 = zero, w1 = zero, w2 = zero, w3 = zero, s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  let at = a, from = v;
  for (let i = 0; i < rows; i++, at += step, from += next) {
    const re = f32x4.splat(i ? load<f32>(from) : 1);
    const x0 = v128.load(at),
      x1 = v128.load(at, 16),
      x2 = v128.load(at, 32),
      x3 = v128.load(at, 48);
    s0 = madd(re, x0, s0);
    s1 = madd(re, x1, s1);
    s2 = madd(re, x2, s2);
    s3 = madd(re, x3, s3);
    if (complex) {
      const im = alternating(i ? load<f32>(from, 4) : 0);
      s0 = madd(im, swapped(x0), s0);
      s1 = madd(im, swapped(x1), s1);
      s2 = madd(im, swapped(x2), s2);
      s3 = madd(im, swapped(x3), s3);
    }
    if (i % RUN == RUN - 1) {
      w0 = f32x4.add(w0, s0);
      w1 = f32x4.add(w1, s1);
      w2 = f32x4.add(w2, s2);
      w3 = f32x4.add(w3, s3);
      s0 =
        s1 =
        s2 =
        s3 =
          zero;
    }
  }
  w0 = timesTau(args, f32x4.add(w0, s0));
  w1 = timesTau(args, f32x4.add(w1, s1));
  w2 = timesTau(args, f32x4.add(w2, s2));
  w3 = timesTau(args, f32x4.add(w3, s3));
  const t0 = swapped(w0), t1 = swapped(w1), t2 = swapped(w2), t3 = swapped(w3);
  at = a;
  from = v;
  for (let i = 0; i < rows; i++, at += step, from += next) {
    const re = f32x4.splat(i ? load<f32>(from) : 1);
    let x0 = nmadd(re, w0, v128.load(at)), x1 = nmadd(re, w1, v128.load(at, 16));
    let x2 = nmadd(re, w2, v128.load(at, 32)), x3 = nmadd(re, w3, v128.load(at, 48));
    if (complex) {
      const im = alternating(i ? load<f32>(from, 4) : 0);
      x0 = madd(im, t0, x0);
      x1 = madd(im, t1, x1);
      x2 = madd(im, t2, x2);
      x3 = madd(im, t3, x3);
    }
    v128.store(at, x0);
    v128.store(at, x1, 16);
    v128.store(at, x2, 32);
    v128.store(at, x3, 48);
  }
}

function reflectFour(args: usize, column: i32, count: i32): void {
  const v: usize = word(args, 0), next: usize = word(args, 1), step: usize = word(args, 3);
  const rows = word(args, 4), complex = word(args, 6) == 2;
  const a: usize = <usize> word(args, 2) + (<usize> column << 2);
  const zero = f32x4.splat(0);
  let w = zero, s = zero;
  let at = a, from = v;
  for (let i = 0; i < rows; i++, at += step, from += next) {
    const x = loadPart(at, count);
    s = madd(f32x4.splat(i ? load<f32>(from) : 1), x, s);
    if (complex) s = madd(alternating(i ? load<f32>(from, 4) : 0), swapped(x), s);
    if (i % RUN == RUN - 1) {
      w = f32x4.add(w, s);
      s = zero;
    }
  }
  w = timesTau(args, f32x4.add(w, s));
  const t = swapped(w);
  at = a;
  from = v;
  for (let i = 0; i < rows; i++, at += step, from += next) {
    let x = nmadd(f32x4.splat(i ? load<f32>(from) : 1), w, loadPart(at, count));
    if (complex) x = madd(alternating(i ? load<f32>(from, 4) : 0), t, x);
    storePart(at, x, count);
  }
}

/**
 * Subtracts multiples of row k from `size` of the rows below: a[i, j] −= a[i, k] a[k, j] for j > k.
 *
 * Words: a[k, k], bytes between rows, rows below k, words of an element, rows in a chunk.
 */
export function eliminateRows(args: usize, chunk: i32, _scratch: usize): void {
  const corner: usize = word(args, 0), step: usize = word(args, 1);
  const below = word(args, 2), words = word(args, 3), size = word(args, 4);
  const complex = words == 2;
  const numbers = below * words;
  const upper = corner + (<usize> words << 2);
  const end = min((chunk + 1) * size, below);
  for (let i = chunk * size; i < end; i++) {
    const at = corner + step * <usize> (i + 1);
    const re = f32x4.splat(load<f32>(at));
    const im = alternating(complex ? load<f32>(at, 4) : 0);
    const row = at + (<usize> words << 2);
    let j = 0;
    for (; j + 4 <= numbers; j += 4) {
      const x = v128.load(upper + (<usize> j << 2)), to = row + (<usize> j << 2);
      let y = nmadd(re, x, v128.load(to));
      if (complex) y = madd(im, swapped(x), y);
      v128.store(to, y);
    }
    if (j < numbers) {
      const x = loadPart(upper + (<usize> j << 2), numbers - j), to = row + (<usize> j << 2);
      let y = nmadd(re, x, loadPart(to, numbers - j));
      if (complex) y = madd(im, swapped(x), y);
      storePart(to, y, numbers - j);
    }
  }
}

/** The sum of four numbers. */
function total(x: v128): f64 {
  return <f64> f32x4.extract_lane(x, 0) + <f64> f32x4.extract_lane(x, 1) +
    (<f64> f32x4.extract_lane(x, 2) + <f64> f32x4.extract_lane(x, 3));
}

/**
 * `size` pairs of a round of Jacobi's rotations: rows that are not orthogonal are rotated until they are.
 *
 * Words: the rows, their number, numbers in a row, measured numbers, players, the round, words of an
 * element, where to mark that something was rotated, pairs in a chunk; the tolerance and the smallest
 * square that counts.
 */
export function rotatePairs(args: usize, chunk: i32, _scratch: usize): void {
  const data: usize = word(args, 0), width = word(args, 2);
  const players = word(args, 4), round = word(args, 5), size = word(args, 8);
  const end = min((chunk + 1) * size, players / 2);
  for (let t = chunk * size; t < end; t++) {
    const a = t == 0 ? players - 1 : (round + t) % (players - 1);
    const b = (round + players - 1 - t) % (players - 1);
    if (max(a, b) >= word(args, 1)) continue;
    const x = data + (<usize> (min(a, b) * width) << 2);
    if (rotateRows(args, x, data + (<usize> (max(a, b) * width) << 2))) {
      store<i32>(word(args, 7), 1);
    }
  }
}

function rotateRows(args: usize, x: usize, y: usize): bool {
  const width = word(args, 2), measured = word(args, 3), complex = word(args, 6) == 2;
  const zero = f32x4.splat(0);
  let xx = zero, yy = zero, xy = zero, cross = zero;
  for (let k = 0; k < measured; k += 4) {
    const at: usize = <usize> k << 2;
    const p = loadPart(x + at, measured - k), q = loadPart(y + at, measured - k);
    xx = madd(p, p, xx);
    yy = madd(q, q, yy);
    xy = madd(p, q, xy);
    if (complex) cross = madd(p, swapped(q), cross);
  }
  const alpha = total(xx), beta = total(yy), re = total(xy);
  const im = complex ? total(f32x4.mul(cross, alternating(1))) : 0;
  const gamma = sqrt(re * re + im * im);
  if (min(alpha, beta) < <f64> load<f32>(args, 40)) return false;
  if (!(gamma > <f64> load<f32>(args, 36) * sqrt(alpha) * sqrt(beta))) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const tangent = (zeta < 0 ? -1.0 : 1.0) / (abs(zeta) + sqrt(1 + zeta * zeta));
  const c = 1 / sqrt(1 + tangent * tangent), sine = c * tangent;
  // x ← c x − s̄ y and y ← c y + s x with s = sr + i si, by what they change: rows keep their lengths.
  const rest = f32x4.splat(<f32> (sine * sine / (1 + c)));
  const sr = f32x4.splat(<f32> (sine * re / gamma)), si = alternating(<f32> (sine * im / gamma));
  for (let k = 0; k < width; k += 4) {
    const at: usize = <usize> k << 2;
    const p = loadPart(x + at, width - k), q = loadPart(y + at, width - k);
    let u = madd(sr, q, f32x4.mul(rest, p)), v = nmadd(sr, p, f32x4.mul(rest, q));
    if (complex) {
      u = madd(si, swapped(q), u);
      v = madd(si, swapped(p), v);
    }
    u = f32x4.sub(p, u);
    v = f32x4.sub(q, v);
    storePart(x + at, u, width - k);
    storePart(y + at, v, width - k);
  }
  return true;
}
