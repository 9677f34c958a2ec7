/** Rows chosen by integer labels. */
import { type InexactDType, lanesOf } from "../../contract/dtype.ts";
import { type Kernel, linearGrid, linearMain } from "../../contract/kernel.ts";

/** x is [outer, rows, inner], the labels are `picks` numbers below `rows`. */
export interface GatherSpec {
  readonly dtype: InexactDType;
  readonly outer: number;
  readonly rows: number;
  readonly picks: number;
  readonly inner: number;
}

/** Floats that a thread of the CPU engine copies at once. */
const CHUNK = 16384;

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
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let p = 0; p < picks; p++) {
        const from = (o * rows + labels[p]) * width;
        for (let w = from; w < from + width; w++) y[to++] = x[w];
      }
    }
  },
  wasm({ dtype, outer, rows, picks, inner }, module) {
    const width = inner * lanesOf(dtype), count = outer * picks;
    const size = Math.max(1, Math.floor(CHUNK / width));
    return ([x, labels], [y]) => {
      const args = module.args([x, labels, y, rows, picks, width, count, size]);
      module.parallel("gatherRows", args, Math.ceil(count / size), count * (1 + width / 4));
    };
  },
};
