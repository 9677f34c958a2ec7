import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { parameter, tensor } from "../../complex/create/create.ts";
import { manualSeed, randnComplex } from "../../complex/create/random.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";

type Pair = [ComplexTensor, ComplexTensor];

const SAMPLES = 22;
const BATCH = 4;

/** Data, and from one seed a network with dropout and batch norm, and a loader that shuffles. */
function setUp(seed = 5) {
  manualSeed(1);
  const x = randnComplex([SAMPLES, 3]);
  manualSeed(seed);
  const model = new nn.Sequential(
    new nn.Linear(3, 6),
    new nn.BatchNorm1d(6),
    new nn.CReLU(),
    new nn.Dropout(0.3),
    new nn.Linear(6, 1),
  );
  const data = new nn.TensorDataset(x, x.sum(1, true));
  const loader = new nn.DataLoader(data, { batchSize: BATCH, shuffle: true });
  const optimizer = new nn.Adam(model.parameters(), { lr: 0.05 });
  const schedule = new nn.ExponentialLR(optimizer, { gamma: 0.9 });
  return { model, data, loader, optimizer, schedule };
}

const lossOf = (model: nn.Layer, [x, y]: Pair) => nn.mse(model.apply(x), y);

const FOLDER = "out/tests/fit";
await Deno.mkdir(FOLDER, { recursive: true });
let files = 0;

/** A path where no file is. */
async function file(): Promise<string> {
  const path = `${FOLDER}/${++files}_run.safetensors`;
  await Deno.remove(path).catch(() => {});
  return path;
}

/** The options of a run that all resumption tests share. */
function options({ model, data, loader, optimizer, schedule }: ReturnType<typeof setUp>) {
  return {
    model,
    with: {
      data: loader,
      loss: lossOf,
      optimizer,
      schedule,
      epochs: 3,
      validation: new nn.DataLoader(data, { batchSize: 10 }),
      progress: false,
      clip: 1,
      earlyStopping: { patience: 9 },
    } as const,
  };
}

const withoutTimes = (epochs: readonly nn.EpochRecord[]) =>
  epochs.map((record) => ({ ...record, seconds: 0 }));

onEngines("fit makes the losses and parameters of a loop by hand, bit for bit", async () => {
  const one = setUp();
  const history = await nn.fit(one.model, {
    data: one.loader,
    loss: lossOf,
    optimizer: one.optimizer,
    schedule: one.schedule,
    epochs: 3,
    progress: false,
    clip: 0.5,
  });
  const two = setUp();
  const losses: number[] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    for await (const batch of two.loader) {
      const loss = lossOf(two.model, batch);
      loss.backward();
      nn.clipGradNorm(two.model.parameters(), 0.5);
      two.optimizer.step();
      losses.push(await loss.item());
    }
    two.schedule.step();
  }
  assertEquals(history.losses, losses);
  assertEquals(await one.model.stateDict(), await two.model.stateDict());
  assertEquals(history.steps, 18);
  const weights = [4, 4, 4, 4, 4, 2];
  const mean = weights.reduce((sum, n, k) => sum + n * losses[k], 0) / SAMPLES;
  assertAlmostEquals(history.epochs[0].loss, mean, 1e-12);
  assertAlmostEquals(history.epochs[2].lr, 0.05 * 0.81, 1e-12);
  assertEquals(JSON.parse(JSON.stringify(history)), history);
});

onEngines(
  "a resumed fit makes the losses of an uninterrupted one, bit for bit, wherever it stopped",
  async () => {
    const whole = options(setUp());
    const expected = await nn.fit(whole.model, whole.with);
    for (const stop of [3, 6, 8, 12, 17]) {
      const path = await file();
      const first = options(setUp());
      const before = await nn.fit(first.model, {
        ...first.with,
        checkpoint: { path },
        callbacks: { onBatchEnd: ({ step }) => step < stop },
      });
      assertEquals([before.stopped, before.losses.length], ["callback", stop]);
      const second = options(setUp(77)); // nothing of its own may matter
      const after = await nn.fit(second.model, {
        ...second.with,
        checkpoint: { path, resume: true },
      });
      assertEquals([...before.losses, ...after.losses], expected.losses, `stopped after ${stop}`);
      assertEquals(withoutTimes(after.epochs), withoutTimes(expected.epochs));
      assertEquals([after.steps, after.best], [expected.steps, expected.best]);
      assertEquals(await second.model.stateDict(), await whole.model.stateDict());
    }
  },
);

