/** Layers of real tensors: PyTorch's values, its initial weights, and what the compiler knows of kinds. */
import {
  gradcheck,
  manualSeed,
  ones,
  parameter,
  randnComplex,
  type RealTensor,
  tensor,
  valueAndGrad,
  zeros,
} from "@argand/argand";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";
import { setReal } from "./support.ts";

const kind = "real";

/** A layer of either kind, as a real one. */
const of = (layer: nn.EitherLayer) => layer as unknown as nn.Layer<"real">;

const LAYERS: Readonly<Record<string, () => nn.Layer<"real">>> = {
  linear: () => new nn.Linear(5, 3, { kind }),
  conv1d: () => new nn.Conv1d(2, 3, 3, { padding: 1, stride: 2, kind }),
  conv2d: () => new nn.Conv2d(4, 6, [2, 3], { padding: [1, 2], dilation: [1, 2], groups: 2, kind }),
  conv3d: () => new nn.Conv3d(2, 3, 2, { stride: [2, 1, 1], bias: false, kind }),
  convTranspose1d: () =>
    new nn.ConvTranspose1d(3, 2, 3, { stride: 2, padding: 1, outputPadding: 1, kind }),
  convTranspose2d: () =>
    new nn.ConvTranspose2d(4, 2, 3, { stride: 2, padding: 1, groups: 2, kind }),
  convTranspose3d: () => new nn.ConvTranspose3d(2, 1, 2, { stride: [2, 1, 1], kind }),
  layerNorm: () => new nn.LayerNorm([3, 4], { kind }),
  groupNorm: () => new nn.GroupNorm(2, 4, { kind, eps: 1e-3 }),
  rmsNorm: () => new nn.RMSNorm(6, { kind }),
  maxPool1d: () => of(new nn.MaxPool1d(3, { stride: 2, padding: 1 })),
  maxPool2d: () => of(new nn.MaxPool2d(2, { stride: 1, dilation: 2, ceilMode: true })),
  maxPool2dLarge: () => of(new nn.MaxPool2d([4, 5], { stride: 2, padding: 2 })),
  avgPool1d: () => of(new nn.AvgPool1d(3, { stride: 2, padding: 1 })),
  avgPool2d: () => of(new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false })),
  adaptiveAvgPool1d: () => of(new nn.AdaptiveAvgPool1d(3)),
  adaptiveAvgPool2d: () => of(new nn.AdaptiveAvgPool2d([2, null])),
  upsample: () => of(new nn.Upsample({ scaleFactor: 2, mode: "bilinear" })),
  upsampleLine: () => of(new nn.Upsample({ size: 5 })),
  prelu: () => new nn.PReLU(),
  preluChannels: () => new nn.PReLU(3),
  relu: () => new nn.ReLU(),
  leakyRelu: () => new nn.LeakyReLU(0.2),
  elu: () => new nn.ELU(0.7),
  gelu: () => new nn.GELU(),
  geluTanh: () => new nn.GELU({ approximate: "tanh" }),
  silu: () => new nn.SiLU(),
  sigmoid: () => new nn.Sigmoid(),
  tanh: () => new nn.Tanh(),
};

onEngines("real layers and activations agree with PyTorch's", async () => {
  const g = await golden("real_layers");
  for (const [name, make] of Object.entries(LAYERS)) {
    const layer = make();
    const real = (key: string) => {
      const { data, shape } = g.real(`${name}.${key}`);
      return tensor(data, shape);
    };
    const parameters = layer.namedParameters() as [string, RealTensor][];
    for (const [path, own] of parameters) setReal(own, g.real(`${name}.param.${path}`));
    let y!: RealTensor;
    const loss = (x: RealTensor) => {
      y = layer.apply(x);
      return y.mul(real("gy")).sum();
    };
    const [, [gx]] = valueAndGrad(loss)(real("x"));
    const close = async (got: RealTensor, key: string) =>
      assertClose(await got.data(), g.real(`${name}.${key}`).data, 1e-5, `${name}.${key}`);
    await close(y, "y");
    await close(gx, "gx");
    if (parameters.length > 0) loss(real("x")).backward();
    for (const [path, own] of parameters) await close(own.grad!, `grad.${path}`);
  }
});

