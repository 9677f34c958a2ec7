/**
 * One-sided Jacobi rotations (Hestenes): the rows of a matrix are rotated, two at a time, until all are
 * orthogonal to one another. A sweep meets every pair once, in rounds of pairs that share no row
 * (Brent and Luk, SIAM J. Sci. Stat. Comput. 6, 1985), and each round is one dispatch. Sweeps after
 * one in which no pair was rotated do nothing.
 */
import {
  bytesOf,
  type HostArray,
  type InexactDType,
  type InexactKind,
  isComplex,
  kindOf,
  lanesOf,
  multiplyAddFlops,
  type Precision,
  precisionOf,
  wgslOf,
} from "../../contract/dtype.ts";
import {
  type Adapter,
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  type Shader,
  type Step,
} from "../../contract/kernel.ts";
import { cooperates, workgroupOf } from "../costs.ts";
import { rotatePairs } from "./wasm_factors.ts";

/** Matrices of `rows` rows; the first `measured` elements of a row decide, all `length` are rotated. */
export interface JacobiSpec {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly rows: number;
  readonly length: number;
  readonly measured: number;
}

/** Sweeps in all: random matrices take 5 with 5 rows, 10 with 110, 13 with 256, and one more in double precision. */
const sweepsOf = ({ dtype, rows }: JacobiSpec) =>
  (precisionOf(dtype) === "single" ? 8 : 10) + Math.ceil(Math.log2(rows));
/** Rows count as orthogonal when the cosine between them is below this. */
const TOLERANCE: Readonly<Record<Precision, number>> = { single: 5e-7, double: 1e-15 };
/** Rows whose square is below this are left alone, as zeros. */
const TINY = 2 ** -100;
/** Threads for a pair that share its sums. */
const THREADS = 64;

/** The players of a round-robin: `rows`, and a pause where their number is odd. */
const players = ({ rows }: JacobiSpec) => rows + rows % 2;

/** WGSL: the rotation of rows p and q, from their squares and their product conj(p)·q. */
const ANGLES: Readonly<Record<InexactKind, string>> = {
  real: `  let size = abs(product);
  let phase = sign(product);`,
  complex: `  let top = max(max(abs(product.x), abs(product.y)), 1e-37);
  let size = top * length(product / top);
  let phase = product / max(size, 1e-37);`,
};

/**
 * WGSL: x and y rotated by an angle of sine s and cosine 1 − s·tau, where tau is the tangent of its half:
 * of small angles this rounds so little that the rows keep their lengths.
 */
const ROTATE: Readonly<Record<InexactKind, string>> = {
  real: `    out0[first + k] = x - s * (phase * y + tau * x);
    out0[second + k] = y + s * (phase * x - tau * y);`,
  complex:
    `    let across = vec2<f32>(phase.x * y.x + phase.y * y.y, phase.x * y.y - phase.y * y.x);
    let along = vec2<f32>(phase.x * x.x - phase.y * x.y, phase.x * x.y + phase.y * x.x);
    out0[first + k] = x - s * (across + tau * x);
    out0[second + k] = y + s * (along - tau * y);`,
};

/** WGSL: adds one element of both rows to the sums. */
const ADD: Readonly<Record<InexactKind, string>> = {
  real: `    product = product + x * y;
    squares = squares + vec2<f32>(x * x, y * y);`,
  complex: `    product = product + vec2<f32>(dot(x, y), x.x * y.y - x.y * y.x);
    squares = squares + vec2<f32>(dot(x, x), dot(y, y));`,
};

/**
 * WGSL of a round: `pair` counts the pairs of all matrices, `lane` the threads of a pair. All threads of
 * a workgroup take the same way through the barriers in `share`.
 */
