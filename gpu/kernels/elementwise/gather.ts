/** Rows chosen by integer labels, and the adjoint sum. */
import { type InexactDType, lanesOf, wgslOf } from "../../contract/dtype.ts";
import { type Kernel, linearGrid, linearMain } from "../../contract/kernel.ts";

/** x is [outer, rows, inner], the labels are `picks` numbers below `rows`. */
export interface GatherSpec {
  readonly dtype: InexactDType;
  readonly outer: number;
  readonly rows: number;
  readonly picks: number;
  readonly inner: number;
}

/** x, labels → [outer, picks, inner] with y[o, p] = x[o, labels[p]]. */
export const gather: Kernel<GatherSpec> = {
  name: "gather",
  bindings: ({ dtype }) => ({ inputs: [dtype, "uint32"], outputs: [dtype] }),
  wgsl({ outer, rows, picks, inner }) {
    const size = outer * picks * inner;
    return {
      source: linearMain(
        size,
        `  let row = i / ${inner}u;
  let at = (row / ${picks}u) * ${rows}u + in1[row % ${picks}u];
  out0[i] = in0[at * ${inner}u + i % ${inner}u];`,
      ),
      workgroups: linearGrid(size),
    };
  },
  cpu({ dtype, outer, rows, picks, inner }, [x, labels], [y]) {
    const width = inner * lanesOf(dtype);
    for (let o = 0; o < outer; o++) {
      for (let p = 0; p < picks; p++) {
        const from = (o * rows + labels[p]) * width;
        y.set(x.subarray(from, from + width), (o * picks + p) * width);
      }
    }
  },
};

/** The adjoint: g [outer, picks, inner], labels → [outer, rows, inner], equal labels added up. */
export const scatterAdd: Kernel<GatherSpec> = {
  name: "scatterAdd",
  bindings: ({ dtype }) => ({ inputs: [dtype, "uint32"], outputs: [dtype] }),
  wgsl({ dtype, outer, rows, picks, inner }) {
    const size = outer * rows * inner;
    return {
      source: linearMain(
        size,
        `  let row = i / ${inner}u;
  let base = (row / ${rows}u) * ${picks}u;
  var sum = ${wgslOf(dtype)}();
  for (var p = 0u; p < ${picks}u; p = p + 1u) {
    if (in1[p] == row % ${rows}u) { sum = sum + in0[(base + p) * ${inner}u + i % ${inner}u]; }
  }
  out0[i] = sum;`,
      ),
      workgroups: linearGrid(size),
    };
  },
  cpu({ dtype, outer, rows, picks, inner }, [g, labels], [x]) {
    const width = inner * lanesOf(dtype);
    x.fill(0);
    for (let o = 0; o < outer; o++) {
      for (let p = 0; p < picks; p++) {
        const to = (o * rows + labels[p]) * width;
        const from = (o * picks + p) * width;
        for (let w = 0; w < width; w++) x[to + w] += g[from + w];
      }
    }
  },
};
