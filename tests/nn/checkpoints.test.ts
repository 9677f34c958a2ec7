import type { InexactArray } from "@argand/argand";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { complexTensor } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import {
  formatSafetensors,
  loadSafetensors,
  parseSafetensors,
  type SafetensorsEntry,
} from "../../complex/files/safetensors.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { type Golden, golden } from "../support/golden.ts";
import { complexOf, optionsOf, random, stateOf } from "./support.ts";

type Entries = Map<string, SafetensorsEntry>;

const count = (n: number): SafetensorsEntry => ({
  dtype: "I64",
  shape: [],
  data: BigInt64Array.of(BigInt(n)),
});

const real = (shape: number[], ...values: number[]): SafetensorsEntry => ({
  dtype: "F32",
  shape,
  data: Float32Array.from(values),
});

const complexEntry = (shape: number[], ...values: number[]): SafetensorsEntry => ({
  ...real(shape, ...values),
  dtype: "C64",
});

const channels = (g: Golden): [number, number] => [Number(g.meta.in), Number(g.meta.out)];

function conv(g: Golden): nn.Layer {
  const { kernelSize, ...options } = optionsOf(g);
  const Conv = g.meta.layer === "Conv2d" ? nn.Conv2d : nn.ConvTranspose2d;
  return new Conv(...channels(g), kernelSize, options);
}

/** Layers with their golden cases, all in training, and from x to y. */
const LAYERS: readonly (readonly [string, (g: Golden) => nn.Layer])[] = [
  ["linear", () => new nn.Linear(7, 4)],
  ["conv2d_k3", conv],
  ["conv2d_dil2_groups2", conv],
  ["conv2d_nobias_k1", conv],
  ["convT2d_k3_s2_p1_op1", conv],
  ["convT2d_groups2_nobias", conv],
  ["prelu", () => new nn.CPReLU()],
  ["gru_complexpytorch", () => new nn.GRU(4, 3, { batchFirst: true, form: "split" })],
  ["lstm_complexpytorch", () => new nn.LSTM(4, 3, { batchFirst: true, form: "split" })],
];

for (const [name, make] of LAYERS) {
  onEngines(`loadComplexPyTorch() takes the parameters of the golden case ${name}`, async () => {
    const g = await golden(name);
    const layer = make(g);
    nn.loadComplexPyTorch(layer, await stateOf(name));
    assertClose(await layer.apply(complexOf(g, "x")).data(), g.complex("y").data, 1e-5, name);
  });
}

onEngines("loadComplexPyTorch() takes a GRU cell", async () => {
  const g = await golden("gru_cell");
  const cell = new nn.GRUCell(5, 4);
  nn.loadComplexPyTorch(cell, await stateOf("gru_cell"));
  const y = cell.apply(complexOf(g, "x"), complexOf(g, "h"));
  assertClose(await y.data(), g.complex("y").data, 1e-5);
});

for (
  const [name, make] of [
    ["batchnorm2d_cov", (n: number) => new nn.BatchNorm2d(n)],
    ["batchnorm1d_cov", (n: number) => new nn.BatchNorm1d(n)],
    ["batchnorm2d_naive", (n: number) => new nn.NaiveBatchNorm2d(n)],
  ] as const
) {
  onEngines(`loadComplexPyTorch() takes the running statistics of ${name}`, async () => {
    const g = await golden(name);
    const layer = make(Number(g.meta.features));
    const state = await stateOf(name);
    for (const at of name.includes("naive") ? ["bn_r.", "bn_i."] : [""]) {
      state.set(`${at}num_batches_tracked`, count(3));
    }
    nn.loadComplexPyTorch(layer, state);
    assertEquals(layer.numBatchesTracked!.value, 3);
    const y = layer.eval().apply(complexOf(g, "eval.x"));
    assertClose(await y.data(), g.complex("eval.y").data, 1e-5);
  });
}

/** Two convolutions and a linear map, named as in a Python network. */
class Net extends nn.Layer {
  readonly conv1 = new nn.Conv2d(1, 2, 3, { bias: false });
  readonly blocks = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
  readonly lastNorm = new nn.BatchNorm1d(2);
  override apply(z: ComplexTensor): ComplexTensor {
    const features = this.conv1.apply(z).mean([2, 3]);
    return this.lastNorm.apply(this.blocks.reduce((x, layer) => layer.apply(x), features));
  }
}

