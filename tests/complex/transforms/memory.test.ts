import { assert, assertEquals, assertThrows } from "@std/assert";
import { evaluate, gpu, nn, ones, randnComplex, type Tensor } from "../../../mod.ts";
import { onEngines } from "../../support/engines.ts";

/** Bytes more than `before`, by kind. */
function since({ detail: before }: gpu.DetailedMemory) {
  const { detail: now } = gpu.memory({ detail: true });
  return {
    states: now.states.bytes - before.states.bytes,
    values: now.values.bytes - before.values.bytes,
    uploads: now.uploads.bytes - before.uploads.bytes,
    scalars: now.scalars.count - before.scalars.count,
    other: now.other - before.other,
    plans: now.plans.count - before.plans.count,
  };
}

onEngines("memory() says who holds it, in bytes that make up the whole", async () => {
  const before = gpu.memory({ detail: true });
  const model = new nn.Sequential(new nn.Linear(64, 32), new nn.Linear(32, 16));
  const optimizer = new nn.SGD(model.parameters(), { momentum: 0.9 });
  const x = randnComplex([8, 64]);
  const kept = x.mul(2);
  evaluate(kept);
  const losses: Tensor[] = [];
  for (let k = 0; k < 3; k++) {
    const loss = model.apply(kept).absSquared().mean();
    loss.backward();
    optimizer.step();
    losses.push(loss);
  }
  const weights = 8 * (64 * 32 + 32 + 32 * 16 + 16);
  const now = since(before);
  assert(now.states >= 2 * weights && now.states < 2.2 * weights, `${now.states} of ${weights}`);
  assertEquals([now.values, now.uploads, now.scalars, now.other], [8 * 8 * 64, 0, 3, 0]);
  assert(now.plans >= 2);

  const { live, bytes, copies, detail } = gpu.memory({ detail: true });
  const { states, values, uploads, scalars, other, free, plans } = detail;
  assertEquals(states.bytes + values.bytes + uploads.bytes + scalars.bytes + other, live);
  assertEquals([free, copies], [bytes - live, 0]);
  assert(plans.bytes > 0);
  assert(states.list.some(({ name, shape }) => name === "0.weight" && `${shape}` === "32,64"));
  assertEquals(
    states.list.map((one) => one.bytes),
    states.list.map((one) => one.bytes).sort((a, b) => b - a),
  );
  assert(values.list.some(({ shape, dtype }) => `${shape}` === "8,64" && dtype === "complex64"));

  for (const loss of losses) await loss.data();
  await kept.data();
  assertEquals([since(before).values, since(before).scalars], [0, 0]);
});

Deno.test("memory() says no more than is asked for, and refuses what it doesn't know", async () => {
  await gpu.use("cpu");
  await ones([2]).sum().item();
  assertEquals("detail" in gpu.memory(), false);
  assertEquals("detail" in gpu.memory({ detail: false }), false);
  assertThrows(
    () => gpu.memory({ details: true } as Record<string, unknown>),
    Error,
    "Cannot look at the memory",
  );
});
