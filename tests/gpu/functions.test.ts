/**
 * Elementwise functions: the WGSL and the WebAssembly against the TypeScript on random and special
 * values, and the TypeScript against `Math`, identities and published answers.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { linear } from "../../gpu/contract/indexing.ts";
import {
  type DType,
  dtypeOf,
  type HostArray,
  type Kind,
  lanesOf,
  wgslOf,
} from "../../gpu/contract/dtype.ts";
import { call } from "../../gpu/contract/expression.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { mapKernel } from "../../gpu/kernels/elementwise/map.ts";
import { linkWgsl, type MapFunction } from "../../gpu/contract/map_function.ts";
import { functionsByName } from "../../gpu/functions/by_name.ts";
import * as functions from "../../gpu/functions/mod.ts";
import { philox } from "../../gpu/functions/random.ts";
import { openWasm } from "../../gpu/wasm/instance.ts";
import { runProgram } from "../support/program.ts";
import { noAdapter, unless } from "../support/ignored.ts";

/** A cast has a meaning between two precisions alone. */
const all = [...functionsByName].filter(([name]) => !name.startsWith("cast"));
const inSingle = (kind: Kind): DType => dtypeOf(kind, "single");
const adapter = await navigator.gpu?.requestAdapter() ?? null;

/** Uniform numbers in [0, 1), the same on every run. */
function randomNumbers(seed: number): () => number {
  const c = new Uint32Array(4);
  let index = 0;
  return () => {
    c.set([index++, 0, 0, 0]);
    philox(c, seed, 0);
    return c[0] / 2 ** 32;
  };
}

const SPECIAL = [
  ...[0, 1, 1e-30, 1e30, 1e-7, 0.5, 0.999999, 1.000001, 2, 3, 10, 88, 1e4, 1e19, 1e-19],
  ...[Math.PI / 2, Math.PI, 11, 355, 0.3466, 0.4142135, 1.4142135, 9, 80.5],
].flatMap((x) => [x, -x]);

/** Ordinary numbers, numbers of any size, and numbers near ±1. */
function sample(next: () => number): number {
  const kind = next(), s = next() < 0.5 ? -1 : 1;
  if (kind < 0.5) return s * 10 * next() ** 2;
  if (kind < 0.6) return s * 100 * next();
  if (kind < 0.8) return s * 10 ** (60 * next() - 30);
  return s * (1 + 0.1 * (next() - 0.5) * next() ** 4);
}

const RANDOM = 1 << 13;

/** The inputs shared by all functions of one signature: special values in all pairs, then random. */
function makeInputs(kinds: readonly Kind[]): { n: number; arrays: HostArray[] } {
  const next = randomNumbers(kinds.length);
  const floats = kinds.filter((k) => k !== "integer").reduce(
    (s, k) => s + (k === "complex" ? 2 : 1),
    0,
  );
  const pairs = floats >= 2 ? SPECIAL.length ** 2 : SPECIAL.length;
  const n = pairs + RANDOM;
  let seen = 0;
  const arrays = kinds.map((kind) => {
    if (kind === "integer") return Uint32Array.from({ length: n }, () => next() * 2 ** 32);
    const words = kind === "complex" ? 2 : 1, out = new Float32Array(words * n);
    for (let w = 0; w < words; w++, seen++) {
      for (let i = 0; i < n; i++) {
        const k = seen % 2 ? Math.floor(i / SPECIAL.length) : i + (seen >> 1) * i;
        out[words * i + w] = i < pairs ? SPECIAL[k % SPECIAL.length] : sample(next);
      }
    }
    return out;
  });
  return { n, arrays };
}