/** Its state dict there, from the values here. */
async function theirs(net: Net): Promise<Entries> {
  const state: Entries = new Map();
  const halves = (x: InexactArray, k: number) => [...x].filter((_, i) => i % 2 === k);
  for (const [path, p] of net.namedParameters()) {
    const data = await p.data();
    const names: Record<string, string> = { conv1: "conv", "blocks.0": "fc", "blocks.1": "fc" };
    const at = path.slice(0, path.lastIndexOf("."));
    if (!Object.hasOwn(names, at)) continue;
    const part = path.slice(at.length + 1);
    const [a, b] = [halves(data, 0), halves(data, 1)];
    // With b_B = b_i the bias (b_A − b_B) + i (b_A + b_B) asks for b_A = (re + im)/2.
    const [re, im] = part === "weight"
      ? [a, b]
      : [a.map((x, k) => (x + b[k]) / 2), a.map((x, k) => (b[k] - x) / 2)];
    state.set(`${at}.${names[at]}_r.${part}`, real([...p.shape], ...re));
    state.set(`${at}.${names[at]}_i.${part}`, real([...p.shape], ...im));
  }
  state.set("last_norm.weight", real([2, 3], 1, 2, 0.25, 3, 4, 0.5));
  state.set("last_norm.bias", real([2, 2], 1, 2, 3, 4));
  state.set("last_norm.running_mean", complexEntry([2], 0.5, 0, 0, 0.5));
  state.set("last_norm.running_covar", real([2, 3], 1, 1, 0, 2, 2, 1));
  state.set("last_norm.num_batches_tracked", count(12));
  return state;
}

onEngines("loadComplexPyTorch() follows nested, listed and camel-cased names", async () => {
  const [net, loaded] = [new Net(), new Net()];
  const state = await theirs(net);
  const file = parseSafetensors(formatSafetensors(state));
  nn.loadComplexPyTorch(loaded, file.tensors);
  assertEquals(await loaded.lastNorm.bias!.data(), Float32Array.of(1, 2, 3, 4));
  for (const [k, [path, p]] of net.namedParameters().entries()) {
    if (path.startsWith("lastNorm")) continue;
    assertClose(await loaded.namedParameters()[k][1].data(), await p.data(), 1e-6, path);
  }
});

onEngines(
  "loadComplexPyTorch() lists every name that does not match, and loads nothing",
  async () => {
    const net = new Net();
    const state = await theirs(net);
    state.delete("conv1.conv_i.weight");
    state.delete("blocks.1.fc_r.bias");
    state.set("conv9.conv_r.weight", real([1], 1));
    state.set("last_norm.running_mean", count(1));
    const before = await net.stateDict();
    const { message } = assertThrows(() => nn.loadComplexPyTorch(net, state), ArgandError);
    for (
      const part of [
        "Cannot load a checkpoint of complexPyTorch: ",
        "conv1.conv_i.weight is missing",
        "blocks.1.fc_r.bias is missing",
        "conv9.conv_r.weight is not known",
        "last_norm.running_mean is I64 and should be C64",
      ]
    ) assert(message.includes(part), `${message}\nlacks ${part}`);
    assertEquals(await net.stateDict(), before);
    const wrong = await theirs(net);
    for (const half of ["r", "i"]) {
      wrong.set(`conv1.conv_${half}.weight`, real([2, 1, 2, 2], ...Array(8).fill(1)));
    }
    assertThrows(() => nn.loadComplexPyTorch(net, wrong), ArgandError, "conv1.weight is C64");
    assertEquals(await net.stateDict(), before);
  },
);

onEngines("loadComplexPyTorch() finds modules under the names it is given", async () => {
  const state = new Map([...await stateOf("linear")].map(([name, entry]) => [`bn.${name}`, entry]));
  const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(7, 4));
  const g = await golden("linear");
  nn.loadComplexPyTorch(net, state, { names: { "1": "bn" } });
  assertClose(await net.apply(complexOf(g, "x")).data(), g.complex("y").data, 1e-5);
  const stranger = () => nn.loadComplexPyTorch(net, state, { names: { "7": "bn" } });
  assertThrows(stranger, ArgandError, "there is no module 7");
});

