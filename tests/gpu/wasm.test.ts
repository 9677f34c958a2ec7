import { assert, assertEquals, assertThrows } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import type { DeviceBuffer } from "../../gpu/contract/engine.ts";
import { partialSums, type PartialSumsSpec } from "../../gpu/kernels/products/partial_sums.ts";
import { type Program, single } from "../../gpu/contract/kernel.ts";
import {
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
} from "../../gpu/kernels/convolutions/conv2d.ts";
import { matmul } from "../../gpu/kernels/products/matmul.ts";
import { Allocator } from "../../gpu/wasm/allocator.ts";
import { openWasm, type WasmOptions } from "../../gpu/wasm/instance.ts";
import { kernelEngines, runProgram } from "../support/program.ts";
import { hashed } from "../support/seeded.ts";

Deno.test("an allocator gives out disjoint stretches and joins what comes back", () => {
  let size = 0;
  const allocator = new Allocator(64, (bytes) => {
    if (size + bytes > 1 << 20) return 0;
    size += bytes;
    return bytes;
  });
  const draw = hashed(4000, 5);
  const held = new Map<number, number>();
  draw.forEach((d, k) => {
    if (k % 2 === 0 && held.size > 0 && d > 0) {
      const at = [...held.keys()][k % held.size];
      allocator.free(at);
      held.delete(at);
      return;
    }
    const bytes = 1 + Math.floor(Math.abs(d) * 9000);
    const at = allocator.allocate(bytes);
    if (at === 0) return;
    assertEquals(at % 16, 0);
    for (const [other, taken] of held) assert(at + bytes <= other || other + taken <= at);
    held.set(at, bytes);
  });
  assert(held.size > 10);
  for (const at of held.keys()) allocator.free(at);
  const whole = allocator.allocate(size);
  assertEquals(whole, 64); // all of it is one stretch again
  assertEquals(allocator.allocate(1 << 20), 0);
  assertThrows(() => allocator.free(128));
});

const builds: [string, WasmOptions][] = [
  ["fused", { workers: 0 }],
  ["without fused multiply-adds", { relaxed: false, workers: 0 }],
  ["in an unshared memory", { shared: false }],
  ["with a thread", { workers: 1 }],
  ["with three threads", { workers: 3 }],
];

const sums: PartialSumsSpec[] = [
  { dtype: "float32", parts: 3, count: 7, bias: 0 },
  { dtype: "float32", parts: 2, count: 30, bias: 3 },
  { dtype: "complex64", parts: 5, count: 35, bias: 7 },
  { dtype: "complex64", parts: 4, count: 33000, bias: 11 },
];

/** The inputs of a spec, and the numbers of its output. */
function partials({ dtype, parts, count, bias }: PartialSumsSpec) {
  const words = dtype === "complex64" ? 2 : 1;
  const inputs = [hashed(parts * count * words, 3)];
  if (bias) inputs.push(hashed(bias * words, 4));
  return { inputs, numbers: count * words };
}

Deno.test("partialSums agrees on all engines with the sum", async () => {
  for (const spec of sums) {
    const { inputs, numbers } = partials(spec);
    const period = inputs[1]?.length;
    for (const engine of await kernelEngines()) {
      const [got] = await runProgram(engine, single(partialSums, spec), inputs, [numbers]);
      got.forEach((value, i) => {
        let sum = period ? inputs[1][i % period] : 0;
        for (let p = 0; p < spec.parts; p++) sum += inputs[0][p * numbers + i];
        assert(Math.abs(value - sum) < 1e-6, `${engine.adapter.name} [${i}]: ${value}, ${sum}`);
      });
    }
  }
});

Deno.test("every build gives the same bits, however many threads", async () => {
  for (const spec of sums) {
    const { inputs, numbers } = partials(spec);
    const results: ArrayBufferLike[] = [];
    for (const [, options] of builds) {
      const engine = new CpuEngine(options);
      for (let round = 0; round < 20; round++) {
        const [got] = await runProgram(engine, single(partialSums, spec), inputs, [numbers]);
        results.push(got.buffer);
      }
      engine.destroy();
    }
    for (const result of results) assertEquals(new Uint8Array(result), new Uint8Array(results[0]));
  }
});

Deno.test("products and convolutions have the same bits on any number of threads", async () => {
  const product = {
    dtype: "complex64" as const,
    batchShape: [],
    aBatchStrides: [],
    bBatchStrides: [],
  };
  const stored = { transposeA: false, transposeB: true, conjA: true, conjB: false, bias: true };
  const image = { inHeight: 12, inWidth: 11, outHeight: 8, outWidth: 9 };
  const taps = { kernel: [5, 3], stride: [1, 1], padding: [0, 0], dilation: [1, 1] } as const;
  const conv = { ...image, ...taps, dtype: "complex64" as const, batch: 6, groups: 1, bias: false };
  const channels = { inChannels: 4, outChannels: 9 };
  const x = hashed(2 * 6 * 4 * 12 * 11, 1), y = hashed(2 * 6 * 9 * 8 * 9, 2);
  const w = hashed(2 * 9 * 4 * 15, 3);
  const works: [Program, Float32Array[], number][] = [
    [
      matmul({ ...product, ...stored, m: 131, n: 150, k: 310 }),
      [hashed(2 * 131 * 310, 4), hashed(2 * 150 * 310, 5), hashed(300, 6)],
      2 * 131 * 150,
    ],
    [conv2d({ ...conv, ...channels }), [x, w], y.length],
    [conv2dInputGradient({ ...conv, ...channels }), [y, w], x.length],
    [conv2dWeightGradient({ ...conv, ...channels }), [x, y], w.length],
  ];
  for (const [program, inputs, numbers] of works) {
    let first: Float32Array | undefined;
    for (const [name, options] of builds) {
      const engine = new CpuEngine(options);
      for (let round = 0; round < 8; round++) {
        const [got] = await runProgram(engine, program, inputs, [numbers]);
        first ??= got as Float32Array;
        if (options.relaxed === false) {
          got.forEach((g, e) => assert(Math.abs(g - first![e]) < 1e-4, `${name} [${e}]`));
        } else {
          assertEquals(new Uint8Array(got.buffer), new Uint8Array(first.buffer));
        }
        await new Promise((done) => setTimeout(done, 10)); // threads come up meanwhile
      }
      engine.destroy();
    }
  }
});

