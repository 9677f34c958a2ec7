/** Training that loses its device in the midst. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArgandError, complexTensor, gpu, manualSeed, ones, randnComplex } from "@argand/argand";
import * as nn from "../../nn/mod.ts";
import type { WebGpuEngine } from "../../gpu/engines/webgpu/engine.ts";
import { onEngines, onWebGpu } from "../support/engines.ts";
import { inFolder } from "../support/folder.ts";

type Options = Partial<nn.FitOptions<nn.Sequential, readonly [ReturnType<typeof randnComplex>]>>;

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** When a run loses its device: at such calls of a callback. */
interface Losses {
  readonly in?: "onBatchEnd" | "onEpochBegin" | "onEpochEnd";
  readonly at: readonly number[];
}

/** What a run is made of, if not Adam and a loader. */
interface Parts {
  readonly lbfgs?: boolean;
  readonly array?: boolean;
}

/** Three epochs of nine batches; all that can be seen of them, but for the time. */
async function train(
  losses: Losses,
  options: Options = {},
  { lbfgs, array }: Parts = {},
) {
  await gpu.use("webgpu");
  manualSeed(3);
  const x = complexTensor(await randnComplex([70, 4]).data(), [70, 4]);
  const model = new nn.Sequential(
    new nn.Linear(4, 6),
    new nn.BatchNorm1d(6),
    new nn.Dropout(0.1),
    new nn.Linear(6, 4),
  );
  const optimizer = lbfgs
    ? new nn.LBFGS(model.parameters(), { maxIter: 3 })
    : new nn.Adam(model.parameters(), { lr: 0.01 });
  const schedule = new nn.ExponentialLR(optimizer, { gamma: 0.95 });
  const set = new nn.TensorDataset(x);
  const rows = (k: number) => Uint32Array.from({ length: 8 }, (_, row) => (8 * k + row) % 70);
  let calls = 0;
  const lose = async () => {
    if (!losses.at.includes(++calls)) return;
    await pause(60); // copies arrive
    (gpu.engine() as WebGpuEngine).device.destroy();
  };
  const { epochs, ...history } = await nn.fit(model, {
    data: array
      ? Array.from({ length: 9 }, (_, k) => set.gather(rows(k)))
      : new nn.DataLoader(set, { batchSize: 8, shuffle: true, prefetch: 2 }),
    validation: new nn.DataLoader(set, { batchSize: 35 }),
    loss: (model, [x]) => nn.mse(model.apply(x), x),
    optimizer,
    schedule,
    epochs: 3,
    progress: false,
    callbacks: { [losses.in ?? "onBatchEnd"]: lose },
    ...options,
  });
  const dicts = await Promise.all([model, optimizer, schedule].map((part) => part.stateDict()));
  return { ...history, epochs: epochs.map((record) => ({ ...record, seconds: 0 })), dicts };
}

onWebGpu("a run that recovers ends as one that was never interrupted", async () => {
  const recover = { everySteps: 4 };
  const cases: [Losses, Options, Parts][] = [
    [{ at: [6, 16, 17] }, { earlyStopping: { patience: 1, restoreBest: true } }, {}],
    [
      { at: [1], in: "onEpochEnd" },
      { accumulate: 4, clip: 0.5, scheduleInterval: "step" },
      { array: true },
    ],
    [{ at: [2], in: "onEpochBegin" }, {}, { lbfgs: true }],
  ];
  for (const [losses, options, parts] of cases) {
    const whole = await train({ at: [] }, options, parts);
    assertEquals(await train(losses, { ...options, recover }, parts), whole);
  }
});

onWebGpu("a run goes on from its checkpoint where that is newer than the last copy", async () => {
  await inFolder(async (folder) => {
    const whole = await train({ at: [] });
    const recovered = await train({ at: [12] }, {
      recover: { everySteps: 1000 },
      checkpoint: { path: `${folder}/run.safetensors` },
    });
    assertEquals(recovered, whole);
  });
});

onWebGpu("copies that are kept anyway are those from which a run recovers", async () => {
  const whole = await train({ at: [] });
  const told: gpu.Restored[] = [];
  await gpu.use("webgpu");
  const copies = gpu.keepCopies({
    everySteps: 3,
    onRestore: (restored) => void told.push(restored),
  });
  try {
    assertEquals(await train({ at: [14] }, { recover: true }), whole);
    assertEquals([copies.steps, copies.restorations, told.length], [27, 1, 1]);
    assert(copies.copied! > 20, "and they are kept afterwards");
  } finally {
    gpu.keepCopies(null);
  }
});

