/** Several fused expressions in one dispatch, against each of them as a map of its own. */
import { assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/cpu.ts";
import { type Value, valueDType } from "../../gpu/expression.ts";
import type { MapFunction } from "../../gpu/function.ts";
import * as F from "../../gpu/functions.ts";
import * as at from "../../gpu/index.ts";
import { type Adapter, type DType, type HostArray, single, WORDS } from "../../gpu/kernel.ts";
import { mapKernel } from "../../gpu/kernels/elementwise/map.ts";
import { mapsKernel, mapsShader, type MapsSpec } from "../../gpu/kernels/elementwise/maps.ts";
import { assertClose } from "../support/close.ts";
import { onWebGpu } from "../support/engines.ts";
import { runOnAll, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

const PARAMS = new Uint32Array(Float32Array.of(0.9, -0.1).buffer);
/** Buffers that every adapter binds. */
const MOST_BINDINGS = 8;

const SIZES = [1, 2, 3, 8, 30, 64, 65, 252, 500, 1030, 5000];

const call = (fn: MapFunction, ...args: Value[]): Value => ({ op: "call", fn, args });

/** Random parts, each with inputs of its own and one that all of them read, and the sizes of the inputs. */
function randomMaps(random: Seeded): { spec: MapsSpec; lengths: number[] } {
  const inputs: DType[] = ["f32"];
  const lengths = [8];
  const parts = Array.from({ length: random.whole(1, 3) }, () => {
    const size = random.of(SIZES);
    const kind = random.of(["f32", "c64"] as const);
    const [add, mul, sub] = kind === "f32"
      ? [F.addReal, F.mulReal, F.subReal]
      : [F.addComplex, F.mulComplex, F.subComplex];
    const load = (moved: boolean): Value => {
      lengths.push(size);
      const input = inputs.push(kind) - 1;
      const linear = at.linear(size);
      return { op: "load", input, dtype: kind, at: moved ? at.reverse(linear, size) : linear };
    };
    const scalar = (k: number): Value => {
      const value: Value = { op: "scalar", at: k, dtype: "f32" };
      return kind === "f32" ? value : call(F.toComplex, value);
    };
    const common: Value = { op: "load", input: 0, dtype: "f32", at: at.mod(at.linear(size), 8) };
    const g = call(mul, load(random.next() < 0.3), kind === "f32" ? common : scalar(1));
    const b = call(add, call(mul, load(false), scalar(0)), g);
    const w = call(sub, load(false), call(mul, b, scalar(1)));
    return { size, values: [b, w, call(F.squareReal, common)].slice(0, random.whole(1, 4)) };
  });
  const over = parts.flatMap(({ values }) => values.map(() => -1));
  if (inputs.length + over.length > MOST_BINDINGS) return randomMaps(random);
  return { spec: { parts, inputs, words: 2, over }, lengths };
}

/** Each expression of the maps, as a map of its own in plain TypeScript. */
async function oneByOne(spec: MapsSpec, arrays: readonly HostArray[]): Promise<HostArray[]> {
  const plain = new CpuEngine(null);
  const all: HostArray[] = [];
  for (const { size, values } of spec.parts) {
    for (const value of values) {
      const program = single(mapKernel("map"), { size, value, inputs: spec.inputs, words: 2 });
      all.push(...await runProgram(plain, program, arrays, wordsOf([{ size, value }]), PARAMS));
    }
  }
  plain.destroy();
  return all;
}

function wordsOf(results: readonly { size: number; value: Value }[]): number[] {
  return results.map(({ size, value }) => size * WORDS[valueDType(value)]);
}

function resultsOf({ parts }: MapsSpec) {
  return parts.flatMap(({ size, values }) => values.map((value) => ({ size, value })));
}

Deno.test("maps in one dispatch give what each gives alone", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Seeded(seed);
    const { spec, lengths } = randomMaps(random);
    const arrays = lengths.map((n, k) => random.floats(n * WORDS[spec.inputs[k]]));
    const expected = await oneByOne(spec, arrays);
    const words = wordsOf(resultsOf(spec));
    for (
      const { kind, out } of await runOnAll(single(mapsKernel("maps"), spec), arrays, words, PARAMS)
    ) {
      out.forEach((values, k) => assertClose(values, expected[k], 1e-6, `${seed}.${k} on ${kind}`));
    }
  }
});

onWebGpu("how many neighbours a thread takes changes no bit of maps", async (engine) => {
  for (let seed = 100; seed < 110; seed++) {
    const random = new Seeded(seed);
    const { spec, lengths } = randomMaps(random);
    if (spec.parts.some(({ size }) => size % 4 !== 0)) continue;
    const arrays = lengths.map((n, k) => random.floats(n * WORDS[spec.inputs[k]]));
    const [one, two, four] = await Promise.all([1, 2, 4].map((count) => {
      const wgsl = (made: MapsSpec, adapter: Adapter) => mapsShader(made, adapter, count);
      const program = single({ ...mapsKernel("maps"), wgsl }, spec);
      return runProgram(engine, program, arrays, wordsOf(resultsOf(spec)), PARAMS);
    }));
    assertEquals([two, four], [one, one]);
  }
});

/** Runs maps whose results are written over inputs, which the buffers of the results hold at first. */
function inPlace(spec: MapsSpec, arrays: readonly HostArray[]): HostArray[] {
  const outputs = spec.over.map((k) => arrays[k].slice());
  const own = arrays.filter((_, k) => !spec.over.includes(k));
  const f32 = new Float32Array(PARAMS.buffer), i32 = new Int32Array(PARAMS.buffer);
  mapsKernel("maps").cpu(spec, own, outputs, { u32: PARAMS, f32, i32 });
  return outputs;
}

onWebGpu("maps exchange and update values in place", async (engine) => {
  for (const size of [3, 30, 64, 2050]) {
    const random = new Seeded(size);
    const load = (input: number, dtype: DType): Value => (
      { op: "load", input, dtype, at: at.linear(size) }
    );
    const b = call(F.addComplex, load(1, "c64"), load(0, "c64"));
    const spec: MapsSpec = {
      parts: [
        { size, values: [b, call(F.subComplex, load(2, "c64"), b)] },
        { size, values: [load(4, "f32"), load(3, "f32")] }, // an exchange
      ],
      inputs: ["c64", "c64", "c64", "f32", "f32"],
      words: 0,
      over: [1, 2, 3, 4],
    };
    const arrays = spec.inputs.map((kind) => random.floats(size * WORDS[kind]));
    const [g, m, w, x, y] = arrays;
    const expected = [m.map((v, k) => v + g[k]), w.map((v, k) => v - (m[k] + g[k])), y, x];
    const plain = inPlace(spec, arrays);
    const buffers = arrays.map((data) => {
      const buffer = engine.acquire(data.byteLength);
      engine.upload(buffer, data);
      return buffer;
    });
    const pass = engine.begin();
    pass.dispatch(engine.compile(mapsKernel("maps"), spec), [buffers[0]], buffers.slice(1));
    pass.submit();
    const read = await engine.read(
      buffers.slice(1).map((buffer) => ({ buffer, offset: 0, bytes: buffer.bytes })),
    );
    expected.forEach((values, k) => {
      assertClose(plain[k], values, 1e-6, `plain ${k} of ${size}`);
      assertClose(new Float32Array(read[k]), values, 1e-6, `${k} of ${size}`);
    });
    for (const buffer of buffers) engine.release(buffer);
  }
});
