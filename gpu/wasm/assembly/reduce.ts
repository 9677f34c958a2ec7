/**
 * Sums and maxima of a fused expression over axes. The shape's axes are alternately folded and
 * kept. The last one or two make a region that is walked at once, row by row:
 *
 *   along rows     the last axis is folded, and the one before it, if there is one, is kept
 *   across rows    the last axis is kept, and the one before it, if there is one, is folded
 *
 * Each chunk computes results of its own, in float64 and in a fixed order.
 */
import { BLOCK, evaluate, prepare, registerAt } from "./interpreter";
import { word } from "./vector";

/** Words of a job before the outer axes and the program; see `gpu/kernels/reductions/wasm_reduce.ts`. */
const HEAD = 16;

/** The contribution of a list of outer axes to the linear index: `count` pairs of size and stride. */
function offsetOf(axes: usize, count: i32, index: i32): i32 {
  let offset = 0;
  for (let d = count - 1; d >= 0; d--) {
    const size = word(axes, 2 * d);
    offset += index % size * word(axes, 2 * d + 1);
    index /= size;
  }
  return offset;
}

/** The sum of `n` floats at p; of complex numbers, whose parts are every other one, twice n. */
function addRow(acc: usize, p: usize, n: i32, isComplex: bool): void {
  let a = f64x2.splat(0), b = f64x2.splat(0);
  for (; n >= 4; n -= 4, p += 16) {
    const x = v128.load(p);
    a = f64x2.add(a, f64x2.promote_low_f32x4(x));
    b = f64x2.add(b, f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 0, 1)));
  }
  a = f64x2.add(a, b);
  let even = f64x2.extract_lane(a, 0), odd = f64x2.extract_lane(a, 1);
  for (; n >= 2; n -= 2, p += 8) {
    even += load<f32>(p);
    odd += load<f32>(p, 4);
  }
  if (n > 0) even += load<f32>(p);
  if (isComplex) {
    store<f64>(acc, load<f64>(acc) + even);
    store<f64>(acc, load<f64>(acc, 8) + odd, 8);
  } else store<f64>(acc, load<f64>(acc) + (even + odd));
}

function maxRow(acc: usize, p: usize, n: i32): void {
  let most = load<f64>(acc);
  if (n >= 4) {
    let a = f32x4.splat(-f32.POSITIVE_INFINITY), lost = i32x4.splat(0);
    for (; n >= 4; n -= 4, p += 16) {
      const x = v128.load(p);
      a = f32x4.pmax(a, x);
      lost = v128.or(lost, f32x4.ne(x, x));
    }
    if (v128.any_true(lost)) a = f32x4.splat(f32.NaN);
    most = greater(most, f32x4.extract_lane(a, 0));
    most = greater(most, f32x4.extract_lane(a, 1));
    most = greater(most, f32x4.extract_lane(a, 2));
    most = greater(most, f32x4.extract_lane(a, 3));
  }
  for (; n > 0; n--, p += 4) most = greater(most, load<f32>(p));
  store<f64>(acc, most);
}

/** The greater of two numbers; NaN if either is. */
function greater(most: f64, x: f32): f64 {
  return x > most || x != x ? x : most;
}

/** Adds `n` floats at p to as many sums. */
function addAcross(acc: usize, p: usize, n: i32): void {
  for (; n >= 4; n -= 4, p += 16, acc += 32) {
    const x = v128.load(p);
    v128.store(acc, f64x2.add(v128.load(acc), f64x2.promote_low_f32x4(x)));
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 0, 1));
    v128.store(acc, f64x2.add(v128.load(acc, 16), high), 16);
  }
  for (; n > 0; n--, p += 4, acc += 8) store<f64>(acc, load<f64>(acc) + load<f32>(p));
}

function maxAcross(acc: usize, p: usize, n: i32): void {
  for (; n > 0; n--, p += 4, acc += 8) store<f64>(acc, greater(load<f64>(acc), load<f32>(p)));
}

/**
 * Folds the elements [start, end) of the linear index, which begin `column` elements into a row of
 * `width`; `acc` holds the sum of the first row, or across rows those of all columns.
 */
