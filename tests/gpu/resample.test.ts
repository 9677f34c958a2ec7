import { lanesOf } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { resample, type ResampleSpec } from "../../gpu/kernels/windows/resample.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

onEngines("resample() equals a loop in float64 over random spans and weights", async (engine) => {
  const random = new Seeded(21);
  const specs: Omit<ResampleSpec, "dtype">[] = [
    { outer: 1, inputs: 1, outputs: 1, taps: 1, inner: 1 },
    { outer: 3, inputs: 5, outputs: 9, taps: 2, inner: 7 },
    { outer: 70, inputs: 33, outputs: 4, taps: 33, inner: 1 },
    { outer: 2, inputs: 300, outputs: 2, taps: 256, inner: 65 },
    { outer: 1, inputs: 2, outputs: 70_000, taps: 1, inner: 61 }, // a grid in two dimensions
  ];
  for (const shape of specs) {
    for (const dtype of ["float32", "complex64"] as const) {
      const { outer, inputs, outputs, taps, inner } = shape;
      const width = inner * lanesOf(dtype);
      const x = random.floats(outer * inputs * width);
      const weights = random.floats(outputs * taps);
      const spans = new Uint32Array(2 * outputs);
      for (let j = 0; j < outputs; j++) {
        const count = random.whole(0, taps + 1); // some rows are empty
        spans.set([random.whole(0, inputs - count + 1), count], 2 * j);
      }
      const y = new Float64Array(outer * outputs * width);
      for (let k = 0; k < y.length; k++) {
        const j = Math.floor(k / width) % outputs;
        const first = Math.floor(k / width / outputs) * inputs + spans[2 * j];
        for (let t = 0; t < spans[2 * j + 1]; t++) {
          y[k] += weights[j * taps + t] * x[(first + t) * width + k % width];
        }
      }
      const program = single(resample, { ...shape, dtype });
      const [got] = await runProgram(engine, program, [x, spans, weights], [y.length]);
      assertClose(got, y, 1e-6, JSON.stringify({ ...shape, dtype }));
    }
  }
});
