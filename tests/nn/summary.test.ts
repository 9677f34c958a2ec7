import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ones, parameter, zeros } from "../../complex/create/create.ts";
import { getRandomState, manualSeed, rand, randnComplex } from "../../complex/create/random.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { engine } from "../../gpu/engines/device.ts";
import { onEngines } from "../support/engines.ts";
import { native } from "./zoo/case.ts";
import { zoo } from "./zoo/mod.ts";

const founding = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 10, 5),
    new nn.CReLU(),
    new nn.MaxPool2d(2),
    new nn.BatchNorm2d(10),
    new nn.Conv2d(10, 20, 5),
    new nn.Flatten(),
    new nn.Dropout(0.5),
    new nn.Linear(1280, 10),
  );

Deno.test("summary tells shapes, parameters and products of every layer of the founding network", () => {
  const table = nn.summary(founding(), [64, 1, 28, 28]);
  const [model, conv1, , pool, norm, conv2, flat, , linear] = table.rows;
  assertEquals([model.path, model.type, model.depth, conv1.depth], ["", "Sequential", 0, 1]);
  assertEquals(conv1.output, [[64, 10, 24, 24]]);
  assertEquals([pool.output, flat.output], [[[64, 10, 12, 12]], [[64, 1280]]]);
  assertEquals(conv1.complexParameters, 10 * 25 + 10);
  assertEquals([norm.complexParameters, norm.realParameters, norm.bytes], [10, 30, 200]);
  assertEquals(conv1.flops, 8 * 64 * 10 * 24 * 24 * 25);
  assertEquals(conv2.flops, 8 * 64 * 20 * 8 * 8 * 250);
  assertEquals(linear.flops, 8 * 64 * 1280 * 10);
  assertEquals(model.flops, 0);
  assertEquals(table.total.flops, conv1.flops + conv2.flops + linear.flops);
  assertEquals(table.total.realParameters, 30);
  assertEquals(table.bufferBytes, 10 * (8 + 12));
});

Deno.test("summary prints a table that console.log shows", () => {
  const table = nn.summary(new nn.Sequential(new nn.Linear(3, 2), new nn.CReLU()), [4, 3]);
  assertEquals(
    table.toString(),
    `layer    type        output  complex  real  bytes  flops
────────────────────────────────────────────────────────
(model)  Sequential  [4, 2]        –     –      –      –
  0      Linear      [4, 2]        8     –     64    192
  1      CReLU       [4, 2]        –     –      –      –
────────────────────────────────────────────────────────
total                              8     –     64    192`,
  );
  assertEquals(Deno.inspect(table), table.toString());
});

onEngines(
  "summary computes nothing and leaves statistics, modes and random numbers alone",
  async () => {
    manualSeed(4);
    const model = founding();
    model.layers[6].eval();
    const dict = await model.stateDict();
    const modes = model.modules().map((m) => m.training);
    const random = getRandomState();
    const engineNow = engine();
    const begin = engineNow.begin;
    let passes = 0;
    engineNow.begin = (...args) => (passes++, begin.apply(engineNow, args));
    try {
      nn.summary(model, [2, 1, 28, 28], { call: (m, x) => m.apply(x).mul(rand([2, 10])) });
    } finally {
      engineNow.begin = begin;
    }
    assertEquals(passes, 0);
    assertEquals(getRandomState(), random);
    assertEquals(model.modules().map((m) => m.training), modes);
    assertEquals(await model.stateDict(), dict);
    assertEquals(Object.keys(model.layers[0]).filter((k) => k === "apply" || k === "forward"), []);
  },
);

Deno.test("summary counts what a module does beside its parts as its own", () => {
  class Twice extends nn.Module {
    inner = new nn.Linear(4, 4, { bias: false });
    scale = parameter(ones([4]));
    unused = new nn.Linear(2, 2);
    at(x: RealTensor, z: ComplexTensor): RealTensor {
      const y = this.inner.apply(this.inner.apply(z).matmul(z.T));
      const [re] = this.inner.forward(y.real, y.imag);
      return re.matmul(x).mul(this.scale);
    }
  }
  const options = { call: (m: Twice, x: RealTensor, z: ComplexTensor) => m.at(x, z) };
  const table = nn.summary(new Twice(), [zeros([4, 4]), randnComplex([4, 4])], options);
  const [own, inner, unused] = table.rows;
  assertEquals([inner.calls, inner.flops], [3, 3 * 8 * 64]);
  assertEquals([own.flops, own.realParameters, own.output], [(8 + 2) * 64, 4, [[4, 4]]]);
  assertEquals([unused.output, unused.calls, unused.flops], [null, 0, 0]);
  assertStringIncludes(table.toString(), "Linear × 3");
  assertStringIncludes(table.toString(), "not applied");
});

Deno.test("every layer of the zoo has a summary with the shape of its output", () => {
  for (const one of zoo) {
    manualSeed(2);
    const model = one.make();
    const table = nn.summary(model, one.shape, { call: (m, z) => native(one, m, z) });
    const { shape } = native(one, one.make().eval(), randnComplex(one.shape));
    assertEquals(table.rows[0].output, [shape], one.name);
    const count = table.total.complexParameters + table.total.realParameters;
    assertEquals(count, model.parameters().reduce((sum, p) => sum + p.size, 0), one.name);
  }
});

Deno.test("summary refuses shapes that the model refuses, and models without apply", () => {
  const model = new nn.Linear(3, 2).train();
  assertThrows(() => nn.summary(model, [4, 4]), ArgandError, "Cannot ");
  assert(model.training);
  assertEquals(Object.keys(model).filter((k) => k === "apply"), []);
  const error = "give call: (model, x) => …";
  assertThrows(() => nn.summary(new (class extends nn.Module {})(), [1]), ArgandError, error);
  const none = "Cannot summarise a model: it takes a Module, got 3";
  assertThrows(() => nn.summary(3 as never, [1]), ArgandError, none);
  const call = async () => await Promise.resolve();
  assertThrows(() => nn.summary(model, [1, 3], { call }), ArgandError, "asynchronously");
  assertThrows(() => nn.summary(model, "3" as never), ArgandError, "a shape or a tensor");
  assertThrows(() => nn.summary(model, [1, 3], { dtype: "f16" as never }), ArgandError, "dtype");
});
