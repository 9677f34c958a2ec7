/** What fails on a device: the failure belongs to what was asked for, and nothing else is lost. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ArgandError,
  type ComplexTensor,
  definePrimitive,
  evaluate,
  fft,
  gpu,
  ones,
  parameter,
  randnComplex,
  type RealTensor,
  tensor,
} from "@argand/argand";
import * as nn from "../../nn/mod.ts";
import { onWebGpu } from "../support/engines.ts";
import type { WebGpuEngine } from "../../gpu/engines/webgpu/engine.ts";

/** A function of elements whose WGSL is given. */
const elementwise = (name: string, wgsl: (x: string) => string) =>
  definePrimitive<[RealTensor], RealTensor>({
    name,
    shape: ([x]) => x,
    elementwise: {
      name,
      inputs: ["real"],
      output: "real",
      wgsl,
      cpu(n, out, x) {
        for (let k = 0; k < n; k++) out[k] = x[k] / (1 + x[k]);
      },
    },
  });
const broken = elementwise("broken", (x) => `(${x} / (1.0 + ${x})`);
const BUILD = 'Cannot build kernel "broken';

/** A small model with its optimiser, and a step that gives the loss. */
function training() {
  const model = new nn.Linear(4, 2);
  const optimizer = new nn.Adam(model.parameters(), { lr: 0.1 });
  const x = randnComplex([8, 4]);
  const step = (also: (loss: RealTensor) => RealTensor = (loss) => loss): RealTensor => {
    const loss = also(model.apply(x).absSquared().mean());
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { model, optimizer, step };
}

const weightsOf = async (model: nn.Linear) => [...await model.weight.data()];

onWebGpu("a kernel that can't be built fails where it is asked for, and nowhere else", async () => {
  await assertRejects(() => broken(tensor([1])).item(), ArgandError, BUILD);
  await assertRejects(() => broken(tensor([1])).item(), ArgandError, BUILD, "and again");
  const mended = elementwise("mended", (x) => `(${x} / (1.0 + ${x}))`);
  assertEquals(await mended(tensor([1])).item(), 0.5);
  assertEquals(await ones([2]).add(1).sum().item(), 4);
});

onWebGpu(
  "what is computed from a value that failed fails alike, whenever it is asked for",
  async () => {
    const kept = broken(ones([64]));
    evaluate(kept);
    const sum = kept.add(1).sum(), other = ones([3]).mul(2);
    evaluate(sum, other);
    await assertRejects(() => sum.item(), ArgandError, BUILD);
    await assertRejects(() => kept.data(), ArgandError, BUILD);
    await assertRejects(() => kept.mul(2).data(), ArgandError, BUILD);
    assertEquals(await ones([2]).sum().item(), 2);
  },
);

onWebGpu("a failure that nobody reads is told once, by the next schedule", async () => {
  evaluate(elementwise("brokenUnseen", (x) => `(${x} + 1.0`)(ones([64])));
  await new Promise((done) => setTimeout(done, 50));
  assertThrows(() => evaluate(ones([3]).add(1)), ArgandError, BUILD);
  evaluate(ones([3]).add(1));
});

onWebGpu(
  "parameters whose first values were to come from a schedule that failed get them later",
  async () => {
    const { model, step } = training();
    evaluate(broken(ones([64]))); // with the first values of the model
    await assertRejects(() => weightsOf(model), ArgandError, BUILD);
    const before = await weightsOf(model);
    assert(before.every(Number.isFinite) && before.some((w) => w !== 0));
    assert(Number.isFinite(await step().item()));
  },
);

onWebGpu("a step that fails leaves every state at its last good value", async () => {
  const { model, optimizer, step } = training();
  await step().item();
  const before = await weightsOf(model), moments = await optimizer.stateDict();
  // The gradients run through a kernel that can't be built.
  const faulty = definePrimitive<[RealTensor], RealTensor>({
    name: "faulty",
    shape: ([x]) => x,
    elementwise: { ...SCALE, name: "broken scale", wgsl: (x) => `(2.0 * ${x}` },
    vjp: ({ gradient }) => [broken(gradient as RealTensor)],
  });
  await assertRejects(
    () => step((loss) => faulty(loss)).item(),
    ArgandError,
    "Cannot build kernel",
  );
  assertEquals(await weightsOf(model), before);
  assertEquals(await optimizer.stateDict(), moments);
  const loss = await step().item();
  assert(Number.isFinite(loss));
  assert((await weightsOf(model)).some((w, k) => w !== before[k]), "training goes on");
});

const SCALE = {
  inputs: ["real"],
  output: "real",
  cpu(n: number, out: Float32Array, x: Float32Array) {
    for (let k = 0; k < n; k++) out[k] = 2 * x[k];
  },
} as const;

/** A device of the test's own, which can be told to make no more buffers. */
async function starvingDevice() {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter!.requestDevice();
  const create = device.createBuffer.bind(device);
  const limit = { bytes: Infinity };
  device.createBuffer = (wanted) =>
    create(wanted.size > limit.bytes ? { ...wanted, size: 2 ** 50 } : wanted);
  return { device, limit };
}

onWebGpu("memory that the device does not have fails one step, and the next one runs", async () => {
  const { device, limit } = await starvingDevice();
  try {
    await gpu.use(device);
    const { model, step } = training();
    await step().item();
    const before = await weightsOf(model);
    limit.bytes = 2 ** 20;
    const large = (loss: RealTensor) => loss.add(ones([2 ** 20]).cumsum(0).mul(loss).mean());
    await assertRejects(() => step(large).item(), ArgandError, "more bytes on");
    assertEquals(await weightsOf(model), before);
    limit.bytes = Infinity;
    assert(Number.isFinite(await step(large).item()));
  } finally {
    device.destroy();
    await gpu.use("cpu");
  }
});

onWebGpu("the same device given again is the same engine, and keeps its states", async () => {
  const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
  try {
    const engine = await gpu.use(device);
    const { step } = training();
    await step().item();
    await gpu.use("cpu");
    assertEquals(await gpu.use(device), engine);
    assert(Number.isFinite(await step().item()));
  } finally {
    device.destroy();
    await gpu.use("cpu");
  }
});

onWebGpu(
  "a lost device rejects what is being read, and another takes its place",
  async (engine) => {
    const { model, step } = training();
    await step().item();
    const weights = await weightsOf(model), saved = await model.stateDict();
    const reading = step().item();
    (engine as WebGpuEngine).device.destroy();
    await assertRejects(() => reading, ArgandError, "the device was lost");
    await gpu.use("webgpu");
    assert(gpu.engine() !== engine);
    assertEquals(await ones([5]).sum().item(), 5);
    await assertRejects(() => weightsOf(model), ArgandError, "the device was lost");
    model.loadStateDict(saved); // the same object, on the new device
    assertEquals(await weightsOf(model), weights);
  },
);

onWebGpu("what is loaded into a model that lived on another engine lives here", async () => {
  const { model } = training();
  await weightsOf(model);
  const saved = await model.stateDict();
  await gpu.use("cpu");
  model.loadStateDict(saved);
  const x = randnComplex([3, 4]) as ComplexTensor;
  assert((await model.apply(x).data()).every(Number.isFinite));
});

onWebGpu("a failure that is known when it is read is not told to other work as well", async () => {
  const kept = elementwise("brokenKept", (x) => `(${x} + 1.0`)(ones([64]));
  evaluate(kept);
  await new Promise((done) => setTimeout(done, 50));
  await assertRejects(() => kept.data(), ArgandError, BUILD);
  evaluate(ones([3]).add(1));
});

onWebGpu("a parameter that no binding can hold is refused where it is made", (engine) => {
  const n = engine.maxBufferBytes / 4 + 64;
  assertThrows(() => parameter(ones([n])), ArgandError, "Cannot make a parameter");
});

onWebGpu(
  "an update that does not read its state writes over it, and one that fails does not",
  async (engine) => {
    const x = randnComplex([16, 16]), state = parameter(x, { requiresGrad: false });
    evaluate(state);
    const before = await state.data(), { live } = engine.memory();
    state.assign(fft(x));
    evaluate(state);
    assertEquals(engine.memory().live, live);
    const after = await state.data();
    assertEquals(after, await fft(x).data());
    assert(after.some((value, k) => value !== before[k]));
    const broken = elementwise("brokenBeside", (x) => `(${x} * 2.0`)(ones([16]));
    state.assign(fft(fft(x)));
    evaluate(state, broken);
    await assertRejects(() => broken.data(), ArgandError, BUILD);
    assertEquals(await state.data(), after);
  },
);

onWebGpu("a stopwatch whose device is lost gives no times", async (engine) => {
  const own = await (await navigator.gpu.requestAdapter())!.requestDevice(); // without timestamps
  try {
    for (const one of [engine, await gpu.use(own)] as WebGpuEngine[]) {
      await gpu.use(one === engine ? "webgpu" : own);
      const stopwatch = one.time();
      evaluate(randnComplex([8, 8]).absSquared().sum());
      one.device.destroy();
      await assertRejects(() => stopwatch.stop(), ArgandError, "the device was lost");
    }
    await assertRejects(() => gpu.use(own), ArgandError, "the device was lost");
  } finally {
    await gpu.use("webgpu");
  }
  assert(Number.isFinite(await training().step().item()));
});

onWebGpu("what was recorded with lost values does not stop a load", async (engine) => {
  const model = new nn.Sequential(new nn.Linear(3, 3), new nn.BatchNorm1d(3));
  const optimizer = new nn.Adam(model.parameters(), { lr: 0.1 });
  const loss = () => model.apply(randnComplex([4, 3])).absSquared().mean();
  const step = () => {
    loss().backward();
    optimizer.step();
  };
  step();
  const saved = await nn.formatCheckpoint({ model, optimizer });
  loss().backward(); // statistics and gradients that never run
  (engine as WebGpuEngine).device.destroy();
  await new Promise((done) => setTimeout(done, 20));
  await gpu.use("webgpu");
  loss();
  await nn.parseCheckpoint(saved, { model, optimizer });
  step();
  loss();
  model.loadStateDict(await model.stateDict());
  step();
  assert((await model.stateDict()).size > 0);
});

onWebGpu(
  "a driver that has no other device to give says so, and the CPU engine goes on",
  async () => {
    const drivers = [
      [() => Promise.resolve(null), "no WebGPU adapter"],
      [() => Promise.reject(new TypeError("gone")), "the driver has refused (gone)"],
    ] as const;
    const gpus = Object.getPrototypeOf(navigator.gpu), { requestAdapter } = gpus;
    for (const [driver, why] of drivers) {
      const engine = await gpu.use("webgpu") as WebGpuEngine;
      const { step } = training();
      engine.device.destroy();
      gpus.requestAdapter = driver;
      try {
        await assertRejects(() => step().item(), ArgandError, "the device was lost");
        await assertRejects(() => gpu.use("webgpu"), ArgandError, why);
        assertEquals(gpu.engine(), engine);
        await gpu.use("cpu");
        assert(Number.isFinite(await training().step().item()));
      } finally {
        gpus.requestAdapter = requestAdapter;
      }
    }
    await gpu.use("webgpu");
    assertEquals(await ones([2]).sum().item(), 2);
  },
);

onWebGpu("a device that is lost as soon as it is given is replaced once more", async () => {
  const gpus = Object.getPrototypeOf(navigator.gpu), { requestAdapter } = gpus;
  let given = 0;
  gpus.requestAdapter = async function (options?: GPURequestAdapterOptions) {
    const adapter = await requestAdapter.call(this, options) as GPUAdapter;
    const request = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (wanted) => {
      const device = await request(wanted);
      if (++given <= 2) device.destroy();
      return device;
    };
    return adapter;
  };
  try {
    (gpu.engine() as WebGpuEngine).device.destroy();
    await assertRejects(() => ones([2]).add(ones([2])).data(), ArgandError, "the device was lost");
    assertEquals([given, await ones([2]).sum().item()], [3, 2]);
  } finally {
    gpus.requestAdapter = requestAdapter;
  }
});

onWebGpu("kernels that no device can run are refused, and hold no memory", async () => {
  const kernel = (own: object) =>
    definePrimitive<[RealTensor], RealTensor>({
      name: "impossible",
      shape: ([x]) => x,
      program: () =>
        gpu.single({
          name: "impossible",
          bindings: () => ({ inputs: ["float32"], outputs: ["float32"] }),
          wgsl: () => ({ source: gpu.linearMain(3, "out0[i] = in0[i];"), workgroups: [1, 1, 1] }),
          cpu(_, [x], [y]) {
            y.set(x);
          },
          ...own,
        }, 0),
    });
  const shader = (source: string, workgroups: unknown = [1, 1, 1]) => ({
    wgsl: () => ({ source, workgroups }),
  });
  const impossible: [object, string][] = [
    [{ params: () => 20000 }, "20000 words of params, and a binding holds 16384"],
    [shader(gpu.linearMain(3, ""), [0, 1, 1]), "three positive integers, got 0 × 1 × 1"],
    [shader(gpu.linearMain(3, ""), [NaN, 1, 1]), "three positive integers, got NaN × 1 × 1"],
    [shader(gpu.linearMain(3, ""), null), "three positive integers, got null"],
    [shader(gpu.linearMain(3, ""), [1e5, 2, 1]), "over maxComputeWorkgroupsPerDimension"],
    [shader(gpu.linearMain(3, "").replace("main", "other")), "Cannot build kernel"],
    [shader("@compute @workgroup_size(4096) fn main() {}"), "Cannot build kernel"],
    [shader(gpu.linearMain(3, "in0[i] = 1.0;")), "Cannot build kernel"],
  ];
  await ones([2]).sum().item();
  const before = gpu.memory().live;
  for (const [own, words] of impossible) {
    await assertRejects(() => kernel(own)(tensor([1, 2, 3])).sum().item(), ArgandError, words);
    assertEquals(await ones([2]).sum().item(), 2);
  }
  assertEquals(gpu.memory().live, before);
});
