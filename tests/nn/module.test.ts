import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, complexTensor, parameter, tensor } from "../../complex/create/create.ts";
import { manualSeed, rand } from "../../complex/create/random.ts";
import {
  formatSafetensors,
  parseSafetensors,
  type SafetensorsEntry,
} from "../../complex/files/safetensors.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";
import { random } from "./support.ts";

class Net extends nn.Layer {
  conv1 = new nn.Conv2d(1, 2, 3);
  bn = new nn.BatchNorm2d(2);
  blocks = [new nn.Linear(2, 3), new nn.Sequential(new nn.CReLU(), new nn.Linear(3, 1))];
  scale = parameter(tensor([2]));
  constant = tensor([1]);
  again = this.conv1;

  override apply(z: ComplexTensor): ComplexTensor {
    const y = this.bn.apply(this.conv1.apply(z)).mean([2, 3]);
    return this.blocks.reduce((x, block) => block.apply(x), y).mul(this.scale);
  }
}

onEngines("parts in objects, maps and sets are found, trained and saved", async () => {
  const line = () => new nn.Linear(2, 2, { bias: false });
  class Kept extends nn.Layer {
    branches = { low: line(), deep: [{ high: line() }] };
    byName = new Map<unknown, unknown>([["gate", line()], [3, [parameter(tensor([1]))]]]);
    some = new Set([line(), line()]);
    bare = Object.assign(Object.create(null), { scale: parameter(tensor([1])) });
    norms = Object.freeze({ first: new nn.BatchNorm1d(2) });
    self = { self: this as unknown, again: this.branches };
    numbers = new Map([["a", 1]]);
    override apply(z: ComplexTensor): ComplexTensor {
      const [first, second] = this.some;
      const layers = [this.branches.low, this.branches.deep[0].high, first, second];
      const all = [...layers, this.byName.get("gate") as nn.Linear, this.norms.first];
      const [factor] = this.byName.get(3) as RealTensor[];
      return all.reduce<ComplexTensor>((x, one) => one.apply(x), z).mul(factor).mul(
        this.bare.scale,
      );
    }
  }
  const names = [
    "branches.low.weight",
    "branches.deep.0.high.weight",
    "byName.gate.weight",
    "byName.3.0",
    "some.0.weight",
    "some.1.weight",
    "bare.scale",
    "norms.first.weight",
    "norms.first.bias",
  ];
  manualSeed(1);
  const model = new Kept();
  assertEquals(model.namedParameters().map(([name]) => name), names);
  const before = await model.stateDict();
  assertEquals(names.filter((name) => !before.has(name)), []);
  assertEquals(before.has("norms.first.runningMean"), true);
  const optimizer = new nn.SGD(model.parameters(), { lr: 0.1 });
  model.apply(random([4, 2], 1)).sub(1).absSquared().sum().backward();
  optimizer.step();
  const after = await model.stateDict();
  for (const name of names) {
    assert(`${after.get(name)!.data}` !== `${before.get(name)!.data}`, `${name} is trained`);
  }
  model.loadStateDict(before);
  assertEquals(await model.stateDict(), before);
  model.eval();
  assertEquals(model.norms.first.training, false);
});

Deno.test("two parts of one name are refused", () => {
  class Twice extends nn.Module {
    a = new Map<unknown, unknown>([[1, parameter(tensor([1]))], ["1", parameter(tensor([2]))]]);
  }
  assertThrows(
    () => new Twice().parameters(),
    Error,
    'Cannot name the parts of Twice: two of them would be called "a.1"',
  );
});

onEngines("loading forgets the gradients that come from other values", async () => {
  manualSeed(1);
  const [model, head] = [new nn.Linear(4, 2), new nn.Linear(2, 1)];
  const x = random([8, 4], 1);
  const loss = () => head.apply(model.apply(x)).absSquared().mean();
  const all = [...model.parameters(), ...head.parameters()];
  const optimizer = new nn.Adam(all);
  const best = await model.stateDict();
  const bytes = await nn.formatCheckpoint({ model });
  for (
    const load of [() => model.loadStateDict(best), () => nn.parseCheckpoint(bytes, { model })]
  ) {
    const left = loss();
    left.backward();
    await left.item();
    await load();
    assertEquals(all.map((p) => p.grad), all.map(() => null));
    for (let k = 0; k < 2; k++) {
      loss().backward();
      optimizer.step();
    }
  }
});

