import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { complexTensor, parameter, tensor } from "../../complex/create/create.ts";
import { manualSeed, randnComplex } from "../../complex/create/random.ts";
import { add } from "../../complex/functions/combine.ts";
import type { RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { memory } from "../../complex/transforms/memory.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { randoms } from "../support/seeded.ts";
import { random } from "./support.ts";

const SIZE = 6;
const START = randoms(SIZE, 1);
const TARGET = randoms(SIZE, 2);

/** Gradients of Σ (w − t)⁴/4 over real numbers. */
const slope = (w: Float64Array) => w.map((x, k) => (x - TARGET[k]) ** 3);

/** Five steps in float64. */
function byHand(rule: (w: Float64Array, g: Float64Array, step: number) => void): Float64Array {
  const w = Float64Array.from(START);
  for (let step = 1; step <= 5; step++) rule(w, slope(w), step);
  return w;
}

/** Five steps of an optimiser on the same numbers, as reals or in pairs as complex ones. */
async function byOptimizer(
  kind: "real" | "complex",
  make: (w: Tensor) => nn.SGD | nn.Adam,
): Promise<ArrayLike<number>> {
  const fourth = (d: RealTensor) => d.square().square().sum().mul(0.25);
  if (kind === "real") {
    const w = parameter(tensor(START));
    const optimizer = make(w);
    for (let k = 0; k < 5; k++) {
      fourth(w.sub(tensor(TARGET))).backward();
      optimizer.step();
    }
    return await w.data();
  }
  const w = parameter(complexTensor(START, [SIZE / 2]));
  const optimizer = make(w);
  for (let k = 0; k < 5; k++) {
    const d = w.sub(complexTensor(TARGET, [SIZE / 2]));
    fourth(d.real).add(fourth(d.imag)).backward();
    optimizer.step();
  }
  return await w.data();
}

const SGDS = [
  { lr: 0.1 },
  { lr: 0.1, momentum: 0.9 },
  { lr: 0.05, momentum: 0.8, dampening: 0.3, weightDecay: 0.1 },
  { lr: 0.05, momentum: 0.7, nesterov: true, weightDecay: 0.01 },
];
const ADAMS = [
  { lr: 0.1 },
  { lr: 0.05, betas: [0.8, 0.95] as const, eps: 1e-3, weightDecay: 0.1 },
];

for (const kind of ["real", "complex"] as const) {
  onEngines(`SGD on ${kind} parameters agrees with float64 over five steps`, async () => {
    for (const options of SGDS) {
      const { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = {
        momentum: 0,
        dampening: 0,
        weightDecay: 0,
        nesterov: false,
        ...options,
      };
      const b = new Float64Array(SIZE);
      const expected = byHand((w, g, step) =>
        w.forEach((x, k) => {
          const d = g[k] + weightDecay * x;
          b[k] = step === 1 ? d : momentum * b[k] + (1 - dampening) * d;
          w[k] = x - lr * (momentum === 0 ? d : nesterov ? d + momentum * b[k] : b[k]);
        })
      );
      const actual = await byOptimizer(kind, (w) => new nn.SGD([w], options));
      assertClose(actual, expected, 2e-6, JSON.stringify(options));
    }
  });

  onEngines(`Adam on ${kind} parameters agrees with float64 over five steps`, async () => {
    for (const options of ADAMS) {
      const { lr, betas: [b1, b2], eps, weightDecay } = {
        betas: [0.9, 0.999] as const,
        eps: 1e-8,
        weightDecay: 0,
        ...options,
      };
      const m = new Float64Array(SIZE);
      const v = new Float64Array(SIZE);
      const expected = byHand((w, g, t) =>
        w.forEach((x, k) => {
          const d = g[k] + weightDecay * x;
          m[k] = b1 * m[k] + (1 - b1) * d;
          v[k] = b2 * v[k] + (1 - b2) * d * d;
          w[k] = x - lr / (1 - b1 ** t) * m[k] / (Math.sqrt(v[k] / (1 - b2 ** t)) + eps);
        })
      );
      const actual = await byOptimizer(kind, (w) => new nn.Adam([w], options));
      assertClose(actual, expected, 5e-6, JSON.stringify(options));
    }
  });
}

onEngines("step() computes the loss with the parameters it was made with", async () => {
  const w = parameter(tensor([3]));
  const optimizer = new nn.SGD([w], { lr: 0.5 });
  const losses: RealTensor[] = [];
  const also: Tensor[] = [];
  for (let k = 0; k < 3; k++) {
    const loss = w.square().sum();
    const twice = w.mul(2);
    loss.backward();
    optimizer.groups[0].lr = 0.25;
    optimizer.step(twice);
    assertEquals(w.grad, null);
    losses.push(loss);
    also.push(twice);
  }
  assertEquals(await Promise.all(losses.map((l) => l.item())), [9, 2.25, 0.5625]);
  assertEquals((await also[1].data())[0], 3);
  assertEquals(await w.item(), 0.375);
  assertThrows(() => losses[0].backward(), Error, "has used it up");
});

onEngines("zeroGrad() forgets gradients, and backward() twice adds them", async () => {
  const w = parameter(tensor([1]));
  const optimizer = new nn.SGD([w], { lr: 1 });
  w.mul(5).sum().backward();
  optimizer.zeroGrad();
  w.mul(2).sum().backward();
  w.mul(3).sum().backward();
  optimizer.step();
  assertEquals(await w.item(), -4);
});

onEngines("groups have options of their own", async () => {
  const [a, b] = [parameter(tensor([1])), parameter(tensor([1]))];
  const optimizer = new nn.SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.25 });
  add(a, b).sum().backward();
  optimizer.step();
  assertEquals([await a.item(), await b.item()], [0.75, 0.5]);
});

