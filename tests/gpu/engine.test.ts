import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Engine } from "../../gpu/contract/engine.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { type Kernel, linearGrid, linearMain, single } from "../../gpu/contract/kernel.ts";
import { engine as current, use } from "../../gpu/engines/device.ts";
import { sizeClass } from "../../gpu/engines/shared/pool.ts";
import { complex, full, ones, tensor } from "../../complex/create/create.ts";
import { definePrimitive } from "../../complex/transforms/primitive.ts";
import { read } from "../../complex/lazy/realize.ts";
import type { RealTensor } from "../../complex/tensor/tensor.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";
import { engines, runProgram } from "../support/program.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const adapter = await navigator.gpu?.requestAdapter();

/** A device of the test's own. */
async function ownDevice(): Promise<GPUDevice> {
  return await adapter!.requestDevice();
}

/** A kernel whose WGSL is given; its TypeScript is never asked for. */
function wgslKernel(name: string, body: string): Kernel<{ n: number }> {
  return {
    name,
    bindings: () => ({ inputs: ["float32"], outputs: ["float32"] }),
    wgsl: ({ n }) => ({ source: linearMain(n, body), workgroups: linearGrid(n) }),
    cpu() {
      throw new Error("not for the CPU");
    },
  };
}

Deno.test("sizeClass() wastes at most an eighth, or 256 bytes", () => {
  for (let bytes = 1; bytes < 1e7; bytes = Math.ceil(bytes * 1.37)) {
    const capacity = sizeClass(bytes);
    assert(capacity >= bytes && capacity % 4 === 0);
    assert(capacity - bytes <= Math.max(256, capacity / 8), `${bytes} in ${capacity}`);
    assertEquals(sizeClass(capacity), capacity);
  }
});

onEngines("memory() counts every byte, in use and kept for reuse", (engine) => {
  const before = engine.memory();
  const a = engine.acquire(10_000);
  const b = engine.acquire(10_000);
  const during = engine.memory();
  assertEquals(during.live, before.live + a.capacity + b.capacity);
  engine.release(a);
  engine.release(b);
  const after = engine.memory();
  assertEquals(after.live, before.live);
  assertEquals(after.bytes, during.bytes);
  assert(after.peak >= after.bytes);
  const c = engine.acquire(9_900);
  assertEquals(engine.memory().bytes, after.bytes, "a buffer of the same class is used again");
  engine.release(c);
});

onEngines("read() brings several ranges back in one go", async (engine) => {
  const buffer = engine.acquire(40);
  engine.upload(buffer, Float32Array.from({ length: 10 }, (_, k) => k));
  const [a, b] = await engine.read([
    { buffer, offset: 8, bytes: 8 },
    { buffer, offset: 36, bytes: 4 },
  ]);
  assertEquals([...new Float32Array(a)], [2, 3]);
  assertEquals([...new Float32Array(b)], [9]);
  engine.release(buffer);
});

onEngines("a grid of more than 65535 workgroups gives every element", async () => {
  const n = 65535 * 64 + 1000;
  const x = full([n], 1).cumsum(0); // forces a buffer of n elements
  const y = ones([n]).add(1).add(tensor([0]));
  evaluate(y);
  assertEquals(await y.sum().item(), 2 * n);
  assertEquals(await x.slice([n - 1, n]).item(), n);
});

Deno.test({
  ...unless(noAdapter, "a tensor over maxStorageBufferBindingSize is refused, with the limit"),
  async fn() {
    const engine = await use("webgpu");
    const n = Math.floor(engine.maxBufferBytes / 4) + 64;
    const before = engine.memory();
    const error = assertThrows(() => evaluate(ones([n]).add(1)), ArgandError);
    assertStringIncludes(error.message, `maxStorageBufferBindingSize, ${engine.maxBufferBytes}`);
    assertEquals(engine.memory().live, before.live);
    assertEquals(await ones([4]).sum().item(), 4);
  },
});

Deno.test({
  ...unless(noAdapter, "a shader that does not compile is reported with the kernel's name"),
  async fn() {
    const engine = await use(await ownDevice());
    try {
      const broken = definePrimitive<[RealTensor], RealTensor>({
        name: "broken",
        shape: ([x]) => x,
        program: ([{ shape }]) =>
          single(wgslKernel("brokenKernel", "out0[i] = nonsense;"), { n: shape[0] }),
      });
      await assertRejects(() => broken(ones([4])).data(), ArgandError, 'kernel "brokenKernel"');
    } finally {
      engine.destroy();
      await use("cpu");
    }
  },
});

