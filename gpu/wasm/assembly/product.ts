/**
 * Matrix products, blocked as in BLIS: panels of B are gathered into a thread's scratch memory, those of
 * A wait in order, and every tile of C is a sum over at most DEPTH values of k that is kept in registers.
 * Where operands and results lie is described by digits, so that convolutions are products too.
 */
import { complex4, complex5, real4, real5 } from "./micro";
import { offsets } from "./offsets";
import { DEPTH, packComplex, packReal } from "./panels";
import { word } from "./vector";

/** The words of an item: byte offset of its packed A, first k, number of k, byte offsets in B, C, bias. */
const ITEM = 6;

/** Where things lie in scratch memory: a tile, offsets of k, of columns in B and in C; then B. */
const STEPS = 256, COLUMNS = STEPS + 4 * DEPTH, PLACES = COLUMNS + 2048, PANELS = PLACES + 2048;

/**
 * Words: packed A, B, C, bias, items, units in all, units in a chunk, blocks of rows, blocks of columns,
 * rows, columns, mr, rows in a block (a multiple of mr), columns in a block (a multiple of 8, at most
 * 504), complex, conj of B, kind of bias (1: of columns, 2: of rows), bytes from row to row of C, and the
 * descriptions of k in B, of columns in B, of columns in C. A unit is a block of an item.
 */
export function product(args: usize, chunk: i32, scratch: usize): void {
  const size = word(args, 6), last = min((chunk + 1) * size, word(args, 5));
  const rowBlocks = word(args, 7), columnBlocks = word(args, 8);
  for (let unit = chunk * size; unit < last; unit++) {
    const item: usize = word(args, 4) + 4 * ITEM * (unit / (rowBlocks * columnBlocks));
    block(args, item, unit / columnBlocks % rowBlocks, unit % columnBlocks, scratch);
  }
}

function block(args: usize, item: usize, rowBlock: i32, columnBlock: i32, scratch: usize): void {
  const rows = word(args, 9), mr = word(args, 11), complex = word(args, 14);
  const across = complex ? 4 : 8;
  const sign = word(args, 15) ? i32x4.splat(i32.MIN_VALUE) : i32x4.splat(0);
  const shift = complex ? 3 : 2;
  const firstRow = rowBlock * word(args, 12), endRow = min(firstRow + word(args, 12), rows);
  const firstColumn = columnBlock * word(args, 13);
  const wide = min(word(args, 13), word(args, 10) - firstColumn);
  const packedRows = (rows + mr - 1) / mr * mr;
  const source: usize = word(args, 1) + word(item, 3);
  const firstK = word(item, 1), count = word(item, 2);
  const padded = (wide + across - 1) / across * across;
  const end = firstColumn + wide - 1;
  offsets(scratch + COLUMNS, firstColumn, padded, end, args, 18 + 5);
  offsets(scratch + PLACES, firstColumn, padded, end, args, 18 + 10);
  for (let k = 0; k == 0 || k < count; k += DEPTH) {
    const depth = min(DEPTH, count - k);
    offsets(scratch + STEPS, firstK + k, depth, firstK + count, args, 18);
    for (let c = 0; c < wide; c += across) {
      const target = scratch + PANELS + c / across * (depth << 5);
      const columns = scratch + COLUMNS + (c << 2);
      if (complex) packComplex(source, columns, scratch + STEPS, depth, sign, target);
      else packReal(source, columns, scratch + STEPS, depth, target);
    }
    const a: usize = word(args, 0) + word(item, 0) + (k * packedRows << shift);
    for (let r = firstRow; r < endRow; r += mr) {
      const panel = a + (r * depth << shift);
      for (let c = 0; c < wide; c += across) {
        const b = scratch + PANELS + c / across * (depth << 5);
        if (complex) {
          if (mr == 5) complex5(depth, panel, b, scratch);
          else complex4(depth, panel, b, scratch);
        } else {
          if (mr == 5) real5(depth, panel, b, scratch);
          else real4(depth, panel, b, scratch);
        }
        const places = scratch + PLACES + (c << 2);
        const high = min(mr, endRow - r), broad = min(across, wide - c);
        if (complex) {
          storeComplex(args, item, scratch, places, r, firstColumn + c, high, broad, k > 0);
        } else storeReal(args, item, scratch, places, r, firstColumn + c, high, broad, k > 0);
      }
    }
  }
}

