/** Rotations of the rows of matrices, on both engines and as hardware runs them. */
import { jacobi, type JacobiSpec } from "../../gpu/kernels/factorisations/jacobi.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { adjoint, product } from "../support/matrices.ts";
import { onHardware, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

/** The same numbers as complex ones, interleaved. */
function interleaved(x: ArrayLike<number>, dtype: string): Float64Array {
  const values = Float64Array.from(x);
  if (dtype === "complex64") return values;
  return Float64Array.from({ length: 2 * x.length }, (_, k) => (k % 2 === 0 ? values[k / 2] : 0));
}

/** Rows of random numbers, behind them those of the identity; and what the rotations make of them. */
function rowsOf({ dtype, batch, rows, length, measured }: JacobiSpec, seed: number): Float32Array {
  const width = dtype === "complex64" ? 2 : 1;
  const x = new Float32Array(batch * rows * length * width);
  const random = new Seeded(seed);
  for (let r = 0; r < batch * rows; r++) {
    x.set(random.floats(measured * width), r * length * width);
    if (length > measured) x[(r * length + measured + r % rows) * width] = 1;
  }
  return x;
}

const forms: [string, (program: Program) => Program][] = [
  ["as it is", (program) => program],
  ["on hardware", onHardware],
];

onEngines("jacobi makes rows orthogonal by unitary rotations", async (engine) => {
  const specs: Omit<JacobiSpec, "dtype">[] = [
    { batch: 1, rows: 1, length: 3, measured: 2 },
    { batch: 1, rows: 2, length: 4, measured: 2 },
    { batch: 3, rows: 5, length: 10, measured: 5 },
    { batch: 1, rows: 18, length: 88, measured: 70 },
  ];
  for (const [k, sizes] of specs.entries()) {
    for (const dtype of ["float32", "complex64"] as const) {
      for (const [form, change] of forms) {
        const spec = { ...sizes, dtype };
        const { batch, rows, length, measured } = spec;
        const name = `${JSON.stringify(spec)} ${form}`;
        const x = rowsOf(spec, k);
        const [y] = await runProgram(engine, change(jacobi(spec)), [x], [x.length]);
        for (let z = 0; z < batch; z++) {
          const size = x.length / batch;
          const [before, after] = [x, y].map((a) =>
            interleaved(a.subarray(z * size, (z + 1) * size), dtype)
          );
          const cut = (a: Float64Array, from: number, to: number) =>
            a.filter((_, p) => {
              const place = (p >> 1) % length;
              return place >= from && place < to;
            });
          const turned = cut(after, 0, measured);
          const gram = product([rows, measured, rows], turned, adjoint([rows, measured], turned));
          const lengths = Array.from(
            { length: rows },
            (_, i) => Math.sqrt(gram[2 * (i * rows + i)]),
          );
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < i; j++) {
              const [re, im] = gram.slice(2 * (i * rows + j));
              const cosine = Math.hypot(re, im) / lengths[i] / lengths[j];
              assert(cosine < 1e-6, `${name}: rows ${i} and ${j} have the cosine ${cosine}`);
            }
          }
          if (length - measured !== rows) continue;
          // Behind the rows the rotation itself: it is unitary, and it makes the rows of the old ones.
          const rotation = cut(after, measured, length);
          const own: [number, number] = [rows, rows];
          const one = product([rows, rows, rows], rotation, adjoint(own, rotation));
          one.forEach((v, p) =>
            assertAlmostEquals(v, p % (2 * rows + 2) === 0 ? 1 : 0, 2e-6, `${name}, unitary`)
          );
          const back = product([rows, rows, measured], rotation, cut(before, 0, measured));
          assertClose(turned, back, 2e-6, name);
        }
      }
    }
  }
});

onEngines("jacobi leaves rows of zeros, and what is orthogonal already", async (engine) => {
  const spec: JacobiSpec = { dtype: "float32", batch: 1, rows: 3, length: 3, measured: 3 };
  for (const [form, change] of forms) {
    const x = Float32Array.of(0, 2, 0, 0, 0, 0, 3, 0, 4);
    const [y] = await runProgram(engine, change(jacobi(spec)), [x], [9]);
    assertEquals(y, x, form);
    const equal = Float32Array.of(1, 2, 2, 1, 2, 2, 0, 0, 0);
    const [z] = await runProgram(engine, change(jacobi(spec)), [equal], [9]);
    const lengths = [0, 3, 6].map((k) => Math.hypot(...z.subarray(k, k + 3)));
    assertClose(lengths.sort(), [0, 0, Math.sqrt(18)], 1e-6, form);
  }
});
