/**
 * Elimination with partial pivoting, P·A = L·U: as many dispatches as columns. The step of column s
 * subtracts multiples of pivot row s − 1 from the columns behind it, then the threads of column s
 * choose its pivot.
 */
import {
  bytesOf,
  type InexactArray,
  type InexactDType,
  lanesOf,
  multiplyAddFlops,
} from "../../contract/dtype.ts";
import {
  type Kernel,
  linearGrid,
  type Program,
  single,
  sizedMain,
  type Step,
} from "../../contract/kernel.ts";
import {
  addScaled,
  barrier,
  columnGrid,
  columnMain,
  copyStep,
  fieldWgsl,
  inverse,
  type Panel,
  panelOf,
  part,
  put,
  sizeAt,
  smallestOf,
} from "./columns.ts";
import { eliminateBelow, floatsAt } from "./wasm_factors.ts";

/** Bits of the state of a factorisation, the word after the order of the rows. */
export const SINGULAR = 1;
/** A pivot was infinite or NaN. */
export const NOT_FINITE = 2;
/** The order of the rows is an odd permutation. */
export const ODD = 4;

/** `batch` matrices of n rows and columns. */
export interface EliminateSpec {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly n: number;
}

/** WGSL: the lanes of column s agree on its pivot, `best` in `row`. */
function pivotWgsl(panel: Panel): string {
  if (panel.lanes === 1) return "";
  const { columns, lanes } = panel;
  return `    sizes[local] = best;
    rows[local] = row;
    ${barrier(panel)}
    best = 0u;
    for (var r = s - first; r < ${columns * lanes}u; r += ${columns}u) {
      if (sizes[r] > best || (sizes[r] == best && rows[r] < row)) { best = sizes[r]; row = rows[r]; }
    }`;
}

/**
 * Outputs: the matrices, in place; the order of rows, n + 1 words each; the exchanges, n words each.
 * The thread of row i is the one of lane (i − s) mod lanes.
 */
