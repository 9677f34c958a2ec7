/**
 * Linear systems from the factors of {@link eliminate}: row interchanges, forward and backward
 * substitution, for a matrix or for its conjugate transpose; and determinants.
 */
import { range } from "../../contract/collections.ts";
import {
  bytesOf,
  type InexactArray,
  type InexactDType,
  isReal,
  lanesOf,
  multiplyAddFlops,
} from "../../contract/dtype.ts";
import {
  type Kernel,
  linearGrid,
  type Program,
  sizedMain,
  type Slot,
  type Step,
} from "../../contract/kernel.ts";
import { linkWgsl } from "../../contract/map_function.ts";
import { nanWgsl } from "../../functions/scaling.ts";
import {
  addScaled,
  barrier,
  columnGrid,
  columnMain,
  inverse,
  panelOf,
  part,
  put,
  RUN,
  runs,
} from "./columns.ts";
import { MOST_ROUNDS } from "../costs.ts";

/** Solves A·X = B, or Aᴴ·X = B where `adjoint`: X and B are `batch` matrices [n, columns]. */
export interface SubstituteSpec {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly n: number;
  readonly columns: number;
  readonly adjoint: boolean;
  /** Whether A is upper triangular, without an L. */
  readonly upper: boolean;
  /** The states for which the result is NaN. */
  readonly refused: number;
}

/** How an exchange of rows reads: order[i] from, order[i] to, or straight. */
interface Exchange extends SubstituteSpec {
  readonly ordered: "read" | "write" | "neither";
}

/** Rows in the order of the elimination, or back; NaN where the state is refused. */
const exchange: Kernel<Exchange> = {
  name: "exchangeRows",
  bindings: ({ dtype }) => ({ inputs: [dtype, "uint32"], outputs: [dtype] }),
  params: () => 4,
  wgsl({ dtype, batch, n, columns, ordered }) {
    const moved = "(row - row % n + in1[order + row % n]) * columns + i % columns";
    const nan = isReal(dtype) ? "nan" : "vec2<f32>(nan)";
    return {
      source: linkWgsl([nanWgsl]) + sizedMain(
        ["n", "columns", "refused"],
        `  let row = i / columns;
  let order = (row / n) * (n + 1u);
  let state = in1[order + n];
  let nan = nan_from(bitcast<f32>(state));
  let source = ${ordered === "read" ? moved : "i"};
  let place = ${ordered === "write" ? moved : "i"};
  out0[place] = select(in0[source], ${nan}, (state & refused) != 0u);`,
      ),
      workgroups: linearGrid(batch * n * columns),
    };
  },
  cpu({ dtype, batch, n, columns, refused, ordered }, [x, order], [y]) {
    const width = columns * lanesOf(dtype);
    for (let row = 0; row < batch * n; row++) {
      const start = Math.floor(row / n) * (n + 1);
      const moved = row - row % n + order[start + row % n];
      const source = (ordered === "read" ? moved : row) * width;
      const place = (ordered === "write" ? moved : row) * width;
      if (order[start + n] & refused) y.fill(NaN, place, place + width);
      else y.set(x.subarray(source, source + width), place);
    }
  },
};

/** One of the triangular systems L, U, Uᴴ and Lᴴ. */
interface Triangle extends SubstituteSpec {
  /** Which factor. */
  readonly factor: "L" | "U";
  readonly rounds: number;
}

/** Whether a system is solved from the first row on; those of Lᴴ and U from the last. */
const isForward = ({ factor, adjoint }: Triangle) => (factor === "L") !== adjoint;

/** Rows that are summed together, so that what is known is loaded once for all of them. */
const ROWS = 4;