Deno.test("a thread takes its share of a job once it is up, and a failure in it is told", async () => {
  const wasm = openWasm({ workers: 2 })!;
  const numbers = 1 << 16, size = 256, chunks = numbers / size;
  const [from, to] = [wasm.allocate(4 * numbers), wasm.allocate(4 * numbers)];
  new Float32Array(wasm.buffer, from, numbers).fill(2);
  const sum = () => {
    new Float32Array(wasm.buffer, to, numbers).fill(0);
    wasm.parallel("partialSums", wasm.args([from, to, 0, numbers, 1, 0, size]), chunks, 1e9);
    assert(new Float32Array(wasm.buffer, to, numbers).every((x) => x === 2));
  };
  sum();
  const until = performance.now() + 5000;
  while (wasm.helpers() < 2 && performance.now() < until) {
    await new Promise((done) => setTimeout(done, 10));
  }
  assertEquals(wasm.helpers(), 2);
  for (let k = 0; k < 300; k++) sum();
  // Reads past the end of the memory, in whichever thread comes to it.
  assertThrows(
    () => wasm.parallel("partialSums", wasm.args([-64, to, 0, 64, 1, 0, 4]), 16, 1e9),
    WebAssembly.RuntimeError,
  );
  for (let k = 0; k < 3; k++) sum();
  wasm.close();
});

Deno.test("what the linear memory has no room for gets memory of its own", async () => {
  const engine = new CpuEngine();
  const spec: PartialSumsSpec = { dtype: "float32", parts: 2, count: 8, bias: 0 };
  const big = [engine.acquire(1.9e9), engine.acquire(1.9e9), engine.acquire(0.9e9)];
  assertEquals(engine.memory().buffers, 3);
  const outer = big[2], inner = engine.acquire(32);
  engine.upload(outer, hashed(16, 1));
  const pass = engine.begin();
  const executable = engine.compile(partialSums, spec);
  pass.dispatch(executable, [outer], [inner]);
  pass.copy(inner, 0, outer, 64, 32);
  const [result] = await engine.read([{ buffer: outer, offset: 64, bytes: 32 }]);
  const x = hashed(16, 1);
  new Float32Array(result).forEach((y, i) => assertEquals(y, Math.fround(x[i] + x[i + 8])));
  engine.destroy();
});

/** Takes buffers of so many bytes until the linear memory has no room for one; they are left untouched. */
function fill(engine: CpuEngine, bytes: number): DeviceBuffer[] {
  const held: (DeviceBuffer & { storage?: unknown })[] = [];
  do held.push(engine.acquire(bytes)); while (typeof held.at(-1)!.storage === "number");
  return held.slice(0, -1);
}

Deno.test("buffers that are kept for reuse make room where the linear memory is full", () => {
  const engine = new CpuEngine({ workers: 0 });
  const held = fill(engine, 2 ** 29);
  for (let bytes = 2 ** 28; bytes >= 2 ** 20; bytes /= 2) fill(engine, bytes);
  engine.release(held.pop()!);
  const { bytes, buffers } = engine.memory();
  const small = Array.from({ length: 100 }, () => engine.acquire(2 ** 20));
  const after = engine.memory();
  assert(after.bytes < bytes);
  assertEquals(after.buffers, buffers - 1 + small.length);
  engine.destroy();
});

Deno.test("kernels that borrow memory compute the same where there is none left", async () => {
  const plain = { aBatchStrides: [], bBatchStrides: [], batchShape: [], bias: false } as const;
  const asIs = { transposeA: false, transposeB: false, conjA: false, conjB: false } as const;
  const program = matmul({ dtype: "complex64", m: 40, n: 30, k: 20, ...plain, ...asIs });
  const inputs = [hashed(2 * 40 * 20, 1), hashed(2 * 20 * 30, 2)];
  const engine = new CpuEngine({ workers: 0 });
  // Room for the operands, and for nothing else.
  const room = [1600, 1200, 2400].map((numbers) => engine.acquire(4 * numbers));
  for (let bytes = 2 ** 29; bytes >= 256; bytes /= 2) fill(engine, bytes);
  room.forEach((buffer) => engine.release(buffer));
  const [got] = await runProgram(engine, program, inputs, [2 * 40 * 30]);
  const [expected] = await runProgram(new CpuEngine(null), program, inputs, [2 * 40 * 30]);
  assertEquals(got, expected);
  engine.destroy();
});

Deno.test("where a memory of 4 GiB is refused, a smaller one is taken", () => {
  const { Memory } = WebAssembly;
  const asked: number[] = [];
  WebAssembly.Memory = class extends Memory {
    constructor(wishes: WebAssembly.MemoryDescriptor) {
      asked.push(wishes.maximum!);
      if (wishes.maximum! > 16384) throw new RangeError("Out of memory");
      super(wishes);
    }
  };
  try {
    const instance = openWasm();
    assert(instance && instance.allocate(2 ** 20) > 0);
    instance.close();
  } finally {
    WebAssembly.Memory = Memory;
  }
  assertEquals(asked, [65536, 32768, 16384]);
});