onEngines(
  "a resumed fit goes on in an array of batches too, and does nothing where all is done",
  async () => {
    const batches = async () => {
      manualSeed(9);
      return await Array.fromAsync(new nn.DataLoader(setUp().data, { batchSize: 5 }));
    };
    const run = async (path: string, resume: boolean, stop = Infinity) => {
      const { model, optimizer } = setUp();
      return await nn.fit(model, {
        data: await batches(),
        loss: lossOf,
        optimizer,
        epochs: 2,
        progress: false,
        checkpoint: { path, resume },
        callbacks: { onBatchEnd: ({ step }) => step < stop },
      });
    };
    const expected = await run(await file(), false);
    const path = await file();
    const before = await run(path, true, 7); // there is no file yet
    const after = await run(path, true);
    assertEquals([...before.losses, ...after.losses], expected.losses);
    const again = await run(path, true);
    assertEquals([again.losses, again.epochs, again.stopped], [[], after.epochs, "epochs"]);
  },
);

Deno.test("a checkpoint that fit() did not write, or of another model, is refused and changes nothing", async () => {
  const path = await file();
  const { model, with: rest } = options(setUp());
  await nn.saveCheckpoint(path, { model, optimizer: rest.optimizer, schedule: rest.schedule });
  const dict = await model.stateDict();
  const resume = () => nn.fit(model, { ...rest, checkpoint: { path, resume: true } });
  await assertRejects(resume, ArgandError, "fit did not write, without records of epochs");
  const extra = { epochs: [] };
  await nn.saveCheckpoint(path, {
    model,
    optimizer: rest.optimizer,
    schedule: rest.schedule,
    extra,
  });
  await assertRejects(resume, ArgandError, "run.safetensors: it has no loader");
  await Deno.writeTextFile(path, "nothing");
  await assertRejects(resume, ArgandError, "run.safetensors");
  assertEquals(await model.stateDict(), dict);
});

Deno.test("a signal stops fit after the batch in hand, also in batches that make one step", async () => {
  for (const accumulate of [1, 3]) {
    const { model, with: rest } = options(setUp());
    const stop = new AbortController();
    let batches = 0;
    const history = await nn.fit(model, {
      ...rest,
      accumulate,
      signal: stop.signal,
      callbacks: { onBatchEnd: () => void (++batches === 2 && stop.abort()) },
    });
    assertEquals([history.stopped, history.epochs], ["signal", []]);
    assertEquals([history.losses.length, history.steps], accumulate === 1 ? [2, 2] : [3, 1]);
  }
  const { model, with: rest } = options(setUp());
  const history = await nn.fit(model, { ...rest, signal: AbortSignal.abort() });
  assertEquals([history.stopped, history.steps], ["signal", 0]);
});

Deno.test("timers fire while fit runs over data that never wait", async () => {
  const { model, optimizer, loader } = setUp();
  const data = await Array.fromAsync(loader);
  const signal = AbortSignal.timeout(250);
  const history = await nn.fit(model, {
    data,
    loss: lossOf,
    optimizer,
    epochs: 1e6,
    progress: false,
    signal,
  });
  assertEquals(history.stopped, "signal");
});

Deno.test("gradients of several batches make one step of their mean", async () => {
  const run = async (accumulate: number, data: number[][]) => {
    const model = new (class extends nn.Module {
      w = parameter(tensor([1]));
    })();
    const history = await nn.fit(model, {
      data,
      loss: ({ w }, batch) => w.mul(tensor(batch)).square().mean(),
      optimizer: new nn.SGD(model.parameters(), { lr: 0.1 }),
      epochs: 1,
      progress: false,
      accumulate,
    });
    return { w: await model.w.item(), ...history };
  };
  const pieces = await run(2, [[1, 2], [3, 4]]);
  const whole = await run(1, [[1, 2, 3, 4]]);
  assertEquals(pieces.steps, 1);
  assertAlmostEquals(pieces.w, whole.w, 1e-6);
  assertEquals(pieces.losses, [2.5, 12.5]);
  assertEquals((await run(2, [[1, 2], [3, 4], [5, 6]])).steps, 2); // the last one alone
});

