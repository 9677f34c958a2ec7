/** Weighted sums of neighbours along one axis, from a table: resampling and its adjoint. */
import { type InexactDType, lanesOf, realOf, wgslOf } from "../../contract/dtype.ts";
import { type Kernel, linearGrid, linearMain } from "../../contract/kernel.ts";

/** x is [outer, inputs, inner]; a row of the table has room for `taps` weights. */
export interface ResampleSpec {
  readonly dtype: InexactDType;
  readonly outer: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  readonly inner: number;
}

/**
 * x, spans uint32 [outputs, 2], weights [outputs, taps] real in the precision of x → [outer, outputs,
 * inner]. With (start, count) = spans[j] it is y[o, j, i] = Σ_t weights[j, t] x[o, start + t, i] over t <
 * count; other weights and inputs are not looked at. Spans must lie within the inputs, and counts within
 * the taps.
 */
export const resample: Kernel<ResampleSpec> = {
  name: "resample",
  bindings: ({ dtype }) => ({ inputs: [dtype, "uint32", realOf(dtype)], outputs: [dtype] }),
  wgsl({ dtype, outer, inputs, outputs, taps, inner }) {
    const size = outer * outputs * inner;
    return {
      source: linearMain(
        size,
        `  let row = i / ${inner}u;
  let j = row % ${outputs}u;
  let base = ((row / ${outputs}u) * ${inputs}u + in1[2u * j]) * ${inner}u + i % ${inner}u;
  let count = in1[2u * j + 1u];
  var sum = ${wgslOf(dtype)}();
  // A fixed number of rounds: on processors that costs far less than loops of varying length.
  for (var t = 0u; t < ${taps}u; t = t + 1u) {
    if (t < count) { sum = sum + in2[j * ${taps}u + t] * in0[base + t * ${inner}u]; }
  }
  out0[i] = sum;`,
      ),
      workgroups: linearGrid(size),
      rounds: taps,
    };
  },
  cpu({ dtype, outer, inputs, outputs, taps, inner }, [x, spans, weights], [y]) {
    const width = inner * lanesOf(dtype);
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < outputs; j++) {
        const from = (o * inputs + spans[2 * j]) * width;
        const count = spans[2 * j + 1];
        const first = weights[j * taps];
        const second = weights[j * taps + 1];
        // One and two weights are what upsampling has.
        if (count === 1) {
          for (let i = from; i < from + width; i++) y[to++] = first * x[i];
          continue;
        }
        if (count === 2) {
          for (let i = from; i < from + width; i++) y[to++] = first * x[i] + second * x[i + width];
          continue;
        }
        for (let i = 0; i < width; i++) {
          let sum = 0;
          for (let t = 0; t < count; t++) sum += weights[j * taps + t] * x[from + t * width + i];
          y[to++] = sum;
        }
      }
    }
  },
};
