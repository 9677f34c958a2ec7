/** Reductions that are cut into slabs, as those of more than 2³¹ elements are, at counts that can be tried. */
import { assert, assertEquals } from "@std/assert";
import { join, linear, split } from "../../gpu/contract/indexing.ts";
import { mulReal } from "../../gpu/functions/mod.ts";
import { argmax } from "../../gpu/kernels/reductions/argmax.ts";
import { reduce } from "../../gpu/kernels/reductions/reduce.ts";
import { assertClose } from "../support/close.ts";
import { runOnAll } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

/** Products of two arrays that are each repeated along some axes: `a` and `b` say along which they are not. */
const CASES: { shape: number[]; folded: boolean[]; a: boolean[]; b: boolean[]; most: number }[] = [
  // A number for all, as for constants.
  { shape: [1000], folded: [true], a: [false], b: [false], most: 300 },
  { shape: [70, 71], folded: [true, true], a: [true, false], b: [false, true], most: 1000 },
  { shape: [70, 71], folded: [false, true], a: [true, false], b: [false, true], most: 1000 },
  { shape: [70, 71], folded: [true, false], a: [true, false], b: [false, true], most: 1000 },
  // One row is more than a slab takes.
  { shape: [3, 500], folded: [false, true], a: [true, false], b: [false, true], most: 200 },
  {
    shape: [3, 500, 4],
    folded: [false, true, false],
    a: [true, true, false],
    b: [false, true, true],
    most: 300,
  },
  {
    shape: [3, 5, 7, 11],
    folded: [true, false, true, false],
    a: [true, false, true, false],
    b: [false, true, false, true],
    most: 40,
  },
];

Deno.test("sums, maxima and argmax in slabs are those of the whole on every engine", async () => {
  const random = new Seeded(31);
  for (const [k, { shape, folded, a, b, most }] of CASES.entries()) {
    const size = shape.reduce((p, n) => p * n, 1);
    const kept = shape.filter((_, d) => !folded[d]).reduce((p, n) => p * n, 1);
    const coords = split(linear(size), shape);
    const loads = [a, b].map((own, input) => {
      const sizes = shape.filter((_, d) => own[d]);
      const place = join(coords.filter((_, d) => own[d]), sizes);
      return { op: "load", input, dtype: "float32", at: place } as const;
    });
    const data = [a, b].map((own) =>
      random.floats(shape.reduce((p, n, d) => own[d] ? p * n : p, 1))
    );
    const value = { op: "call", fn: mulReal, args: loads, dtype: "float32" } as const;
    const spec = { shape, folded, value, inputs: ["float32", "float32"] as const, words: 0 };
    // The three differ in what they do with an element, not in where they find it.
    for (const fold of k === 2 ? ["sum", "max", "argmax"] as const : ["sum"] as const) {
      const program = (n?: number) =>
        fold === "argmax" ? argmax(spec, n) : reduce({ ...spec, fold }, n);
      assert(program(most).steps.length > program().steps.length, "it is cut");
      const [whole] = await runOnAll(program(), data, [kept]);
      for (const { kind, out } of await runOnAll(program(most), data, [kept])) {
        const what = `${fold} over [${folded}] of [${shape}] on ${kind}`;
        if (fold === "sum") assertClose(out[0], whole.out[0], 2e-6, what);
        else assertEquals([...out[0]], [...whole.out[0]], what);
      }
    }
  }
});