const eliminateColumn: Kernel<EliminateSpec> = {
  name: "eliminate",
  // Of ⅔n³ a matrix, or as many complex ones, each column has a like part.
  flops: ({ dtype, batch, n }) => multiplyAddFlops(dtype) * batch * n * n / 3,
  bindings: ({ dtype }) => ({ inputs: [], outputs: [dtype, "uint32", "uint32"] }),
  params: () => 3,
  wgsl({ dtype, batch, n }, adapter) {
    const panel = panelOf(adapter);
    const { columns, lanes } = panel;
    const shared = lanes === 1 ? "" : `var<workgroup> sizes: array<u32, ${columns * lanes}>;
var<workgroup> rows: array<u32, ${columns * lanes}>;
`;
    const body = `  let n = columns;
  let base = matrix * n * n;
  if (s > 0u) {
    let k = s - 1u;
    let p = out2[matrix * n + k];
    let lower = base + p * n + column;
    let upper = base + k * n + column;
    let u = out0[lower];
    let t = out0[upper];
    ${barrier(panel)}
    if (mine && column != k) {
      if (lane == 0u) {
        if (column < k) { out0[lower] = t; }
        out0[upper] = u;
      }
      if (column > k) {
        for (var i = s + lane; i < n; i += ${lanes}u) {
          let row = base + i * n;
          var old = out0[row + column];
          if (i == p) { old = t; }
          out0[row + column] = old - times(out0[row + k], u);
        }
      }
    }
  }
  if (s >= first && s < first + ${columns}u) {
    let order = matrix * (n + 1u);
    var best = 0u;
    var row = s;
    if (column == s) {
      for (var i = s + lane; i < n; i += ${lanes}u) {
        let size = size_bits(out0[base + i * n + s]);
        if (size > best) { best = size; row = i; }
      }
      if (s == 0u) {
        for (var i = lane; i < n; i += ${lanes}u) { out1[order + i] = i; }
        if (lane == 0u) { out1[order + n] = 0u; }
      }
    }
${pivotWgsl(panel)}
    ${barrier(panel)}
    let pivot = out0[base + row * n + s];
    let t = out0[base + s * (n + 1u)];
    ${barrier(panel)}
    if (column == s) {
      let zero = best < 0x800000u;
      if (lane == 0u) {
        out0[base + s * (n + 1u)] = select(pivot, T(), zero);
        out2[matrix * n + s] = row;
        var state = out1[order + n];
        if (zero) { state |= ${SINGULAR}u; }
        if (best >= 0x7f800000u) { state |= ${NOT_FINITE}u; }
        if (row != s) { state ^= ${ODD}u; }
        out1[order + n] = state;
        let other = out1[order + row];
        out1[order + row] = out1[order + s];
        out1[order + s] = other;
      }
      let scale = inverse(pivot);
      for (var i = s + select(lane, ${lanes}u, lane == 0u); i < n; i += ${lanes}u) {
        let at = base + i * n + s;
        var old = out0[at];
        if (i == row) { old = t; }
        out0[at] = select(times(old, scale), T(), zero);
      }
    }
  }`;
    return {
      source: shared + columnMain(dtype, panel, ["s"], body),
      workgroups: columnGrid(batch, n, panel),
      rounds: 3 * n,
    };
  },
  cpu(spec, _, outputs, { u32: [, , s] }) {
    const [lu, order, exchanges] = outputs as [InexactArray, Uint32Array, Uint32Array];
    for (let matrix = 0; matrix < spec.batch; matrix++) {
      if (s > 0) takeOff(spec, matrix, s - 1, lu, exchanges[matrix * spec.n + s - 1]);
      const row = choose(spec, matrix, s, lu, order);
      exchanges[matrix * spec.n + s] = row;
    }
  },
  wasm: (spec, module) => (_, [lu, order, exchanges], { u32: [, , s] }) => {
    const { dtype, batch, n } = spec;
    const rows = new Uint32Array(module.buffer, order, batch * (n + 1));
    const exchanged = new Uint32Array(module.buffer, exchanges, batch * n);
    const floats = floatsAt(module, lu);
    for (let matrix = 0; matrix < batch; matrix++) {
      if (s > 0) {
        exchange(spec, matrix, s - 1, floats, exchanged[matrix * n + s - 1]);
        eliminateBelow(module, dtype, n, s - 1, lu + bytesOf(dtype) * matrix * n * n);
      }
      exchanged[matrix * n + s] = choose(spec, matrix, s, floats, rows);
    }
  },
};

/** Exchanges rows k and p beside column k. */
function exchange(
  { dtype, n }: EliminateSpec,
  matrix: number,
  k: number,
  lu: InexactArray,
  p: number,
): void {
  if (p === k) return;
  const words = lanesOf(dtype), base = matrix * n * n;
  const [upper, lower] = [(base + k * n) * words, (base + p * n) * words];
  for (let w = 0; w < n * words; w++) {
    if (w === k * words) w += words;
    if (w >= n * words) break;
    const t = lu[upper + w];
    lu[upper + w] = lu[lower + w];
    lu[lower + w] = t;
  }
}

/** Exchanges rows k and p outside column k, and subtracts multiples of row k from the rows below. */
function takeOff(
  spec: EliminateSpec,
  matrix: number,
  k: number,
  lu: InexactArray,
  p: number,
): void {
  const { dtype, n } = spec, base = matrix * n * n, upper = base + k * n;
  exchange(spec, matrix, k, lu, p);
  for (let i = k + 1; i < n; i++) {
    const row = base + i * n;
    const [re, im] = part(dtype, lu, row + k);
    addScaled(dtype, n - k - 1, -re, -im, lu, upper + k + 1, lu, row + k + 1);
  }
}