onEngines("loaders take real layers as PyTorch stores them", async () => {
  class Net extends nn.Module {
    readonly head = new nn.Linear(1, 2, { kind: "real" });
    readonly norm = new nn.BatchNorm1d(2, { kind: "real" });
    readonly slope = new nn.PReLU();
  }
  const entries: Entries = new Map([
    ["head.weight", real([2, 1], 3, 4)],
    ["head.bias", real([2], 1, 2)],
    ["norm.weight", real([2], 5, 6)],
    ["norm.bias", real([2], 7, 8)],
    ["norm.running_mean", real([2], 1, -1)],
    ["norm.running_var", real([2], 2, 3)],
    ["norm.num_batches_tracked", count(4)],
    ["slope.weight", real([1], 0.5)],
  ]);
  for (const load of [nn.loadComplexPyTorch, nn.loadTorchcvnn, nn.loadComplextorch]) {
    const net = new Net();
    load(net, entries);
    assertEquals([...await net.head.weight.data(), ...await net.head.bias!.data()], [3, 4, 1, 2]);
    assertEquals([...await net.norm.weight!.data(), ...await net.norm.bias!.data()], [5, 6, 7, 8]);
    assertEquals([...await net.norm.runningMean!.data()], [1, -1]);
    assertEquals([...await net.norm.runningVar!.data()], [2, 3]);
    assertEquals(net.norm.numBatchesTracked!.value, 4);
    assertEquals([...await net.slope.weight.data()], [0.5]);
  }
});

onEngines("loadTorchcvnn() takes complex tensors whole or in two parts", async () => {
  const net = new nn.Sequential(new nn.Linear(1, 2), new nn.ModReLU(), new nn.CPReLU());
  nn.loadTorchcvnn(
    net,
    new Map([
      ["0.weight", complexEntry([2, 1], 1, 2, 3, 4)],
      ["0.bias.real", real([2], 5, 6)],
      ["0.bias.imag", real([2], 7, 8)],
      ["1.b", real([], -0.5)],
      ["2.act_real.weight", real([1], 0.125)],
      ["2.act_imag.weight", real([1], 0.25)],
    ]),
  );
  const values = await Promise.all(net.parameters().map((p) => p.data()));
  assertEquals(values.map((v) => [...v]), [[1, 2, 3, 4], [5, 7, 6, 8], [-0.5], [0.125, 0.25]]);
});

onEngines("loadTorchcvnn() takes a batch norm whose Γ is not symmetric", async () => {
  const norm = new nn.BatchNorm1d(2, { mixing: "full" }).eval();
  const gamma = [[1, 2, 3, 4], [0.5, -1, 0.25, 2]];
  nn.loadTorchcvnn(
    norm,
    new Map([
      ["weight", real([2, 2, 2], ...gamma.flat())],
      ["bias", complexEntry([2], 1, 2, 3, 4)],
      ["running_mean", complexEntry([2], 0.5, 1, -1, 0)],
      ["running_var", real([2, 2, 2], 4, 0, 0, 9, 1, 0, 0, 1)],
      ["num_batches_tracked", count(0)],
    ]),
  );
  const z = random([3, 2], 4);
  const [x, y] = [await z.data(), await norm.apply(z).data()];
  const spread = [[2, 3], [1, 1]];
  const expected = Array.from({ length: 6 }, (_, k) => {
    const c = k % 2;
    const mean = [[0.5, 1], [-1, 0]][c];
    const [u, v] = [0, 1].map((p) => (x[2 * k + p] - mean[p]) / spread[c][p]);
    const [rr, ri, ir, ii] = gamma[c];
    return [rr * u + ri * v + [1, 3][c], ir * u + ii * v + [2, 4][c]];
  });
  assertClose(y, expected.flat(), 1e-5);
});

