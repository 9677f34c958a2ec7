/** Fused expressions: random ones, in every form that they have, against the plain TypeScript. */
import { assert, assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { call, type Value, valueDType } from "../../gpu/contract/expression.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import * as F from "../../gpu/functions/mod.ts";
import * as at from "../../gpu/contract/indexing.ts";
import type { Index } from "../../gpu/contract/indexing.ts";
import {
  type DType,
  dtypeOf,
  type HostArray,
  type InexactKind,
  kindOf,
  lanesOf,
} from "../../gpu/contract/dtype.ts";
import { type Adapter, type Program, single } from "../../gpu/contract/kernel.ts";
import { mapKernel, mapShader, type MapSpec } from "../../gpu/kernels/elementwise/map.ts";
import { openWasm } from "../../gpu/wasm/instance.ts";
import { stretchOf } from "../../gpu/wasm/stretch.ts";
import { assertClose } from "../support/close.ts";
import { onWebGpu } from "../support/engines.ts";
import { runOnAll, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

const SIZES = [1, 3, 31, 33, 511, 512, 513, 1025, 5000, 70_001];
const COUNTS = [2, 3, 5, 8, 16, 24, 45, 64, 129];

/** A random index below `most`, of one below `size`; `params` words are 3 and 7. */
function randomIndex(random: Seeded, size: number, most: number): Index {
  let index = at.linear(size);
  for (let k = random.whole(0, 5); k > 0; k--) {
    const n = random.of(COUNTS), other = random.whole(0, 2) ? index : at.linear(size);
    index = random.of([
      () => at.div(index, n),
      () => at.mod(index, n),
      () => at.mul(index, random.whole(0, 4)),
      () => at.add(index, at.constant(random.whole(0, 30))),
      () => at.add(index, at.param(random.whole(0, 2), 7)),
      () => at.add(index, at.mod(other, n)),
      () => at.add(at.mul(at.mod(other, n), 7), at.div(index, n)),
      () => at.reverse(index, index.max + 1),
      () => at.shift(index, random.whole(0, 40), Math.max(1, index.max)),
    ])();
    if (index.max > 2 ** 20) index = at.mod(index, most);
  }
  return at.mod(index, most);
}

function indexAt(index: Index, i: number): number {
  switch (index.op) {
    case "linear":
      return i;
    case "const":
      return index.value;
    case "param":
      return [3, 7][index.at];
    case "add":
      return indexAt(index.a, i) + indexAt(index.b, i);
    case "mul":
      return indexAt(index.a, i) * index.n;
    case "div":
      return Math.floor(indexAt(index.a, i) / index.n);
    case "mod":
      return indexAt(index.a, i) % index.n;
    case "reverse":
      return index.n - 1 - indexAt(index.a, i);
    case "shift": {
      const moved = indexAt(index.a, i) - index.n;
      return moved >= 0 && moved < index.size ? moved : 0;
    }
  }
}

Deno.test("stretchOf() tells how far an index grows evenly", () => {
  const random = new Seeded(5);
  const periods = new Set<number>();
  for (let round = 0; round < 1000; round++) {
    const index = randomIndex(random, 5000, 5000);
    const { period, slope } = stretchOf(index);
    if (slope === null) continue;
    periods.add(period);
    let before = indexAt(index, 0);
    for (let i = 1; i < 1500; i++) {
      const now = indexAt(index, i);
      if (i % period !== 0) assertEquals(now - before, slope, `${index.key} at ${i}`);
      before = now;
    }
  }
  assert(periods.size > 10 && periods.has(Infinity), `${[...periods]}`);
});

const SMOOTH: Record<InexactKind, readonly MapFunction[]> = {
  real: [
    ...[F.addReal, F.subReal, F.mulReal, F.negReal, F.sinReal, F.tanhReal, F.sigmoid, F.absReal],
    ...[F.reluReal, F.maximum, F.whereReal, F.real, F.imag, F.absComplex, F.greater, F.squareReal],
    ...[F.indexToReal, F.erf],
  ],
  complex: [
    ...[F.addComplex, F.subComplex, F.mulComplex, F.negComplex, F.conj, F.toComplex, F.complex],
    ...[F.reluComplex, F.reluGateComplex, F.whereComplex, F.squareComplex],
  ],
};

/** A random expression of a kind; values stay small, but for squares of squares. */
function randomValue(
  random: Seeded,
  dtype: DType,
  depth: number,
  inputs: readonly DType[],
  size: number,
  made: Value[],
): Value {
  const shared = made.filter((value) => valueDType(value) === dtype);
  if (shared.length > 0 && random.next() < 0.25) return random.of(shared);
  const value = ((): Value => {
    const index = () => random.next() < 0.4 ? at.linear(size) : randomIndex(random, size, size);
    if (dtype === "uint32") return { op: "index", at: index() };
    if (depth === 0 || random.next() < 0.15) {
      const fitting = inputs.flatMap((kind, k) => kind === dtype ? [k] : []);
      if (random.next() < 0.2) return { op: "scalar", at: 2, dtype };
      return { op: "load", input: random.of(fitting), dtype, at: index() };
    }
    if (random.next() < 0.1) {
      const of = randomValue(random, dtype, depth - 1, inputs, size, made);
      const low = random.whole(0, size);
      return { op: "guard", of, index: index(), low, size: random.whole(0, size) };
    }
    const fn = random.of(SMOOTH[kindOf(dtype) as InexactKind]);
    const args = fn.inputs.map((kind) =>
      randomValue(random, dtypeOf(kind, "single"), depth - 1, inputs, size, made)
    );
    return call(fn, args);
  })();
  made.push(value);
  return value;
}

Deno.test("random fused expressions give the same on every engine", async () => {
  const plain = new CpuEngine(null), wasm = new CpuEngine({ workers: 0 });
  const module = openWasm({ workers: 0 })!;
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Seeded(seed);
    const size = random.of(SIZES.slice(0, seed % 40 === 0 ? 10 : 9));
    const inputs = ["float32", "complex64", "float32", "complex64"] as const;
    const arrays: HostArray[] = inputs.map((kind) => random.floats(size * lanesOf(kind)));
    const value = randomValue(
      random,
      random.of(["float32", "complex64"]),
      seed % 7,
      inputs,
      size,
      [],
    );
    const spec = { size, value, inputs, words: 4 };
    const kernel = mapKernel(`expression ${seed}`);
    assert(kernel.wasm!(spec, module), `expression ${seed} has no form in WebAssembly`);
    const params = Uint32Array.of(3, 7, ...new Uint32Array(Float32Array.of(0.3, -0.7).buffer));
    const words = size * lanesOf(valueDType(value));
    const program = single(kernel, spec);
    const [reference] = await runProgram(plain, program, arrays, [words], params);
    if (!reference.every(Number.isFinite)) continue;
    const others = seed > 30
      ? [{ kind: "cpu", out: await runProgram(wasm, program, arrays, [words], params) }]
      : await runOnAll(program, arrays, [words], params);
    for (const { kind, out } of others) {
      assertClose(out[0], reference, 2e-5, `expression ${seed} on ${kind}`);
    }
  }
  for (const owner of [plain, wasm, module]) "destroy" in owner ? owner.destroy() : owner.close();
});

/** A map whose threads take `count` neighbours, or as many as it chooses. */
function taking(spec: MapSpec, count?: number): Program {
  const wgsl = (made: MapSpec, adapter: Adapter) => mapShader(made, adapter, count);
  return single({ ...mapKernel("neighbours"), wgsl }, spec);
}

onWebGpu("how many neighbours a thread takes changes no bit of a map", async (engine) => {
  const params = Uint32Array.of(3, 7, ...new Uint32Array(Float32Array.of(0.3, -0.7).buffer));
  const inputs = ["float32", "complex64", "uint32", "complex64"] as const;
  for (let seed = 1; seed <= 6; seed++) {
    const random = new Seeded(900 + seed), size = 8 * random.of([1, 2, 9, 65, 200]);
    const linear = at.linear(size);
    const words = [0, 1, 2].map((k): Value => ({ op: "index", at: at.constant(seed + k) }));
    const args: Value[] = [{ op: "index", at: linear }, ...words];
    const values: Value[] = [
      randomValue(random, random.of(["float32", "complex64"]), seed % 5, inputs, size, []),
      call(random.of([F.uniformReal, F.normalReal, F.normalComplex]), args),
      { op: "load", input: 2, dtype: "uint32", at: linear },
      { op: "index", at: randomIndex(random, size, size) },
    ];
    const arrays = inputs.map((kind) =>
      kind === "uint32"
        ? Uint32Array.from({ length: size }, (_, k) => k * k)
        : random.floats(size * lanesOf(kind))
    );
    for (const value of values) {
      const spec = { size, value, inputs, words: 4 };
      const length = [size * lanesOf(valueDType(value))];
      const [one] = await runProgram(engine, taking(spec, 1), arrays, length, params);
      for (const count of [2, 4]) {
        const [out] = await runProgram(engine, taking(spec, count), arrays, length, params);
        assertEquals(out, one, `expression ${seed} of ${size} elements by ${count}`);
      }
    }
  }
});

onWebGpu("a map writes several neighbours over the input that they come from", async (engine) => {
  const random = new Seeded(31);
  for (const size of [4, 6, 7, 64, 1000]) {
    const load = (input: number): Value => (
      { op: "load", input, dtype: "complex64", at: at.linear(size) }
    );
    const value = call(F.mulComplex, [load(0), load(1)]);
    const kinds = ["complex64", "complex64"] as const;
    const [x, y] = kinds.map(() => random.floats(2 * size));
    const spec = { size, value, inputs: kinds, words: 0 };
    const [wanted] = await runProgram(engine, taking(spec), [x, y], [2 * size]);
    for (const inPlace of [0, 1]) {
      const made = taking({ ...spec, inPlace }).steps[0];
      const copy = taking({ ...spec, value: load(0), inputs: ["complex64"] }).steps[0];
      const program: Program = {
        steps: [
          { ...copy, inputs: [`in${inPlace}`] },
          { ...made, inputs: [`in${1 - inPlace}`] },
        ],
      };
      const [out] = await runProgram(engine, program, [x, y], [2 * size]);
      assertEquals(out, wanted, `${size} elements over input ${inPlace}`);
    }
  }
});

Deno.test("an expression that loads, repeats or counts alone is written out", async () => {
  const random = new Seeded(3);
  const size = 1300;
  const x = random.floats(2 * size);
  const values: Value[] = [
    { op: "load", input: 0, dtype: "complex64", at: at.linear(size) },
    { op: "load", input: 0, dtype: "complex64", at: at.constant(7) },
    { op: "load", input: 0, dtype: "complex64", at: at.reverse(at.linear(size), size) },
    { op: "scalar", at: 0, dtype: "complex64" },
    { op: "scalar", at: 1, dtype: "float32" },
    { op: "index", at: at.mod(at.linear(size), 9) },
    { op: "index", at: at.linear(size) },
    call(F.toComplex, [{ op: "scalar", at: 0, dtype: "float32" }]),
  ];
  const params = new Uint32Array(Float32Array.of(0.25, 4).buffer);
  for (const value of values) {
    const program = single(
      mapKernel("copy"),
      { size, value, inputs: ["complex64"], words: 2 } as const,
    );
    const length = size * lanesOf(valueDType(value));
    const [reference, ...others] = await runOnAll(program, [x], [length], params);
    for (const { out } of others) assertEquals(out, reference.out);
  }
});

Deno.test("threads change no bit of a fused expression", async () => {
  const random = new Seeded(4);
  const size = 200_000;
  const x = random.floats(2 * size);
  const load = { op: "load", input: 0, dtype: "complex64", at: at.linear(size) } as const;
  const turned = {
    op: "load",
    input: 0,
    dtype: "complex64",
    at: at.join(at.split(at.linear(size), [500, 400]).toReversed(), [400, 500]),
  } as const;
  const value = call(F.mulComplex, [call(F.expComplex, [load]), turned]);
  const program = single(
    mapKernel("exp+mul"),
    { size, value, inputs: ["complex64"], words: 0 } as const,
  );
  const results: HostArray[] = [];
  for (const workers of [0, 1, 3]) {
    const engine = new CpuEngine({ workers });
    for (let round = 0; round < 5; round++) {
      results.push((await runProgram(engine, program, [x], [2 * size]))[0]);
      await new Promise((go) => setTimeout(go, workers ? 50 : 0)); // for threads to come up
    }
    engine.destroy();
  }
  for (const result of results) assert(result.every((v, k) => v === results[0][k]));
});