onEngines("a gradient that is left over is named, with the remedy", async () => {
  const [w, b] = [parameter(tensor([1])), parameter(tensor([2]))];
  const optimizers = [new nn.SGD([w], { lr: 0.1 }), new nn.SGD([b], { lr: 0.1 })];
  const loss = () => w.mul(b).square().sum();
  for (const use of ["step", "accumulate"] as const) {
    loss().backward();
    w.assign(tensor([3]));
    await w.data();
    loss().backward();
    const error = assertThrows(() => optimizers[1][use](), Error, "call zeroGrad()") as Error;
    assert(error.message.startsWith("Cannot compute with an older value of "), error.message);
    for (const one of optimizers) one.zeroGrad();
    loss().backward();
    optimizers[1][use]();
    for (const one of optimizers) one.zeroGrad();
  }
});

Deno.test("a module names its parts by path, each once, in the order of the properties", () => {
  const net = new Net();
  const names = (list: [string, Tensor][]) => list.map(([name]) => name);
  assertEquals(names(net.namedParameters()), [
    "conv1.weight",
    "conv1.bias",
    "bn.weight",
    "bn.bias",
    "blocks.0.weight",
    "blocks.0.bias",
    "blocks.1.1.weight",
    "blocks.1.1.bias",
    "scale",
  ]);
  assertEquals(names(net.namedBuffers()), ["bn.runningMean", "bn.runningCovar"]);
  assertEquals(net.parameters().length, 9);
  assertEquals(net.modules().length, 7);
  assertEquals(net.conv1.weight.state!.name, "conv1.weight");
  net.conv1.parameters();
  assertEquals(net.conv1.weight.state!.name, "conv1.weight");
});

Deno.test("train() and eval() reach every module", () => {
  const net = new Net();
  assert(net.training && net.eval() === net);
  assertEquals(net.modules().filter((m) => m.training), []);
  assert(net.train().modules().every((m) => m.training));
  // deno-lint-ignore no-explicit-any
  assertThrows(() => net.train(1 as any), Error, "must be true or false, got 1");
});

onEngines("a state dict survives a safetensors file and gives the same outputs", async () => {
  const [one, other] = [new Net(), new Net()];
  const x = random([3, 1, 5, 5], 4);
  for (let k = 0; k < 3; k++) one.apply(x);
  const dict = await one.stateDict();
  assertEquals(dict.get("bn.numBatchesTracked")?.data, BigInt64Array.of(3n));
  assertEquals(dict.get("conv1.weight")?.dtype, "C64");
  const bytes = formatSafetensors(dict);
  other.loadStateDict(parseSafetensors(bytes).tensors);
  assertEquals(other.bn.numBatchesTracked!.value, 3);
  assertEquals(
    await other.eval().apply(x).data(),
    await one.eval().apply(x).data(),
  );
  assertEquals((await other.stateDict()).get("bn.runningCovar"), dict.get("bn.runningCovar"));
});

onEngines("a state dict holds copies", async () => {
  const layer = new nn.Linear(2, 1, { bias: false });
  const dict = await layer.stateDict();
  const before = [...dict.get("weight")!.data as Float32Array];
  layer.weight.assign(complexTensor([1, 2, 3, 4], [1, 2]));
  assertEquals([...dict.get("weight")!.data as Float32Array], before);
  (dict.get("weight")!.data as Float32Array).fill(0);
  assertEquals([...await layer.weight.data()], [1, 2, 3, 4]);
});

onEngines("loadStateDict() names everything that does not fit, and changes nothing", async () => {
  const layer = new nn.BatchNorm1d(2);
  const before = await layer.stateDict();
  const bad = new Map<string, SafetensorsEntry>(before);
  bad.delete("bias");
  bad.set("weight", { dtype: "F32", shape: [3, 2], data: new Float32Array(6) });
  bad.set("runningMean", { dtype: "F32", shape: [2], data: new Float32Array(2) });
  bad.set("runningCovar", { dtype: "F32", shape: [2, 3], data: new Float32Array(6) });
  bad.set("extra", { dtype: "F32", shape: [], data: new Float32Array(1) });
  const error = assertThrows(() => layer.loadStateDict(bad), Error);
  for (
    const part of [
      "Cannot load the state of BatchNorm1d: ",
      "bias is missing",
      "weight is F32 [3, 2] and should be F32 [2, 3]",
      "runningMean is F32 [2] and should be C64 [2]",
      "extra is not known",
    ]
  ) assert((error as Error).message.includes(part), `${part} in ${(error as Error).message}`);
  assertEquals(await layer.stateDict(), before);
  // deno-lint-ignore no-explicit-any
  assertThrows(() => layer.loadStateDict({} as any), Error, "it takes a Map, got object");
});

