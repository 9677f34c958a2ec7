/**
 * Householder's QR, A = Q·R for m ≥ n: as many dispatches as columns. The step of column s applies
 * reflector s − 1 to the columns behind it, then the threads of column s make the next one.
 *
 * With x the column from its diagonal α on and β = −sign(Re α)‖x‖, H = 1 − τ v vᴴ takes v = 1 on the
 * diagonal and x/(α − β) below, τ = (β − α)/β: LAPACK's convention, by which R has a real diagonal. A
 * column of zeros below a real α takes τ = 0; what lies below the normal numbers of float32 is 0. In A stay v below the diagonal and R above it.
 */
import {
  bytesOf,
  type InexactArray,
  type InexactDType,
  isReal,
  lanesOf,
  multiplyAddFlops,
  wgslOf,
} from "../../contract/dtype.ts";
import {
  type Kernel,
  linearGrid,
  type Program,
  sizedMain,
  type Step,
} from "../../contract/kernel.ts";
import {
  addScaled,
  barrier,
  columnGrid,
  columnMain,
  copyStep,
  inverse,
  type Panel,
  panelOf,
  part,
  put,
  RUN,
  runs,
  sizeAt,
  smallestOf,
} from "./columns.ts";
import { floatsAt, reflectBehind, reflectUnit } from "./wasm_factors.ts";
import { MOST_ROUNDS } from "../costs.ts";

/** `batch` matrices [m, n] with m ≥ n; Q has `width` columns, n or m of them, and R as many rows. */
export interface HouseholderSpec {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly width: number;
}

/** WGSL: `sum` = the sum of the expression over rows i from `start` to the end, lanes apart, in runs. */
function sumRows({ lanes }: Panel, start: string, term: string): string {
  return `var sum = T();
    for (var from_row = ${start}; from_row < m; from_row += ${RUN * lanes}u) {
      var some = T();
      let end = min(from_row + ${RUN * lanes}u, m);
      for (var i = from_row; i < end; i += ${lanes}u) { some += ${term}; }
      sum += some;
    }`;
}

/** WGSL: `best` = the largest over the lanes of each column. */
function largestWgsl({ columns, lanes }: Panel): string {
  if (lanes === 1) return "";
  return `    sizes[local] = best;
    workgroupBarrier();
    for (var r = local % ${columns}u; r < ${columns * lanes}u; r += ${columns}u) {
      best = max(best, sizes[r]);
    }`;
}

/**
 * Outputs: the matrices, in place; τ, n numbers each. The thread of row i > s is the one of lane
 * (i − s − 1) mod lanes, and that of lane 0 has row s too.
 */
