import type { InexactArray } from "@argand/argand";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex } from "../../complex/create/create.ts";
import { manualSeed } from "../../complex/create/random.ts";
import { sizeOf } from "../../complex/lazy/shape.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";
import { random } from "./support.ts";
import { native, pairs } from "./zoo/case.ts";
import { layersOf, zoo } from "./zoo/mod.ts";

Deno.test("the zoo holds every layer that nn exports", () => {
  const made = new Set(zoo.map((one) => one.name.split(" ")[0]));
  assertEquals(layersOf(nn).filter((name) => !made.has(name)), []);
});

onEngines("the pair form of every layer equals the native form bit for bit", async () => {
  for (const one of zoo) {
    const run = async (apply: (module: nn.Module, z: ComplexTensor) => ComplexTensor) => {
      manualSeed(11);
      return await apply(one.make(), random([...one.shape], 3)).data();
    };
    const whole = await run((module, z) => native(one, module, z));
    const halves = await run((module, z) => complex(...pairs(one, module, z)));
    assertEquals(halves, whole, one.name);
  }
});

onEngines("every layer gives the same output after a state dict round trip", async () => {
  for (const one of zoo) {
    manualSeed(3);
    const [first, second] = [one.make(), one.make()];
    const x = random([...one.shape], 3);
    await native(one, first, x).data(); // moves running statistics
    second.loadStateDict(await first.stateDict());
    const outputs = [first, second].map((module) => native(one, module.eval(), x));
    assertEquals(await outputs[1].data(), await outputs[0].data(), one.name);
  }
}, { exhaustive: ["webgpu"] });

onEngines("every layer refuses inputs of wrong channels or axes", () => {
  for (const one of zoo) {
    for (const shape of one.refuses ?? []) {
      const what = `${one.name} given [${shape}]`;
      const refused = () => native(one, one.make(), random([...shape], 3));
      const error = assertThrows(refused, ArgandError, "Cannot ", what);
      assert(/\d/.test(error.message), `${what} says no figures: ${error.message}`);
    }
  }
});

onEngines("every layer trains in a tiny network, then repeats itself in evaluation", async () => {
  for (const one of zoo) {
    manualSeed(7);
    const x = random([...one.shape], 5);
    const layer = one.make();
    const before = await values(layer);
    const rows = one.shape.length > 1 ? one.shape[0] : 1;
    const features = sizeOf(native(one, layer.eval(), x).shape) / rows;
    layer.train();
    const head = new nn.Linear(features, 2);
    const target = random([rows, 2], 6);
    const output = () => head.apply(native(one, layer, x).reshape([rows, features]));
    const optimizer = new nn.Adam([...layer.parameters(), ...head.parameters()], { lr: 0.02 });
    let first = NaN;
    let last = NaN;
    for (let step = 0; step < 300 && !(last < first / 10); step++) {
      const loss = nn.mse(output(), target);
      loss.backward();
      optimizer.step();
      if (step === 0) first = await loss.item();
      else if (step % 20 === 19) last = await loss.item();
    }
    assert(last < first / 10, `${one.name}: the loss went from ${first} to ${last}`);
    const after = await values(layer);
    for (const [name, value] of after) {
      assert(value.some((v, k) => v !== before.get(name)![k]), `${one.name} keeps its ${name}`);
    }
    layer.eval();
    assertEquals(await output().data(), await output().data(), one.name);
  }
}, { exhaustive: ["webgpu"] });

/** The present values of all parameters. */
async function values(module: nn.Module): Promise<Map<string, InexactArray>> {
  const list = module.namedParameters().map(async ([name, p]) => [name, await p.data()] as const);
  return new Map(await Promise.all(list));
}
