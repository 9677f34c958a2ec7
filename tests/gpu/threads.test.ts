/** Kernels that threads share give the bits that one thread gives, and what plain TypeScript gives. */
import { assertEquals, assertThrows } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import type { HostArray } from "../../gpu/contract/dtype.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import * as covariance from "../../gpu/kernels/norms/batchnorm.ts";
import * as naive from "../../gpu/kernels/norms/batchnorm_naive.ts";
import { eliminate } from "../../gpu/kernels/factorisations/eliminate.ts";
import { householder } from "../../gpu/kernels/factorisations/householder.ts";
import {
  avgPool2d,
  avgPool2dScatter,
  maxPool2d,
  maxPool2dPick,
  maxPool2dScatter,
} from "../../gpu/kernels/windows/pool2d.ts";
import type { Pool2dSpec } from "../../gpu/kernels/windows/windows.ts";
import { BUSY, CONTROL, Team, UP } from "../../gpu/wasm/team.ts";
import { assertClose } from "../support/close.ts";
import { runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

const EPS = new Uint32Array(Float32Array.of(1e-3).buffer);

/** Runs on one thread, on two, again on two, and in plain TypeScript. */
async function compare(
  program: Program,
  inputs: readonly HostArray[],
  lengths: readonly number[],
  check: (got: HostArray, plain: HostArray, output: number) => void,
  unfused = 2e-6,
): Promise<HostArray[]> {
  const run = (engine: CpuEngine) => runProgram(engine, program, inputs, lengths, EPS);
  const one = await run(engines.one);
  for (const engine of [engines.two, engines.two, engines.multiply]) {
    const same = await run(engine);
    if (engine === engines.multiply) same.forEach((y, k) => assertClose(y, one[k], unfused));
    else assertEquals(same, one);
  }
  const plain = await run(engines.plain);
  one.forEach((y, k) => check(y, plain[k], k));
  return one;
}

const engines = {
  one: new CpuEngine({ workers: 0 }),
  two: new CpuEngine({ workers: 1 }),
  /** Without fused multiply-adds. */
  multiply: new CpuEngine({ workers: 0, relaxed: false }),
  plain: new CpuEngine(null),
};

/** The first job that is worth it starts the threads, which take a while to come up. */
async function startThreads(): Promise<void> {
  const spec = { n: 64, channels: 8, inner: 1024, affine: false, track: false };
  const x = new Float32Array(2 * 64 * 8 * 1024);
  await runProgram(engines.two, covariance.covarianceStatistics(spec), [x], [64], EPS);
  await new Promise((resolve) => setTimeout(resolve, 400));
}
await startThreads();

function pooling(random: Seeded): Pool2dSpec {
  const pair = (low: number, high: number) =>
    [random.whole(low, high), random.whole(low, high)] as const;
  const [inHeight, inWidth] = pair(5, 40);
  const kernel = pair(1, 5), stride = pair(1, 4), dilation = pair(1, 3);
  const padding = [random.whole(0, kernel[0]), random.whole(0, kernel[1])] as const;
  const [outHeight, outWidth] = [inHeight, inWidth].map((size, k) =>
    Math.max(1, Math.floor((size + 2 * padding[k] - dilation[k] * (kernel[k] - 1) - 1) / stride[k]))
  );
  const planes = random.of([1, 3, 40]);
  return { planes, inHeight, inWidth, outHeight, outWidth, kernel, stride, padding, dilation };
}

Deno.test("poolings of random geometry are the same on any number of threads", async () => {
  const random = new Seeded(41);
  for (let round = 0; round < 40; round++) {
    const s = pooling(random), what = JSON.stringify(s);
    const ins = s.planes * s.inHeight * s.inWidth, outs = s.planes * s.outHeight * s.outWidth;
    const x = random.floats(2 * ins), gy = random.floats(2 * outs);
    // Rows of zeros, as rectifiers leave them, and numbers whose squares leave the range.
    const scale = random.of([1, 1, 1e-30, 1e30]);
    for (let k = 0; k < x.length; k++) x[k] *= Math.floor(k / 64) % 3 === 0 ? 0 : scale;
    const exact = (y: HostArray, plain: HostArray) => assertEquals(y, plain, what);
    const near = (y: HostArray, plain: HostArray) => assertClose(y, plain, 1e-6, what);
    const [, indices] = await compare(maxPool2d(s), [x], [gy.length, outs], exact);
    await compare(maxPool2dPick(s), [x, indices], [gy.length], exact);
    await compare(maxPool2dScatter(s), [gy, indices], [x.length], near);
    const mean = {
      ...s,
      dilation: [1, 1] as const,
      countIncludePad: random.of([true, false]),
      divisor: random.of([null, 2.5]),
    };
    await compare(avgPool2d(mean), [x], [gy.length], near);
    await compare(avgPool2dScatter(mean), [gy], [x.length], near);
  }
});

Deno.test("batch norms of random shape are the same on any number of threads", async () => {
  const random = new Seeded(42);
  for (let round = 0; round < 12; round++) {
    const n = random.whole(2, 40), channels = random.whole(1, 30);
    const inner = random.of([1, 2, 7, 49, 144, 128, 1024]);
    const spec = { n, channels, inner, affine: random.of([true, false]), track: false };
    const length = 2 * n * channels * inner, what = JSON.stringify(spec);
    const x = random.floats(length), gy = random.floats(length);
    const near = (y: HostArray, plain: HostArray) => assertClose(y, plain, 3e-6, what);
    for (
      const [words, stride, statistics, normalize, backward] of [
        [
          3,
          16,
          covariance.covarianceStatistics,
          covariance.covarianceNormalize,
          covariance.covarianceBackward,
        ],
        [2, 4, naive.naiveStatistics, naive.naiveNormalize, naive.naiveBackward],
      ] as const
    ) {
      const weight = random.floats(words * channels), bias = random.floats(2 * channels);
      const [stats] = await compare(statistics(spec), [x], [stride * channels], near);
      const learned = spec.affine ? [weight, bias] : [];
      await compare(normalize(spec), [x, stats, ...learned], [length], near);
      const grads = spec.affine ? [length, weight.length, bias.length] : [length];
      await compare(backward(spec), [x, gy, stats, ...learned.slice(0, 1)], grads, near);
    }
  }
});

Deno.test("factorisations are the same on any number of threads", async () => {
  const random = new Seeded(43);
  for (const [m, n] of [[150, 131], [97, 97], [5, 3]]) {
    for (const dtype of ["float32", "complex64"] as const) {
      const words = dtype === "complex64" ? 2 : 1, what = `${m} × ${n} of ${dtype}`;
      // Rounding grows with each of the columns.
      const near = (y: HostArray, plain: HostArray) => assertClose(y, plain, 5e-5, what);
      const a = random.floats(words * m * n), square = random.floats(words * n * n);
      const orthogonal = householder({ dtype, batch: 1, m, n, width: n });
      await compare(orthogonal, [a], [words * m * n, words * n * n], near, 5e-5);
      await compare(
        eliminate({ dtype, batch: 1, n }),
        [square],
        [square.length, n + 1],
        near,
        1e-3,
      );
    }
  }
});

Deno.test("a thread that ends in the middle of a chunk is an error, and the work goes on without it", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const words = new Int32Array(memory.buffer, CONTROL, 16);
  const nothing = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const team = new Team(nothing, memory, ["work"], [], 20);
  const done: number[] = [];
  const work = () => team.run("work", (_, chunk) => done.push(chunk), 0, 3, 0);
  words[UP] = words[BUSY] = 1; // it took part and will never say that it is through
  assertThrows(work, WebAssembly.RuntimeError, "a thread ended");
  work();
  assertEquals(done, [0, 1, 2, 0, 1, 2]);
});
