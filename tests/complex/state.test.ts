import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { complex, ones, parameter, tensor } from "../../complex/create/create.ts";
import { evaluate, noGrad } from "../../complex/transforms/transform.ts";
import { onEngines } from "../support/engines.ts";

onEngines("a recipe made before an update and run after it is refused", async () => {
  const w = parameter(tensor([1, 2]), { name: "layer.weight" });
  const old = w.mul(10);
  w.assign(w.add(1));
  evaluate(w);
  await assertRejects(() => old.data(), ArgandError, "an older value of layer.weight");
  assertEquals([...await w.data()], [2, 3]);
  assertEquals([...await w.mul(10).data()], [20, 30]);
});

onEngines("a recipe made before an update may run together with it", async () => {
  const w = parameter(tensor([1, 2]));
  await w.data();
  const old = w.mul(10);
  w.assign(w.add(1));
  assertEquals([...await old.data()], [10, 20]); // this run also carries out the update
  assertEquals([...await w.data()], [2, 3]);
});

onEngines("a value that was read stays readable after the update", async () => {
  const w = parameter(tensor([1, 2]));
  const old = w.mul(10);
  await old.data();
  w.assign(w.add(1));
  evaluate(w);
  assertEquals([...await old.data()], [10, 20]);
});

onEngines(
  "assign() takes one state's value from another, each with memory of its own",
  async () => {
    const a = parameter(tensor([1, 2]));
    const b = parameter(tensor([3, 4]));
    a.assign(b);
    b.assign(b.add(1));
    assertEquals([...await a.data()], [3, 4]);
    assertEquals([...await b.data()], [4, 5]);
  },
);

onEngines("two states exchange their values", async () => {
  const a = parameter(tensor([1, 2]));
  const b = parameter(tensor([3, 4]));
  await a.data();
  const [x, y] = [a.mul(1), b.mul(1)];
  a.assign(y);
  b.assign(x);
  assertEquals([[...await a.data()], [...await b.data()]], [[3, 4], [1, 2]]);
});

onEngines("assign() refuses another shape or kind and leaves the state as it was", async () => {
  const w = parameter(tensor([1, 2]), { name: "w" });
  assertThrows(() => w.assign(ones([3])), ArgandError, "Cannot assign to w: it is float32 [2]");
  // deno-lint-ignore no-explicit-any
  assertThrows(() => w.assign(complex([1, 2]) as any), ArgandError, "Cannot assign to w");
  // deno-lint-ignore no-explicit-any
  assertThrows(() => w.assign(3 as any), ArgandError, "it takes a tensor");
  assertEquals([...await w.data()], [1, 2]);
});

Deno.test("assign() is refused for what is not a parameter", () => {
  assertThrows(() => ones([2]).assign(ones([2])), ArgandError, "only parameters and buffers");
});

onEngines("backward() adds to the gradient, and refuses what has none", async () => {
  const w = parameter(tensor([1, 2]));
  w.square().sum().backward();
  w.square().sum().backward();
  assertEquals([...await w.grad!.data()], [4, 8]);
  assertThrows(() => ones([2]).sum().backward(), ArgandError, "depends on no parameter");
  assertThrows(() => w.mul(2).backward(), ArgandError, "2 values");
  assertThrows(() => noGrad(() => w.sum()).backward(), ArgandError, "depends on no parameter");
});

onEngines("an update that can't be carried out is taken back, others are not", async () => {
  const a = parameter(tensor([1, 2]), { name: "a" });
  const b = parameter(tensor([3, 4]), { name: "b" });
  evaluate(a, b);
  const old = a.mul(10);
  a.assign(a.add(1));
  evaluate(a);
  a.assign(a.add(1)); // sound: it stays pending whatever else goes wrong
  b.assign(old); // needs a value of a that is gone
  const dropped = b.mul(2);
  await assertRejects(() => b.data(), ArgandError, "an older value of a");
  assertEquals([...await b.data()], [3, 4]);
  assertEquals([...await a.data()], [3, 4]);
  b.assign(b.add(1));
  assertEquals([...await b.data()], [4, 5]);
  await assertRejects(() => dropped.data(), ArgandError, "an older value of b");
});

onEngines("reading a recipe that is refused leaves pending updates as they are", async () => {
  const w = parameter(tensor([1, 2]), { name: "w" });
  const old = w.mul(10);
  w.assign(w.add(1));
  evaluate(w);
  const mean = parameter(tensor([0, 0]), { name: "mean" });
  await mean.data();
  mean.assign(mean.add(w));
  await assertRejects(() => old.data(), ArgandError, "an older value of w");
  assertEquals([...await mean.data()], [2, 3]);
});
