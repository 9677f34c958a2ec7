/** Training that is stopped, resumed or goes wrong. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { complexTensor, manualSeed, parameter, randnComplex, tensor } from "../../complex/mod.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";
import { inFolder } from "../support/folder.ts";

class Weight extends nn.Module {
  readonly w = parameter(tensor([0]));
}

onEngines("the gradients of batches left over are averaged over their own number", async () => {
  for (const [batches, accumulate, steps] of [[5, 4, 2], [3, 4, 1], [7, 3, 3], [6, 3, 2]]) {
    const model = new Weight();
    const history = await nn.fit(model, {
      data: Array.from({ length: batches }, () => tensor([1])),
      loss: (model, x) => model.w.mul(x).sum(), // the gradient of every batch is 1
      optimizer: new nn.SGD(model.parameters(), { lr: 1 }),
      epochs: 1,
      accumulate,
      progress: false,
    });
    assertEquals([await model.w.item(), history.steps], [-steps, steps]);
  }
});

onEngines("a run that is stopped at any batch makes the batches of a whole one", async () => {
  manualSeed(3);
  const x = complexTensor(await randnComplex([36, 3]).data(), [36, 3]);
  const train = async (path: string, stopAt: number, loaded: boolean) => {
    manualSeed(5);
    const model = new nn.Linear(3, 1);
    const stop = new AbortController();
    const set = new nn.TensorDataset(x); // 9 batches an epoch
    let batches = 0;
    const history = await nn.fit(model, {
      data: loaded
        ? new nn.DataLoader(set, { batchSize: 4, shuffle: true })
        : Array.from({ length: 9 }, (_, k) =>
          set.gather(Uint32Array.from([0, 1, 2, 3], (i) => 4 * k + i))),
      loss: (model, [x]) => nn.mse(model.apply(x), x.sum(1, true)),
      optimizer: new nn.SGD(model.parameters(), { lr: 0.05 }),
      epochs: 2,
      accumulate: 4,
      checkpoint: { path, resume: true },
      signal: stop.signal,
      callbacks: { onBatchEnd: () => (++batches === stopAt ? stop.abort() : undefined) },
      progress: false,
    });
    return { batches, steps: history.steps, epochs: history.epochs, w: await model.weight.data() };
  };
  await inFolder(async (folder) => {
    for (const loaded of [true, false]) {
      const whole = await train(`${folder}/whole${loaded}`, Infinity, loaded);
      for (const stopAt of [3, 8, 9, 10, 18]) {
        const path = `${folder}/${loaded}${stopAt}`;
        const begun = await train(path, stopAt, loaded);
        const ended = await train(path, Infinity, loaded);
        assertEquals(begun.batches + ended.batches, whole.batches);
        assertEquals(ended.steps, whole.steps);
        assertEquals(ended.epochs.map((e) => e.loss), whole.epochs.map((e) => e.loss));
        assertEquals(ended.w, whole.w);
      }
    }
  });
});

function* samples() {
  for (let k = 0; k < 18; k++) yield randnComplex([3]);
}
const stream = () => new nn.IterableDataset(samples);
const waiting = () =>
  new nn.IterableDataset(async function* () {
    for (const sample of samples()) yield await Promise.resolve(sample);
  });

onEngines("data that draw random numbers are drawn again as they were", async () => {
  const x = complexTensor(new Float32Array(240).map((_, k) => Math.sin(k)), [40, 3]);
  const noisy = { length: 40, get: (k: number) => x.at(k).add(randnComplex([3]).mul(0.1)) };
  const loaders: [name: string, make: () => AsyncIterable<ReturnType<typeof randnComplex>>][] = [
    ...[0, 1, 2, 9].flatMap((prefetch): typeof loaders => [
      [
        `prefetch ${prefetch}`,
        () => new nn.DataLoader(noisy, { batchSize: 8, shuffle: true, prefetch }),
      ],
      [
        `prefetch ${prefetch}, own batches`,
        () =>
          new nn.DataLoader(noisy, {
            batchSize: 8,
            prefetch,
            collate: (all) => nn.collate(all).mul(randnComplex([1])),
          }),
      ],
    ]),
    ...[0, 1, 2, 9].map((prefetch): typeof loaders[0] => [
      `stream, prefetch ${prefetch}`,
      () => new nn.DataLoader(stream(), { batchSize: 4, prefetch }),
    ]),
    ["stream that waits", () => new nn.DataLoader(waiting(), { batchSize: 4 })],
  ];
  const train = async (path: string, make: typeof loaders[0][1], stopAt: number) => {
    manualSeed(5);
    const model = new nn.Sequential(new nn.Dropout(0.3), new nn.Linear(3, 1));
    const stop = new AbortController();
    let batches = 0;
    const { losses } = await nn.fit(model, {
      data: make(),
      loss: (model, x) => nn.mse(model.apply(x), x.sum(1, true)),
      optimizer: new nn.SGD(model.parameters(), { lr: 0.05 }),
      epochs: 2,
      checkpoint: { path, resume: true },
      signal: stop.signal,
      callbacks: { onBatchEnd: () => (++batches === stopAt ? stop.abort() : undefined) },
      progress: false,
    });
    return losses;
  };
  await inFolder(async (folder) => {
    for (const [name, make] of loaders) {
      const whole = await train(`${folder}/whole ${name}`, make, Infinity);
      for (const stopAt of [2, 5, 7]) {
        const path = `${folder}/${name} ${stopAt}`;
        const begun = await train(path, make, stopAt);
        const ended = await train(path, make, Infinity);
        assertEquals([...begun, ...ended], whole, `${name}, stopped at ${stopAt}`);
      }
    }
  });
});

onEngines(
  "a loss that is not finite ends the run, and the last good checkpoint stays",
  async () => {
    await inFolder(async (folder) => {
      for (const bad of [NaN, Infinity]) {
        const path = `${folder}/${bad}`;
        let epoch = 0;
        const options = (model: Weight) => ({
          data: [1, 1, 1, 1].map((x) => tensor([x])),
          loss: (model: Weight, x: ReturnType<typeof tensor>) => {
            const value = model.w.sub(x).square().sum();
            return epoch === 1 && ++calls === 3 ? value.mul(bad) : value;
          },
          optimizer: new nn.SGD(model.parameters(), { lr: 0.1 }),
          epochs: 3,
          checkpoint: { path, best: `${path}.best` },
          callbacks: { onEpochEnd: () => void epoch++ },
          progress: false as const,
        });
        let calls = 0;
        const model = new Weight();
        await assertRejects(
          () => nn.fit(model, options(model)),
          Error,
          `Cannot fit: the loss of epoch 1, batch 2 (step 6) is ${bad}`,
        );
        const good = new Weight();
        const { step } = await nn.loadCheckpoint(path, { model: good });
        assertEquals(step, 4);
        assert(Number.isFinite(await good.w.item()));
        [epoch, calls] = [0, 0];
        const other = new Weight();
        const history = await nn.fit(other, { ...options(other), nonFinite: "continue" });
        assertEquals(history.steps, 12);
      }
    });
  },
);

onEngines("parameters that are not finite are not saved over good ones", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/run`;
    const model = new Weight();
    await nn.saveCheckpoint(path, { model });
    const before = await Deno.readFile(path);
    const fit = () =>
      nn.fit(model, {
        data: [tensor([1])],
        loss: (model, x) => model.w.mul(x).sqrt().sum(), // 0, with the derivative ∞
        optimizer: new nn.SGD(model.parameters()),
        epochs: 1,
        checkpoint: { path },
        progress: false,
      });
    await assertRejects(fit, Error, "after step 1, though all losses are finite");
    assertEquals(await Deno.readFile(path), before);
  });
});

Deno.test("files that can't be written are found before anything is trained", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const model = new nn.Linear(2, 2);
    let batches = 0;
    const train = (checkpoint: nn.FitCheckpointOptions) =>
      nn.fit(model, {
        data: [randnComplex([4, 2])],
        loss: (model, x) => model.apply(x).absSquared().mean(),
        optimizer: new nn.Adam(model.parameters()),
        epochs: 1,
        checkpoint,
        callbacks: { onBatchEnd: () => void batches++ },
        progress: false,
      });
    const refused: [nn.FitCheckpointOptions, string][] = [
      [{ path: `${folder}/none/run` }, `there is no folder ${folder}/none`],
      [{ path: `${folder}/run`, best: `${folder}/none/best` }, `there is no folder`],
      [{ path: folder }, "there is something other than a file"],
      [{ path: `${folder}/file/run` }, "can't be written"],
    ];
    for (const [checkpoint, why] of refused) {
      await assertRejects(() => train(checkpoint), Error, why);
    }
    assertEquals(batches, 0);
    await train({ path: `${folder}/run` });
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["file", "run"]);
  });
});
