import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { complexTensor, parameter, tensor } from "../../complex/create/create.ts";
import { formatSafetensors, parseSafetensors } from "../../complex/files/safetensors.ts";
import { manualSeed } from "../../complex/create/random.ts";
import { ComplexTensor, type RealTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose, assertFlat } from "../support/close.ts";
import { count } from "../support/dispatches.ts";
import { onEngines } from "../support/engines.ts";
import { random } from "./support.ts";

type Any = nn.SGD | nn.Adam | nn.AdamW | nn.RMSprop | nn.Adagrad;

const makers: [name: string, make: (params: Iterable<Tensor>) => Any][] = [
  ["SGD", (p) => new nn.SGD(p, { lr: 0.02 })],
  ["SGD with momentum", (p) => new nn.SGD(p, { lr: 0.02, momentum: 0.9, nesterov: true })],
  ["Adam", (p) => new nn.Adam(p, { lr: 0.02, weightDecay: 0.01 })],
  ["Adam with amsgrad", (p) => new nn.Adam(p, { lr: 0.02, amsgrad: true })],
  ["AdamW", (p) => new nn.AdamW(p, { lr: 0.02 })],
  ["RMSprop", (p) => new nn.RMSprop(p, { momentum: 0.5, centered: true, eps: 1e-3 })],
  ["Adagrad", (p) => new nn.Adagrad(p, { lrDecay: 0.01 })],
];

/** A complex and a real parameter, and a loss of both that changes from step to step. */
function problem() {
  const z = parameter(random([3], 1));
  const x = parameter(tensor([0.5, -0.25]));
  const loss = (k: number): RealTensor => {
    const target = random([3], k);
    return z.sub(target).absSquared().sum().add(x.square().square().sum().mul(1 + k % 3));
  };
  return { parameters: [z, x] as Tensor[], loss };
}

for (const [name, make] of makers) {
  onEngines(`${name} goes on from its state dict bit for bit`, async () => {
    const [one, other] = [problem(), problem()];
    const first = make(one.parameters);
    const steps = (optimizer: Any, { loss }: typeof one, from: number, to: number) => {
      for (let k = from; k < to; k++) {
        loss(k).backward();
        optimizer.step();
      }
    };
    const second = make(other.parameters);
    steps(second, other, 50, 53); // what it remembers so far gives way
    steps(first, one, 0, 4);
    first.groups[0].lr *= 0.7;
    const bytes = formatSafetensors(await first.stateDict());
    for (const [k, p] of one.parameters.entries()) {
      const data = await p.data();
      const value = p instanceof ComplexTensor
        ? complexTensor(data, p.shape)
        : tensor(data, p.shape);
      (other.parameters[k] as Tensor).assign(value);
    }
    second.loadStateDict(parseSafetensors(bytes).tensors);
    steps(first, one, 4, 8);
    steps(second, other, 4, 8);
    for (const [k, p] of one.parameters.entries()) {
      assertEquals(await other.parameters[k].data(), await p.data());
    }
    assertEquals(await second.stateDict(), await first.stateDict());
  });

  onEngines(`${name} holds the same bytes over 1000 steps`, (engine) => {
    const { parameters, loss } = problem();
    const optimizer = make(parameters);
    const fixed = random([3], 9);
    const bytes: number[] = [];
    for (let k = 0; k < 1000; k++) {
      (k < 2 ? loss(k) : (parameters[0] as ComplexTensor).sub(fixed).absSquared().sum()).backward();
      nn.clipGradNorm(parameters, 1);
      optimizer.step();
      if (k >= 5) bytes.push(engine.memory().bytes);
    }
    assertFlat(bytes);
  });
}

onEngines("a new learning rate makes no new kernel and no new plan", (engine) => {
  for (const [name, make] of makers) {
    const { parameters } = problem();
    const optimizer = make(parameters);
    const schedule = new nn.ExponentialLR(optimizer, { gamma: 0.9 });
    const target = random([3], 4);
    const step = () => {
      (parameters[0] as ComplexTensor).sub(target).absSquared().sum().backward();
      optimizer.step();
      schedule.step();
    };
    for (let k = 0; k < 3; k++) step();
    assertEquals(count(engine, () => [step(), step(), step()]).compiled, 0, name);
  }
});

