import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { use } from "../../gpu/engines/device.ts";
import { complex, tensor } from "../../complex/create/create.ts";
import { manualSeed } from "../../complex/create/random.ts";
import { extend, extendBy } from "../../complex/lazy/signature.ts";
import * as nn from "../../nn/mod.ts";
import { count } from "../support/dispatches.ts";
import { onEngines } from "../support/engines.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const adapter = await navigator.gpu?.requestAdapter();

/** A step of training on fresh data, with running statistics and momentum. */
function trainer(): () => void {
  manualSeed(5);
  const net = new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.BatchNorm2d(4),
    new nn.CReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(36, 36),
    new nn.CReLU(),
    new nn.Linear(36, 3),
  );
  const optimizer = new nn.SGD(net.parameters(), { lr: 0.02, momentum: 0.9 });
  let k = 0;
  return () => {
    const data = Float32Array.from({ length: 8 * 64 }, (_, i) => Math.sin(i * (++k % 7)));
    const z = complex(tensor(data, [8, 1, 8, 8]), tensor(data, [8, 1, 8, 8]));
    const loss = nn.crossEntropy(net.apply(z).abs(), Uint8Array.from([0, 1, 2, 0, 1, 2, 0, 1]));
    loss.backward();
    optimizer.step();
  };
}

/** Counts what a device is asked for. */
function counted(device: GPUDevice): Record<string, number> {
  const calls: Record<string, number> = {};
  const watch = (owner: object, name: string) => {
    const methods = owner as Record<string, (...args: unknown[]) => unknown>;
    const own = methods[name].bind(owner);
    calls[name] = 0;
    methods[name] = (...args) => {
      calls[name]++;
      return own(...args);
    };
  };
  watch(device, "createBindGroup");
  watch(device, "createBuffer");
  watch(device, "createComputePipeline");
  watch(device, "createShaderModule");
  watch(device.queue, "submit");
  return calls;
}

Deno.test({
  ...unless(
    noAdapter,
    "a steady training loop makes no bind group, buffer or pipeline, and submits once a step",
  ),
  async fn() {
    const device = await adapter!.requestDevice();
    const calls = counted(device);
    const engine = await use(device);
    try {
      const step = trainer();
      for (let k = 0; k < 30; k++) step();
      for (const name in calls) {
        assert(calls[name] > 0, name);
        calls[name] = 0;
      }
      for (let k = 0; k < 20; k++) step();
      assertEquals(calls, {
        createBindGroup: 0,
        createBuffer: 0,
        createComputePipeline: 0,
        createShaderModule: 0,
        submit: 20,
      });
    } finally {
      engine.destroy();
      device.destroy();
      await use("cpu");
    }
  },
});

onEngines("a step of the same structure is dispatched without planning", (engine) => {
  const step = trainer();
  const first = count(engine, step), second = count(engine, step), third = count(engine, step);
  assert(first.compiled > 0 && second.compiled > 0); // momentum begins with the second
  assertEquals(third.compiled, 0);
  assertEquals(third.dispatches, second.dispatches);
});

Deno.test("structures have the same number exactly if they are alike", () => {
  const values = [
    0,
    1,
    -1,
    0.5,
    1e10,
    NaN,
    Infinity,
    "",
    "1",
    null,
    true,
    false,
    [],
    [0],
    [[0]],
    [0, 0],
    {},
    { a: 1 },
    { a: "1" },
    { b: 1 },
    { a: { b: 1 } },
    { a: {}, b: 1 },
    { a: [1, 2] },
    { a: [1], b: 2 },
  ];
  const numbers = values.map((value) => extendBy(1, value));
  assertEquals(new Set(numbers).size, values.length);
  assertEquals(values.map((value) => extendBy(1, structuredClone(value))), numbers);
  assertNotEquals(extend(1, 2), extend(2, 1));
});

Deno.test("numbers of structures stay right while their table grows", () => {
  let state = 1;
  const lists = Array.from({ length: 20_000 }, () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return [state % 50, state >> 20, state % 3];
  });
  const numberOf = (list: number[]) => list.reduce((all, n) => extend(all, n), 1);
  const before = lists.map(numberOf);
  const byText = new Map<string, number>();
  lists.forEach((list, k) => {
    const known = byText.get(`${list}`);
    if (known === undefined) byText.set(`${list}`, before[k]);
    else assertEquals(known, before[k]);
  });
  assertEquals(new Set(byText.values()).size, byText.size);
  assertEquals(lists.map(numberOf), before);
});
