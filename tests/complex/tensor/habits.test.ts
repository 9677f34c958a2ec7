import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as argand from "@argand/argand";
import { TENSOR_HABITS } from "../../../complex/tensor/habits.ts";
import { engine, use } from "../../../gpu/engines/device.ts";
import { MODULE_HABITS, OPTIMIZER_HABITS } from "../../../nn/habits.ts";

const { ArgandError, complex, nn, ones, parameter, tensor } = argand;

// Users of plain JavaScript write so: the checks here go round the types.
// deno-lint-ignore no-explicit-any
type Any = any;
const real: Any = tensor([[1, 2, 3], [4, 5, 6]]);
const z: Any = complex([[1, 2, 3]], 1);

Deno.test("names of other libraries say what to write instead", () => {
  for (const [name, [write]] of Object.entries(TENSOR_HABITS)) {
    const lacking = [real, z].filter((x) => !(name in x));
    assert(lacking.length > 0, `tensors have ${name}`);
    for (const x of lacking) {
      const { message } = assertThrows(() => x[name], ArgandError, `: write ${write}`);
      assert(message.startsWith(`Cannot take .${name} of a `), message);
      assertThrows(() => x[name] = 1, ArgandError, `Cannot set .${name} of`);
    }
  }
});

Deno.test("what is to be written instead of a name of other libraries runs", async () => {
  const before = engine().kind;
  const w = parameter(tensor([[1, 2], [3, 5]]));
  const values = {
    ...argand,
    ...{ labels: [0, 1], indices: [1, 0], mask: ones([2, 2]), value: 0, n: 2, axes: [1, 0] },
    ...{ lengths: [1, 1], shape: [2, 2], f: Math.max, w, optimizer: new nn.SGD([w], { lr: 1 }) },
    console: { log() {} },
  };
  const attempt = async (code: string, x: Any): Promise<unknown> => {
    const names = { ...values, x, y: x, v: x.at(0) };
    const run = new Function(...Object.keys(names), `return (async () => { ${code} })()`);
    try {
      await run(...Object.values(names));
      return null;
    } catch (error) {
      return code.includes('"webgpu"') && `${error}`.includes("adapter") ? null : error;
    }
  };
  for (const [name, [write]] of Object.entries(TENSOR_HABITS)) {
    await use("cpu"); // some of them choose another engine
    const numbers = [[1, 2], [3, 5]];
    const lacking = [parameter(tensor(numbers)), parameter(complex(numbers))]
      .filter((x) => !(name in x));
    const errors = await Promise.all(lacking.map((x) => attempt(write, x)));
    assert(errors.includes(null), `${name}: ${write}: ${errors}`);
  }
  await use(before as "cpu");
});

Deno.test("modules and optimisers say what to write instead of PyTorch's names", () => {
  const model: Any = new nn.Sequential(new nn.Linear(1, 1), new nn.CReLU());
  const optimizer: Any = new nn.SGD(model.parameters());
  for (const [x, habits] of [[model, MODULE_HABITS], [optimizer, OPTIMIZER_HABITS]]) {
    for (const [name, [write]] of Object.entries(habits as typeof MODULE_HABITS)) {
      assertThrows(() => x[name], ArgandError, `: write ${write}`);
    }
  }
  model.to = 3; // a class may use the name as it likes
  assertEquals(model.to, 3);
});

Deno.test("a tensor is not a list: indices, loops and spreads say what to write instead", () => {
  const calls: [call: () => unknown, message: string][] = [
    [() => real[0], "Cannot take [0] of a RealTensor [2, 3]: write x.at(0)"],
    [() => real[12], "Cannot take [12] of a RealTensor"],
    [() => real[-1], "Cannot take [-1] of a RealTensor [2, 3]: write x.at(0)"],
    [() => real[[0, 1] as Any], "Cannot take [0,1] of a RealTensor"],
    [() => real[real.greater(0)], "Cannot take [a tensor] of a RealTensor [2, 3]: write where("],
    [() => real[real.greater(0)] = 1, "Cannot set [a tensor] of a RealTensor [2, 3]: write x ="],
    [() => real[0] = 1, "Cannot set [0] of a RealTensor [2, 3]: write x = where(mask, value, x)"],
    [() => [...z], "Cannot go through a ComplexTensor [1, 3]: write split(x, Array(n).fill(1))"],
    [() => Array.from(real), "go through"],
    [() => new Float32Array(real), "go through"],
    [() => new Set(real), "go through"],
    [() => {
      for (const row of real) return row;
    }, "go through"],
  ];
  for (const [call, message] of calls) assertThrows(call, ArgandError, message, String(call));
});

Deno.test("a loader is not a list: it says how to loop", async () => {
  const loader: Any = new nn.DataLoader(new nn.TensorDataset(ones([4])), { batchSize: 2 });
  for (const call of [() => [...loader], () => Array.from(loader), () => new Map(loader)]) {
    const message = "Cannot go through a DataLoader: write for await (const batch of loader)";
    assertThrows(call, ArgandError, message);
  }
  assertThrows(() => loader[0], ArgandError, "Cannot take [0] of a DataLoader");
  let batches = 0;
  for await (const [x] of loader) batches += x.size / 2;
  assertEquals(batches, 2);
});

Deno.test("operators of JavaScript refuse tensors, and `${x}` is a text", () => {
  for (const call of [() => real + z, () => real + 1, () => "x: " + real, () => z == 3, () => -z]) {
    assertThrows(call, ArgandError, "operators do not compute with tensors", String(call));
  }
  assert(`${real}`.startsWith("RealTensor [2, 3]"));
});

Deno.test("a value that is not awaited is refused where a text or number is asked for", async () => {
  const x: Any = ones([1]);
  const message =
    "Cannot use what item() gives before it is there: it is a promise; write await x.item()";
  for (const call of [() => `${x.item()}`, () => x.item() + 1, () => x.item() < 2]) {
    assertThrows(call, ArgandError, message);
  }
  assertThrows(() => JSON.stringify({ loss: x.item() }), ArgandError, message);
  for (const name of ["data", "toArray", "format"]) {
    assertThrows(() => `${x[name]()}`, ArgandError, `write await x.${name}()`);
  }
  assertEquals([await x.item(), x.item() instanceof Promise], [1, true]);
  await assertRejects(() => real.item(), ArgandError, "it has 6 values");
});

Deno.test("names that nobody uses elsewhere are absent, and objects are inspected as before", async () => {
  assertEquals([real.foo, z.then, real[0.5], Symbol.iterator in real], [
    undefined,
    undefined,
    undefined,
    false,
  ]);
  real.note = "mine";
  assertEquals(real.note, "mine");
  assertEquals(await real, real);
  assertEquals(typeof real.valueOf, "function"); // from Object.prototype, as before
});
