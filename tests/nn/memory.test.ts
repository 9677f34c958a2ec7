import { assert, assertEquals } from "@std/assert";
import { complex, tensor } from "../../complex/create/create.ts";
import { manualSeed, randnComplex } from "../../complex/create/random.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import * as nn from "../../nn/mod.ts";
import { kernelsOf } from "../support/dispatches.ts";
import { assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";

const network = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.CReLU(),
    new nn.MaxPool2d(2),
    new nn.BatchNorm2d(4),
    new nn.Flatten(),
    new nn.Linear(36, 3),
  );

for (const read of [true, false]) {
  const how = read ? "read in every step" : "never read";
  onEngines(
    `training with covariance batch norm holds the same bytes after epochs 2 to 100, losses ${how}`,
    async (engine) => {
      manualSeed(2);
      const net = network();
      const optimizer = new nn.SGD(net.parameters(), { lr: 0.02, momentum: 0.9 });
      const bytes: number[] = [];
      const losses: number[] = [];
      for (let epoch = 1; epoch <= 100; epoch++) {
        for (let batch = 0; batch < 3; batch++) {
          const data = Float32Array.from({ length: 8 * 64 }, (_, k) => Math.sin(k * (batch + 1)));
          const z = complex(tensor(data, [8, 1, 8, 8]), tensor(data, [8, 1, 8, 8]).neg());
          const logits = net.apply(z).abs();
          const loss = nn.crossEntropy(logits, Uint8Array.from({ length: 8 }, (_, k) => k % 3));
          loss.backward();
          optimizer.step();
          if (read) losses.push(await loss.item());
        }
        if (epoch >= 2) bytes.push(engine.memory().bytes);
      }
      assertFlat(bytes);
      if (read) assert(losses.at(-1)! < 0.1 * losses[0], `${losses[0]} to ${losses.at(-1)}`);
    },
  );
}

onEngines(
  "1000 forward passes in training mode that nobody reads hold the same bytes, and count",
  async (engine) => {
    manualSeed(3);
    const net = network();
    const norm = net.modules().find((m) => m instanceof nn.BatchNorm2d)!;
    const bytes: number[] = [];
    for (let k = 1; k <= 1000; k++) {
      net.apply(randnComplex([4, 1, 8, 8]));
      if (k >= 3) bytes.push(engine.memory().bytes);
    }
    assertFlat(bytes);
    assertEquals(norm.numBatchesTracked!.value, 1000);
    const covar = await norm.runningCovar!.data();
    assert(covar.every(Number.isFinite) && covar[0] > 0);
  },
);

for (const Layer of [nn.BatchNorm2d, nn.NaiveBatchNorm2d]) {
  onEngines(
    `${Layer.name} reads its input once for statistics and running values, once to normalise`,
    () => {
      const layer = new Layer(3);
      const x = randnComplex([4, 3, 5, 5]);
      evaluate(x, layer.runningMean!);
      const kernels = kernelsOf(layer.apply(x));
      assertEquals(kernels.length, 3, `${kernels}`); // partial moments, their fold, normalise
    },
  );
}

onEngines(
  "a search over models that are dropped holds no more than some of them",
  async (engine) => {
    const live: number[] = [];
    for (let k = 1; k <= 60; k++) {
      // Weights, their two moments, and nothing that JavaScript's heap would notice: 24 MiB.
      const model = new nn.Linear(1024, 1024);
      const optimizer = new nn.Adam(model.parameters());
      const loss = model.apply(randnComplex([1, 1024])).absSquared().mean();
      loss.backward();
      optimizer.step();
      await loss.item();
      live.push(engine.memory().live);
    }
    const most = Math.max(...live) - live[0];
    assert(most < 2 ** 29 + 2 ** 26, `${most} bytes`);
    assert(Math.min(...live.slice(30)) < 2 ** 28, "dropped models were found");
  },
  { exhaustive: ["webgpu"] },
);