const reflectColumns: Kernel<HouseholderSpec> = {
  name: "reflect",
  // Of 2n²(m − n/3), or as many complex ones, each column has a like part.
  flops({ dtype, batch, m, n }) {
    const [long, short] = [Math.max(m, n), Math.min(m, n)];
    return multiplyAddFlops(dtype) * batch * short * (long - short / 3);
  },
  bindings: ({ dtype }) => ({ inputs: [], outputs: [dtype, dtype] }),
  params: () => 4,
  wgsl({ dtype, batch, m, n }, adapter) {
    const panel = panelOf(adapter);
    const { columns, lanes } = panel;
    const shared = lanes === 1 ? "" : `var<workgroup> sizes: array<u32, ${columns * lanes}>;\n`;
    const [re, im, real, nan] = isReal(dtype)
      ? ["a", "0.0", "x", "nan_from(bitcast<f32>(best))"]
      : ["a.x", "a.y", "vec2<f32>(x, 0.0)", "vec2<f32>(nan_from(bitcast<f32>(best)))"];
    const square = isReal(dtype) ? "q * q" : "vec2<f32>(dot(q, q), 0.0)";
    const body = `  let n = columns;
  let base = matrix * m * n;
  let at = base + min(column, n - 1u);
  if (s > 0u && first + ${columns}u > s) {
    let k = s - 1u;
    ${
      sumRows(
        panel,
        "s + lane",
        `times(conjugate(out0[base + i * n + k]), out0[at + i * n])`,
      )
    }
    let w = times(
      conjugate(out1[matrix * n + k]),
      total(sum, local) + out0[at + k * n],
    );
    ${barrier(panel)}
    if (mine && column > k) {
      if (lane == 0u) { out0[at + k * n] -= w; }
      for (var i = s + lane; i < m; i += ${lanes}u) {
        out0[at + i * n] -= times(out0[base + i * n + k], w);
      }
    }
  }
  if (s >= first && s < first + ${columns}u) {
    ${barrier(panel)}
    var best = size_bits(out0[at + s * n]);
    for (var i = s + 1u + lane; i < m; i += ${lanes}u) {
      best = max(best, size_bits(out0[at + i * n]));
    }
${largestWgsl(panel)}
    let e = exponent_of(bitcast<f32>(best));
    let a = out0[at + s * n] * pow2(-e);
    ${sumRows(panel, "s + 1u + lane", `square_of(out0[at + i * n] * pow2(-e))`)}
    let below = ${isReal(dtype) ? "total(sum, local)" : "total(sum, local).x"};
    let flat = best < 0x800000u || (below == 0.0 && ${im} == 0.0);
    let beta = select(1.0, -1.0, ${re} >= 0.0) * sqrt(${re} * ${re} + ${im} * ${im} + below);
    if (column == s) {
      let scale = inverse(a - real_number(beta));
      for (var i = s + 1u + lane; i < m; i += ${lanes}u) {
        let v = times(out0[at + i * n] * pow2(-e), scale);
        out0[at + i * n] = select(v, T(), flat);
      }
      if (lane == 0u) {
        var tau = (real_number(beta) - a) / beta;
        if (flat) { tau = T(); }
        if (best >= 0x7f800000u) { tau = ${nan}; }
        out1[matrix * n + s] = tau;
        if (!flat) { out0[at + s * n] = real_number(beta) * pow2(e); }
        if (best < 0x800000u) { out0[at + s * n] = T(); }
      }
    }
  }`;
    const helpers = `fn square_of(q: T) -> T { return ${square}; }
fn real_number(x: f32) -> T { return ${real}; }
`;
    return {
      source: shared + helpers + columnMain(dtype, panel, ["m", "s"], body),
      workgroups: columnGrid(batch, n, panel),
      rounds: 5 * m,
    };
  },
  cpu(spec, _, outputs, { u32: [, , , s] }) {
    const [a, tau] = outputs as InexactArray[];
    for (let matrix = 0; matrix < spec.batch; matrix++) {
      if (s > 0) applyReflection(spec, matrix, s - 1, a, tau);
      makeReflection(spec, matrix, s, a, tau);
    }
  },
  wasm: (spec, module) => (_, [a, tau], { u32: [, , , s] }) => {
    for (let matrix = 0; matrix < spec.batch; matrix++) {
      if (s > 0) reflectBehind(module, spec, matrix, s - 1, a, tau);
      makeReflection(spec, matrix, s, floatsAt(module, a), floatsAt(module, tau));
    }
  },
};

/** On the host: applies Hᴴ, the adjoint of reflector k, to the columns behind k. */
function applyReflection(
  { dtype, m, n }: HouseholderSpec,
  matrix: number,
  k: number,
  a: InexactArray,
  tau: InexactArray,
): void {
  const base = matrix * m * n;
  const count = n - k - 1;
  const w = new Float64Array(count * lanesOf(dtype));
  const v = (i: number) => i === k ? [1, 0] : part(dtype, a, base + i * n + k);
  for (let i = k; i < m; i++) {
    const [re, im] = v(i);
    addScaled(dtype, count, re, -im, a, base + i * n + k + 1, w, 0);
  }
  const [tr, ti] = part(dtype, tau, matrix * n + k);
  for (let i = k; i < m; i++) {
    const [re, im] = v(i);
    addScaled(
      dtype,
      count,
      -(tr * re + ti * im),
      -(tr * im - ti * re),
      w,
      0,
      a,
      base + i * n + k + 1,
    );
  }
}