/** Finds the pivot of column s, exchanges it there, and leaves the multipliers below it. */
function choose(
  { dtype, n }: EliminateSpec,
  matrix: number,
  s: number,
  lu: InexactArray,
  order: Uint32Array,
): number {
  const base = matrix * n * n;
  const rows = order.subarray(matrix * (n + 1), (matrix + 1) * (n + 1));
  if (s === 0) {
    for (let i = 0; i < n; i++) rows[i] = i;
    rows[n] = 0;
  }
  let row = s;
  let best = 0;
  for (let i = s; i < n; i++) {
    const size = sizeAt(dtype, lu, base + i * n + s);
    // NaN is chosen before all others, as by its bits in the shader.
    if (size > best || (Number.isNaN(size) && !Number.isNaN(best))) [best, row] = [size, i];
  }
  const zero = best < smallestOf(dtype);
  if (zero) rows[n] |= SINGULAR;
  if (!(best < Infinity)) rows[n] |= NOT_FINITE;
  if (row !== s) rows[n] ^= ODD;
  [rows[row], rows[s]] = [rows[s], rows[row]];
  const [pr, pi] = part(dtype, lu, base + row * n + s);
  const [tr, ti] = part(dtype, lu, base + s * n + s);
  put(dtype, lu, base + row * n + s, tr, ti);
  put(dtype, lu, base + s * n + s, zero ? 0 : pr, zero ? 0 : pi);
  const [ir, ii] = inverse(pr, pi);
  for (let i = s + 1; i < n; i++) {
    const [re, im] = part(dtype, lu, base + i * n + s);
    put(dtype, lu, base + i * n + s, zero ? 0 : re * ir - im * ii, zero ? 0 : re * ii + im * ir);
  }
  return row;
}

/**
 * A → L and U in one matrix, L below the diagonal without its ones, and the order of the rows: row i of
 * P·A is row `order[i]` of A. A word of state follows, see {@link SINGULAR}; a pivot below the normal
 * numbers counts as zero.
 */
export function eliminate(spec: EliminateSpec): Program {
  const { dtype, batch, n } = spec;
  const steps = Array.from({ length: n }, (_, s): Step => ({
    kernel: eliminateColumn,
    spec,
    inputs: [],
    outputs: ["out0", "out1", "tmp0"],
    params: [batch, n, s],
  }));
  return {
    steps: [copyStep(dtype, batch * n * n, "out0"), ...steps],
    scratch: [batch * n * bytesOf("uint32")],
  };
}

/** The order and state that {@link eliminate} would find for matrices that are upper triangular. */
const orderOfUpper: Kernel<EliminateSpec> = {
  name: "orderOfUpper",
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: ["uint32"] }),
  params: () => 2,
  wgsl({ dtype, batch, n }) {
    return {
      source: fieldWgsl(dtype) + sizedMain(
        ["n"],
        `  let row = i % (n + 1u);
  if (row < n) { out0[i] = row; return; }
  let base = (i / (n + 1u)) * n * n;
  var state = 0u;
  for (var k = 0u; k < n; k += 1u) {
    let size = size_bits(in0[base + k * (n + 1u)]);
    if (size < 0x800000u) { state |= ${SINGULAR}u; }
    if (size >= 0x7f800000u) { state |= ${NOT_FINITE}u; }
  }
  out0[i] = state;`,
      ),
      workgroups: linearGrid(batch * (n + 1)),
      rounds: n,
    };
  },
  cpu({ dtype, batch, n }, inputs, [order]) {
    const [u] = inputs as InexactArray[];
    for (let matrix = 0; matrix < batch; matrix++) {
      const rows = order.subarray(matrix * (n + 1), (matrix + 1) * (n + 1));
      rows[n] = 0;
      for (let k = 0; k < n; k++) {
        rows[k] = k;
        const size = sizeAt(dtype, u as InexactArray, matrix * n * n + k * (n + 1));
        if (size < smallestOf(dtype)) rows[n] |= SINGULAR;
        if (!(size < Infinity)) rows[n] |= NOT_FINITE;
      }
    }
  },
};

/** U → the order of its rows, which is their own, and its state. */
export function upper(spec: EliminateSpec): Program {
  const { steps: [step] } = single(orderOfUpper, spec);
  const { batch, n } = spec;
  return { steps: [{ ...step, params: [batch * (n + 1), n] }] };
}
