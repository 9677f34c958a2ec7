/** Elementwise functions of infinities, NaN and signed zeros, in each of their forms. */
import { assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { linear } from "../../gpu/contract/indexing.ts";
import { dtypeOf, type HostArray, hostView, lanesOf } from "../../gpu/contract/dtype.ts";
import { call } from "../../gpu/contract/expression.ts";
import { single } from "../../gpu/contract/kernel.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import { functionsByName } from "../../gpu/functions/by_name.ts";
import { mapKernel } from "../../gpu/kernels/elementwise/map.ts";
import { onWebGpu } from "../support/engines.ts";
import { runProgram } from "../support/program.ts";
import { type Expected, type Row, SPECIAL_VALUES } from "./special_values.ts";

/**
 * What the engine gives for the rows of a function, which go through one kernel together; where
 * `place` is given, the results take the place of that operand.
 */
async function results(
  engine: Engine,
  name: string,
  rows: readonly Row[],
  place?: number,
): Promise<number[][]> {
  const fn = functionsByName.get(name)!, n = rows.length;
  const inputs = fn.inputs.map((kind) => dtypeOf(kind, "single"));
  const words = lanesOf(dtypeOf(fn.output, "single"));
  let from = 0;
  const arrays = inputs.map((dtype) => {
    const lanes = lanesOf(dtype), at = from;
    from += lanes;
    return Float32Array.from(rows.flatMap(({ args }) => args.slice(at, at + lanes)));
  });
  const args = inputs.map((dtype, input) => ({ op: "load", input, dtype, at: linear(n) }) as const);
  const spec = { size: n, value: call(fn, args), inputs, words: 0 };
  const kernel = mapKernel(name);
  const [got] = place === undefined
    ? await runProgram(engine, single(kernel, spec), arrays, [n * words])
    : [await runInPlace(engine, engine.compile(kernel, spec), arrays, place)];
  return rows.map((_, k) => [...got.subarray(k * words, (k + 1) * words)]);
}

async function runInPlace(
  engine: Engine,
  compiled: ReturnType<Engine["compile"]>,
  arrays: readonly Float32Array[],
  place: number,
): Promise<HostArray> {
  const buffers = arrays.map((data) => {
    const buffer = engine.acquire(data.byteLength);
    engine.upload(buffer, data);
    return buffer;
  });
  const pass = engine.begin();
  pass.dispatch(compiled, buffers, [buffers[place]]);
  await pass.submit();
  const { byteLength: bytes } = arrays[place];
  const [memory] = await engine.read([{ buffer: buffers[place], offset: 0, bytes }]);
  for (const buffer of buffers) engine.release(buffer);
  return hostView("float32", memory);
}

function isRight(got: number, { value, anySign }: Expected): boolean {
  if (anySign) return Object.is(Math.abs(got), Math.abs(value));
  if (value === 0 || !Number.isFinite(value)) return Object.is(got, value);
  return Math.abs(got - value) <= 5e-7 * Math.abs(value);
}

/** The rows that come out otherwise, in words. */
async function wrongRows(engine: Engine, table = SPECIAL_VALUES): Promise<string[]> {
  const wrong: string[] = [];
  for (const [name, rows] of table) {
    const got = await results(engine, name, rows);
    rows.forEach(({ args, want }, k) => {
      if (want.every((x, part) => isRight(got[k][part], x))) return;
      const right = want.map(({ value, anySign }) => `${anySign ? "±" : ""}${text(value)}`);
      wrong.push(`${name}(${args.map(text)}) is ${got[k].map(text)}, not ${right}`);
    });
  }
  return wrong;
}

const text = (x: number): string => Object.is(x, -0) ? "-0" : `${x}`;

const forms = {
  "plain TypeScript": () => new CpuEngine(null),
  "WebAssembly": () => new CpuEngine({ workers: 0 }),
  "WebAssembly without fused multiply-adds": () => new CpuEngine({ relaxed: false, workers: 0 }),
};

for (const [form, open] of Object.entries(forms)) {
  Deno.test(`special values of functions are those of the Array API standard in ${form}`, async () => {
    const engine = open();
    assertEquals(await wrongRows(engine), []);
    engine.destroy();
  });
}

/**
 * Whether NaN passes two choices by comparisons; drivers of OpenGL make a minimum and a maximum of them,
 * as WGSL allows.
 */
async function keepsNaN(engine: Engine): Promise<boolean> {
  const clamp: MapFunction = {
    name: "clamp",
    inputs: ["real"],
    output: "real",
    wgsl: (x) => `select(select(${x}, 1.0, ${x} > 1.0), -1.0, ${x} < -1.0)`,
    cpu: (_, out, x) => out.set(x),
  };
  const load = { op: "load", input: 0, dtype: "float32", at: linear(1) } as const;
  const spec = { size: 1, value: call(clamp, [load]), inputs: ["float32" as const], words: 0 };
  const program = single(mapKernel("probe"), spec);
  const [[kept]] = await runProgram(engine, program, [Float32Array.of(NaN)], [1]);
  return Number.isNaN(kept);
}

/** Functions that are short in WGSL, where infinite numbers follow plain arithmetic. */
const PLAIN_IN_WGSL = ["mulComplex", "squareComplex", "sgn"];

onWebGpu(
  "special values of functions are those of the Array API standard, but for infinite complex factors",
  async (engine) => {
    const all = await keepsNaN(engine);
    if (!all) {
      console.log("This adapter loses NaN: the rows with an operand of NaN are left out.");
    }
    const table = Array.from(SPECIAL_VALUES, ([name, rows]) => {
      const plain = PLAIN_IN_WGSL.includes(name);
      const infinite = ({ args }: Row) => args.some((x) => Math.abs(x) === Infinity);
      const told = ({ args }: Row) => all || !args.some(Number.isNaN);
      return [name, rows.filter((row) => told(row) && (!plain || !infinite(row)))] as const;
    });
    assertEquals(await wrongRows(engine, new Map(table)), []);
  },
);

Deno.test("special values are the same where a result takes the place of an operand", async () => {
  const engine = new CpuEngine({ workers: 0 });
  for (const [name, rows] of SPECIAL_VALUES) {
    const { inputs, output } = functionsByName.get(name)!, want = await results(engine, name, rows);
    for (const [place, kind] of inputs.entries()) {
      if (kind === output) assertEquals(await results(engine, name, rows, place), want, name);
    }
  }
  engine.destroy();
});

Deno.test("no two rows of special values contradict one another", () => {
  for (const [name, rows] of SPECIAL_VALUES) {
    const seen = new Map<string, string>();
    for (const { args, want } of rows) {
      const key = `${args.map(text)}`,
        value = JSON.stringify(want.map((x) => text(x.anySign ? Math.abs(x.value) : x.value)));
      assertEquals(seen.get(key) ?? value, value, `${name}(${key})`);
      seen.set(key, value);
    }
  }
});