Deno.test({
  ...unless(
    noAdapter,
    "a grid that fits no dimension is refused with the limit and the kernel's name",
  ),
  async fn() {
    const engine = await use("webgpu");
    const wide: Kernel<null> = {
      ...wgslKernel("wide", "") as unknown as Kernel<null>,
      wgsl: () => ({
        source: "@compute @workgroup_size(1) fn main() {}",
        workgroups: [70_000, 2, 1],
      }),
    };
    const error = assertThrows(() => engine.compile(wide, null), ArgandError);
    assertStringIncludes(error.message, 'kernel "wide"');
    assertStringIncludes(error.message, "maxComputeWorkgroupsPerDimension, 65535");
  },
});

Deno.test({
  ...unless(
    noAdapter ?? ((await engines())[1].adapter.software ? null : "the adapter is hardware"),
    "loops that a software adapter would end are refused with their rounds",
  ),
  async fn() {
    const engine = await use("webgpu");
    const long: Kernel<null> = {
      ...wgslKernel("long", "") as unknown as Kernel<null>,
      wgsl: () => ({
        source: "@compute @workgroup_size(1) fn main() {}",
        workgroups: [1, 1, 1],
        rounds: 70_000,
      }),
    };
    const error = assertThrows(() => engine.compile(long, null), ArgandError);
    assertStringIncludes(error.message, `run kernel "long" on "${engine.adapter.name}"`);
    assertStringIncludes(error.message, "a thread would take 70000 rounds of loops");
  },
});

Deno.test({
  ...unless(noAdapter, "a value that can't be read back is reported, and the device goes on"),
  async fn() {
    const device = await ownDevice();
    const create = device.createBuffer.bind(device);
    let fails = true;
    device.createBuffer = (wanted) => {
      const buffer = create(wanted);
      const { mapAsync } = buffer;
      buffer.mapAsync = (...args) =>
        fails ? Promise.reject(new Error("no")) : mapAsync.call(buffer, ...args);
      return buffer;
    };
    await use(device);
    try {
      const x = ones([5]).mul(2);
      await assertRejects(() => x.data(), ArgandError, "Cannot read values back: no");
      fails = false;
      assertEquals(await x.sum().item(), 10);
    } finally {
      device.destroy();
      await use("cpu");
    }
  },
});

Deno.test("memory that the host does not have is refused, with the bytes, and counts as none", () => {
  const engine = new CpuEngine(null);
  const why = "more bytes on the CPU engine: the host is out of memory";
  assertThrows(() => engine.acquire(2 ** 50), ArgandError, why);
  assertEquals(engine.memory(), new CpuEngine(null).memory());
});

Deno.test({
  ...unless(noAdapter, "a device that the program already has computes, and is not destroyed"),
  async fn() {
    const device = await ownDevice();
    const engine = await use(device);
    try {
      assertEquals(current(), engine);
      assertEquals(await ones([5]).mul(3).sum().item(), 15);
      engine.destroy();
      device.createBuffer({ size: 256, usage: GPUBufferUsage.STORAGE }).destroy();
    } finally {
      device.destroy();
      await use("cpu");
    }
  },
});

Deno.test({
  ...unless(noAdapter, "a lost device is reported as such"),
  async fn() {
    const device = await ownDevice();
    await use(device);
    try {
      assertEquals(await ones([5]).sum().item(), 5);
      device.destroy();
      await assertRejects(() => ones([5]).mul(2).sum().item(), ArgandError, "the device was lost");
    } finally {
      await use("cpu");
    }
  },
});

Deno.test({
  ...unless(noAdapter, "a value held by one engine is refused by the other, by name"),
  async fn() {
    await use("webgpu");
    const x = ones([100]).add(1);
    evaluate(x);
    await use("cpu");
    await assertRejects(() => x.mul(2).data(), ArgandError, "is held by another engine (webgpu)");
    assertEquals((await x.data())[0], 2);
    assertEquals((await x.mul(2).data())[0], 4); // what has been read is at home everywhere
  },
});