onWebGpu("without recover the error says where it was, and what to do", async () => {
  await assertRejects(
    () => train({ at: [6] }),
    ArgandError,
    "and nothing was kept to go on from; with recover: true fit goes on by itself",
  );
  await inFolder(async (folder) => {
    const path = `${folder}/run.safetensors`;
    await assertRejects(
      () => train({ at: [12] }, { checkpoint: { path } }),
      ArgandError,
      `and checkpoint.resume goes on from ${path}, written after step 9`,
    );
    const whole = await train({ at: [] });
    const { dicts } = await train({ at: [] }, { checkpoint: { path, resume: true } });
    assertEquals(dicts, whole.dicts);
  });
});

onWebGpu("a run that loses its device again and again at one place ends", async () => {
  const at = Array.from({ length: 50 }, (_, k) => k + 3);
  await assertRejects(
    () => train({ at }, { recover: { attempts: 2, everySteps: 1000 } }),
    ArgandError,
    "3 times in a row before step 0 had led to another copy",
  );
});

onEngines("other errors are not repeated", async () => {
  const x = randnComplex([4, 2]);
  const model = new nn.Linear(2, 2);
  let calls = 0;
  const run = nn.fit(model, {
    data: [x, x, x, x],
    loss: (model, x) => {
      if (++calls === 3) throw new ArgandError("Cannot go on: for a test");
      return nn.mse(model.apply(x), x);
    },
    optimizer: new nn.SGD(model.parameters(), { lr: 0.1 }),
    epochs: 2,
    recover: true,
    progress: false,
  });
  await assertRejects(() => run, ArgandError, "Cannot go on: for a test");
  assertEquals(calls, 3);
});

onWebGpu(
  "memory that the device does not have ends the run, which keeps its last step",
  async () => {
    const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
    const create = device.createBuffer.bind(device);
    device.createBuffer = (wanted) =>
      create(wanted.size > 2 ** 20 ? { ...wanted, size: 2 ** 50 } : wanted);
    try {
      await gpu.use(device);
      const model = new nn.Linear(2, 2);
      let calls = 0;
      const run = nn.fit(model, {
        data: Array.from({ length: 50 }, () => randnComplex([4, 2])),
        loss: (model, x) => {
          const loss = nn.mse(model.apply(x), x);
          return ++calls < 3 ? loss : loss.add(ones([2 ** 20]).cumsum(0).mul(loss).mean());
        },
        optimizer: new nn.SGD(model.parameters(), { lr: 0.1 }),
        epochs: 2,
        recover: { everySteps: 1 },
        callbacks: { onBatchEnd: () => pause(30) },
        progress: false,
      });
      await assertRejects(() => run, ArgandError, "more bytes on");
      assert(calls < 50, `${calls}`);
      assert((await model.weight.data()).every(Number.isFinite));
    } finally {
      device.destroy();
      await gpu.use("cpu");
    }
  },
);

onWebGpu("a run on a device that nobody can replace ends, in words", async () => {
  const device = await (await navigator.gpu.requestAdapter())!.requestDevice();
  try {
    await gpu.use(device);
    const model = new nn.Linear(2, 2);
    const x = randnComplex([4, 2]);
    const run = nn.fit(model, {
      data: [x, x, x],
      loss: (model, x) => nn.mse(model.apply(x), x),
      optimizer: new nn.SGD(model.parameters(), { lr: 0.1 }),
      epochs: 2,
      recover: true,
      callbacks: { onBatchEnd: ({ step }) => step === 4 ? device.destroy() : undefined },
      progress: false,
    });
    await assertRejects(() => run, ArgandError, "no other could be opened");
  } finally {
    await gpu.use("cpu");
  }
});

onEngines("what recover does not know is refused", async () => {
  const model = new nn.Linear(2, 2);
  for (const recover of [{ attempts: 0 }, { everySteps: 0.5 }, { often: 1 }, 3, "yes"]) {
    const run = nn.fit(model, {
      data: [randnComplex([4, 2])],
      loss: (model, x) => nn.mse(model.apply(x), x),
      optimizer: new nn.SGD(model.parameters(), { lr: 0.1 }),
      epochs: 1,
      recover: recover as never,
    });
    await assertRejects(() => run, ArgandError, "Cannot fit: ");
  }
});