/** Applies all of `fs`, of one signature, in one shader; the results follow one another. */
async function applyOnGpu(
  device: GPUDevice,
  fs: readonly MapFunction[],
  n: number,
  arrays: readonly HostArray[],
): Promise<Float32Array[]> {
  const { inputs, output } = fs[0], words = output === "complex" ? 2 : 1;
  const names = inputs.map((_, k) => `a${k}`);
  const code = `
${linkWgsl(fs.flatMap((f) => f.uses ?? []))}
${
    inputs.map((d, k) =>
      `@group(0) @binding(${k}) var<storage, read> in${k}: array<${wgslOf(inSingle(d))}>;`
    )
      .join("\n")
  }
@group(0) @binding(${inputs.length}) var<storage, read_write> result: array<${
    wgslOf(inSingle(output))
  }>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  if (i >= ${n}u) { return; }
${names.map((a, k) => `  let ${a} = in${k}[i];`).join("\n")}
${fs.map((f, j) => `  result[${j * n}u + i] = ${f.wgsl(...names)};`).join("\n")}
}`;
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module, entryPoint: "main" },
  });
  const bytes = fs.length * n * words * 4;
  const buffers = arrays.map((data) => {
    const buffer = device.createBuffer({
      size: data.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(buffer, 0, data as BufferSource);
    return buffer;
  });
  const result = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const host = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [...buffers, result].map((buffer, binding) => ({ binding, resource: { buffer } })),
    }),
  );
  pass.dispatchWorkgroups(Math.ceil(n / 64));
  pass.end();
  encoder.copyBufferToBuffer(result, 0, host, 0, bytes);
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  assert(!error, error?.message);
  await host.mapAsync(GPUMapMode.READ);
  const read = new Float32Array(host.getMappedRange().slice(0));
  for (const buffer of [...buffers, result, host]) buffer.destroy();
  return fs.map((_, j) => read.subarray(j * n * words, (j + 1) * n * words));
}

/** Relative error that WGSL may have against the TypeScript; 0 means equal bits. */
const TOLERANCE = 5e-7;
const EXACT = new Set(
  ("addReal addComplex subReal subComplex negReal negComplex conj real imag complex toComplex " +
    "absReal sign maximum minimum less lessEqual greater greaterEqual equalReal equalIndex " +
    "equalComplex notEqualReal notEqualComplex whereReal whereComplex reluReal reluComplex " +
    "reluGateReal reluGateComplex indexToReal uniformReal").split(" "),
);
/** Functions that are accurate in each part, and not only in proportion to the modulus. */
const BY_PART = new Set(
  ("expComplex logComplex sqrtComplex squareComplex reciprocalComplex sgn polar sinComplex " +
    "cosComplex tanComplex sinhComplex coshComplex tanhComplex normalComplex").split(" "),
);

/** Functions whose WGSL makes NaN outside the domain by its bits, so that every adapter has it. */
const NAN_OUTSIDE = new Set(["logReal", "log1p", "sqrtReal", "powReal"]);

/** The most by which a part of a result may be off; the error of a power grows with its logarithm. */
function allowed(name: string, modulus: number, args: readonly number[][]): number {
  if (EXACT.has(name)) return 0;
  if (name === "poisson") return 1 + TOLERANCE * modulus; // the next count, within rounding
  if (name !== "powComplex") return TOLERANCE * modulus + 2e-38;
  const [[x, y], [u, v]] = args;
  if (x === 0 && y === 0) return TOLERANCE;
  const log = Math.hypot(u, v) * Math.hypot(Math.log(Math.hypot(x, y)), Math.atan2(y, x));
  return log > 1e5 ? Infinity : TOLERANCE * (1 + log) * modulus + 2e-38;
}

