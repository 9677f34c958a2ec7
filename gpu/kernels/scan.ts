/** Running sums along an axis. */
import { type Kernel, linearGrid, linearMain, WGSL_TYPE } from "../kernel.ts";

/** A running sum along the middle axis of [outer, length, inner], from the end where `reverse`. */
export interface ScanSpec {
  readonly dtype: "f32" | "c64";
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly reverse: boolean;
}

/** One thread a line; sums of 32 elements join the total, so that errors stay small. */
export const scan: Kernel<ScanSpec> = {
  name: "cumsum",
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: [dtype] }),
  wgsl({ dtype, outer, length, inner, reverse }) {
    const lines = outer * inner;
    return {
      source: linearMain(
        lines,
        `  let base = (i / ${inner}u) * ${length * inner}u + i % ${inner}u;
  var total = ${WGSL_TYPE[dtype]}();
  var part = ${WGSL_TYPE[dtype]}();
  for (var k = 0u; k < ${length}u; k = k + 1u) {
    let at = base + ${reverse ? `(${length - 1}u - k)` : "k"} * ${inner}u;
    part = part + in0[at];
    out0[at] = total + part;
    if (k % 32u == 31u) { total = total + part; part = ${WGSL_TYPE[dtype]}(); }
  }`,
      ),
      workgroups: linearGrid(lines),
    };
  },
  cpu({ dtype, outer, length, inner, reverse }, [x], [y]) {
    const width = dtype === "c64" ? 2 : 1;
    const row = inner * width;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < row; i++) {
        let total = 0;
        for (let k = 0; k < length; k++) {
          const at = (o * length + (reverse ? length - 1 - k : k)) * row + i;
          y[at] = total += x[at];
        }
      }
    }
  },
};
