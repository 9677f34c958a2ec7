import { assert, assertEquals } from "@std/assert";
import {
  fft,
  type FftSpec,
  fftTable,
  isSmooth,
  takesTable,
} from "../../gpu/kernels/transforms/fft.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { lanesOf } from "../../gpu/contract/dtype.ts";
import type { Program, Step } from "../../gpu/contract/kernel.ts";
import type { LineSpec } from "../../gpu/kernels/transforms/fft_line.ts";
import { HostFft } from "../../gpu/kernels/transforms/host_fft.ts";
import { dft64, dft64Along, errorBound, relativeError } from "../support/dft.ts";
import { onEngines } from "../support/engines.ts";
import { runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

Deno.test("fft() takes lengths whose prime factors are at most 13", () => {
  const rough = Array.from({ length: 64 }, (_, k) => k + 1).filter((n) => !isSmooth(n));
  assertEquals(rough, [17, 19, 23, 29, 31, 34, 37, 38, 41, 43, 46, 47, 51, 53, 57, 58, 59, 61, 62]);
});

/** Transforms of random shapes and lengths, compared with float64; programs as for `on`, that `suit`. */
async function compareRandom(
  engine: Engine,
  on: Parameters<typeof fft>[1] = engine,
  suit: (program: Program) => boolean = () => true,
): Promise<void> {
  const random = new Seeded(31);
  const lengths = [
    1,
    2,
    3,
    5,
    6,
    7,
    8,
    11,
    13,
    15,
    16,
    32,
    60,
    63,
    77,
    169,
    210,
    256,
    1000,
    2048,
    21,
  ];
  for (const n of [...lengths, ...lengths]) {
    const spec: FftSpec = {
      outer: random.of([1, 2, 5]),
      n,
      inner: random.of([1, 3, 16, 130]),
      inverse: random.of([false, true]),
      scale: random.of([1, 0.5, 1 / n]),
      input: random.of(["float32", "complex64"]),
      output: random.of(["float32", "complex64"]),
    };
    const { outer, inner, inverse, scale, input, output } = spec;
    if (!suit(fft(spec, on))) continue;
    const x = random.floats(lanesOf(input) * outer * n * inner);
    const z = input === "complex64" ? x : Float32Array.from([...x].flatMap((value) => [value, 0]));
    const inputs = takesTable(n) ? [x, Float32Array.from(fftTable(n))] : [x];
    const [got] = await runProgram(engine, fft(spec, on), inputs, [
      lanesOf(output) * outer * n * inner,
    ]);
    const y = dft64Along(z, [outer, n, inner], inverse).map((value) => scale * value);
    const wanted = output === "complex64" ? y : y.filter((_, at) => at % 2 === 0);
    const error = relativeError(got, wanted);
    assert(error <= errorBound(n), `${JSON.stringify(spec)}: ${error}`);
  }
}

onEngines(
  "fft() equals a transform in float64 over random shapes and lengths",
  (engine) => compareRandom(engine),
);

Deno.test("fft() in plain TypeScript equals a transform in float64", () =>
  compareRandom(new CpuEngine(null)));

/**
 * Deno's shader compiler has GLSL clear workgroup memory by an expression with a zero for each element,
 * and the time that takes Mesa grows faster than its square: 0.15 s for 128 complex numbers, 1.3 s for 512, 46 s for
 * the 2048 that a shader of whole lines may have.
 */
function isQuickOnGl({ kernel, spec }: Step): boolean {
  if (kernel.name !== "fftLine") return true;
  const { radices, side } = spec as LineSpec;
  return radices.reduce((n, r) => n * r, side) <= 128;
}

onEngines(
  "fft() of whole lines, as on hardware adapters, equals one in float64",
  async (engine) => {
    const onGl = engine.kind === "webgpu" && Deno.env.get("DENO_WEBGPU_BACKEND") === "gl";
    const hardware = { kind: "webgpu", adapter: { name: "hardware", software: false } } as const;
    const kernels = ([n, inner]: number[]) => {
      const spec = { outer: 3, n, inner, inverse: false, scale: 1 } as const;
      return fft({ ...spec, input: "complex64", output: "complex64" }, hardware).steps.map((s) =>
        s.kernel.name
      );
    };
    assertEquals([[1024, 1], [2048, 1], [512, 512], [16, 1], [512, 3]].map(kernels), [
      ...["fftLine", "fftLine", "fftLine", "fft"].map((name) => [name]),
      ["fftLine"],
    ]);
    assertEquals([[4096, 1], [1024, 512]].map((k) => kernels(k)[0]), ["fft", "fft"]);
    await compareRandom(engine, hardware, ({ steps }) => !onGl || steps.every(isQuickOnGl));
  },
);

Deno.test("the host's transform of one line equals a transform by definition", () => {
  const random = new Seeded(32);
  for (const n of [1, 2, 4, 6, 8, 17, 35, 64, 120, 128]) {
    const x = random.floats(2 * n);
    const host = new HostFft(n);
    for (let k = 0; k < n; k++) [host.re[k], host.im[k]] = [x[2 * k], x[2 * k + 1]];
    host.run();
    const got = Float64Array.from(x, (_, k) => (k & 1 ? host.im : host.re)[k >> 1]);
    assert(relativeError(got, dft64(x)) < 1e-14);
  }
});

onEngines("fft() covers grids of two dimensions", async (engine) => {
  const outer = 65536 * 64 + 7;
  const x = Float32Array.from({ length: 4 * outer }, (_, k) => k % 251);
  const spec: FftSpec = {
    outer,
    n: 2,
    inner: 1,
    inverse: false,
    scale: 0.5,
    input: "complex64",
    output: "complex64",
  };
  const [y] = await runProgram(engine, fft(spec, engine), [x], [x.length]);
  for (let at = 0; at < x.length; at += 4) {
    const sum = 0.5 * (x[at + 1] + x[at + 3]);
    const difference = 0.5 * (x[at] - x[at + 2]);
    if (y[at + 1] !== sum || y[at + 2] !== difference) throw new Error(`pair ${at / 4} is wrong`);
  }
});

onEngines("fft() overflows only where the result does, whatever the passes", async (engine) => {
  for (const [outer, n] of [[8, 16], [8, 1024], [1, 1024], [1, 8192], [3, 60]]) {
    const spec: FftSpec = {
      outer,
      n,
      inner: 1,
      inverse: true,
      scale: 1 / n,
      input: "complex64",
      output: "complex64",
    };
    const x = new Float32Array(2 * outer * n).fill(3e38);
    const inputs = takesTable(n) ? [x, Float32Array.from(fftTable(n))] : [x];
    const [y] = await runProgram(engine, fft(spec, engine), inputs, [x.length]);
    const wanted = x.map((value, k) => k % (2 * n) < 2 ? value : 0);
    assert(relativeError(y.map((v) => v / 1e38), wanted.map((v) => v / 1e38)) < 1e-6, `n = ${n}`);
  }
});

Deno.test("the CPU engine transforms alike with one thread and several, of any length it divides", async () => {
  const random = new Seeded(33);
  const engines = [new CpuEngine({ workers: 0 }), new CpuEngine({ workers: 1 })];
  for (
    const [outer, n, inner] of [[1, 8192, 1], [70, 1024, 1], [2, 512, 37], [1, 20480, 3], [
      9,
      4096,
      1,
    ]]
  ) {
    const spec: FftSpec = {
      outer,
      n,
      inner,
      inverse: false,
      scale: 1,
      input: "complex64",
      output: "complex64",
    };
    const x = random.floats(2 * outer * n * inner);
    const inputs = [x, Float32Array.from(fftTable(n))];
    const runs = [];
    for (const engine of [...engines, ...engines]) {
      runs.push((await runProgram(engine, fft(spec, engine), inputs, [x.length]))[0]);
    }
    for (const run of runs) assertEquals(run, runs[0]);
    assert(relativeError(runs[0], dft64Along(x, [outer, n, inner])) <= errorBound(n), `n = ${n}`);
  }
  for (const engine of engines) engine.destroy();
});