/** The batch norms of the golden file: whether there are running statistics, and whether weights. */
const NORMS: Readonly<Record<string, () => nn.CovarianceBatchNorm<"real">>> = {
  batchNorm1d: () => new nn.BatchNorm1d(3, { kind }),
  batchNorm1dSequence: () => new nn.BatchNorm1d(3, { eps: 1e-3, momentum: 0.3, kind }),
  batchNorm2d: () => new nn.BatchNorm2d(3, { momentum: null, kind }),
  batchNorm2dPlain: () => new nn.BatchNorm2d(3, { affine: false, kind }),
  batchNorm3d: () => new nn.BatchNorm3d(2, { trackRunningStats: false, kind }),
};

onEngines(
  "real batch norms agree with PyTorch's over three batches and out of training",
  async () => {
    const g = await golden("real_batchnorm");
    for (const [name, make] of Object.entries(NORMS)) {
      const norm = make();
      const parameters = norm.namedParameters() as [string, RealTensor][];
      for (const [path, own] of parameters) setReal(own, g.real(`${name}.param.${path}`));
      for (let k = 0; k < 4; k++) {
        const at = `${name}.${k}`;
        const real = (key: string) => {
          const { data, shape } = g.real(`${at}.${key}`);
          return tensor(data, shape);
        };
        const close = async (got: RealTensor, key: string) =>
          assertClose(await got.data(), g.real(`${at}.${key}`).data, 1e-5, `${at}.${key}`);
        if (k === 3) norm.eval();
        for (const [, own] of parameters) own.grad = null;
        const x = parameter(real("x"));
        const y = norm.apply(x);
        y.mul(real("gy")).sum().backward();
        await close(y, "y");
        await close(x.grad!, "gx");
        for (const [path, own] of parameters) await close(own.grad!, `grad.${path}`);
        assertEquals(norm.runningVar !== null, name !== "batchNorm3d");
        if (norm.runningVar) {
          await close(norm.runningMean!, "runningMean");
          await close(norm.runningVar, "runningVar");
          assertEquals(norm.numBatchesTracked!.value, Math.min(k + 1, 3));
        }
        assertEquals(norm.runningCovar, null);
      }
      const { running, weight, bias } = {
        running: norm.runningVar && { mean: norm.runningMean!, spread: norm.runningVar },
        weight: norm.weight,
        bias: norm.bias,
      };
      const x = tensor(g.real(`${name}.3.x`).data, g.real(`${name}.3.x`).shape);
      const y = nn.functional.batchNorm(x, { running, weight, bias, eps: norm.eps });
      assertClose(await y.data(), await norm.apply(x).data(), 1e-6, `${name} as a function`);
    }
  },
);

onEngines("derivatives of a real batch norm, first and second", async () => {
  const [weight, bias] = [tensor([0.7, -1.3]), tensor([0.2, 0.4])];
  const loss = (x: RealTensor) =>
    nn.functional.batchNorm(x, { weight, bias }).mul(tensor([[1], [-2], [0.5]])).square().sum();
  const x = tensor([[0.3, -1], [1.2, 0.4], [-0.5, 2]]);
  const slope = (x: RealTensor) => valueAndGrad(loss)(x)[1][0].square().sum();
  for (const f of [loss, slope]) {
    const { ok, worst } = await gradcheck(f, [x], { tolerance: 3e-3 });
    assert(ok, JSON.stringify(worst));
  }
});