function checkAgainst(
  name: string,
  f: MapFunction,
  n: number,
  inputs: HostArray[],
  got: HostArray,
  form: "WGSL" | "WebAssembly",
) {
  const words = f.output === "complex" ? 2 : 1, want = new Float32Array(words * n);
  f.cpu(n, want, ...inputs);
  for (let i = 0; i < n; i++) {
    const w = [...want.subarray(words * i, words * (i + 1))];
    const g = [...got.subarray(words * i, words * (i + 1))];
    const modulus = Math.hypot(...w);
    if (NAN_OUTSIDE.has(name) && Number.isNaN(modulus)) assert(Number.isNaN(g[0]), `${name}: ${g}`);
    // NaN comes of NaN. Of what is out of range otherwise, shading languages promise nothing.
    if (form === "WebAssembly" && w.every(Number.isNaN)) {
      assert(g.some(Number.isNaN), `${name} of ${inputs.map((a) => a[i])} is ${g}`);
    }
    if (!(modulus < 1e38)) continue;
    const args = inputs.map((a, k) => {
      const m = f.inputs[k] === "complex" ? 2 : 1;
      return [...a.subarray(m * i, m * (i + 1))];
    });
    w.forEach((x, part) => {
      const size = BY_PART.has(name) ? Math.abs(x) : modulus;
      assert(
        Math.abs(g[part] - x) <= allowed(name, size, args),
        `${name}(${
          args.map((a) => a.join(" + i·")).join(", ")
        }) is ${g} in ${form}, ${w} in TypeScript`,
      );
    });
  }
}

Deno.test({
  ...unless(noAdapter, "the WGSL of every function agrees with its TypeScript"),
  async fn() {
    const device = await adapter!.requestDevice();
    const groups = new Map<string, [string, MapFunction][]>();
    for (const entry of all) {
      const signature = `${entry[1].inputs} → ${entry[1].output}`;
      groups.set(signature, [...groups.get(signature) ?? [], entry]);
    }
    for (const group of groups.values()) {
      const { n, arrays } = makeInputs(group[0][1].inputs);
      const results = await applyOnGpu(device, group.map(([, f]) => f), n, arrays);
      group.forEach(([name, f], k) => checkAgainst(name, f, n, arrays, results[k], "WGSL"));
    }
    device.destroy();
  },
});

for (const relaxed of [true, false]) {
  Deno.test(
    `the WebAssembly of every function agrees with its TypeScript, ${
      relaxed ? "with" : "without"
    } fused multiply-adds`,
    async () => {
      const engine = new CpuEngine({ relaxed, workers: 0 });
      const module = openWasm({ relaxed, workers: 0 })!;
      for (const [name, fn] of all) {
        const { inputs, output } = fn;
        const { n, arrays } = makeInputs(inputs);
        // Beside what is asked of WGSL: infinities, NaN, and the largest turns.
        const odd = [Infinity, -Infinity, NaN, 8192, -1e6, 5e9, 3e38, 1e-40];
        arrays.forEach((a, k) => {
          // Powers whose logarithm float32 does not hold are out of range.
          if (inputs[k] === "integer" || name === "powComplex") return;
          const from = a.length - lanesOf(inSingle(inputs[k])) * 64;
          for (let j = 0; j < 64 * lanesOf(inSingle(inputs[k])); j++) {
            a[from + j] = odd[(k + (j >> (3 * (j % 2)))) % 8];
          }
        });
        const dtypes = inputs.map(inSingle);
        const args = dtypes.map((dtype, input) =>
          ({ op: "load", input, dtype, at: linear(n) }) as const
        );
        const kernel = mapKernel(name);
        const spec = { size: n, value: call(fn, args), inputs: dtypes, words: 0 };
        assert(kernel.wasm!(spec, module), `${name} has no form in WebAssembly`);
        const [got] = await runProgram(engine, single(kernel, spec), arrays, [
          n * lanesOf(inSingle(output)),
        ]);
        checkAgainst(name, fn, n, arrays, got, "WebAssembly");
      }
      engine.destroy();
      module.close();
    },
  );
}

/** One value of a function in TypeScript; complex values are pairs. */
function value(f: MapFunction, ...args: (number | [number, number])[]): number[] {
  const out = new Float32Array(f.output === "complex" ? 2 : 1);
  const arrays = args.map((a, k) =>
    f.inputs[k] === "integer" ? Uint32Array.of(a as number) : Float32Array.from([a].flat())
  );
  f.cpu(1, out, ...arrays);
  return [...out];
}

