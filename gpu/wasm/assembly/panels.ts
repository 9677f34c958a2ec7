/** Puts the operands of a matrix product in the order in which the inner loops read them. */
import { DESCRIPTION, offsets } from "./offsets";
import { word } from "./vector";

/** Values of k that are multiplied at once: a panel of them stays in the first-level cache. */
export const DEPTH = 256;

/**
 * Panels of A. For each stretch of DEPTH values of k, each panel holds k by k its `mr` rows; the last
 * row stands in for those that are missing.
 *
 * Words: A, target, packs, panels of a pack, units in all, units in a chunk, rows, mr, complex, conj,
 * and the descriptions of rows and of k. A unit is a panel of a pack; a pack has the words byte offset in
 * A, first k, number of k, byte offset in the target.
 */
export function packRows(args: usize, chunk: i32, scratch: usize): void {
  const panels = word(args, 3), units = word(args, 4), size = word(args, 5);
  const last = min((chunk + 1) * size, units);
  for (let unit = chunk * size; unit < last; unit++) {
    packPanel(args, word(args, 2) + (unit / panels << 4), unit % panels, scratch);
  }
}

function packPanel(args: usize, pack: usize, panel: i32, scratch: usize): void {
  const panels = word(args, 3), rows = word(args, 6), mr = word(args, 7);
  const complex = word(args, 8), places = scratch + 4 * DEPTH;
  const flip: i64 = word(args, 9) ? i64.MIN_VALUE : 0;
  const shift: usize = complex ? 3 : 2;
  const first = word(pack, 1), count = word(pack, 2);
  const source: usize = word(args, 0) + word(pack, 0);
  offsets(places, panel * mr, mr, rows - 1, args, 10);
  for (let k = 0; k < count; k += DEPTH) {
    const depth = min(DEPTH, count - k);
    offsets(scratch, first + k, depth, first + count, args, 10 + DESCRIPTION);
    const target: usize = word(args, 1) + word(pack, 3) +
      ((k * panels * mr + panel * depth * mr) << <i32> shift);
    for (let r = 0; r < mr; r++) {
      const row = source + load<i32>(places + (r << 2));
      let to = target + (<usize> r << shift);
      if (complex) {
        for (
          let j: usize = scratch, end = j + (<usize> depth << 2);
          j < end;
          j += 4, to += mr << 3
        ) {
          store<i64>(to, load<i64>(row + load<i32>(j)) ^ flip);
        }
      } else {
        for (
          let j: usize = scratch, end = j + (<usize> depth << 2);
          j < end;
          j += 4, to += mr << 2
        ) {
          store<i32>(to, load<i32>(row + load<i32>(j)));
        }
      }
    }
  }
}

/**
 * A panel of 4 complex columns of B: for each k the real parts, then the imaginary ones. `columns` and
 * `steps` hold byte offsets; `sign` is xored to the imaginary parts.
 */
export function packComplex(
  source: usize,
  columns: usize,
  steps: usize,
  depth: i32,
  sign: v128,
  target: usize,
): void {
  const c0 = source + load<i32>(columns), c1 = source + load<i32>(columns, 4);
  const c2 = source + load<i32>(columns, 8), c3 = source + load<i32>(columns, 12);
  const beside = c1 == c0 + 8 && c2 == c0 + 16 && c3 == c0 + 24;
  for (const end = steps + (<usize> depth << 2); steps < end; steps += 4, target += 32) {
    const k: usize = load<i32>(steps);
    let x: v128, y: v128;
    if (beside) {
      x = v128.load(c0 + k);
      y = v128.load(c0 + k, 16);
    } else {
      x = v128.load64_lane(c1 + k, v128.load64_zero(c0 + k), 1);
      y = v128.load64_lane(c3 + k, v128.load64_zero(c2 + k), 1);
    }
    v128.store(target, v128.shuffle<f32>(x, y, 0, 2, 4, 6));
    v128.store(target, v128.xor(sign, v128.shuffle<f32>(x, y, 1, 3, 5, 7)), 16);
  }
}

/** A panel of 8 real columns of B, k by k. */
export function packReal(
  source: usize,
  columns: usize,
  steps: usize,
  depth: i32,
  target: usize,
): void {
  const c0: usize = load<i32>(columns);
  let beside = true;
  for (let j = 1; j < 8; j++) {
    beside = beside && <usize> load<i32>(columns + (j << 2)) == c0 + (j << 2);
  }
  const end = steps + (<usize> depth << 2);
  if (beside) {
    for (const first = source + c0; steps < end; steps += 4, target += 32) {
      const k: usize = load<i32>(steps);
      v128.store(target, v128.load(first + k));
      v128.store(target, v128.load(first + k, 16), 16);
    }
    return;
  }
  for (let j: usize = 0; j < 32; j += 4) {
    const column = source + load<i32>(columns + j);
    let to = target + j;
    for (let k = steps; k < end; k += 4, to += 32) store<f32>(to, load<f32>(column + load<i32>(k)));
  }
}
