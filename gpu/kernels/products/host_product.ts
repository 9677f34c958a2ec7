/**
 * The matrix product of the CPU engine: panels of both operands are gathered into float64 arrays with
 * the summed index contiguous, and multiplied in 2 × 2 register tiles.
 */
import { range } from "../../contract/collections.ts";
import { type InexactDType, lanesOf } from "../../contract/dtype.ts";

/** C[row, column] = Σ_k A[row, k] · B[column, k], with operands given by how to gather a stretch of k. */
export interface HostProduct {
  readonly field: InexactDType;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Writes A[row, from…to) at `into[at…]`, interleaved when complex. */
  a(row: number, from: number, to: number, into: Float64Array, at: number): void;
  /** Writes B[column, from…to) at `into[at…]`, interleaved when complex. */
  b(column: number, from: number, to: number, into: Float64Array, at: number): void;
  /** Takes one finished sum; `im` is 0 when real. */
  store(row: number, column: number, re: number, im: number): void;
}

/** Values of k in one panel: two rows and two columns of it stay in the first-level cache. */
const DEPTH = 256;
/** Columns of one panel of B: the panel stays in the second-level cache. */
const COLUMNS = 64;

/** Multiplies, in float64 throughout. */
export function hostProduct(p: HostProduct): void {
  const { rows, columns, depth } = p;
  const parts = lanesOf(p.field);
  const multiply = parts === 2 ? complexPanels : realPanels;
  const deep = Math.min(DEPTH, depth);
  const panels = Math.ceil(depth / DEPTH);
  // All of A is gathered once; B a panel at a time. One spare row each completes odd tiles.
  const a = range(panels).map((q) => {
    const from = q * DEPTH, to = Math.min(from + DEPTH, depth);
    const panel = new Float64Array((rows + 1) * (to - from) * parts);
    for (let r = 0; r < rows; r++) p.a(r, from, to, panel, r * (to - from) * parts);
    return panel;
  });
  const b = new Float64Array((Math.min(COLUMNS, columns) + 1) * deep * parts);
  const sums = new Float64Array((rows + 1) * (COLUMNS + 1) * parts);
  for (let first = 0; first < columns; first += COLUMNS) {
    const wide = Math.min(COLUMNS, columns - first);
    sums.fill(0);
    for (let q = 0; q < panels; q++) {
      const from = q * DEPTH, to = Math.min(from + DEPTH, depth);
      const stride = (to - from) * parts;
      for (let c = 0; c < wide; c++) p.b(first + c, from, to, b, c * stride);
      multiply(rows, wide, stride, a[q], b, sums);
    }
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < wide; c++) {
        const at = (r * (COLUMNS + 1) + c) * parts;
        p.store(r, first + c, sums[at], parts === 2 ? sums[at + 1] : 0);
      }
    }
  }
}

/** sums += A · Bᵀ for panels of complex rows, `stride` numbers each. */
function complexPanels(
  rows: number,
  columns: number,
  stride: number,
  a: Float64Array,
  b: Float64Array,
  sums: Float64Array,
): void {
  for (let r = 0; r < rows; r += 2) {
    for (let c = 0; c < columns; c += 2) {
      let r00 = 0, i00 = 0, r01 = 0, i01 = 0, r10 = 0, i10 = 0, r11 = 0, i11 = 0;
      let pa = r * stride, pb = c * stride;
      for (const end = pa + stride; pa < end; pa += 2, pb += 2) {
        const ar = a[pa], ai = a[pa + 1], cr = a[pa + stride], ci = a[pa + stride + 1];
        const br = b[pb], bi = b[pb + 1], dr = b[pb + stride], di = b[pb + stride + 1];
        r00 += ar * br - ai * bi;
        i00 += ar * bi + ai * br;
        r01 += ar * dr - ai * di;
        i01 += ar * di + ai * dr;
        r10 += cr * br - ci * bi;
        i10 += cr * bi + ci * br;
        r11 += cr * dr - ci * di;
        i11 += cr * di + ci * dr;
      }
      const at = (r * (COLUMNS + 1) + c) * 2, below = at + (COLUMNS + 1) * 2;
      sums[at] += r00;
      sums[at + 1] += i00;
      sums[at + 2] += r01;
      sums[at + 3] += i01;
      sums[below] += r10;
      sums[below + 1] += i10;
      sums[below + 2] += r11;
      sums[below + 3] += i11;
    }
  }
}

/** sums += A · Bᵀ for panels of real rows, `stride` numbers each. */
function realPanels(
  rows: number,
  columns: number,
  stride: number,
  a: Float64Array,
  b: Float64Array,
  sums: Float64Array,
): void {
  for (let r = 0; r < rows; r += 2) {
    for (let c = 0; c < columns; c += 2) {
      let s00 = 0, s01 = 0, s10 = 0, s11 = 0;
      let pa = r * stride, pb = c * stride;
      for (const end = pa + stride; pa < end; pa++, pb++) {
        const x = a[pa], y = a[pa + stride], z = b[pb], w = b[pb + stride];
        s00 += x * z;
        s01 += x * w;
        s10 += y * z;
        s11 += y * w;
      }
      const at = r * (COLUMNS + 1) + c, below = at + COLUMNS + 1;
      sums[at] += s00;
      sums[at + 1] += s01;
      sums[below] += s10;
      sums[below + 1] += s11;
    }
  }
}
