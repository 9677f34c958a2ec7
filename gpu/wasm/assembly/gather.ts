/** Rows chosen by labels, and sums over segments of rows; see ../../kernels/gathers. */
import { word } from "./vector";

/** Bytes from which a call that copies memory costs less than a loop. */
const LONG: usize = 512;

/** Copies `bytes`, a multiple of 4. */
export function copyRow(to: usize, from: usize, bytes: usize): void {
  if (bytes >= LONG) {
    memory.copy(to, from, bytes);
    return;
  }
  const end = to + bytes;
  for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (; to < end; to += 4, from += 4) store<u32>(to, load<u32>(from));
}

/**
 * Words: x, labels, result, rows of x, picks, floats of a row, rows of the result over all outer places,
 * and those of a chunk.
 */
export function gatherRows(args: usize, chunk: i32, _scratch: usize): void {
  const x: usize = word(args, 0), labels: usize = word(args, 1);
  const rows = word(args, 3), picks = word(args, 4);
  const bytes = <usize> word(args, 5) << 2;
  const first = chunk * word(args, 7), last = min(first + word(args, 7), word(args, 6));
  let to = <usize> word(args, 2) + <usize> first * bytes;
  let outer = first / picks, pick = first % picks;
  for (let left = last - first; left > 0; outer++, pick = 0) {
    const base = x + <usize> (outer * rows) * bytes;
    const count = min(left, picks - pick);
    let label = labels + (<usize> pick << 2);
    const end = label + (<usize> count << 2);
    if (bytes == 4) {
      for (; label < end; label += 4, to += 4) {
        store<u32>(to, load<u32>(base + (<usize> load<u32>(label) << 2)));
      }
    } else if (bytes == 8) {
      for (; label < end; label += 4, to += 8) {
        store<u64>(to, load<u64>(base + (<usize> load<u32>(label) << 3)));
      }
    } else {
      for (; label < end; label += 4, to += bytes) {
        copyRow(to, base + <usize> load<u32>(label) * bytes, bytes);
      }
    }
    left -= count;
  }
}

/** Where row k of a segment is: `order` is 0 where rows come as they are. */
function rowAt(base: usize, order: usize, k: i32, bytes: usize): usize {
  return base + <usize> (order ? load<i32>(order + (<usize> k << 2)) : k) * bytes;
}

/**
 * Words: x, offsets of the segments, order of the rows or 0, result, rows of x, segments, floats of a row,
 * segments over all outer places, and those of a chunk.
 */
export function sumSegments(args: usize, chunk: i32, _scratch: usize): void {
  const x: usize = word(args, 0), offsets: usize = word(args, 1), order: usize = word(args, 2);
  const rows = word(args, 4), segments = word(args, 5);
  const bytes = <usize> word(args, 6) << 2;
  const first = chunk * word(args, 8), last = min(first + word(args, 8), word(args, 7));
  let to = <usize> word(args, 3) + <usize> first * bytes;
  for (let s = first; s < last; s++, to += bytes) {
    const base = x + <usize> (s / segments * rows) * bytes;
    const offset = offsets + (<usize> (s % segments) << 2);
    const start = load<i32>(offset), end = load<i32>(offset, 4);
    let i: usize = 0;
    for (; i + 64 <= bytes; i += 64) {
      let a = f32x4.splat(0), b = a, c = a, d = a;
      for (let k = start; k < end; k++) {
        const at = rowAt(base, order, k, bytes) + i;
        a = f32x4.add(a, v128.load(at));
        b = f32x4.add(b, v128.load(at, 16));
        c = f32x4.add(c, v128.load(at, 32));
        d = f32x4.add(d, v128.load(at, 48));
      }
      v128.store(to + i, a);
      v128.store(to + i, b, 16);
      v128.store(to + i, c, 32);
      v128.store(to + i, d, 48);
    }
    for (; i + 16 <= bytes; i += 16) {
      let a = f32x4.splat(0);
      for (let k = start; k < end; k++) {
        a = f32x4.add(a, v128.load(rowAt(base, order, k, bytes) + i));
      }
      v128.store(to + i, a);
    }
    for (; i + 8 <= bytes; i += 8) {
      let a = f32x4.splat(0);
      for (let k = start; k < end; k++) {
        a = f32x4.add(a, v128.load_zero<u64>(rowAt(base, order, k, bytes) + i));
      }
      v128.store_lane<u64>(to + i, a, 0);
    }
    if (i < bytes) {
      let a: f32 = 0;
      for (let k = start; k < end; k++) a += load<f32>(rowAt(base, order, k, bytes) + i);
      store<f32>(to + i, a);
    }
  }
}