/** The state dict and the tensors of a network in `golden/complextorch.safetensors`. */
async function complextorchCase(name: string) {
  const url = new URL("../golden/complextorch.safetensors", import.meta.url);
  const { tensors } = await loadSafetensors(url);
  const state: Entries = new Map();
  for (const [key, entry] of tensors) {
    if (key.startsWith(`${name}/`)) state.set(key.slice(name.length + 1), entry);
  }
  const tensor = (key: string) => {
    const { shape, data } = tensors.get(`${name}:${key}`)!;
    return complexTensor(data as Float32Array, shape);
  };
  return { state, tensor };
}

const COMPLEXTORCH: Readonly<Record<string, () => nn.Layer>> = {
  "images": () =>
    new nn.Sequential(
      new nn.Conv2d(1, 3, 3),
      new nn.BatchNorm2d(3, { mixing: "full" }),
      new nn.ModReLU(),
      new nn.NaiveBatchNorm2d(3),
      new nn.Conv2d(3, 2, 3),
      new nn.ConvTranspose2d(2, 3, 2, { stride: 2 }),
      new nn.GroupNorm(1, 3),
      new nn.ModReLU(3),
      new nn.ConvTranspose2d(3, 2, 2),
      new nn.Flatten(),
      new nn.Linear(50, 4),
      new nn.Linear(4, 3),
      new nn.CPReLU(),
    ),
  "sequences": () => new nn.Sequential(new nn.Conv1d(4, 2, 2), new nn.LayerNorm([2, 3])),
  "norm": () => new nn.BatchNorm1d(4),
  "gru": () => new nn.GRU(3, 4, { layers: 2, bidirectional: true, batchFirst: true }),
  "lstm": () => new nn.LSTM(3, 4),
};

for (const [name, make] of Object.entries(COMPLEXTORCH)) {
  onEngines(`loadComplextorch() gives the outputs of complextorch's own ${name}`, async () => {
    const { state, tensor } = await complextorchCase(name);
    const net = make();
    nn.loadComplextorch(net, state);
    const y = net.eval().apply(tensor("x"));
    assertClose(await y.data(), await tensor("y").data(), 1e-5, name);
  });
}

onEngines("loadComplextorch() takes a GRU cell", async () => {
  const { state, tensor } = await complextorchCase("cell");
  const cell = new nn.GRUCell(3, 4);
  nn.loadComplextorch(cell, state);
  const y = cell.apply(tensor("x"), tensor("h"));
  assertClose(await y.data(), await tensor("y").data(), 1e-5);
});

onEngines(
  "loadComplextorch() refuses a Γ that its norm can't have, and loads nothing",
  async () => {
    const { state } = await complextorchCase("images");
    const part = (at: string) =>
      new Map(
        [...state].flatMap(([name, entry]) =>
          name.startsWith(`${at}.`) ? [[name.slice(at.length + 1), entry] as const] : []
        ),
      );
    const norm = new nn.BatchNorm2d(3);
    const before = await norm.stateDict();
    assertThrows(
      () => nn.loadComplextorch(norm, part("1")),
      ArgandError,
      "weight is not symmetric",
    );
    assertEquals(await norm.stateDict(), before);
    nn.loadComplextorch(new nn.BatchNorm2d(3, { mixing: "full" }), part("1"));
    const odd = new Map([...part("1"), ["bias", real([3], 1, 2, 3)]]);
    const full = new nn.BatchNorm2d(3, { mixing: "full" });
    assertThrows(
      () => nn.loadComplextorch(full, odd),
      ArgandError,
      "bias has shape [3]",
    );
  },
);

onEngines("loaders refuse what is neither a module nor a map of entries", () => {
  for (const load of [nn.loadComplexPyTorch, nn.loadTorchcvnn, nn.loadComplextorch]) {
    const layer = new nn.Linear(1, 1);
    // deno-lint-ignore no-explicit-any
    const wrong = (module: any, entries: any) => () => load(module, entries);
    assertThrows(wrong({}, new Map()), ArgandError, "it takes a Module, got an object");
    assertThrows(wrong(layer, { weight: 1 }), ArgandError, "it takes a Map of entries");
    const broken = new Map([["weight", null], ["fc_r.weight", null], ["linear.weight", null]]);
    assertThrows(wrong(layer, broken), ArgandError, "weight is not an entry");
  }
});