function roundBody(spec: JacobiSpec, lanes: number, share: string): string {
  const { dtype, rows, length, measured } = spec;
  const n = players(spec);
  const load = `    let x = out0[first + k];
    let y = out0[second + k];`;
  return `  let round = param_u32(0u);
  let sweep = param_u32(1u);
  let z = pair / ${n / 2}u;
  let t = pair % ${n / 2}u;
  let a = select((round + t) % ${n - 1}u, ${n - 1}u, t == 0u);
  let b = (round + ${n - 1}u - t) % ${n - 1}u;
  let p = min(a, b);
  let q = max(a, b);
  let flag = z * ${sweepsOf(spec) + 1}u + sweep;
  let rotates = pair < ${spec.batch * n / 2}u && q < ${rows}u && out1[flag] != 0u;
  let first = (z * ${rows}u + p) * ${length}u;
  let second = (z * ${rows}u + q) * ${length}u;
  var product = ${wgslOf(dtype)}();
  var squares = vec2<f32>();
  for (var k = lane; k < select(0u, ${measured}u, rotates); k = k + ${lanes}u) {
${load}
${ADD[kindOf(dtype)]}
  }
${share}
  if (!rotates || min(squares.x, squares.y) < ${TINY}) { return; }
${ANGLES[kindOf(dtype)]}
  if (!(size > ${TOLERANCE.single} * sqrt(squares.x) * sqrt(squares.y))) { return; }
  if (lane == 0u) { out1[flag + 1u] = 1u; }
  let zeta = (squares.y - squares.x) / (2.0 * size);
  let steep = abs(zeta) > 1e6;
  let w = select(zeta, 0.0, steep);
  let tangent = select(1.0 / (abs(w) + sqrt(1.0 + w * w)), 0.5 / abs(zeta), steep);
  let half = tangent / (1.0 + sqrt(1.0 + tangent * tangent));
  let tau = select(half, -half, zeta < 0.0);
  let s = 2.0 * tau / (1.0 + tau * tau);
  for (var k = lane; k < ${length}u; k = k + ${lanes}u) {
${load}
${ROTATE[kindOf(dtype)]}
  }`;
}

/** One thread for each pair. */
function loneRound(spec: JacobiSpec, adapter: Adapter): Shader {
  const size = workgroupOf(adapter);
  const pairs = spec.batch * players(spec) / 2;
  const body = `  let pair = i;
  let lane = 0u;
${roundBody(spec, 1, "")}`;
  return {
    source: linearMain(pairs, body, size),
    workgroups: linearGrid(pairs, size),
    rounds: spec.measured + spec.length,
  };
}

/** A workgroup for each pair. */
function sharedRound(spec: JacobiSpec): Shader {
  const type = wgslOf(spec.dtype);
  const share = `  products[lane] = product;
  norms[lane] = squares;
  workgroupBarrier();
  for (var h = ${THREADS / 2}u; h > 0u; h = h / 2u) {
    if (lane < h) {
      products[lane] = products[lane] + products[lane + h];
      norms[lane] = norms[lane] + norms[lane + h];
    }
    workgroupBarrier();
  }
  product = products[0];
  squares = norms[0];`;
  return {
    source: `var<workgroup> products: array<${type}, ${THREADS}>;
var<workgroup> norms: array<vec2<f32>, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let pair = group.x + group.y * groups.x;
${roundBody(spec, THREADS, share)}
}`,
    workgroups: [spec.batch * players(spec) / 2, 1, 1],
    rounds: 2 * Math.ceil(spec.length / THREADS) + 6,
  };
}

/** Cosine and sine of the angle that makes rows of these squares and product orthogonal; or null. */
function rotation(
  alpha: number,
  beta: number,
  size: number,
  tolerance: number,
): [c: number, s: number] | null {
  if (Math.min(alpha, beta) < TINY) return null;
  if (!(size > tolerance * Math.sqrt(alpha) * Math.sqrt(beta))) return null;
  const zeta = (beta - alpha) / (2 * size);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + tangent * tangent);
  return [c, c * tangent];
}

/** Rotates the real rows x and y; whether that was needed. */
function rotateReal(x: HostArray, y: HostArray, measured: number, tolerance: number): boolean {
  let [alpha, beta, gamma] = [0, 0, 0];
  for (let k = 0; k < measured; k++) {
    alpha += x[k] * x[k];
    beta += y[k] * y[k];
    gamma += x[k] * y[k];
  }
  const angle = rotation(alpha, beta, Math.abs(gamma), tolerance);
  if (!angle) return false;
  const c = angle[0];
  const s = Math.sign(gamma) * angle[1];
  for (let k = 0; k < x.length; k++) {
    const [a, b] = [x[k], y[k]];
    x[k] = c * a - s * b;
    y[k] = s * a + c * b;
  }
  return true;
}