onEngines("loadStateDict() refuses damaged entries before it changes anything", async () => {
  const layer = new nn.BatchNorm1d(2);
  const before = await layer.stateDict();
  const numbers = (n: number) => new Float32Array(n).fill(9);
  const good: [string, unknown][] = [
    ["weight", { dtype: "F32", shape: [2, 3], data: numbers(6) }],
    ["numBatchesTracked", { dtype: "I64", shape: [], data: BigInt64Array.of(7n) }],
  ];
  const cases: [name: string, entry: unknown, message: string][] = [
    ["runningMean", { dtype: "C64", shape: [2], data: numbers(2) }, "has as its data 2 of them"],
    ["runningMean", { dtype: "C64", shape: [2] }, "has as its data undefined and should be C64"],
    ["runningMean", { dtype: "C64", data: numbers(4) }, "is not an entry { dtype, shape, data }"],
    ["runningMean", "abcd", "is not an entry { dtype, shape, data } and should be C64 [2]"],
    ["runningMean", null, "is missing"],
    ["runningCovar", { dtype: "F32", shape: [2, 3], data: "abcdef" }, 'its data "abcdef"'],
    ["numBatchesTracked", { dtype: "I64", shape: [], data: new BigInt64Array(0) }, "0 of them"],
    ["numBatchesTracked", { dtype: "I64", shape: [], data: BigInt64Array.of(-3n) }, "is -3 and"],
  ];
  for (const [name, entry, message] of cases) {
    const dict = new Map<string, Any>([...before, ...good, [name, entry]]);
    assertThrows(() => layer.loadStateDict(dict), Error, message);
    assertEquals(await layer.stateDict(), before);
  }
});

// deno-lint-ignore no-explicit-any
type Any = any;

Deno.test("layers refuse sizes and options that make no sense", () => {
  const cases: [() => unknown, string][] = [
    [() => new nn.Linear(0, 1), "Cannot make a Linear: inFeatures must be"],
    [() => new nn.Linear(1, 1.5), "must be a positive integer, got 1.5"],
    [() => new nn.Linear(1, 1, { foo: 1 } as Any), 'unknown option "foo"; it knows bias'],
    [() => new nn.Linear(1, 1, { bias: 1 } as Any), "bias must be true or false, got 1"],
    [() => new nn.Linear(1, 1, 3 as Any), "the options must be an object, got 3; it knows bias"],
    [() => new nn.Conv2d(1, -2, 3), "outChannels must be a positive integer, got -2"],
    [() => new nn.Conv2d(1, 2, 0), "kernel must be a positive integer, got 0"],
    [() => new nn.Conv2d(1, 2, [3] as Any), "kernel must be a positive integer or a pair"],
    [() => new nn.Conv2d(1, 2, 3, { stride: 0 }), "stride must be a positive integer"],
    [() => new nn.Conv2d(1, 2, 3, { padding: -1 }), "padding must be an integer of at least 0"],
    [() => new nn.Conv2d(1, 2, 3, { dilation: [1, 0.5] }), "dilation must be"],
    [() => new nn.Conv2d(3, 4, 3, { groups: 2 }), "do not split into 2 groups"],
    [() => new nn.Conv2d(1, 2, 3, { strides: 2 } as Any), 'unknown option "strides"; it knows'],
    [() => new nn.MaxPool2d(0), "kernel must be"],
    [() => new nn.MaxPool2d(2, { ceil_mode: true } as Any), 'unknown option "ceil_mode"'],
    [() => new nn.AvgPool2d(2, { divisorOverride: 0 }), "divisorOverride must be"],
    [() => new nn.BatchNorm2d(2.5), "Cannot make a BatchNorm2d: channels must be"],
    [() => new nn.BatchNorm2d(2, { eps: -1 }), "eps must be a number of at least 0, got -1"],
    [() => new nn.BatchNorm2d(2, { momentum: 2 }), "momentum must be a number from 0 to 1, got 2"],
    [() => new nn.NaiveBatchNorm1d(2, { eps: NaN }), "eps must be a number"],
    [() => new nn.Dropout(1.5), "p must be a number from 0 to 1, got 1.5"],
    [() => new nn.Flatten(0.5), "start must be an integer"],
    [() => new nn.Sequential(3 as Any), "layer 0 is not a Layer: 3"],
    [
      () => new nn.Conv2d(1, 2, [Object.create(null), 1] as Any),
      "kernel must be a positive integer",
    ],
    [() => new nn.Conv2d(1, 2, 3, [Symbol("s")] as Any), "must be an object, got an array"],
    [() => new nn.Conv2d(1, 2, 3, new Map([["stride", 2]]) as Any), "an object, got a Map"],
    [() => new nn.Linear(1, 1, new Date() as Any), "an object, got a Date"],
    [() => new nn.Linear(1, 1, { bias: Object.create(null) }), "or false, got an object"],
    [() => new nn.CELU({} as Any), "alpha must be a finite number, got an object"],
    [() => new nn.SigLog({ c: [Symbol("s")] as Any }), "c must be a number above 0, got an array"],
    [() => new nn.Upsample({ size: 2, mode: [Symbol("s")] as Any }), '"bilinear", got [Symbol(s)]'],
    [() => new nn.Upsample({ scaleFactor: [Symbol("s"), 1] as Any }), "got [Symbol(s), 1]"],
    [() => new nn.GRU(1, 1, { layers: 2 ** 40 }), "layers must be an integer from 1 to 4096"],
    [() => nn.init.complexHe([3]), "has no fans"],
    [() => nn.init.complexGlorot([3, 0]), "must be a positive integer"],
  ];
  for (const [make, why] of cases) {
    const error = assertThrows(make, Error, why) as Error;
    assert(error.message.startsWith("Cannot "), error.message);
  }
});

