/** Copies on the host: what comes back after the loss of a device, and when. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ArgandError,
  evaluate,
  exp,
  fft,
  gpu,
  manualSeed,
  ones,
  parameter,
  randnComplex,
  tensor,
} from "@argand/argand";
import * as nn from "../../nn/mod.ts";
import type { WebGpuEngine } from "../../gpu/engines/webgpu/engine.ts";
import { onEngines, onWebGpu } from "../support/engines.ts";

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const lose = () => (gpu.engine() as WebGpuEngine).device.destroy();

/** Copies that are kept while `work` lasts, which begins when the first has arrived. */
async function keeping<T>(
  options: gpu.CopyOptions,
  work: (copies: gpu.Copies) => Promise<T>,
): Promise<T> {
  try {
    const copies = gpu.keepCopies(options);
    await copiedAt(copies, 0);
    return await work(copies);
  } finally {
    gpu.keepCopies(null);
  }
}

/** Waits until the copies are those of a step. */
async function copiedAt(copies: gpu.Copies, step: number): Promise<void> {
  while (copies.copied !== step) await pause(5);
}

/** A run of 15 steps that loses its device in each of the steps in `losses`. */
async function train(losses: readonly number[], makeOptimizer: MakeOptimizer) {
  manualSeed(3);
  const model = new nn.Sequential(
    new nn.Linear(4, 6),
    new nn.BatchNorm1d(6, { momentum: null }), // its statistics depend on a count
    new nn.Dropout(0.2),
    new nn.Linear(6, 4),
  );
  const optimizer = makeOptimizer(model);
  const schedule = new nn.ExponentialLR(optimizer, { gamma: 0.97 });
  const told: [number, number][] = [];
  const left = [...losses];
  const options = {
    everySteps: 5,
    onRestore: ({ steps, lost }: gpu.Restored) => void told.push([steps, lost]),
  };
  return await keeping(options, async (copies) => {
    const values: number[] = [];
    while (copies.steps < 15) {
      try {
        const x = randnComplex([16, 4]);
        const loss = nn.mse(model.apply(x), x);
        loss.backward();
        optimizer.step();
        schedule.step();
        const step = copies.steps;
        if (step % 5 === 0 || step === 1 && left[0] !== 1) await copiedAt(copies, step);
        if (left[0] === step) {
          left.shift();
          lose();
        }
        values[step - 1] = await loss.item();
      } catch (error) {
        if (!(error instanceof ArgandError && error.message.includes("the device was lost"))) {
          throw error;
        }
      }
    }
    const dicts = await Promise.all([model, optimizer, schedule].map((part) => part.stateDict()));
    return { told, values, dicts };
  });
}
type MakeOptimizer = (model: nn.Module) => nn.Adam | nn.SGD;

onWebGpu("after a loss a run repeats what it lost, bit for bit", async () => {
  const cases: [MakeOptimizer, number[], [number, number][]][] = [
    // In step 7 twice, before a copy is taken anew.
    [(model) => new nn.Adam(model.parameters(), { lr: 0.05 }), [1, 7, 7], [[0, 1], [5, 2], [5, 2]]],
    [(model) => new nn.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }), [13], [[10, 3]]],
  ];
  for (const [make, losses, told] of cases) {
    const whole = await train([], make);
    const lossy = await train(losses, make);
    assertEquals([whole.told, lossy.told], [[], told]);
    assertEquals([lossy.values, lossy.dicts], [whole.values, whole.dicts]);
  }
});

onWebGpu("where no other device is wanted the copies go to the CPU engine", async () => {
  const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
  await gpu.use(device);
  const w = parameter(tensor([1]));
  const optimizer = new nn.SGD([w], { lr: 0.25 });
  const step = () => {
    w.square().sum().backward();
    optimizer.step();
  };
  await keeping({ everySteps: 1 }, async (copies) => {
    step();
    await copiedAt(copies, 1);
    device.destroy();
    await device.lost;
    assertThrows(step, ArgandError, "the device was lost"); // a device that was given is not replaced
    await gpu.use("cpu");
    assertEquals([await w.item(), copies.steps], [0.5, 1]);
    step();
    assertEquals(await w.item(), 0.25);
  });
});

onWebGpu("a copy that is under way when the device is lost does not count", async () => {
  const w = parameter(tensor([1]));
  const optimizer = new nn.SGD([w], { lr: 0.25 });
  const step = () => {
    w.square().sum().backward();
    optimizer.step();
  };
  await keeping({ everySteps: 2 }, async (copies) => {
    step();
    await copiedAt(copies, 1);
    step();
    await Promise.resolve(); // the second copy begins
    lose();
    await assertRejects(
      () => w.item(),
      ArgandError,
      "the states are again those of step 1, and the last 1 are undone",
    );
    assertEquals([copies.steps, copies.copied, copies.restorations], [1, 1, 1]);
    assertEquals(await w.item(), 0.5);
    step();
    assertEquals(await w.item(), 0.25);
    await copiedAt(copies, 2);
  });
});

