import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, complexTensor, ones, tensor } from "../../complex/create/create.ts";
import { manualSeed } from "../../complex/create/random.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { ComplexTensor, type RealTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { mixed, random, slopes } from "./support.ts";

onEngines("a module that defines only the pair form has the native one", async () => {
  class Swap extends nn.Layer {
    override forward(xr: RealTensor, xi: RealTensor): [RealTensor, RealTensor] {
      return [xi, xr];
    }
  }
  assertEquals(await new Swap().apply(complex([1], [2])).item(), { re: 2, im: 1 });
});

Deno.test("a forward of one tensor, as PyTorch has it, is told to be named apply", () => {
  const Net = class extends nn.Layer {
    readonly linear = new nn.Linear(2, 2);
    override forward(...parts: never[]): never;
    override forward(z: never): never {
      return this.linear.apply(z) as never;
    }
  };
  const message = "its forward takes one tensor; name it apply, as forward takes two parts";
  assertThrows(() => new Net().apply(ones([1, 2]).toComplex()), ArgandError, message);
});

const FUNCTIONS: [string, (...args: ComplexTensor[]) => ComplexTensor, number[][]][] = [
  ["linear", (x, w, b) => nn.functional.linear(x, w, b), [[3, 4], [2, 4], [2]]],
  [
    "conv2d",
    (x, w, b) =>
      nn.functional.conv2d(x, w, b, { stride: 2, padding: 1, dilation: [1, 2], groups: 2 }),
    [[2, 2, 5, 6], [4, 1, 3, 2], [4]],
  ],
  ["csigmoid", (x) => nn.functional.csigmoid(x), [[6]]],
  ["ctanh", (x) => nn.functional.ctanh(x), [[6]]],
];