/** On the host: makes the reflector that clears column s below its diagonal. */
function makeReflection(
  { dtype, m, n }: HouseholderSpec,
  matrix: number,
  s: number,
  a: InexactArray,
  tau: InexactArray,
): void {
  const at = matrix * m * n + s;
  let largest = 0;
  let below = 0;
  for (let i = s; i < m; i++) {
    const [re, im] = part(dtype, a, at + i * n);
    const size = sizeAt(dtype, a, at + i * n);
    if (size > largest || Number.isNaN(size)) largest = size;
    if (i > s) below += re * re + im * im;
  }
  const [re, im] = part(dtype, a, at + s * n);
  const flat = largest < smallestOf(dtype) || (below === 0 && im === 0);
  const beta = (re >= 0 ? -1 : 1) * Math.sqrt(re * re + im * im + below);
  const [ir, ii] = inverse(re - beta, im);
  for (let i = s + 1; i < m; i++) {
    const [x, y] = part(dtype, a, at + i * n);
    put(dtype, a, at + i * n, flat ? 0 : x * ir - y * ii, flat ? 0 : x * ii + y * ir);
  }
  const lost = !(largest < Infinity);
  const [tauRe, tauIm] = lost ? [NaN, NaN] : flat ? [0, 0] : [(beta - re) / beta, -im / beta];
  put(dtype, tau, matrix * n + s, tauRe, tauIm);
  if (largest < smallestOf(dtype)) put(dtype, a, at + s * n, 0, 0);
  else if (!flat) put(dtype, a, at + s * n, beta, 0);
}

/** The upper triangle, with `width` rows. */
const upperTriangle: Kernel<HouseholderSpec> = {
  name: "upperTriangle",
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: [dtype] }),
  params: () => 4,
  wgsl({ dtype, batch, n, width }) {
    const size = batch * width * n;
    return {
      source: sizedMain(
        ["m", "n", "width"],
        `  let row = (i / n) % width;
  let x = in0[(i / (width * n)) * m * n + i % (width * n)];
  out0[i] = select(x, ${wgslOf(dtype)}(), i % n < row);`,
      ),
      workgroups: linearGrid(size),
    };
  },
  cpu({ dtype, batch, m, n, width }, [a], [r]) {
    const words = lanesOf(dtype);
    r.fill(0);
    for (let matrix = 0; matrix < batch; matrix++) {
      for (let row = 0; row < Math.min(width, n); row++) {
        const source = (matrix * m + row) * n + row;
        const place = (matrix * width + row) * n + row;
        r.set(a.subarray(source * words, (source + n - row) * words), place * words);
      }
    }
  },
};

/**
 * The reflectors `[start, end)`, counted from the last, on the columns of Q, which begin as those of
 * the identity. The thread of row i is the one of lane i mod lanes.
 */
