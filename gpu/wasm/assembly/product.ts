/**
 * Matrix products, blocked as in BLIS: panels of B are gathered into a thread's scratch memory, those of
 * A wait in order, and every tile of C is a sum over at most DEPTH values of k that is kept in registers.
 * Where operands and results lie is described by digits, so that convolutions are products too.
 */
import { complex4, complex5, real4, real5 } from "./micro";
import { DESCRIPTION, offsets } from "./offsets";
import { DEPTH, packComplex, packReal } from "./panels";
import { word } from "./vector";

/** The words of an item: byte offset of its packed A, first k, number of k, byte offsets in B, C, bias. */
const ITEM = 6;

/** Where things lie in scratch memory: a tile, offsets of rows, k, columns in B and in C; then B. */
const ROWS = 192, STEPS = 256, COLUMNS = STEPS + 4 * DEPTH;
const PLACES = COLUMNS + 2048, PANELS = PLACES + 2048;

/** Where the descriptions begin. */
const OF_K = 19, OF_COLUMNS = OF_K + DESCRIPTION, OF_PLACES = OF_COLUMNS + DESCRIPTION;
const OF_ROWS = OF_PLACES + DESCRIPTION;

/**
 * Words: packed A, B, C, bias, items, units in all, units in a chunk, blocks of rows, blocks of columns,
 * rows, columns, mr, rows in a block (a multiple of mr), columns in a block (a multiple of 8, at most
 * 504), complex, conj of B, kind of bias (1: of columns, 2: of rows), bytes to clear, bytes from an item's
 * place in C to its element 0, and the descriptions of k in B, of columns in B, of columns in C and of
 * rows in C.
 *
 * A unit is a block of an item. Where bytes are to be cleared, the elements of an item may share places,
 * in which they add up: a unit is then a whole item, which first clears what it adds to.
 */
export function product(args: usize, chunk: i32, scratch: usize): void {
  const size = word(args, 6), last = min((chunk + 1) * size, word(args, 5));
  const rowBlocks = word(args, 7), columnBlocks = word(args, 8), clear = word(args, 17);
  for (let unit = chunk * size; unit < last; unit++) {
    if (clear) {
      const item: usize = word(args, 4) + 4 * ITEM * unit;
      memory.fill(word(args, 2) + word(item, 4), 0, clear);
      for (let c = 0; c < columnBlocks; c++) block(args, item, 0, c, scratch);
    } else {
      const item: usize = word(args, 4) + 4 * ITEM * (unit / (rowBlocks * columnBlocks));
      block(args, item, unit / columnBlocks % rowBlocks, unit % columnBlocks, scratch);
    }
  }
}

function block(args: usize, item: usize, rowBlock: i32, columnBlock: i32, scratch: usize): void {
  const rows = word(args, 9), mr = word(args, 11), complex = word(args, 14);
  const across = complex ? 4 : 8, shift = complex ? 3 : 2, adds = word(args, 17) != 0;
  const firstRow = rowBlock * word(args, 12), endRow = min(firstRow + word(args, 12), rows);
  const firstColumn = columnBlock * word(args, 13);
  const wide = min(word(args, 13), word(args, 10) - firstColumn);
  const packedRows = (rows + mr - 1) / mr * mr;
  const firstK = word(item, 1), count = word(item, 2);
  const padded = (wide + across - 1) / across * across, end = firstColumn + wide - 1;
  offsets(scratch + COLUMNS, firstColumn, padded, end, args, OF_COLUMNS);
  offsets(scratch + PLACES, firstColumn, padded, end, args, OF_PLACES);
  for (let k = 0; k == 0 || k < count; k += DEPTH) {
    const depth = min(DEPTH, count - k), panel: usize = depth << 5;
    offsets(scratch + STEPS, firstK + k, depth, firstK + count, args, OF_K);
    packColumns(args, item, wide, depth, scratch);
    let a: usize = word(args, 0) + word(item, 0) + (k * packedRows + firstRow * depth << shift);
    for (let r = firstRow; r < endRow; r += mr, a += mr * depth << shift) {
      const high = min(mr, endRow - r);
      offsets(scratch + ROWS, r, high, rows, args, OF_ROWS);
      let b = scratch + PANELS;
      for (let c = 0; c < wide; c += across, b += panel) {
        const broad = min(across, wide - c);
        if (complex) {
          if (mr == 5) complex5(depth, a, b, scratch);
          else complex4(depth, a, b, scratch);
          storeTile<u64>(args, item, scratch, c, r, firstColumn + c, high, broad, adds || k > 0);
        } else {
          if (mr == 5) real5(depth, a, b, scratch);
          else real4(depth, a, b, scratch);
          storeTile<u32>(args, item, scratch, c, r, firstColumn + c, high, broad, adds || k > 0);
        }
      }
    }
  }
}