onEngines("a real batch norm goes through a checkpoint with its statistics", async () => {
  const make = () =>
    new nn.Sequential(
      new nn.Linear(3, 4, { kind }),
      new nn.BatchNorm1d(4, { kind }),
      new nn.Tanh(),
    );
  const net = make();
  net.apply(tensor([[1, 2, 3], [-1, 0, 2], [0, 5, -2]]));
  const again = nn.parseModel<nn.Sequential<"real">>(await nn.formatModel(net));
  assertEquals(nn.describeModule(again), nn.describeModule(net));
  const names = ["1.runningMean", "1.runningVar"];
  assertEquals(again.namedBuffers().map(([name]) => name), names);
  const x = tensor([[1, 1, 2]]);
  assertEquals(await again.eval().apply(x).data(), await net.eval().apply(x).data());
});

onEngines("a summary of a real model counts its parameters as real", () => {
  const net = new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { kind }),
    new nn.BatchNorm2d(4, { kind }),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(4 * 36, 10, { kind }),
  );
  const { rows, total, bufferBytes } = nn.summary(net, [2, 1, 8, 8], { dtype: "float32" });
  assertEquals(rows.map((row) => row.output), [
    [[2, 10]],
    [[2, 4, 6, 6]],
    [[2, 4, 6, 6]],
    [[2, 4, 6, 6]],
    [[2, 144]],
    [[2, 10]],
  ]);
  const realParameters = 4 * 9 + 4 + 4 + 4 + 1440 + 10;
  const flops = 2 * 2 * (36 * 4 * 9 + 1440);
  const bytes = 4 * realParameters;
  assertEquals(total, { complexParameters: 0, realParameters, bytes, flops });
  assertEquals(bufferBytes, 2 * 4 * 4);
  assertThrows(() => nn.summary(net, [2, 1, 8, 8]), ArgandError, "it takes a real tensor");
});

onEngines(
  "a real Embedding gives rows of N(0, 1), adds their gradients, and none to the padding",
  async () => {
    const table = new nn.Embedding(300, 50, { paddingIdx: 1, kind });
    assert(Math.abs(await table.weight.square().mean().item() * 300 / 299 - 1) < 0.05);
    const rows = await table.weight.data();
    const y: RealTensor = table.apply([[2, 1], [0, 2]]);
    assertEquals(y.shape, [2, 2, 50]);
    const row = (k: number) => [...rows.subarray(50 * k, 50 * k + 50)];
    assertEquals(row(1), Array(50).fill(0));
    assertEquals([...await y.data()], [2, 1, 0, 2].flatMap(row));
    assertEquals(table.forward([5]).shape, [1, 50]);
    y.sum().backward();
    const slopes = await table.weight.grad!.at(null, 0).data();
    assertEquals([...slopes.subarray(0, 4)], [1, 0, 2, 0]);
    const again = nn.buildModule(nn.describeModule(table)) as typeof table;
    again.loadStateDict(await table.stateDict());
    assertEquals(await again.apply([7]).data(), await table.apply([7]).data());
  },
);

Deno.test("real weights and biases start as PyTorch's, between ±1/√fanIn", async () => {
  manualSeed(4);
  const layers: [nn.Linear<"real"> | nn.Convolution<"real">, number][] = [
    [new nn.Linear(400, 300, { kind }), 400],
    [new nn.Conv2d(16, 300, 5, { groups: 2, kind }), 8 * 25],
    [new nn.ConvTranspose2d(300, 16, 5, { kind }), 16 * 25],
  ];
  for (const [{ weight, bias }, fanIn] of layers) {
    for (const x of [(await weight.data()).subarray(0, 60_000), await bias!.data()]) {
      const bound = 1 / Math.sqrt(fanIn);
      const most = Math.max(...Array.from(x, Math.abs));
      const least = 1 - 5 / x.length; // what chance leaves below it in 7 of 1000 draws
      assert(most <= bound * (1 + 1e-6) && most > least * bound, `${most} of ${bound}`);
    }
    const square = await weight.square().mean().item();
    assert(Math.abs(square * 3 * fanIn - 1) < 0.05);
  }
});