const assemble: Kernel<HouseholderSpec & { readonly rounds: number }> = {
  name: "assembleQ",
  flops: ({ dtype, batch, m, width, rounds }) =>
    2 * multiplyAddFlops(dtype) * batch * m * width * rounds,
  bindings: ({ dtype }) => ({ inputs: [dtype, dtype], outputs: [dtype] }),
  params: () => 6,
  wgsl({ dtype, batch, width, rounds }, adapter) {
    const panel = panelOf(adapter);
    const { columns, lanes } = panel;
    const one = isReal(dtype) ? "1.0" : "vec2<f32>(1.0, 0.0)";
    const start = lanes === 1 ? "k" : `k + (lane + ${lanes}u - k % ${lanes}u) % ${lanes}u`;
    const body = `  let base = matrix * m * n;
  let at = matrix * m * columns + min(column, columns - 1u);
  if (start == 0u && mine) {
    for (var i = lane; i < m; i += ${lanes}u) {
      out0[at + i * columns] = select(T(), ${one}, i == column);
    }
  }
  for (var step = start; step < end_step; step++) {
    let k = n - 1u - step;
    // Until reflector k = column that column of the identity stays as it is.
    if (k >= first + ${columns}u) { continue; }
    ${
      sumRows(
        panel,
        start,
        `times(conjugate(reflector(base, i, k, n)), out0[at + i * columns])`,
      )
    }
    let w = times(in1[matrix * n + k], total(sum, local));
    if (mine) {
      for (var i = ${start}; i < m; i += ${lanes}u) {
        out0[at + i * columns] -= times(reflector(base, i, k, n), w);
      }
    }
  }`;
    const helper = `fn reflector(base: u32, i: u32, k: u32, n: u32) -> T {
  return select(in0[base + i * n + k], ${one}, i == k);
}
`;
    return {
      source: helper + columnMain(dtype, panel, ["m", "n", "start", "end_step"], body),
      workgroups: columnGrid(batch, width, panel),
      rounds,
    };
  },
  cpu(spec, inputs, outputs, { u32: [, , , , start, end] }) {
    const { dtype, batch, m, n, width } = spec;
    const [[a, tau], [q]] = [inputs, outputs] as [InexactArray[], InexactArray[]];
    if (start === 0) unitColumns(spec, q);
    const w = new Float64Array(width * lanesOf(dtype));
    for (let matrix = 0; matrix < batch; matrix++) {
      for (let step = start; step < end; step++) {
        const k = n - 1 - step;
        const v = (i: number) => i === k ? [1, 0] : part(dtype, a, (matrix * m + i) * n + k);
        w.fill(0);
        for (let i = k; i < m; i++) {
          const [re, im] = v(i);
          addScaled(dtype, width - k, re, -im, q, (matrix * m + i) * width + k, w, 0);
        }
        const [tr, ti] = part(dtype, tau, matrix * n + k);
        for (let i = k; i < m; i++) {
          const [re, im] = v(i);
          const [fr, fi] = [tr * re - ti * im, tr * im + ti * re];
          addScaled(dtype, width - k, -fr, -fi, w, 0, q, (matrix * m + i) * width + k);
        }
      }
    }
  },
  wasm: (spec, module) => ([a, tau], [q], { u32: [, , , , start, end] }) => {
    if (start === 0) unitColumns(spec, floatsAt(module, q));
    for (let matrix = 0; matrix < spec.batch; matrix++) {
      for (let step = start; step < end; step++) {
        reflectUnit(module, spec, matrix, spec.n - 1 - step, a, tau, q);
      }
    }
  },
};

/** On the host: the first `width` columns of unit matrices. */
function unitColumns(
  { dtype, batch, m, width }: HouseholderSpec,
  q: InexactArray,
): void {
  q.fill(0, 0, batch * m * width * lanesOf(dtype));
  for (let c = 0; c < batch * width; c++) {
    const matrix = Math.floor(c / width);
    put(dtype, q, matrix * m * width + (c % width) * (width + 1), 1, 0);
  }
}

/** A → Q [m, width] with orthonormal columns whatever A, and R [width, n]. */
export function householder(spec: HouseholderSpec): Program {
  const { dtype, batch, m, n } = spec;
  const reflect = Array.from({ length: n }, (_, s): Step => ({
    kernel: reflectColumns,
    spec,
    inputs: [],
    outputs: ["tmp0", "tmp1"],
    params: [batch, n, m, s],
  }));
  const parts = runs(n, (step) => 3 * (m - n + 1 + step), MOST_ROUNDS);
  const rounds = m + Math.max(...parts.map((r) => r.rounds));
  return {
    steps: [
      copyStep(dtype, batch * m * n, "tmp0"),
      ...reflect,
      {
        kernel: upperTriangle,
        spec,
        inputs: ["tmp0"],
        outputs: ["out1"],
        params: [batch * spec.width * n, m, n, spec.width],
      },
      ...parts.map(({ start, end }): Step => ({
        kernel: assemble,
        spec: { ...spec, rounds },
        inputs: ["tmp0", "tmp1"],
        outputs: ["out0"],
        params: [batch, spec.width, m, n, start, end],
      })),
    ],
    scratch: [batch * m * n * bytesOf(dtype), batch * n * bytesOf(dtype)],
  };
}