onEngines("loadStateDict() names everything that does not fit, and changes nothing", async () => {
  const { parameters, loss } = problem();
  const optimizer = new nn.Adam(parameters, { lr: 0.01 });
  loss(1).backward();
  optimizer.step();
  const before = await optimizer.stateDict();
  const refused = async (change: (dict: nn.StateDict) => void, ...why: string[]) => {
    const dict = await optimizer.stateDict();
    change(dict);
    const { message } = assertThrows(() => optimizer.loadStateDict(dict), Error, "Cannot load the");
    for (const part of why) assert(message.includes(part), message);
    assertEquals(await optimizer.stateDict(), before);
  };
  await refused((d) => d.delete("groups.0.lr"), "groups.0.lr is missing");
  await refused(
    (d) => {
      d.delete("state.0.secondMoment");
      d.set("state.1.firstMoment", d.get("state.0.firstMoment")!);
      d.set("state.2.step", d.get("state.0.step")!);
    },
    "state.0.secondMoment is missing",
    "state.1.firstMoment is C64 [3] and should be F32 [2]",
    "state.2.step is not known",
  );
  await refused(
    (d) => d.set("groups.0.lr", { dtype: "F64", shape: [], data: Float64Array.of(-1) }),
    "lr must be a number of at least 0, got -1",
  );
  await refused(
    (d) => d.set("state.0.step", { dtype: "I64", shape: [], data: BigInt64Array.of(-1n) }),
    "is -1 and should be a count",
  );
  const other = await new nn.SGD(parameters).stateDict();
  assertThrows(() => optimizer.loadStateDict(other), Error, "groups.0.momentum is not known");
  // deno-lint-ignore no-explicit-any
  assertThrows(() => optimizer.loadStateDict({} as any), Error, "it takes a Map, got object");
});

onEngines("gradients of several backward() add up, at once or piece by piece", async (engine) => {
  const pieces = [1, 2, 3, 4].map((k) => random([8, 4], k));
  const run = async (accumulate: boolean) => {
    manualSeed(1);
    const net = new nn.Sequential(new nn.Linear(4, 6), new nn.CReLU(), new nn.Linear(6, 1));
    const optimizer = new nn.SGD(net.parameters(), { lr: 0.1, momentum: 0.5 });
    const bytes: number[] = [];
    const losses: RealTensor[] = [];
    for (let k = 0; k < 100; k++) {
      for (const x of pieces) {
        const loss = net.apply(x).absSquared().mean().div(pieces.length);
        loss.backward();
        if (accumulate) optimizer.accumulate();
        if (k === 0) losses.push(loss);
      }
      optimizer.step();
      if (k >= 3) bytes.push(engine.memory().bytes);
      if (k === 2) { for (const loss of losses) assert(Number.isFinite(await loss.item())); }
    }
    assertFlat(bytes);
    return await Promise.all(net.parameters().map((p) => p.data()));
  };
  const [sums, inPlace] = [await run(false), await run(true)];
  sums.forEach((values, k) => assertClose(inPlace[k], values, 1e-5));
});

onEngines("accumulate() holds the graph of one piece at a time", (engine) => {
  const peak = (accumulate: boolean) => {
    const w = parameter(random([64, 64], 1));
    const optimizer = new nn.SGD([w], { lr: 1e-4 });
    const before = engine.memory().peak;
    for (let k = 0; k < 8; k++) {
      let y = random([256, 64], k);
      for (let layer = 0; layer < 4; layer++) y = y.matmul(w).mul(0.1);
      y.absSquared().sum().backward();
      if (accumulate) optimizer.accumulate();
    }
    optimizer.step();
    return engine.memory().peak - before;
  };
  const one = peak(true);
  const all = peak(false);
  // The peak only rises: what the pieces take at once comes on top of what each takes.
  assert(all > one / 2, `${all} above ${one}`);
});

onEngines("accumulate() before any backward() is refused", () => {
  const optimizer = new nn.SGD([parameter(tensor([1]))]);
  assertThrows(() => optimizer.accumulate(), Error, "no parameter has a gradient");
});

onEngines("a value carried from step to step holds the same bytes over 1000 steps", (engine) => {
  for (const detachFirst of [true, false]) {
    const w = parameter(random([64, 64], 3));
    const optimizer = new nn.SGD([w], { lr: 1e-3 });
    let h = random([4, 64], 4);
    const bytes: number[] = [];
    for (let k = 0; k < 1000; k++) {
      const next = h.matmul(w).tanh();
      next.absSquared().mean().backward();
      if (detachFirst) optimizer.step(h = next.detach());
      else {
        optimizer.step(next);
        h = next.detach();
      }
      if (k >= 5) bytes.push(engine.memory().bytes);
    }
    assertFlat(bytes);
  }
});