onEngines("first and second derivatives of the layers' functions pass gradcheck", async () => {
  for (const [name, f, shapes] of FUNCTIONS) {
    const inputs = shapes.map((shape, k) => random(shape, 20 + k));
    const value = (...args: Tensor[]) => mixed(f(...args as ComplexTensor[]));
    for (const [order, g] of [[1, value], [2, slopes(value)]] as const) {
      const { ok, worst } = await gradcheck(g, inputs, {
        checks: 6,
        tolerance: 3e-3,
        step: 1 / 64,
      });
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("first and second derivatives through batch norms pass gradcheck", async () => {
  const cases: [string, nn.Layer][] = [
    ["BatchNorm1d", new nn.BatchNorm1d(2)],
    ["BatchNorm1d without affine", new nn.BatchNorm1d(2, { affine: false })],
    ["BatchNorm1d out of training", new nn.BatchNorm1d(2).eval()],
    ["NaiveBatchNorm1d", new nn.NaiveBatchNorm1d(2)],
    ["NaiveBatchNorm1d without affine", new nn.NaiveBatchNorm1d(2, { affine: false })],
    ["NaiveBatchNorm1d out of training", new nn.NaiveBatchNorm1d(2).eval()],
  ];
  for (const [name, layer] of cases) {
    const value = (x: Tensor) => mixed(layer.apply(x as ComplexTensor));
    for (
      const [order, g] of [[1, value], [
        2,
        slopes(value as (...args: Tensor[]) => RealTensor),
      ]] as const
    ) {
      const { ok, worst } = await gradcheck(g, [random([5, 2, 3], 31)], {
        checks: 6,
        tolerance: 5e-3,
        step: 1 / 64,
      });
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("second derivatives reach a batch norm's weight and bias", async () => {
  for (const layer of [new nn.BatchNorm1d(2), new nn.NaiveBatchNorm1d(2)]) {
    const f = slopes(
      ((x: ComplexTensor) => mixed(layer.apply(x))) as (...args: Tensor[]) => RealTensor,
    );
    const x = random([6, 2], 41);
    f(x).backward();
    const parameters = [layer.weight!, layer.bias!] as Tensor[];
    const gradients = await Promise.all(parameters.map((p) => p.grad!.data()));
    for (const [k, p] of parameters.entries()) {
      const before = await p.data();
      const length = Math.hypot(...gradients[k]);
      const at = async (h: number) => {
        const moved = before.map((v, i) => v + h * gradients[k][i] / length);
        if (p instanceof ComplexTensor) p.assign(complexTensor(moved, p.shape));
        else p.assign(tensor(moved, p.shape));
        return await f(x).item();
      };
      const h = 1 / 64;
      const measured = (await at(h) - await at(-h)) / (2 * h);
      await at(0);
      assertClose([length], [measured], 3e-3, p.state!.name);
    }
  }
});

/** The real batch norm in float64 over [n, channels, inner]. */
function realNorm(x: ArrayLike<number>, n: number, c: number, inner: number) {
  const y = new Float64Array(x.length);
  const [mean, variance] = [new Float64Array(c), new Float64Array(c)];
  for (let k = 0; k < c; k++) {
    const at = Array.from(
      { length: n * inner },
      (_, j) => (Math.floor(j / inner) * c + k) * inner + j % inner,
    );
    for (const j of at) mean[k] += x[j] / at.length;
    for (const j of at) variance[k] += (x[j] - mean[k]) ** 2 / at.length;
    for (const j of at) y[j] = (x[j] - mean[k]) / Math.sqrt(variance[k] + 1e-5);
  }
  return { y, mean, variance };
}

onEngines("both parts of the naive norm are the real batch norm of float64", async () => {
  const [n, c, h, w] = [8, 3, 7, 5];
  const layer = new nn.NaiveBatchNorm2d(c);
  const z = random([n, c, h, w], 9).mul({ re: 2, im: 1 }).add({ re: 3, im: -1 });
  const y = layer.apply(z);
  const [mean, spread] = [layer.runningMean!, layer.runningVar!];
  const count = n * h * w;
  for (const part of ["real", "imag"] as const) {
    const x = await z[part].data();
    const expected = realNorm(x, n, c, h * w);
    assertClose(await y[part].data(), expected.y, 1e-6, `${part} in training`);
    assertClose(await mean[part].data(), expected.mean.map((m) => 0.1 * m), 1e-6, "mean");
    const moved = expected.variance.map((v) => 0.9 + 0.1 * v * count / (count - 1));
    assertClose(await spread[part].data(), moved, 1e-6, "variance");
    const frozen = new nn.NaiveBatchNorm2d(c).eval();
    frozen.loadStateDict(await layer.stateDict());
    const after = await frozen.apply(z)[part].data();
    const [m, v] = [await mean[part].data(), await spread[part].data()];
    const byHand = Array.from(x, (value, k) => {
      const channel = Math.floor(k / (h * w)) % c;
      return (value - m[channel]) / Math.sqrt(v[channel] + 1e-5);
    });
    assertClose(after, byHand, 1e-6, `${part} out of training`);
  }
});

onEngines("running statistics with momentum null are the mean over batches", async () => {
  const layer = new nn.BatchNorm1d(2, { momentum: null });
  const sum = [0, 0, 0, 0];
  for (let k = 0; k < 5; k++) {
    const x = random([7, 2], 50 + k);
    layer.apply(x); // never read, and counts nevertheless
    const mean = await x.mean(0).data();
    mean.forEach((v, i) => sum[i] += v / 5);
  }
  assertClose(await layer.runningMean!.data(), sum, 1e-5);
  assertEquals(layer.numBatchesTracked!.value, 5);
});

onEngines(
  "a pass through a norm stays valid when another one follows before backward()",
  async () => {
    const layer = new nn.BatchNorm1d(2);
    const [x, y] = [random([6, 2], 1), random([6, 2], 2)];
    const both = [x, y].map((v) => layer.apply(v)).map(mixed);
    both[0].add(both[1]).backward();
    const together = await layer.weight!.grad!.data();
    layer.weight!.grad = null;
    for (const v of [x, y]) mixed(layer.apply(v)).backward();
    assertClose(together, await layer.weight!.grad!.data());
  },
);

onEngines(
  "a norm without running statistics uses those of the batch also out of training",
  async () => {
    const layer = new nn.BatchNorm1d(2, { trackRunningStats: false });
    const x = random([6, 2], 1);
    assertEquals(layer.namedBuffers(), []);
    assertEquals(await layer.apply(x).data(), await layer.eval().apply(x).data());
  },
);

onEngines("whitened channels are uncorrelated and of variance 1/2 in each part", async () => {
  const z = random([4000, 1], 8).mul({ re: 2, im: 3 }).add(random([4000, 1], 9).real);
  const y = await new nn.BatchNorm1d(1).apply(z).data();
  let [rr, ii, ri] = [0, 0, 0];
  for (let k = 0; k < y.length; k += 2) {
    rr += y[k] ** 2 / 4000;
    ii += y[k + 1] ** 2 / 4000;
    ri += y[k] * y[k + 1] / 4000;
  }
  assertClose([rr, ii, 1 + ri], [0.5, 0.5, 1], 1e-4);
});

onEngines("Dropout drops both parts together, keeps the mean and follows the seed", async () => {
  const layer = new nn.Dropout(0.3);
  const z = complex(ones([100, 200]), ones([100, 200]).mul(2));
  const draw = async () => {
    manualSeed(5);
    return await layer.apply(z).data();
  };
  const y = await draw();
  let dropped = 0;
  for (let k = 0; k < y.length; k += 2) {
    assertEquals(y[k + 1], 2 * y[k]);
    if (y[k] === 0) dropped++;
    else assertClose([y[k]], [1 / 0.7], 1e-6);
  }
  assertClose([dropped / 20000], [0.3], 0.05);
  assertEquals(await draw(), y);
  assertEquals(layer.eval().apply(z), z);
  assertEquals(await nn.functional.dropout(z, 1).absSquared().sum().item(), 0);
  const [, [g]] = valueAndGrad((x: ComplexTensor) =>
    nn.functional.dropout(x, 0.5).absSquared().sum()
  )(z);
  const values = await g.data();
  assert(values.every((v, k) => v === 0 || v === (k % 2 === 0 ? 8 : 16)));
});