Deno.test("descriptions say that a layer is real, and nothing where it is complex", async () => {
  const net = new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(4, 3, { kind }),
    new nn.ReLU(),
    new nn.Dropout(0.5),
  );
  const description = nn.describeModule(net);
  const again = nn.buildModule(description) as nn.Sequential<"real">;
  assertEquals(nn.describeModule(again), description);
  again.loadStateDict(await net.stateDict());
  const x = tensor([[[1, 2], [3, 4]]]);
  assertEquals(await again.eval().apply(x).data(), await net.eval().apply(x).data());
  assertEquals(JSON.stringify(nn.describeModule(new nn.Linear(2, 2))).includes("kind"), false);
});

Deno.test("layers refuse tensors of the other kind", () => {
  const real = new nn.Linear(3, 2, { kind }), complex = new nn.Linear(3, 2);
  const [x, z] = [zeros([1, 3]), randnComplex([1, 3])];
  // deno-lint-ignore no-explicit-any
  const loose = (layer: unknown) => layer as any;
  const cases: [() => unknown, string][] = [
    [() => loose(real).apply(z), "it takes a real tensor, got a ComplexTensor [1, 3]"],
    [() => loose(real).forward(z.real, z.imag), "it takes a real tensor, got a ComplexTensor"],
    [() => loose(complex).apply(x), "it takes a complex tensor, got a RealTensor [1, 3]"],
    [() => loose(complex).forward(x), "it takes a complex tensor, got a RealTensor [1, 3]"],
    [() => loose(new nn.LayerNorm(3, { kind })).apply(z), "it takes a real tensor"],
    [() => loose(new nn.RMSNorm(3)).apply(x), "it takes a complex tensor"],
    [() => loose(new nn.GroupNorm(1, 3, { kind })).apply(z), "it takes a real tensor"],
    [() => loose(new nn.BatchNorm1d(3, { kind })).apply(z), "it takes a real tensor"],
    [() => loose(new nn.BatchNorm1d(3)).apply(x), "it takes a complex tensor"],
    [() => new nn.BatchNorm1d(3, { kind }).apply(x), "one value has no variance"],
    [() => new nn.BatchNorm2d(3, { kind }).apply(x), "it takes 4 axes, got [1, 3]"],
    [
      () => new nn.BatchNorm1d(3, { kind, mixing: "full" }),
      "Cannot make a BatchNorm1d: mixing is of real and imaginary part, and the kind is real",
    ],
    [
      () => nn.functional.batchNorm(ones([2, 3]), { weight: ones([3, 3]), bias: zeros([3]) }),
      "a statistic, weight or bias must be [3], got [3, 3]",
    ],
    [
      () =>
        nn.functional.batchNorm(ones([2, 3]), { weight: ones([3]), bias: loose(z.reshape([3])) }),
      "it takes a real tensor, got a ComplexTensor [3]",
    ],
    [() => nn.functional.layerNorm(x, 3, ones([2])), "the weight must be [3], got [2]"],
    [() => nn.functional.groupNorm(ones([2, 3]), 3), "one value has no variance"],
    [() => loose(new nn.ReLU()).apply(z), "Cannot apply ReLU: it takes a real tensor"],
    [() => loose(new nn.Conv1d(1, 1, 1, { kind })).apply(z), "it takes a real tensor"],
    [() => loose(new nn.Conv1d(1, 1, 1)).apply(null), "it takes a complex tensor, got null"],
    [() => new nn.Linear(1, 1, { kind: "float" as "real" }), 'kind must be "complex" or "real"'],
    [() => nn.init.kaimingUniform([3]), "has no fans"],
    [() => nn.init.kaimingUniform([3, 4], { a: NaN }), "a must be a number of at least 0"],
    [() => nn.functional.leakyRelu(x, NaN), "negativeSlope must be a finite number"],
    [() => nn.functional.elu(x, NaN), "alpha must be a finite number"],
    [() => nn.functional.gelu(x, { approximate: "erf" as "none" }), "approximate must be"],
    [() => loose(new nn.PReLU()).apply(z), "Cannot apply PReLU: it takes a real tensor"],
    [
      () => new nn.PReLU(2).apply(x),
      "the weight has shape [2] and the input [1, 3] takes [1] or [3]",
    ],
    [() => nn.functional.silu(loose(z)), "Cannot apply SiLU: it takes a real tensor"],
  ];
  for (const [call, message] of cases) assertThrows(call, ArgandError, message);
});