onEngines("two optimisers can share a loss, each stepping once it is computed", async () => {
  const [a, b] = [parameter(tensor([2])), parameter(tensor([3]))];
  const one = new nn.SGD([a], { lr: 0.1 });
  const other = new nn.Adam([b], { lr: 0.1 });
  const loss = a.mul(b).sum();
  loss.backward();
  const gradient = b.grad!;
  one.step(gradient); // the other's gradient depends on a, so it is computed with this step
  other.step();
  assertEquals(await loss.item(), 6);
  assertEquals(await gradient.item(), 2);
  assertAlmostEquals(await a.item(), 1.7, 1e-6);
  assertAlmostEquals(await b.item(), 2.9, 1e-6);
});

onEngines("a step keeps what other optimisers have still to use", async () => {
  const [a, b] = [parameter(tensor([2])), parameter(tensor([3]))];
  const [one, other] = [new nn.SGD([a], { lr: 0.1 }), new nn.SGD([b], { lr: 0.1 })];
  let [x, y] = [2, 3];
  for (let k = 0; k < 3; k++) {
    a.mul(b).sum().backward();
    one.step();
    other.step();
    [x, y] = [x - 0.1 * y, y - 0.1 * x];
    assertAlmostEquals(await a.item(), x, 1e-6);
    assertAlmostEquals(await b.item(), y, 1e-6);
  }
});

onEngines("gradients that no optimiser uses add up in place", async () => {
  const [a, b] = [parameter(tensor([2])), parameter(tensor([0]))];
  const optimizer = new nn.SGD([b], { lr: 0.01 });
  let [sum, y, bytes] = [0, 0, 0];
  for (let k = 0; k < 200; k++) {
    a.mul(b).sub(1).square().sum().backward();
    optimizer.step();
    sum += 2 * (2 * y - 1) * y;
    y -= 0.01 * 4 * (2 * y - 1);
    if (k === 20) bytes = memory().bytes;
  }
  assertEquals(memory().bytes, bytes);
  assertAlmostEquals(await a.grad!.item(), sum, 1e-4);
});

onEngines("a step with gradients of older parameters is refused and changes nothing", async () => {
  const [a, b] = [parameter(tensor([2])), parameter(tensor([3]))];
  const one = new nn.SGD([a], { lr: 0.1 });
  const other = new nn.Adam([b], { lr: 0.1 });
  const early = a.mul(b).sum();
  a.mul(b).sum().backward();
  one.step();
  other.zeroGrad();
  early.backward();
  assertThrows(() => other.step(), Error, "compute with an older value");
  assertEquals(await b.item(), 3);
  other.zeroGrad();
  a.mul(b).sum().backward();
  other.step();
  assertAlmostEquals(await b.item(), 2.9, 1e-6);
});

onEngines("a small network learns, in flat device memory", async () => {
  manualSeed(3);
  const net = new nn.Sequential(
    new nn.Linear(4, 16),
    new nn.BatchNorm1d(16),
    new nn.CReLU(),
    new nn.Linear(16, 2),
  );
  const optimizer = new nn.Adam(net.parameters(), { lr: 0.02 });
  const x = random([32, 4], 5);
  const target = x.slice(null, [0, 2]).mul(x.slice(null, [2, 4]));
  const losses: number[] = [];
  let bytes = 0;
  for (let k = 0; k < 150; k++) {
    const loss = nn.mse(net.apply(x), target);
    loss.backward();
    optimizer.step();
    if (k % 30 === 29) losses.push(await loss.item());
    if (k === 59) bytes = memory().bytes;
  }
  const first = await nn.mse(randnComplex([32, 2]).mul(0), target).item();
  assert(losses.at(-1)! < first / 10, `${losses} from ${first}`);
  assertEquals(memory().bytes, bytes);
});

onEngines("optimisers refuse what makes no sense", () => {
  const w = parameter(tensor([1]));
  // deno-lint-ignore no-explicit-any
  const bad = (options: any, why: string) =>
    assertThrows(() => new nn.SGD([w], options), Error, why);
  bad({ lr: -1 }, "lr must be a number of at least 0, got -1");
  bad({ lr: NaN }, "lr must be a number of at least 0, got NaN");
  bad({ lr: "1" }, "lr must be a number");
  bad({ foo: 1 }, 'unknown option "foo"; it knows lr, momentum');
  bad({ lr: 1, nesterov: true }, "nesterov needs a momentum");
  bad({ nesterov: 1 }, "nesterov must be true or false, got 1");
  assertThrows(
    () => new nn.Adam([w], { betas: [0.9, 1] }),
    Error,
    "a beta must be a number from 0",
  );
  // deno-lint-ignore no-explicit-any
  assertThrows(() => new nn.SGD(null as any), Error, "a list of parameters or groups, got null");
  assertThrows(() => new nn.Adam([]), Error, "there are no parameters");
  assertThrows(() => new nn.Adam([w, w]), Error, "is there twice");
  assertThrows(() => new nn.Adam([tensor([1])]), Error, "is not a parameter");
  const optimizer = new nn.SGD([w], { lr: 1 });
  assertThrows(() => optimizer.step(), Error, "no parameter has a gradient");
  optimizer.groups[0].lr = -1;
  w.sum().backward();
  assertThrows(() => optimizer.step(), Error, "lr must be");
});