Deno.test("names of functions are unique among those of one signature", () => {
  const keys = all.map(([, f]) => `${f.name} ${f.inputs} ${f.output}`);
  assertEquals(new Set(keys).size, keys.length);
});

Deno.test("pieces of WGSL with one name are one piece", () => {
  const sources = new Map<string, string>();
  const visit = (w: NonNullable<MapFunction["uses"]>[number]): void => {
    assertEquals(sources.get(w.name) ?? w.source, w.source);
    sources.set(w.name, w.source);
    w.uses?.forEach(visit);
  };
  for (const [, f] of all) f.uses?.forEach(visit);
  const joined = [...sources.values()].join("\n");
  const defined = [...joined.matchAll(/^fn (\w+)/gm)].map((m) => m[1]);
  assertEquals(new Set(defined).size, defined.length);
});

Deno.test("a piece of WGSL uses every piece that it calls", () => {
  const visit = (w: NonNullable<MapFunction["uses"]>[number]): void => {
    const linked = linkWgsl([w]);
    const defined = new Set([...linked.matchAll(/^fn (\w+)/gm)].map((m) => m[1]));
    const builtin =
      /^(f32|i32|u32|all|any|select|abs|max|min|clamp|dot|sqrt|round|floor|fma|if|for|while)$/;
    for (const [, callee] of w.source.matchAll(/\b([a-z]\w*)\(/g)) {
      assert(defined.has(callee) || builtin.test(callee), `${w.name} calls ${callee}`);
    }
    w.uses?.forEach(visit);
  };
  for (const [, f] of all) f.uses?.forEach(visit);
});

Deno.test("real functions in TypeScript are those of Math", () => {
  const same = ["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs"];
  for (const f of same) {
    const real = functionsByName.get(`${f}Real`)!;
    const math = (Math as unknown as Record<string, (x: number) => number>)[f];
    for (const x of SPECIAL) {
      const rounded = Math.fround(x);
      assertEquals(value(real, x), [Math.fround(math(rounded))]);
    }
  }
  assertEquals(value(functions.powReal, -2, 3), [-8]);
  assertEquals(value(functions.powReal, -2, 0.5), [NaN]);
  assertEquals(value(functions.sigmoid, -200), [0]);
  assertEquals(value(functions.sigmoid, 200), [1]);
});

Deno.test("erf() is the integral of 2/√π e^(−t²)", () => {
  for (const s of [-1, 1]) {
    for (let x = 0; x < 5; x += 1 / 64) {
      // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms are all positive.
      let term = x, sum = 0;
      for (let n = 0; n < 200; n++, term *= 2 * x * x / (2 * n + 1)) sum += term;
      const want = s * Math.min(1, 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum);
      assertAlmostEquals(value(functions.erf, s * x)[0], want, 8e-8 * Math.abs(want));
    }
  }
  assertEquals([-Infinity, Infinity, NaN].flatMap((x) => value(functions.erf, x)), [-1, 1, NaN]);
});

Deno.test("complex functions keep identities", () => {
  const next = randomNumbers(5);
  const close = (got: number[], want: number[]) => {
    const scale = Math.hypot(...want);
    got.forEach((g, k) => assertAlmostEquals(g, want[k], 1e-6 * scale + 1e-30));
  };
  const F = functions;
  const at = (f: MapFunction, ...zs: number[][]) => value(f, ...zs as [number, number][]);
  for (let i = 0; i < 200; i++) {
    const z = [4 * next() - 2, 4 * next() - 2], w = [4 * next() - 2, 4 * next() - 2];
    const iz = [-z[1], z[0]], timesMinusI = ([a, b]: number[]) => [b, -a];
    close(at(F.mulComplex, at(F.divComplex, z, w), w), z);
    close(at(F.divComplex, [1, 0], z), at(F.reciprocalComplex, z));
    close(at(F.mulComplex, z, z), at(F.squareComplex, z));
    close(at(F.squareComplex, at(F.sqrtComplex, z)), z);
    close(at(F.expComplex, at(F.logComplex, z)), z);
    close(at(F.powComplex, z, [0.5, 0]), at(F.sqrtComplex, z));
    close(timesMinusI(at(F.sinhComplex, iz)), at(F.sinComplex, z));
    close(at(F.coshComplex, iz), at(F.cosComplex, z));
    close(timesMinusI(at(F.tanhComplex, iz)), at(F.tanComplex, z));
    close(at(F.divComplex, at(F.sinhComplex, z), at(F.coshComplex, z)), at(F.tanhComplex, z));
    close(value(F.polar, at(F.absComplex, z)[0], at(F.angle, z)[0]), z);
    close(at(F.mulComplex, at(F.sgn, z), [at(F.absComplex, z)[0], 0]), z);
  }
});

Deno.test("branch cuts lie on the negative axis, and signed zeros choose the side", () => {
  const pi = Math.fround(Math.PI);
  assertEquals(value(functions.angle, [-1, 0]), [pi]);
  assertEquals(value(functions.angle, [-1, -0]), [-pi]);
  assertEquals(value(functions.angle, [0, 0]), [0]);
  assertEquals(value(functions.logComplex, [-1, 0]), [0, pi]);
  assertEquals(value(functions.logComplex, [-1, -0]), [0, -pi]);
  assertEquals(value(functions.sqrtComplex, [-4, 0]), [0, 2]);
  assertEquals(value(functions.sqrtComplex, [-4, -0]), [0, -2]);
  assertEquals(value(functions.powComplex, [0, 0], [2, 1]), [0, 0]);
  assertEquals(value(functions.powComplex, [0, 0], [0, 0]), [1, 0]);
  assertEquals(value(functions.sgn, [0, 0]), [0, 0]);
});

Deno.test("complex functions do not overflow before their result", () => {
  assertEquals(value(functions.absComplex, [3e38, 0]), [Math.fround(3e38)]);
  assertEquals(value(functions.tanhComplex, [1e30, 1]), [1, 0]);
  assertEquals(value(functions.tanhComplex, [-200, 1]), [-1, 0]);
  assertEquals(value(functions.expComplex, [1000, 0]), [Infinity, 0]);
  assertEquals(value(functions.divComplex, [1e30, 1e30], [1e30, 1e30]), [1, 0]);
});

Deno.test("philox() gives the published answers", () => {
  const cases: [number[], [number, number], number[]][] = [
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, key, words] of cases) {
    const c = Uint32Array.from(counter);
    philox(c, ...key);
    assertEquals([...c], words);
  }
});