/** Writes a tile to C: with the bias, or added to what earlier values of k gave. */
function storeComplex(
  args: usize,
  item: usize,
  tile: usize,
  places: usize,
  row: i32,
  column: i32,
  high: i32,
  broad: i32,
  add: bool,
): void {
  const kind = add ? 0 : word(args, 16), stride: usize = word(args, 17);
  const bias: usize = word(args, 3) + word(item, 5) + ((kind == 1 ? column : row) << 3);
  let to: usize = word(args, 2) + word(item, 4) + row * stride;
  const p0: usize = load<i32>(places), p3: usize = load<i32>(places, 12);
  const whole = broad == 4 && p3 == p0 + 24;
  for (let r = 0; r < high; r++, tile += 32, to += stride) {
    const re = v128.load(tile), im = v128.load(tile, 16);
    let low = v128.shuffle<f32>(re, im, 0, 4, 1, 5), up = v128.shuffle<f32>(re, im, 2, 6, 3, 7);
    if (kind == 2) {
      const b = v128.load64_splat(bias + (r << 3));
      low = f32x4.add(low, b);
      up = f32x4.add(up, b);
    }
    if (whole) {
      const at = to + p0;
      if (kind == 1 || add) {
        const from = add ? at : bias;
        low = f32x4.add(low, v128.load(from));
        up = f32x4.add(up, v128.load(from, 16));
      }
      v128.store(at, low);
      v128.store(at, up, 16);
      continue;
    }
    v128.store(tile, low);
    v128.store(tile, up, 16);
    for (let c = 0; c < broad; c++) {
      const at = to + load<i32>(places + (c << 2));
      let value = v128.load64_zero(tile + (c << 3));
      if (kind == 1 || add) {
        value = f32x4.add(value, v128.load64_zero(add ? at : bias + (c << 3)));
      }
      v128.store64_lane(at, value, 0);
    }
  }
}

/** The same for a tile of real numbers. */
function storeReal(
  args: usize,
  item: usize,
  tile: usize,
  places: usize,
  row: i32,
  column: i32,
  high: i32,
  broad: i32,
  add: bool,
): void {
  const kind = add ? 0 : word(args, 16), stride: usize = word(args, 17);
  const bias: usize = word(args, 3) + word(item, 5) + ((kind == 1 ? column : row) << 2);
  let to: usize = word(args, 2) + word(item, 4) + row * stride;
  const p0: usize = load<i32>(places), p7: usize = load<i32>(places, 28);
  const whole = broad == 8 && p7 == p0 + 28;
  for (let r = 0; r < high; r++, tile += 32, to += stride) {
    let low = v128.load(tile), up = v128.load(tile, 16);
    if (kind == 2) {
      const b = v128.load32_splat(bias + (r << 2));
      low = f32x4.add(low, b);
      up = f32x4.add(up, b);
    }
    if (whole) {
      const at = to + p0;
      if (kind == 1 || add) {
        const from = add ? at : bias;
        low = f32x4.add(low, v128.load(from));
        up = f32x4.add(up, v128.load(from, 16));
      }
      v128.store(at, low);
      v128.store(at, up, 16);
      continue;
    }
    v128.store(tile, low);
    v128.store(tile, up, 16);
    for (let c = 0; c < broad; c++) {
      const at = to + load<i32>(places + (c << 2));
      let value = load<f32>(tile + (c << 2));
      if (kind == 1 || add) value += load<f32>(add ? at : bias + (c << 2));
      store<f32>(at, value);
    }
  }
}