/** Rotates the complex rows x and y; whether that was needed. */
function rotateComplex(x: HostArray, y: HostArray, measured: number, tolerance: number): boolean {
  let alpha = 0, beta = 0, re = 0, im = 0;
  for (let k = 0; k < 2 * measured; k += 2) {
    const a = x[k], b = x[k + 1], c = y[k], d = y[k + 1];
    alpha += a * a + b * b;
    beta += c * c + d * d;
    re += a * c + b * d;
    im += a * d - b * c;
  }
  const size = Math.hypot(re, im);
  const angle = rotation(alpha, beta, size, tolerance);
  if (!angle) return false;
  const co = angle[0], sr = angle[1] * re / size, si = angle[1] * im / size;
  for (let k = 0; k < x.length; k += 2) {
    const a = x[k], b = x[k + 1], c = y[k], d = y[k + 1];
    x[k] = co * a - (sr * c + si * d);
    x[k + 1] = co * b - (sr * d - si * c);
    y[k] = co * c + (sr * a - si * b);
    y[k + 1] = co * d + (sr * b + si * a);
  }
  return true;
}

/** Copies the rows; marks for each matrix that its first sweep has something to do. */
const jacobiStart: Kernel<JacobiSpec> = {
  name: "jacobiStart",
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: [dtype, "uint32"] }),
  wgsl(spec) {
    const { batch, rows, length } = spec;
    const own = sweepsOf(spec) + 1;
    const marks = batch * own;
    const size = batch * rows * length;
    const threads = Math.max(size, marks);
    const body = `  if (i < ${size}u) { out0[i] = in0[i]; }
  if (i < ${marks}u) { out1[i] = select(0u, 1u, i % ${own}u == 0u); }`;
    return { source: linearMain(threads, body), workgroups: linearGrid(threads) };
  },
  cpu(spec, [x], [y, marks]) {
    y.set(x);
    marks.forEach((_, k) => marks[k] = k % (sweepsOf(spec) + 1) === 0 ? 1 : 0);
  },
};

/** Round `params[0]` of sweep `params[1]`, in place. */
const jacobiRound: Kernel<JacobiSpec> = {
  name: "jacobiRound",
  // Three products of rows, and two rows rotated, for each pair; less where a matrix is done.
  flops: ({ dtype, batch, rows, length }) =>
    5 * multiplyAddFlops(dtype) * batch * length * rows / 2,
  bindings: ({ dtype }) => ({ inputs: [], outputs: [dtype, "uint32"] }),
  params: () => 2,
  wgsl: (spec, adapter) => cooperates(adapter) ? sharedRound(spec) : loneRound(spec, adapter),
  cpu(spec, _, [data, marks], { u32: [round, sweep] }) {
    const { dtype, batch, rows, measured } = spec;
    const width = spec.length * lanesOf(dtype);
    const rotate = isComplex(dtype) ? rotateComplex : rotateReal;
    const tolerance = TOLERANCE[precisionOf(dtype)];
    const n = players(spec);
    for (let z = 0; z < batch; z++) {
      const mark = z * (sweepsOf(spec) + 1) + sweep;
      if (marks[mark] === 0) continue;
      for (let t = 0; t < n / 2; t++) {
        const a = t === 0 ? n - 1 : (round + t) % (n - 1);
        const b = (round + n - 1 - t) % (n - 1);
        const [p, q] = a < b ? [a, b] : [b, a];
        if (q >= rows) continue;
        const row = (k: number) =>
          data.subarray((z * rows + k) * width, (z * rows + k + 1) * width);
        if (rotate(row(p), row(q), measured, tolerance)) marks[mark + 1] = 1;
      }
    }
  },
  wasm: (spec, module) => (_, [data, marks], { u32: [round, sweep] }) => {
    const { dtype, batch, rows, length } = spec, own = sweepsOf(spec) + 1;
    const marked = new Uint32Array(module.buffer, marks, batch * own);
    for (let z = 0; z < batch; z++) {
      const mark = z * own + sweep;
      if (marked[mark] === 0) continue;
      const matrix = data + bytesOf(dtype) * z * rows * length;
      const places = [matrix, marks + 4 * (mark + 1)] as const;
      rotatePairs(module, spec, places, [players(spec), round], [
        TOLERANCE[precisionOf(dtype)],
        TINY,
      ]);
    }
  },
};

/** Rows [batch, rows, length] → rows that are orthogonal over their measured part. */
export function jacobi(spec: JacobiSpec): Program {
  const rounds = spec.rows > 1 ? players(spec) - 1 : 0;
  const steps: Step[] = [
    { kernel: jacobiStart, spec, inputs: ["in0"], outputs: ["out0", "tmp0"] },
  ];
  const sweeps = sweepsOf(spec);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let round = 0; round < rounds; round++) {
      steps.push({
        kernel: jacobiRound,
        spec,
        inputs: [],
        outputs: ["out0", "tmp0"],
        params: [round, sweep],
      });
    }
  }
  return { steps, scratch: [bytesOf("uint32") * spec.batch * (sweeps + 1)] };
}