Deno.test("random numbers have the moments of their distributions", () => {
  const n = 1 << 16, index = Uint32Array.from({ length: n }, (_, i) => i);
  const constant = (x: number) => new Uint32Array(n).fill(x);
  const args = [index, constant(3), constant(7), constant(11)];
  const mean = (xs: ArrayLike<number>, power: number) => {
    let sum = 0;
    for (let i = 0; i < xs.length; i++) sum += xs[i] ** power;
    return sum / xs.length;
  };
  const u = new Float32Array(n), x = new Float32Array(n), z = new Float32Array(2 * n);
  functions.uniformReal.cpu(n, u, ...args);
  functions.normalReal.cpu(n, x, ...args);
  functions.normalComplex.cpu(n, z, ...args);
  assertAlmostEquals(mean(u, 1), 1 / 2, 0.005);
  assertAlmostEquals(mean(u, 2), 1 / 3, 0.005);
  assert(u.every((v) => v >= 0 && v < 1));
  assertAlmostEquals(mean(x, 1), 0, 0.02);
  assertAlmostEquals(mean(x, 2), 1, 0.02);
  assertAlmostEquals(mean(x, 4), 3, 0.15);
  assertAlmostEquals(mean(z, 1), 0, 0.01);
  assertAlmostEquals(mean(z, 2), 0.5, 0.01);
  let cross = 0;
  for (let i = 0; i < n; i++) cross += z[2 * i] * z[2 * i + 1] / n;
  assertAlmostEquals(cross, 0, 0.01);
});