/** Packs the columns of a block, for `depth` values of k. */
function packColumns(args: usize, item: usize, wide: i32, depth: i32, scratch: usize): void {
  const source: usize = word(args, 1) + word(item, 3), steps = scratch + STEPS;
  const sign = word(args, 15) ? i32x4.splat(i32.MIN_VALUE) : i32x4.splat(0);
  let target = scratch + PANELS, columns = scratch + COLUMNS;
  if (word(args, 14)) {
    for (let c = 0; c < wide; c += 4, columns += 16, target += depth << 5) {
      packComplex(source, columns, steps, depth, sign, target);
    }
  } else {
    for (let c = 0; c < wide; c += 8, columns += 32, target += depth << 5) {
      packReal(source, columns, steps, depth, target);
    }
  }
}

/**
 * Writes a tile to C: with the bias, or added to what is there. The tile's first column is number `c` of
 * its block and `column` of its item. T is the type of one element, as bits: u64 of complex numbers, whose
 * real and imaginary parts the tile has in vectors of their own.
 */
function storeTile<T>(
  args: usize,
  item: usize,
  scratch: usize,
  c: i32,
  row: i32,
  column: i32,
  high: i32,
  broad: i32,
  add: bool,
): void {
  const isComplex = sizeof<T>() == 8, bytes = sizeof<T>();
  const kind = add ? 0 : word(args, 16), places = scratch + PLACES + (c << 2);
  const bias: usize = word(args, 3) + word(item, 5) + (kind == 1 ? column : row) * bytes;
  const first: usize = word(args, 2) + word(item, 4) + word(args, 18);
  let tile = scratch;
  const columns = 32 / <i32> bytes;
  const p0: usize = load<i32>(places), last: usize = load<i32>(places + (columns - 1) * 4);
  const whole = broad == columns && last == p0 + 32 - bytes;
  for (let r = 0; r < high; r++, tile += 32) {
    const to = first + load<i32>(scratch + ROWS + (r << 2));
    let low = v128.load(tile), up = v128.load(tile, 16);
    if (isComplex) {
      const re = low, im = up;
      low = v128.shuffle<f32>(re, im, 0, 4, 1, 5);
      up = v128.shuffle<f32>(re, im, 2, 6, 3, 7);
    }
    if (kind == 2) {
      const at = bias + r * bytes;
      const b = isComplex ? v128.load64_splat(at) : v128.load32_splat(at);
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
    for (let j = 0; j < broad; j++) {
      const at = to + load<i32>(places + (j << 2)), own = tile + j * bytes;
      let value = isComplex ? v128.load64_zero(own) : v128.load32_zero(own);
      if (kind == 1 || add) {
        const from = add ? at : bias + j * bytes;
        value = f32x4.add(value, isComplex ? v128.load64_zero(from) : v128.load32_zero(from));
      }
      if (isComplex) v128.store64_lane(at, value, 0);
      else v128.store32_lane(at, value, 0);
    }
  }
}