/** The steps `[start, end)` of a triangular system, in place; the rows solved before are known. */
const triangle: Kernel<Triangle> = {
  name: "substitute",
  // A row needs half of the others on the average.
  flops: ({ dtype, batch, n, columns, rounds }) =>
    multiplyAddFlops(dtype) * batch * columns * Math.min(rounds, n) * n / 2,
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: [dtype] }),
  params: () => 5,
  wgsl(spec, adapter) {
    const { dtype, batch, columns, adjoint, factor, rounds } = spec;
    const panel = panelOf(adapter);
    const row = (step: string) => isForward(spec) ? step : `(n - 1u - ${step})`;
    const entry = (i: string, k: string) =>
      adjoint ? `conjugate(in0[base + ${k} * n + ${i}])` : `in0[base + ${i} * n + ${k}]`;
    const each = (write: (r: number) => string) => range(ROWS).map(write).join("\n    ");
    const solve = (r: number) =>
      `let known${r} = out0[top + i${r} * columns] - total(sum${r}, local)${
        range(r).map((q) => ` - times(${entry(`i${r}`, `i${q}`)}, x${q})`).join("")
      };
    let x${r} = ${
        factor === "L" ? `known${r}` : `times(known${r}, inverse(${entry(`i${r}`, `i${r}`)}))`
      };`;
    const body = `  let base = matrix * n * n;
  let top = matrix * n * columns + min(column, columns - 1u);
  for (var step = start; step < end_step; step += ${ROWS}u) {
    ${each((r) => `let i${r} = ${row(`min(step + ${r}u, n - 1u)`)}; var sum${r} = T();`)}
    for (var run = lane; run < step; run += ${RUN * panel.lanes}u) {
      ${each((r) => `var some${r} = T();`)}
      let end = min(run + ${RUN * panel.lanes}u, step);
      for (var j = run; j < end; j += ${panel.lanes}u) {
        let k = ${row("j")};
        let x = out0[top + k * columns];
        ${each((r) => `some${r} += times(${entry(`i${r}`, "k")}, x);`)}
      }
      ${each((r) => `sum${r} += some${r};`)}
    }
    ${each(solve)}
    ${barrier(panel)}
    if (mine && lane == 0u) {
      ${each((r) => `if (step + ${r}u < n) { out0[top + i${r} * columns] = x${r}; }`)}
    }
    ${barrier(panel)}
  }`;
    return {
      source: columnMain(dtype, panel, ["n", "start", "end_step"], body),
      workgroups: columnGrid(batch, columns, panel),
      rounds,
    };
  },
  cpu(spec, inputs, outputs, { u32: [, , , start, end] }) {
    const { dtype, batch, n, columns, adjoint, factor } = spec;
    const [[lu], [x]] = [inputs, outputs] as [InexactArray[], InexactArray[]];
    const forward = isForward(spec);
    const width = columns * lanesOf(dtype);
    const sum = new Float64Array(width);
    for (let matrix = 0; matrix < batch; matrix++) {
      const base = matrix * n * n;
      for (let step = start; step < end; step++) {
        const i = forward ? step : n - 1 - step;
        const row = matrix * n + i;
        sum.set(x.subarray(row * width, (row + 1) * width));
        for (let j = 0; j < step; j++) {
          const k = forward ? j : n - 1 - j;
          const [re, im] = part(dtype, lu, base + (adjoint ? k * n + i : i * n + k));
          addScaled(dtype, columns, -re, adjoint ? im : -im, x, (matrix * n + k) * columns, sum, 0);
        }
        if (factor === "L") {
          x.set(sum, row * width);
          continue;
        }
        const [re, im] = part(dtype, lu, base + i * (n + 1));
        const [ir, ii] = inverse(re, adjoint ? -im : im);
        for (let c = 0; c < columns; c++) {
          const [sr, si] = part(dtype, sum, c);
          put(dtype, x, row * columns + c, sr * ir - si * ii, sr * ii + si * ir);
        }
      }
    }
  },
};

/** L and U in one matrix, the order of the rows, B → X. */
export function substitute(spec: SubstituteSpec): Program {
  const { dtype, batch, n, columns, adjoint, upper } = spec;
  const move = (source: Slot, place: Slot, ordered: Exchange["ordered"]): Step => ({
    kernel: exchange,
    spec: { ...spec, ordered },
    inputs: [source, "in1"],
    outputs: [place],
    params: [batch * n * columns, n, columns, spec.refused],
  });
  const both = adjoint ? ["U", "L"] as const : ["L", "U"] as const;
  const factors = upper ? ["U"] as const : both;
  const parts = runs(Math.ceil(n / ROWS), (block) => 2 * ROWS * block + 1, MOST_ROUNDS);
  const rounds = Math.max(...parts.map((r) => r.rounds));
  const solve = factors.flatMap((factor) =>
    parts.map(({ start, end }): Step => ({
      kernel: triangle,
      spec: { ...spec, factor, rounds } satisfies Triangle,
      inputs: ["in0"],
      outputs: ["tmp0"],
      params: [batch, columns, n, start * ROWS, Math.min(n, end * ROWS)],
    }))
  );
  return {
    steps: [
      move("in2", "tmp0", adjoint ? "neither" : "read"),
      ...solve,
      move("tmp0", "out0", adjoint ? "write" : "neither"),
    ],
    scratch: [batch * n * columns * bytesOf(dtype)],
  };
}