Deno.test("layers refuse inputs of the wrong shape or kind", () => {
  const real = rand([2, 3]) as Any;
  const flat = random([2, 3], 1);
  const image = random([2, 3, 4, 4], 1);
  const cases: [() => unknown, string][] = [
    [() => new nn.Linear(4, 1).apply(flat), "x [2, 3] does not end in the 4 features"],
    [() => new nn.Linear(3, 1).apply(real), "takes a complex tensor, got a RealTensor [2, 3]"],
    [() => new nn.Linear(3, 1).apply(7 as Any), "takes a complex tensor, got 7"],
    [
      () => new nn.Linear(3, 1).forward(flat.real, flat as Any),
      "takes a real tensor, got a ComplexTensor",
    ],
    [
      () => new nn.Linear(3, 1).forward(flat.real, rand([1, 3])),
      "the real part has shape [2, 3] and the imaginary part [1, 3]",
    ],
    [() => new nn.Conv2d(2, 1, 3).apply(image), "has 3 channels"],
    [() => new nn.Conv2d(3, 1, 3).apply(flat), "it takes x [N, C, H, W]"],
    [
      () => new nn.Conv2d(3, 1, 7, { padding: 1 }).apply(image),
      "larger than the padded input 6 × 6",
    ],
    [() => new nn.Conv2d(3, 1, 3).apply(real), "takes a complex tensor"],
    [() => new nn.MaxPool2d(5).apply(image), "larger than the padded input 4 × 4"],
    [() => new nn.MaxPool2d(2, { padding: 2 }).apply(image), "more than half the kernel size"],
    [() => new nn.AvgPool2d([4, 2], { padding: [2, 2] }), "padding 2 is more than half"],
    [
      () => new nn.MaxPool2d(2, { dilation: null as Any }),
      "dilation must be a positive integer or",
    ],
    [() => new nn.MaxPool2d(2n as Any), "kernel must be a positive integer or a pair of them"],
    [
      () => nn.functional.linear(flat, rand([1, 3]).toComplex(), NaN as Any),
      "it takes a complex tensor, got NaN",
    ],
    [() => new nn.AvgPool2d(5).apply(image), "larger than the padded input 4 × 4"],
    [() => new nn.CReLU().apply(real), "takes a complex tensor"],
    [() => new nn.CTanh().apply(real), "takes a complex tensor"],
    [() => new nn.CSigmoid().apply(real), "takes a complex tensor"],
    [() => new nn.Dropout().apply(7 as Any), "takes a tensor, got 7"],
    [() => new nn.Flatten(1, 4).apply(image), "axis 4 is not one of the 4 axes"],
    [() => new nn.BatchNorm2d(3).apply(flat), "it takes 4 axes, got [2, 3]"],
    [() => new nn.BatchNorm1d(3).apply(image), "it takes 2 or 3 axes"],
    [
      () => new nn.BatchNorm2d(4).apply(image),
      "it has 4 channels and the input [2, 3, 4, 4] has 3",
    ],
    [() => new nn.NaiveBatchNorm1d(3).apply(real), "takes a complex tensor"],
  ];
  for (const [make, why] of cases) {
    const error = assertThrows(make, Error, why) as Error;
    assert(error.message.startsWith("Cannot "), error.message);
  }
});