Deno.test("the compiler knows the kind of a layer", () => {
  const real = new nn.Linear(3, 2, { kind }), complex = new nn.Linear(3, 2, { bias: false });
  const y: RealTensor = real.apply(ones([1, 3]));
  assertEquals(y.shape, [1, 2]);
  const net = new nn.Sequential(real, new nn.Flatten(), new nn.Tanh());
  const x: RealTensor = net.forward(ones([1, 3]));
  assertEquals(x.shape, [1, 2]);
  const nothing: nn.Sequential = new nn.Sequential(new nn.Flatten(), new nn.Dropout());
  assertEquals(nothing.apply(randnComplex([1, 2])).shape, [1, 2]);
  const mistakes = () => {
    // @ts-expect-error: a real layer takes real tensors
    real.apply(randnComplex([1, 3]));
    // @ts-expect-error: a complex layer takes complex tensors
    complex.apply(ones([1, 3]));
    // @ts-expect-error: its output is complex
    const wrong: RealTensor = complex.apply(randnComplex([1, 3]));
    // @ts-expect-error: layers of two kinds
    return new nn.Sequential(real, complex, wrong);
  };
  assertThrows(mistakes, ArgandError);
});

onEngines("a real network trains with a complex one behind it", async () => {
  class Both extends nn.Module {
    readonly phase = new nn.Sequential(
      new nn.Linear(2, 8, { kind }),
      new nn.Tanh(),
      new nn.Linear(8, 3, { kind }),
    );
    readonly field = new nn.Linear(3, 1);
    apply(x: RealTensor): RealTensor {
      return this.field.apply(this.phase.apply(x).toComplex()).absSquared();
    }
  }
  const net = new Both();
  const optimizer = new nn.Adam(net.parameters(), { lr: 0.03 });
  const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), target = tensor([[0], [1], [1], [0]]);
  let last = NaN;
  for (let k = 0; k < 200; k++) {
    const loss = nn.mse(net.apply(x), target);
    loss.backward();
    optimizer.step();
    if (k === 199) last = await loss.item();
  }
  assert(last < 0.05, `the loss is ${last}`);
});

onEngines("norms of real values of any size about any mean are those of float64", async () => {
  const row = Float64Array.from({ length: 6 }, (_, k) => Math.sin(1.7 * k * k));
  for (const [mean, size] of [[1e4, 0.05], [-3e6, 4], [0, 1], [0, 1e25], [0, 1e-3]]) {
    const given = Float32Array.from(row, (x) => mean + size * x);
    const [first] = given, beside = [...given].map((x) => x - first);
    const centre = beside.reduce((sum, x) => sum + x, 0) / 6;
    const standard = (values: number[]) => {
      const spread = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / 6 + 1e-5);
      return values.map((x) => x / spread);
    };
    const centred = standard(beside.map((x) => x - centre));
    const norms: [nn.Layer<"real">, number[], number[]][] = [
      [new nn.LayerNorm(6, { kind }), [1, 6], centred],
      [new nn.GroupNorm(1, 2, { kind }), [1, 2, 3], centred],
      [new nn.RMSNorm(6, { kind }), [1, 6], standard([...given])],
    ];
    if (size < 1e15) norms.push([new nn.BatchNorm1d(1, { kind }), [6, 1], centred]);
    for (const [norm, shape, want] of norms) {
      const y = await norm.apply(tensor(given, shape)).data();
      assertClose(y, want, 2e-6, `${norm.constructor.name}, ${mean} ± ${size}`);
    }
  }
});
