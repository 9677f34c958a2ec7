import { assertEquals } from "@std/assert";
import { complexTensor } from "../../complex/create/create.ts";
import { loadSafetensors } from "../../complex/files/safetensors.ts";
import { use } from "../../gpu/engines/device.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";

/** Files that an earlier state of the package wrote; tests/golden/README.md says what is in them. */
const folder = new URL("../golden/saved/", import.meta.url);
const { tensors } = await loadSafetensors(new URL("outputs.safetensors", folder));
const numbers = (name: string) => tensors.get(name)!.data as Float32Array;
const field = (name: string) => complexTensor(numbers(name), tensors.get(name)!.shape);

for (const name of ["layers", "embedding", "intensity"]) {
  onEngines(`an earlier file of ${name} is loaded, and written again byte for byte`, async () => {
    const bytes = await Deno.readFile(new URL(`${name}.safetensors`, folder));
    assertEquals(await nn.formatModel(nn.parseModel(bytes)), bytes);
  });
}

// What a file becomes does not depend on the engine; shaders of all layers take a while to compile.
Deno.test("every layer of an earlier file computes what it computed then", async () => {
  await use("cpu");
  const net = await nn.loadModel(new URL("layers.safetensors", folder), nn.Sequential);
  net.eval();
  for (const [k, layer] of net.layers.entries()) {
    const what = `layer ${k}, ${layer.constructor.name},`;
    const y = layer.apply(field(`layers.${k}.input`));
    assertEquals(y.shape, tensors.get(`layers.${k}.output`)!.shape, what);
    assertClose(await y.data(), numbers(`layers.${k}.output`), 2e-6, what);
  }
});

Deno.test("a run goes on from an earlier checkpoint with the losses it had then", async () => {
  await use("cpu");
  const path = new URL("run.safetensors", folder);
  const model = await nn.loadModel(path, nn.Sequential);
  const optimizer = new nn.AdamW(model.parameters());
  const schedule = new nn.OneCycleLR(optimizer, { maxLr: 0.05, totalSteps: 12 });
  const { epoch, step, extra } = await nn.loadCheckpoint(path, { model, optimizer, schedule });
  assertEquals({ epoch, step, extra }, { epoch: 2, step: 4, extra: { note: "four steps" } });
  const [x, target] = [field("run.input"), field("run.target")];
  const losses = [];
  for (let k = 0; k < 4; k++) {
    const loss = nn.mse(model.apply(x), target);
    loss.backward();
    optimizer.step();
    schedule.step();
    losses.push(await loss.item());
  }
  assertClose(losses, numbers("run.losses"), 1e-5);
});

const optimizers: Readonly<Record<string, (parameters: Tensor[]) => nn.Stateful>> = {
  sgd: (all) => new nn.SGD(all, { lr: 0.1, momentum: 0.9, nesterov: true }),
  adam: (all) => new nn.Adam(all, { amsgrad: true }),
  adagrad: (all) => new nn.Adagrad(all),
  rmsprop: (all) => new nn.RMSprop(all, { momentum: 0.5, centered: true }),
  lbfgs: (all) => new nn.LBFGS(all, { maxIter: 3 }),
};

for (const [name, make] of Object.entries(optimizers)) {
  Deno.test(`an earlier checkpoint with ${name} is loaded, and written again byte for byte`, async () => {
    await use("cpu");
    const bytes = await Deno.readFile(new URL(`${name}.safetensors`, folder));
    const model = new nn.Sequential(new nn.Linear(3, 2), new nn.CTanh());
    const optimizer = make(model.parameters());
    const { step } = await nn.parseCheckpoint(bytes, { model, optimizer });
    assertEquals(await nn.formatCheckpoint({ model, optimizer, step }), bytes);
  });
}