onEngines("one value in a channel is refused before running statistics change", async () => {
  for (const layer of [new nn.BatchNorm2d(3), new nn.NaiveBatchNorm2d(3)]) {
    const before = await layer.stateDict();
    assertThrows(
      () => layer.apply(random([1, 3, 1, 1], 1)),
      Error,
      "one value has no variance",
    );
    assertThrows(() => layer.apply(random([2, 4, 1, 1], 1)), Error, "3 channels");
    assertEquals(await layer.stateDict(), before);
    await layer.eval().apply(random([1, 3, 1, 1], 1)).data(); // fine out of training
  }
});

onEngines("losses give what they say", async () => {
  const x = tensor([[1, 2, 3], [0, 0, 0]]);
  const rows = [Math.log(Math.E + Math.E ** 2 + Math.E ** 3) - 2, Math.log(3)];
  const near = (a: number, b: number) => assert(Math.abs(a - b) < 1e-5, `${a} and ${b}`);
  near(await nn.crossEntropy(x, [1, 0]).item(), (rows[0] + rows[1]) / 2);
  near(
    await nn.crossEntropy(x, Uint8Array.of(1, 0), { reduction: "sum" }).item(),
    rows[0] + rows[1],
  );
  const each = await nn.crossEntropy(x, [1, 0], { reduction: "none" }).data();
  near(each[0], rows[0]);
  near(each[1], rows[1]);
  near(await nn.crossEntropy(complex([[0, 3]], [[2, 4]]), [0]).item(), Math.log(1 + Math.E ** 3));
  near(await nn.nll(nn.logSoftmax(x, 1), [1, 0]).item(), (rows[0] + rows[1]) / 2);
  near(await nn.softmax(tensor([[1000, 1000]])).sum().item(), 1);
  near(await nn.mse(complex([1], [2]), tensor([0])).item(), 5);
  near(await nn.mse(tensor([1, 3]), tensor([0, 0]), { reduction: "sum" }).item(), 10);
});

Deno.test("losses refuse labels and shapes that do not fit", () => {
  const x = tensor([[1, 2, 3], [0, 0, 0]]);
  const cases: [() => unknown, string][] = [
    [() => nn.crossEntropy(x, [0, 3]), "label 1 must be an integer from 0 to 2, got 3"],
    [() => nn.crossEntropy(x, [0, -1]), "got -1"],
    [() => nn.crossEntropy(x, [NaN, 0]), "label 0 must be an integer from 0 to 2, got NaN"],
    [() => nn.crossEntropy(x, [0.5, 0]), "got 0.5"],
    [() => nn.crossEntropy(x, [0]), "there are 1 labels for 2 rows"],
    [() => nn.crossEntropy(x, "01" as Any), "the labels must be an array"],
    [() => nn.nll(x.at(0), [0]), "it takes [N, classes], got [3]"],
    [() => nn.nll(complex(x) as Any, [0, 0]), "takes a real tensor"],
    [() => nn.softmax(complex(x) as Any), "takes a real tensor"],
    [() => nn.logSoftmax(x, 2), "axis 2 is not one of the 2 axes"],
    [() => nn.mse(x, x.at(0)), "the prediction is [2, 3] and the target [3]"],
    [() => nn.mse(x, 3 as Any), "it takes a tensor, got 3"],
    [
      () => nn.mse(x, x, { reduction: "avg" as Any }),
      'reduction must be "mean" or "sum" or "none"',
    ],
    [() => nn.mse(x, x, { reduce: true } as Any), 'unknown option "reduce"; it knows reduction'],
  ];
  for (const [make, why] of cases) {
    const error = assertThrows(make, Error, why) as Error;
    assert(error.message.startsWith("Cannot "), error.message);
  }
});

onEngines("complex Glorot and He have the modulus and phase of their formulas", async () => {
  manualSeed(1);
  for (
    const [w, power] of [
      [nn.init.complexGlorot([200, 100]), 2 / 300],
      [nn.init.complexHe([200, 100]), 2 / 100],
      [nn.init.complexHe([20, 10, 5, 5]), 2 / 250],
    ] as const
  ) {
    const mean = async (x: RealTensor) => await x.mean().item();
    assert(Math.abs(await mean(w.absSquared()) / power - 1) < 0.05);
    // Of a Rayleigh modulus E|w|² / (E|w|)² is 4/π.
    const modulus = await mean(w.abs());
    const ratio = power / modulus ** 2;
    assert(Math.abs(ratio / (4 / Math.PI) - 1) < 0.05, `${ratio}`);
    assert(Math.abs(await mean(w.angle())) < 0.1);
  }
});
