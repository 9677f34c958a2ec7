/** Reductions and running sums: every kernel against a float64 loop, on both engines. */
import { call } from "../../gpu/contract/expression.ts";
import { assertEquals } from "@std/assert";
import { type HostArray, type InexactDType, lanesOf } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { linear, mod } from "../../gpu/contract/indexing.ts";
import { argmax } from "../../gpu/kernels/reductions/argmax.ts";
import { mapKernel } from "../../gpu/kernels/elementwise/map.ts";
import { reduce } from "../../gpu/kernels/reductions/reduce.ts";
import { scan } from "../../gpu/kernels/reductions/scan.ts";
import type { FoldSpec } from "../../gpu/kernels/reductions/fold.ts";
import { absComplex, expComplex, mulComplex, toComplex } from "../../gpu/functions/mod.ts";
import { sizeOf } from "../../complex/lazy/shape.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { runOnAll, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

/** Shapes with sizes of 1, odd ones, and runs that need one, two and three stages. */
const SHAPES: { shape: number[]; folded: boolean[] }[] = [
  { shape: [1], folded: [true] },
  { shape: [7], folded: [true] },
  { shape: [1, 1, 5], folded: [true, false, false] },
  { shape: [3, 129, 5], folded: [false, true, false] },
  { shape: [129, 3, 5], folded: [true, false, true] },
  { shape: [2, 3, 4, 5, 6], folded: [true, false, true, false, true] },
  { shape: [1000, 37], folded: [true, false] },
  { shape: [37, 1000], folded: [false, true] },
  { shape: [1_100_001], folded: [true] },
  { shape: [3, 400_001], folded: [false, true] },
  { shape: [400_001, 3], folded: [true, false] },
  { shape: [1000, 36], folded: [true, false] },
  { shape: [3, 45, 5, 8], folded: [false, true, false, false] },
  { shape: [5, 3, 7, 4], folded: [true, false, true, false] },
];

/** For each element the index of the result that it is folded into, and its place in the run. */
function targetsOf({ shape, folded }: { shape: number[]; folded: boolean[] }) {
  const size = sizeOf(shape);
  const result = new Uint32Array(size);
  const place = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    let rest = i;
    let [r, p, rs, ps] = [0, 0, 1, 1];
    for (let d = shape.length - 1; d >= 0; d--) {
      const c = rest % shape[d];
      rest = Math.floor(rest / shape[d]);
      if (folded[d]) [p, ps] = [p + c * ps, ps * shape[d]];
      else [r, rs] = [r + c * rs, rs * shape[d]];
    }
    [result[i], place[i]] = [r, p];
  }
  return { result, place };
}

function loading(dtype: InexactDType, shape: number[], folded: boolean[]): FoldSpec {
  const value = { op: "load", input: 0, dtype, at: linear(sizeOf(shape)) } as const;
  return { shape, folded, value, inputs: [dtype], words: 0 };
}

onEngines(
  "reduce() and argmax() equal a loop in float64 over every sort of axes",
  async (engine) => {
    const random = new Seeded(11);
    for (const { shape, folded } of SHAPES) {
      const size = sizeOf(shape);
      const kept = sizeOf(shape.filter((_, d) => !folded[d]));
      const { result, place } = targetsOf({ shape, folded });
      for (const dtype of ["float32", "complex64"] as const) {
        const w = lanesOf(dtype);
        const x = random.floats(size * w);
        const wanted = new Float64Array(kept * w);
        for (let i = 0; i < size * w; i++) wanted[result[Math.floor(i / w)] * w + i % w] += x[i];
        const spec = loading(dtype, shape, folded);
        const [got] = await runProgram(engine, reduce({ ...spec, fold: "sum" }), [x], [kept * w]);
        assertClose(got, wanted, 2e-6, `sums over [${folded}] of [${shape}]`);
        if (dtype === "complex64") continue;
        const most = new Float64Array(kept).fill(-Infinity);
        const first = new Float64Array(kept);
        for (let i = 0; i < size; i++) {
          x[i] = Math.round(20 * x[i]); // many equal ones: the first must win
          if (x[i] > most[result[i]] || (x[i] === most[result[i]] && place[i] < first[result[i]])) {
            [most[result[i]], first[result[i]]] = [x[i], place[i]];
          }
        }
        const [max] = await runProgram(engine, reduce({ ...spec, fold: "max" }), [x], [kept]);
        assertEquals([...max], [...most]);
        const [at] = await runProgram(engine, argmax(spec), [x], [kept]);
        assertEquals([...at], [...first]);
      }
    }
  },
  { exhaustive: ["webgpu"] }, // the next test takes WebGPU through axes, too
);