Deno.test({
  ...unless(noAdapter, "values of both engines are read in one call"),
  async fn() {
    await use("cpu");
    const x = ones([100]).add(1);
    evaluate(x);
    await use("webgpu");
    const y = ones([100]).add(2);
    evaluate(y);
    const [a, b] = await read([x.node, y.node]);
    assertEquals([a[99], b[99]], [2, 3]);
  },
});

Deno.test("use() refuses a name that is not an engine", async () => {
  // deno-lint-ignore no-explicit-any
  await assertRejects(() => use("gpu" as any), ArgandError, '"gpu" is neither "cpu" nor "webgpu"');
});

/** Runs a script in a Deno of its own and gives what it prints. */
async function script(code: string, flags: string[], env: Record<string, string> = {}) {
  const config = `${import.meta.dirname}/../../deno.json`;
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-lock", `--config=${config}`, ...flags, code],
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, out: text(stdout).trim(), err: text(stderr) };
}

const REPORT = `${import.meta.dirname}/../support/report_engine.ts`;

Deno.test("without any permission it computes, on hardware or else on the CPU engine", async () => {
  const { success, out, err } = await script(REPORT, []);
  assert(success, err);
  const webgpu = (await engines()).find((engine) => engine.kind === "webgpu");
  assertEquals(out, `${webgpu && !webgpu.adapter.software ? "webgpu" : "cpu"} 6`);
});

Deno.test("ARGAND_DEVICE chooses the engine where it may be read", async () => {
  const flags = ["--allow-env=ARGAND_DEVICE"];
  for (const { kind } of await engines()) {
    assertEquals((await script(REPORT, flags, { ARGAND_DEVICE: kind })).out, `${kind} 6`);
  }
  const wrong = await script(REPORT, flags, { ARGAND_DEVICE: "tpu" });
  assert(!wrong.success);
  assertStringIncludes(wrong.err, '"tpu" is neither "cpu" nor "webgpu"');
  const none = await script(REPORT, flags, {
    ARGAND_DEVICE: "webgpu",
    DENO_WEBGPU_BACKEND: Deno.build.os === "linux" ? "dx12" : "noop",
  });
  assertStringIncludes(none.err, "this machine offers no WebGPU adapter");
});

Deno.test("a program may give a kernel params, inputs and outputs of several kinds", async () => {
  const scale: Kernel<{ n: number }> = {
    name: "scale",
    bindings: () => ({ inputs: ["float32"], outputs: ["float32", "uint32"] }),
    params: () => 2,
    wgsl: ({ n }) => ({
      source: linearMain(n, "out0[i] = in0[i] * param_f32(0u); out1[i] = i + param_u32(1u);"),
      workgroups: linearGrid(n),
    }),
    cpu({ n }, [x], [y, k], { f32, u32 }) {
      for (let i = 0; i < n; i++) [y[i], k[i]] = [x[i] * f32[0], i + u32[1]];
    },
  };
  const params = new Uint32Array([...new Uint32Array(Float32Array.of(2.5).buffer), 7]);
  for (const engine of await engines() as Engine[]) {
    const [y, k] = await runProgram(engine, single(scale, { n: 3 }), [Float32Array.of(1, 2, 3)], [
      3,
      3,
    ], params);
    assertEquals([[...y], [...k]], [[2.5, 5, 7.5], [7, 8, 9]]);
  }
});

onEngines(
  "loops longer than an adapter runs are refused or right, never cut short",
  async (engine) => {
    const cut = engine.kind === "webgpu" && engine.adapter.software;
    const check = async (name: string, result: RealTensor, wanted: number) => {
      if (cut) await assertRejects(() => result.item(), ArgandError, `kernel "${name}"`);
      else assertEquals(await result.item(), wanted);
    };
    const image = complex(ones([1, 1, 300, 300]));
    await check("avgPool2d", new nn.AvgPool2d(300).apply(image).real, 1);
    await check("maxPool2d", new nn.MaxPool2d(300).apply(image).real, 1);
    const layer = new nn.Conv2d(70_000, 1, 1, { bias: false });
    layer.weight.assign(complex(ones([1, 70_000, 1, 1])));
    await check("correlate", layer.apply(complex(ones([1, 70_000, 1, 1]))).real, 70_000);
    // A product splits its sum, whatever the sizes.
    const long = ones([200, 70_000]).matmul(ones([70_000, 200]));
    assertEquals((await long.slice([199, 200], [0, 1]).data())[0], 70_000);
  },
);