onWebGpu("a copy does not count either whose step failed on the device", async () => {
  const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
  const create = device.createComputePipeline.bind(device);
  let broken = false;
  device.createComputePipeline = (wanted) =>
    create(broken ? { ...wanted, compute: { ...wanted.compute, entryPoint: "none" } } : wanted);
  try {
    await gpu.use(device);
    const w = parameter(tensor([1]));
    const optimizer = new nn.SGD([w], { lr: 0.25, momentum: 0.5 });
    await keeping({ everySteps: 1 }, async (copies) => {
      w.square().sum().backward();
      optimizer.step();
      await copiedAt(copies, 1);
      broken = true;
      const loss = exp(w.square().sum());
      loss.backward();
      optimizer.step();
      await assertRejects(() => loss.item(), ArgandError, "Cannot build");
      await pause(50);
      assertEquals(copies.copied, 1);
      assert(copies.failure !== null);
      broken = false;
      exp(w.square().sum()).backward();
      optimizer.step();
      await copiedAt(copies, 3);
      assertEquals(copies.failure, null);
    });
  } finally {
    device.destroy();
    await gpu.use("cpu");
  }
});

onWebGpu("without copies a lost state says so, and how to come back", async () => {
  const model = new nn.Linear(3, 2), x = randnComplex([5, 3]);
  const optimizer = new nn.Adam(model.parameters(), { lr: 0.1 });
  const step = () => {
    model.apply(x).absSquared().mean().backward();
    optimizer.step();
  };
  step();
  const saved = await model.stateDict();
  const fresh = await optimizer.stateDict();
  const kept = model.apply(x);
  evaluate(kept);
  model.apply(x); // a recipe that never runs
  lose();
  await assertRejects(() => model.weight.data(), ArgandError, "the device was lost");
  await gpu.use("webgpu");
  const words = "load a checkpoint or a state dict";
  await assertRejects(() => model.weight.data(), ArgandError, `Cannot use weight: `);
  await assertRejects(() => model.stateDict(), ArgandError, words);
  await assertRejects(() => kept.data(), ArgandError, "Cannot use a tensor of shape [5, 2]: ");
  await assertRejects(() => model.apply(x).data(), ArgandError, words);
  assertThrows(step, ArgandError, words);
  model.loadStateDict(saved);
  assertThrows(step, ArgandError, "Cannot use firstMoment of ");
  optimizer.loadStateDict(fresh);
  step();
  assert((await model.weight.data()).every(Number.isFinite));
});

onWebGpu("values that depend on no state are computed again after a loss", async () => {
  const x = randnComplex([32, 32]), small = ones([3]).mul(2);
  const kept = fft(x);
  evaluate(kept, small);
  const before = await fft(x).data();
  lose();
  await pause(20);
  await gpu.use("webgpu");
  assertEquals(await kept.data(), before);
  assertEquals(await small.sum().item(), 6);
});

onEngines("copies are counted, and dropped when they are turned off", async ({ kind }) => {
  const w = parameter(ones([1000]));
  const optimizer = new nn.SGD([w], { lr: 0.1 });
  const copies = gpu.keepCopies({ everySteps: 3 });
  for (let k = 0; k < 7; k++) {
    w.square().sum().backward();
    optimizer.step();
    await pause(30);
  }
  assertEquals(copies.steps, 7);
  if (kind === "cpu") assertEquals([copies.copied, copies.bytes], [null, 0]);
  else {
    assertEquals(copies.copied, 6);
    assert(copies.bytes >= 4000);
  }
  assertEquals(gpu.memory().copies, copies.bytes);
  assertEquals(gpu.keepCopies(false), null);
  assertEquals(gpu.memory().copies, 0);
});

onEngines("what makes no sense of copies is refused", () => {
  const wrong = [{ everySteps: 0 }, { everySteps: 1.5 }, {}, { everySteps: 2, every: 3 }, 5];
  for (const options of wrong) {
    assertThrows(() => gpu.keepCopies(options as never), ArgandError, "Cannot keep copies: ");
  }
});

onWebGpu(
  "states of a device that is lost while another engine computes come back, too",
  async () => {
    const w = parameter(tensor([1]));
    const optimizer = new nn.SGD([w], { lr: 0.25 });
    const options = {
      everySteps: 1,
      onRestore() {
        throw new Error("a mistake in a callback");
      },
    };
    await keeping(options, async (copies) => {
      w.square().sum().backward();
      optimizer.step();
      await copiedAt(copies, 1);
      const { device } = gpu.engine() as WebGpuEngine;
      await gpu.use("cpu");
      device.destroy();
      await pause(20);
      assertEquals(await ones([3]).sum().item(), 3);
      await gpu.use("webgpu");
      assertEquals([await w.item(), copies.steps, copies.restorations], [0.5, 1, 1]);
      assertEquals(copies.failure?.message, "Cannot go back to step 1: a mistake in a callback");
      lose(); // before anything ran on the new device
      await pause(20);
      await gpu.use("webgpu");
      lose();
      await pause(20);
      await gpu.use("webgpu");
      assertEquals([await w.item(), copies.restorations], [0.5, 3]);
    });
  },
);