Deno.test("validation averages over samples in evaluation mode, and modes are restored", async () => {
  const { model, optimizer, loader, data } = setUp();
  const part = new nn.Subset(data, [0, 1, 2, 3, 4, 5, 6]);
  model.eval();
  const layers = model.modules();
  layers[2].train(); // the user's own choice
  const modes = layers.map((m) => m.training);
  const seen: boolean[] = [];
  const history = await nn.fit(model, {
    data: loader,
    loss: (m, batch) => {
      seen.push(m.layers[3].training);
      return lossOf(m, batch);
    },
    optimizer,
    epochs: 1,
    progress: false,
    validation: new nn.DataLoader(part, { batchSize: 3 }),
    metrics: (m, [x, y]) => ({ error: nn.metrics.relativeError(m.apply(x), y).square() }),
  });
  assertEquals(model.modules().map((m) => m.training), modes);
  assertEquals(seen, [true, true, true, true, true, true, false, false, false]);
  const [x, y] = await part.gather(Uint32Array.of(0, 1, 2, 3, 4, 5, 6));
  const whole = await nn.mse(model.eval().apply(x), y).item();
  assertAlmostEquals(history.epochs[0].validation!.loss, whole, 1e-6 * whole);
  assert(history.epochs[0].validation!.error > 0);
});

Deno.test("early stopping ends the run, and restores the best state, also after a resumption", async () => {
  // w falls by 0.25 a step; the figure held out is |w|, least at 0 after the fourth epoch.
  const start = () => {
    const model = new (class extends nn.Module {
      w = parameter(tensor([1]));
    })();
    return {
      model,
      options: {
        data: [0],
        validation: [0],
        loss: ({ w }: typeof model) => model.training ? w.sum() : w.abs().sum(),
        optimizer: new nn.SGD(model.parameters(), { lr: 0.25 }),
        epochs: 99,
        progress: false as const,
        earlyStopping: { patience: 2, monitor: "validation.loss" },
      },
    };
  };
  const { model, options } = start();
  const history = await nn.fit(model, options);
  assertEquals([history.stopped, history.epochs.length], ["earlyStopping", 6]);
  assertEquals([history.best, await model.w.item()], [{ epoch: 3, value: 0 }, 0]);
  const kept = start();
  const stays = { ...kept.options, earlyStopping: { patience: 2, restoreBest: false } };
  await nn.fit(kept.model, stays);
  assertEquals(await kept.model.w.item(), -0.5);
  const picky = start();
  const early = { ...picky.options, earlyStopping: { patience: 2, minDelta: 0.3 } };
  assertEquals((await nn.fit(picky.model, early)).epochs.length, 5); // 0.25 counts after 0.75, and no other
  const other = start();
  const unknown = { ...other.options, earlyStopping: { monitor: "validation.accuracy" } };
  await assertRejects(
    () => nn.fit(other.model, unknown),
    ArgandError,
    `it has loss, validation.loss`,
  );

  const path = await file();
  const first = start();
  const best = path.replace("run", "best");
  await nn.fit(first.model, {
    ...first.options,
    checkpoint: { path, best, every: 2 },
    callbacks: { onEpochEnd: ({ epoch }) => epoch < 4 },
  });
  const second = start();
  const after = await nn.fit(second.model, {
    ...second.options,
    checkpoint: { path, resume: true },
  });
  assertEquals([after.stopped, after.epochs.length, after.losses.length], ["earlyStopping", 6, 1]);
  assertEquals(await second.model.w.item(), 0);
  const third = start();
  assertEquals((await nn.loadCheckpoint(best, { model: third.model })).epoch, 4);
  assertEquals(await third.model.w.item(), 0);
});

onEngines("LBFGS and schedules by step and by plateau go with fit", async () => {
  const { model, loader, optimizer } = setUp();
  const data = await Array.fromAsync(loader);
  const history = await nn.fit(model, {
    data,
    loss: lossOf,
    optimizer,
    schedule: new nn.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 12 }),
    scheduleInterval: "step",
    epochs: 2,
    progress: false,
    callbacks: [{ onEpochEnd: () => "stop" }],
  });
  assertEquals([history.epochs.length, history.stopped], [1, "callback"]);
  assert(history.epochs[0].lr > 0.06); // a step an epoch would leave it below 0.02
  const linear = new nn.Linear(3, 1);
  const exact = await nn.fit(linear, {
    data: data.slice(0, 1),
    loss: lossOf,
    optimizer: new nn.LBFGS(linear.parameters(), { lineSearchFn: "strong_wolfe" }),
    epochs: 3,
    progress: false,
  });
  assert(exact.losses[2] < 1e-6, `${exact.losses}`);
  const flat = new nn.SGD(linear.parameters(), { lr: 0 });
  flat.groups[0].lr = 1e-9;
  const plateau = new nn.ReduceLROnPlateau(flat, { patience: 0, eps: 0, factor: 0.5 });
  await nn.fit(linear, {
    data,
    loss: lossOf,
    optimizer: flat,
    schedule: plateau,
    epochs: 3,
    progress: false,
  });
  assertEquals(flat.groups[0].lr, 2.5e-10);
});