Deno.test("reductions of fused expressions over random axes agree on every engine", async () => {
  for (let seed = 1; seed <= 24; seed++) {
    const random = new Seeded(100 + seed);
    const shape: number[] = [];
    for (let d = random.whole(1, 6); d > 0; d--) {
      shape.push(random.of([1, 2, 3, 7, 16, 33, 70, seed % 8 ? 130 : 3000]));
      if (sizeOf(shape) > 60_000) shape.pop();
    }
    const folded = shape.map(() => random.next() < 0.5);
    const size = sizeOf(shape);
    const kept = sizeOf(shape.filter((_, d) => !folded[d]));
    const period = random.of([1, 3, 64, 1000]);
    const real = seed % 2 === 0;
    const load = { op: "load", input: 0, dtype: "complex64", at: linear(size) } as const;
    const scalar = {
      op: "load",
      input: 1,
      dtype: "float32",
      at: mod(linear(size), period),
    } as const;
    const product = call(mulComplex, [load, call(toComplex, [scalar])]);
    const value = real ? call(absComplex, [product]) : product;
    const spec = { shape, folded, value, inputs: ["complex64", "float32"], words: 0 } as const;
    const inputs = [random.floats(2 * size), random.floats(period)];
    const words = real ? kept : 2 * kept;
    for (const fold of real ? ["sum", "max"] as const : ["sum"] as const) {
      const [reference, ...others] = await runOnAll(reduce({ ...spec, fold }), inputs, [words]);
      for (const { kind, out } of others) {
        const what = `${fold} over [${folded}] of [${shape}] on ${kind}`;
        assertClose(out[0], reference.out[0], 1e-6, what);
      }
    }
  }
});

Deno.test("a maximum with a NaN anywhere is NaN, in every form of the kernel", async () => {
  for (const [rows, run] of [[40, 7], [5, 100], [1, 5000]]) {
    for (const along of [true, false]) {
      const x = new Seeded(21).floats(rows * run);
      const expected = new Float32Array(rows).fill(-Infinity);
      for (let row = 0; row < rows; row++) {
        // One each at the start, at the end and in between, and none in every fourth row.
        const lost = row % 4 === 3 ? -1 : [0, run - 1, (5 * row) % run][row % 4];
        for (let k = 0; k < run; k++) {
          const at = along ? row * run + k : k * rows + row;
          if (k === lost) x[at] = NaN;
          expected[row] = Math.max(expected[row], x[at]);
        }
      }
      const spec = along
        ? loading("float32", [rows, run], [false, true])
        : loading("float32", [run, rows], [true, false]);
      for (const { kind, out } of await runOnAll(reduce({ ...spec, fold: "max" }), [x], [rows])) {
        assertEquals([...out[0]], [...expected], `${rows} of ${run}, along ${along}, on ${kind}`);
      }
    }
  }
});

Deno.test("threads change no bit of a sum", async () => {
  const shape = [40, 300, 31], size = sizeOf(shape);
  const x = new Seeded(15).floats(size);
  for (const folded of [[true, false, true], [false, true, true], [true, true, false]]) {
    const spec = { ...loading("float32", shape, folded), fold: "sum" } as const;
    const kept = sizeOf(shape.filter((_, d) => !folded[d]));
    const results: HostArray[] = [];
    for (const workers of [0, 1, 3]) {
      const engine = new CpuEngine({ workers });
      for (let round = 0; round < 3; round++) {
        results.push((await runProgram(engine, reduce(spec), [x], [kept]))[0]);
        await new Promise((go) => setTimeout(go, workers ? 50 : 0)); // for threads to come up
      }
      engine.destroy();
    }
    for (const result of results) assertEquals(result, results[0]);
  }
});

onEngines(
  "scan() equals a loop in float64 forwards and backwards, in chunks too",
  async (engine) => {
    const random = new Seeded(12);
    for (
      const [outer, length, inner] of [[1, 1, 1], [3, 7, 5], [2, 512, 1], [2, 513, 3], [
        1,
        300_001,
        2,
      ]]
    ) {
      for (const dtype of ["float32", "complex64"] as const) {
        for (const reverse of [false, true]) {
          const row = inner * lanesOf(dtype);
          const x = random.floats(outer * length * row);
          const wanted = new Float64Array(x.length);
          for (let o = 0; o < outer; o++) {
            for (let i = 0; i < row; i++) {
              let sum = 0;
              for (let k = 0; k < length; k++) {
                const at = (o * length + (reverse ? length - 1 - k : k)) * row + i;
                wanted[at] = sum += x[at];
              }
            }
          }
          const program = scan({ dtype, outer, length, inner, reverse });
          const [got] = await runProgram(engine, program, [x], [x.length]);
          assertClose(got, wanted, 1e-5, `running sums of ${[outer, length, inner]}`);
        }
      }
    }
  },
);

onEngines(
  "a map kernel gives every element of sizes around a block and a workgroup",
  async (engine) => {
    const random = new Seeded(14);
    for (const size of [1, 63, 64, 65, 1023, 1024, 1025, 5000]) {
      const x = random.floats(2 * size);
      const load = { op: "load", input: 0, dtype: "complex64", at: linear(size) } as const;
      const scalar = { op: "scalar", at: 0, dtype: "complex64" } as const;
      const turned = call(mulComplex, [load, scalar]);
      const value = call(expComplex, [turned]);
      const program = single(
        mapKernel("exp+mul"),
        { size, value, inputs: ["complex64"], words: 2 } as const,
      );
      const params = new Uint32Array(Float32Array.of(0, 2).buffer); // exp(2i z)
      const [got] = await runProgram(engine, program, [x], [2 * size], params);
      const wanted = new Float64Array(2 * size);
      for (let k = 0; k < 2 * size; k += 2) {
        const r = Math.exp(-2 * x[k + 1]);
        wanted[k] = r * Math.cos(2 * x[k]);
        wanted[k + 1] = r * Math.sin(2 * x[k]);
      }
      assertClose(got, wanted, 1e-6);
    }
  },
);