function foldRegion(
  args: usize,
  program: usize,
  start: i32,
  end: i32,
  width: i32,
  acc: usize,
  scratch: usize,
): void {
  const across = word(args, 1), isMax = word(args, 2), floats = word(args, 3), root = word(args, 4);
  let left = width;
  let target = acc;
  while (start < end) {
    // Loops over a block go by 64 bytes, which are 16 elements at most.
    const first = start & ~15;
    const stop = min(first + BLOCK, end);
    evaluate(program, first, stop - first, scratch);
    const bytes = <usize> floats << 2;
    let p = registerAt(program, root, first, scratch) + <usize> (start - first) * bytes;
    while (start < stop) {
      const n = min(left, stop - start);
      if (across) {
        if (isMax) maxAcross(target, p, n);
        else addAcross(target, p, n * floats);
        target += <usize> (n * floats) << 3;
      } else if (isMax) maxRow(target, p, n);
      else addRow(target, p, n * floats, floats == 2);
      left -= n;
      if (left == 0) {
        left = width;
        target = across ? acc : target + (<usize> floats << 3);
      }
      start += n;
      p += <usize> n * bytes;
    }
  }
}

/**
 * One chunk of a reduction: some columns or rows of one place of the outer kept axes, in one part.
 * A place's run is cut into `parts`, of which `used` are not empty.
 */
export function reduceExpression(args: usize, chunk: i32, scratch: usize): void {
  const out: usize = word(args, 0), across = word(args, 1), isMax = word(args, 2);
  const floats = word(args, 3);
  // The region is rows × width; the kept one of the two is worked on in pieces.
  const rows = word(args, 5), width = word(args, 6), piece = word(args, 7);
  const parts = word(args, 8), used = word(args, 9), folds = word(args, 10);
  const keptAxes = word(args, 11), foldedAxes = word(args, 12), stride = word(args, 13);
  const kept = args + 4 * HEAD, folded = kept + 8 * <usize> keptAxes;
  const program = folded + 8 * <usize> foldedAxes;

  const inner = across ? width : rows;
  const pieces = (inner + piece - 1) / piece;
  const part = chunk % used;
  const from = (chunk / used) % pieces * piece, count = min(piece, inner - from);
  const outer = chunk / used / pieces;
  const base = offsetOf(kept, keptAxes, outer);

  const start = isMax ? -f64.POSITIVE_INFINITY : 0;
  for (let k = 0; k < count * floats; k++) store<f64>(scratch + (<usize> k << 3), start);
  prepare(program, BLOCK, scratch);

  // The run: outer folded axes, and within each of their places rows across, or one run along.
  const length = across ? rows : 1;
  const split = across == 0 && folds == 1;
  const all = split ? width : folds * length;
  const low = <i32> (<i64> all * part / used), high = <i32> (<i64> all * (part + 1) / used);
  if (split) {
    // A run of one row each: the part is cut out of it.
    if (high - low == width) {
      const at = base + from * width;
      foldRegion(args, program, at, at + count * width, width, scratch, scratch);
    } else {
      for (let k = 0; k < count; k++) {
        const at = base + (from + k) * width;
        const acc = scratch + (<usize> (k * floats) << 3);
        foldRegion(args, program, at + low, at + high, high - low, acc, scratch);
      }
    }
  } else {
    for (let at = low; at < high;) {
      const fold = at / length, row = at % length;
      const last = min(length, row + high - at);
      const region = base + offsetOf(folded, foldedAxes, fold);
      if (!across) {
        const first = region + from * width;
        foldRegion(args, program, first, first + count * width, width, scratch, scratch);
      } else if (count == width) {
        const end = region + last * width;
        foldRegion(args, program, region + row * width, end, width, scratch, scratch);
      } else {
        for (let r = row; r < last; r++) {
          const first = region + r * width + from;
          foldRegion(args, program, first, first + count, count, scratch, scratch);
        }
      }
      at += last - row;
    }
  }

  for (let k = 0; k < count; k++) {
    const result = ((outer * inner + from + k) * stride + part) * floats;
    for (let f = 0; f < floats; f++) {
      const value = <f32> load<f64>(scratch + (<usize> (k * floats + f) << 3));
      store<f32>(out + (<usize> (result + f) << 2), value);
    }
    if (part > 0) continue;
    // The first part of a result fills those that are empty.
    for (let f = used * floats; f < parts * floats; f++) {
      store<f32>(out + (<usize> (result + f) << 2), <f32> start);
    }
  }
}