Deno.test("fit refuses options that make no sense before anything is trained", async () => {
  const { model, with: rest } = options(setUp());
  const dict = await model.stateDict();
  const refuse = async (change: object, why: string) =>
    void await assertRejects(() => nn.fit(model, { ...rest, ...change }), ArgandError, why);
  await refuse({ data: 3 }, "data must be");
  await refuse({ loss: 3 }, "loss must be a function");
  await refuse({ optimizer: {} }, "optimizer must have step()");
  await refuse({ epochs: 0 }, "epochs");
  await refuse({ accumulate: 0 }, "accumulate");
  await refuse({ batchSize: 3 }, `unknown option "batchSize"`);
  await refuse({ validation: undefined, metrics: () => ({}) }, "metrics are taken over validation");
  await refuse({ progress: "loud" }, "progress");
  await refuse({ clip: -1 }, "clip");
  await refuse({ earlyStopping: { patience: 0 } }, "patience");
  await refuse({ callbacks: { onStep: () => {} } }, `unknown option "onStep"`);
  await refuse({ checkpoint: {} }, "checkpoint.path");
  await refuse({ checkpoint: { path: "out/a", best: "out/a" } }, "are one file, out/a");
  const named = { validation: rest.data, metrics: () => ({ loss: tensor(1) }) };
  await refuse(named, 'no figure of metrics may be called "loss"');
  await refuse({ signal: 3 }, "AbortSignal");
  await refuse({ optimizer: new nn.LBFGS(model.parameters()) }, "neither clip nor accumulate");
  const plateau = new nn.ReduceLROnPlateau(rest.optimizer);
  await refuse({ schedule: plateau, scheduleInterval: "step" }, "the figure of an epoch");
  await refuse({ data: [] }, "epoch 0 had no batches");
  const not = "Cannot fit: it takes ";
  await assertRejects(() => nn.fit(3 as never, rest), ArgandError, `${not}a Module, got 3`);
  await assertRejects(() => nn.fit(model, undefined as never), ArgandError, `${not}options: data`);
  await refuse({ loss: (m: nn.Layer, [x]: Pair) => m.apply(x).abs() }, "Cannot fit with this loss");
  assertEquals([...(await model.stateDict()).keys()], [...dict.keys()]);
});

Deno.test("a validation without batches is refused once its epoch is trained, and modes are restored", async () => {
  const { model, with: rest } = options(setUp());
  model.eval();
  await assertRejects(
    () => nn.fit(model, { ...rest, validation: [] }),
    ArgandError,
    "Cannot fit: validation gave no batches; it must do so every epoch",
  );
  assertEquals(model.training, false);
});

Deno.test("errors of data, loss and callbacks reach the caller, and modes are restored", async () => {
  const { model, with: rest } = options(setUp());
  model.eval();
  const broken = new nn.DataLoader(
    new nn.IterableDataset<never>(() => {
      throw new Error("the disk is gone");
    }),
  );
  const fail = () => {
    throw new Error("own mistake");
  };
  await assertRejects(() => nn.fit(model, { ...rest, data: broken }), Error, "the disk is gone");
  await assertRejects(() => nn.fit(model, { ...rest, loss: fail }), Error, "own mistake");
  const callbacks = { onBatchEnd: fail };
  await assertRejects(() => nn.fit(model, { ...rest, callbacks }), Error, "own mistake");
  assertEquals(model.training, false);
});

onEngines(
  "one seed fixes weights, splits, orders and dropout: two processes give the same bits",
  async ({ kind }) => {
    const script = `${import.meta.dirname}/../support/report_training.ts`;
    const train = async (seed: number) => {
      const args = ["run", "--no-check", "--no-lock", "--allow-read", script, kind, String(seed)];
      const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
      return JSON.parse(new TextDecoder().decode(stdout));
    };
    const [first, again, other] = [await train(3), await train(3), await train(4)];
    assertEquals(first[0].length, 15);
    assertEquals(again, first);
    assertNotEquals(other, first);
  },
);
