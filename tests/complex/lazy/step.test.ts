import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parameter, tensor } from "../../../complex/create/create.ts";
import { accumulate, step, takeGradients } from "../../../complex/lazy/step.ts";
import { assign } from "../../../complex/lazy/updates.ts";
import { residencyOf } from "../../../complex/lazy/residency/residency.ts";
import { onEngines } from "../../support/engines.ts";
import { WatchedEngine } from "../../support/watched_engine.ts";

onEngines(
  "step() runs updates and losses in one schedule, and the gradients are gone",
  async () => {
    const w = parameter(tensor([3])), { state } = w;
    const loss = w.square().sum();
    loss.backward();
    step([state!], [], () => assign([state!, w.sub(w.grad!).node]));
    assertEquals([state!.version, state!.gradient], [2, null]);
    assert(loss.node.stored && !loss.node.hasRecipe, "a kept loss holds no batch");
    assertEquals([await loss.item(), await w.item()], [9, -3]);
  },
);

onEngines("step() holds gradients of the same loss in states that it does not update", async () => {
  const [a, b] = [parameter(tensor([3])), parameter(tensor([5]))];
  a.mul(b).sum().backward();
  step([a.state!], [], () => assign([a.state!, a.sub(a.grad!).node]));
  assertEquals([await a.item(), await b.grad!.item()], [-2, 3]);
});

onEngines("accumulate() leaves sums without a graph", async () => {
  const w = parameter(tensor([1]));
  for (const factor of [2, 3]) {
    w.mul(factor).sum().backward();
    accumulate([w.state!]);
    assert(!w.state!.gradient!.hasRecipe);
  }
  assertEquals(await w.grad!.item(), 5);
});

onEngines("takeGradients() reads them and drops the graph", async () => {
  const w = parameter(tensor([3, 4]));
  const loss = w.square().sum();
  loss.backward();
  const taken = await takeGradients(loss.node, [w.state!]);
  assertEquals([[...taken.loss], taken.gradients.map((g) => [...g])], [[25], [[6, 8]]]);
  assert(w.state!.gradient === null && !loss.node.hasRecipe);
});

Deno.test("step() holds no gradient of what it updates", () => {
  const engine = new WatchedEngine();
  return engine.during(() => {
    const w = parameter(tensor([3])), state = w.state!;
    w.square().sum().backward();
    step([state], [], () => assign([state, w.sub(w.grad!).node]));
    assertEquals([...residencyOf(engine).states], [state]);
  });
});

Deno.test("a step that fails leaves the value, the gradient and the loss's graph", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const w = parameter(tensor([3])), state = w.state!;
    await w.data();
    const loss = w.square().sum();
    loss.backward();
    engine.fails = true;
    const update = () => assign([state, w.sub(w.grad!).node]);
    assertThrows(() => step([state], [], update), Error, "the device is lost");
    assertEquals([state.version, state.isPending, loss.node.hasRecipe], [1, false, true]);
    engine.fails = false;
    step([state], [], update);
    assertEquals([await loss.item(), await w.item()], [9, -3]);
  });
});

Deno.test("gradients that can't be read stay", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const w = parameter(tensor([3]));
    const loss = w.square().sum();
    loss.backward();
    engine.fails = true;
    await assertRejects(() => takeGradients(loss.node, [w.state!]), Error, "the device is lost");
    engine.fails = false;
    assertEquals(await w.grad!.item(), 6);
  });
});