onEngines(
  "of values carried from step to step the latest stay, and older ones are refused",
  async () => {
    const w = parameter(tensor([[0.5, 0, 0, 0, 0, 0, 0, 0]]));
    const optimizer = new nn.SGD([w], { lr: 0 });
    const all: RealTensor[] = [];
    let h = tensor([[1, 2, 3, 4, 5, 6, 7, 8]]);
    for (let k = 0; k < 600; k++) {
      const next = h.add(w);
      next.sum().backward();
      optimizer.step(next);
      all.push(next);
      if (k === 3) assertAlmostEquals((await all[3].data())[0], 3, 1e-5);
      h = next.detach();
    }
    assertAlmostEquals((await all[3].data())[0], 3, 1e-5); // it has been read
    assertAlmostEquals((await all[599].data())[0], 301, 1e-2);
    await assertRejects(() => all[5].data(), Error, "that a step of an optimiser kept");
    await assertRejects(() => all[5].mul(2).data(), Error, "read such values with data() while");
  },
);

onEngines("clipGradNorm() is computed with the step, and bounds it", async () => {
  const [a, b] = [parameter(tensor([3])), parameter(complexTensor([0, 4], [1]))];
  const optimizer = new nn.SGD([a, b], { lr: 1 });
  a.square().sum().add(b.absSquared().sum()).div(2).backward();
  const norm = nn.clipGradNorm([a, b], 1);
  optimizer.step();
  assertAlmostEquals(await norm.item(), 5, 1e-6);
  assertAlmostEquals(await a.item(), 3 - 0.6, 1e-5);
  assertAlmostEquals((await b.item()).im, 4 - 0.8, 1e-5);
  assertEquals(await nn.clipGradNorm([a, b], 1).item(), 0); // there are no gradients
});

onEngines("clipGradNorm() over the parameters of two optimisers serves both", async () => {
  const [a, b] = [parameter(tensor([3])), parameter(tensor([4]))];
  const [one, other] = [new nn.SGD([a], { lr: 1 }), new nn.SGD([b], { lr: 1 })];
  a.square().add(b.square()).sum().div(2).backward();
  nn.clipGradNorm([a, b], 1);
  one.step();
  other.step();
  assertClose([await a.item(), await b.item()], [2.4, 3.2], 1e-5);
});

onEngines("clipGradNorm() neither overflows nor underflows early", async () => {
  for (const size of [1e25, 1e-25]) {
    const w = parameter(tensor([0, 0]));
    w.grad = tensor([3 * size, 4 * size]);
    const norm = nn.clipGradNorm(w, 1);
    assertClose([await norm.item()], [5 * size], 1e-5);
    const expected = size > 1 ? [0.6, 0.8] : [3 * size, 4 * size];
    assertClose(await w.grad!.data(), expected, 1e-5);
  }
});

onEngines("clipGradValue() bounds each part", async () => {
  const [a, b] = [parameter(tensor([1, 1, 1])), parameter(complexTensor([1, 1], [1]))];
  a.grad = tensor([-3, 0.5, 7]);
  b.grad = complexTensor([-3, 0.25], [1]);
  nn.clipGradValue([a, b], 2);
  assertEquals(await a.grad!.data(), Float32Array.of(-2, 0.5, 2));
  assertEquals(await b.grad!.data(), Float32Array.of(-2, 0.25));
});

Deno.test("clipping refuses what makes no sense", () => {
  const w = parameter(tensor([1]));
  // deno-lint-ignore no-explicit-any
  const any = (x: unknown) => x as any;
  assertThrows(() => nn.clipGradNorm(any(3), 1), Error, "it takes parameters, got 3");
  assertThrows(() => nn.clipGradNorm([tensor([1])], 1), Error, "is not a parameter");
  assertThrows(() => nn.clipGradNorm([w], -1), Error, "maxNorm must be");
  assertThrows(() => nn.clipGradNorm([w], 1, { normType: 0 }), Error, "normType must be");
  assertThrows(() => nn.clipGradNorm([w], 1, any({ p: 2 })), Error, 'unknown option "p"');
  assertThrows(() => nn.clipGradValue([w], NaN), Error, "clipValue must be");
});
