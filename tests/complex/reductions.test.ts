/** Reductions over every choice of axes against float64, and what stands beside them. */
import {
  argmax,
  argmin,
  complexTensor,
  cumsum,
  grad,
  max,
  mean,
  min,
  ones,
  prod,
  type RealTensor,
  sum,
  type Tensor,
  tensor,
} from "@argand/argand";
import { assertEquals } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

type Pair = [re: number, im: number];

const SHAPE = [3, 4, 5];
const SUBSETS = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];

/** Folds interleaved numbers of shape SHAPE over axes, in float64. */
function fold(
  data: Float32Array,
  axes: readonly number[],
  start: Pair,
  step: (a: Pair, b: Pair) => Pair,
): Pair[] {
  const kept = SHAPE.map((n, d) => (axes.includes(d) ? 1 : n));
  const out = Array.from({ length: kept[0] * kept[1] * kept[2] }, () => start);
  for (let k = 0; k < data.length / 2; k++) {
    const c = [Math.floor(k / 20), Math.floor(k / 5) % 4, k % 5];
    const at = c.reduce((a, x, d) => a * kept[d] + (axes.includes(d) ? 0 : x), 0);
    out[at] = step(out[at], [data[2 * k], data[2 * k + 1]]);
  }
  return out;
}

const plus = (a: Pair, b: Pair): Pair => [a[0] + b[0], a[1] + b[1]];
const times = (a: Pair, b: Pair): Pair => [
  a[0] * b[0] - a[1] * b[1],
  a[0] * b[1] + a[1] * b[0],
];

interface Case {
  readonly name: string;
  run(x: Tensor, axes: readonly number[], keepDims: boolean): Tensor;
  expected(data: Float32Array, axes: readonly number[]): Pair[];
  readonly real?: boolean;
}

const best = (better: (a: number, b: number) => number, from: number) =>
(
  data: Float32Array,
  axes: readonly number[],
) => fold(data, axes, [from, 0], (a, b) => [better(a[0], b[0]), 0]);

const CASES: Case[] = [
  { name: "sum", run: sum, expected: (data, axes) => fold(data, axes, [0, 0], plus) },
  {
    name: "mean",
    run: mean,
    expected(data, axes) {
      const n = axes.reduce((a, d) => a * SHAPE[d], 1);
      return fold(data, axes, [0, 0], plus).map(([re, im]) => [re / n, im / n]);
    },
  },
  { name: "prod", run: prod, expected: (data, axes) => fold(data, axes, [1, 0], times) },
  {
    name: "max",
    run: (x, axes, keep) => max(x as RealTensor, axes, keep),
    expected: best(Math.max, -Infinity),
    real: true,
  },
  {
    name: "min",
    run: (x, axes, keep) => min(x as RealTensor, axes, keep),
    expected: best(Math.min, Infinity),
    real: true,
  },
];

for (const { name, run, expected, real } of CASES) {
  onEngines(`${name}() over every choice of axes agrees with float64`, async () => {
    const data = new Seeded(3).floats(2 * 60).map((x) => 1.5 * x);
    const z = complexTensor(data, SHAPE);
    const kinds: [Tensor, Float32Array, number][] = [
      [tensor(data.filter((_, k) => k % 2 === 0), SHAPE), data.map((x, k) => k % 2 ? 0 : x), 1],
    ];
    if (!real) kinds.push([z, data, 2]);
    for (const [x, numbers, lanes] of kinds) {
      for (const axes of SUBSETS) {
        for (const keepDims of [false, true]) {
          const y = run(x, axes.map((d, k) => (k ? d - 3 : d)).toReversed(), keepDims);
          const shape = SHAPE.map((n, d) => (axes.includes(d) ? 1 : n));
          assertEquals(y.shape, keepDims ? shape : SHAPE.filter((_, d) => !axes.includes(d)));
          const pairs = expected(numbers, axes).flatMap((p) => p.slice(0, lanes));
          assertClose(await y.data(), pairs, 2e-6, `${name} over ${axes}`);
        }
      }
    }
  });
}

onEngines("sum() and mean() of a million numbers stay exact to float32", async () => {
  const data = new Seeded(4).floats(1 << 20).map((x) => x + 3);
  const exact = data.reduce((a, x) => a + x, 0);
  const x = tensor(data);
  assertClose([await sum(x).item()], [exact], 1e-6);
  assertClose([await mean(x.reshape([1024, 1024]), 0).mean().item()], [exact / 2 ** 20], 1e-6);
});

onEngines("reductions of a scalar and over axes of size 1 give the same number", async () => {
  for (const x of [tensor(3), tensor([[3]])]) {
    for (const y of [sum(x), mean(x), prod(x), max(x), min(x)]) {
      assertEquals(y.shape, []);
      assertEquals(await y.item(), 3);
    }
  }
});

onEngines("argmax() and argmin() give the first place along an axis or in all", async () => {
  const x = tensor([[1, 5, 5], [7, -2, -2]]);
  assertEquals(await argmax(x, 1).toArray(), [1, 0]);
  assertEquals(await argmin(x, 1).toArray(), [0, 1]);
  assertEquals(await argmax(x, 0).toArray(), [1, 0, 0]);
  assertEquals(await argmax(x).item(), 3);
  assertEquals(await argmin(x).item(), 4);
  assertEquals(argmax(x, -1, true).shape, [2, 1]);
  assertEquals(argmax(x, undefined, true).shape, [1, 1]);
  const long = new Seeded(5).floats(5000);
  assertEquals(await argmax(tensor(long)).item(), long.indexOf(Math.max(...long)));
});

onEngines("cumsum() agrees with float64 along every axis", async () => {
  const data = new Seeded(6).floats(2 * 60);
  const z = complexTensor(data, SHAPE);
  for (const [axis, stride] of [[0, 20], [1, 5], [2, 1], [-1, 1]]) {
    const expected = Float64Array.from(data);
    for (let k = 0; k < 60; k++) {
      if (Math.floor(k / stride) % SHAPE.at(axis)! === 0) continue;
      for (const lane of [0, 1]) expected[2 * k + lane] += expected[2 * (k - stride) + lane];
    }
    assertClose(await cumsum(z, axis).data(), expected, 1e-6, `along ${axis}`);
    const re = expected.filter((_, k) => k % 2 === 0);
    assertClose(await cumsum(z.real, axis).data(), re, 1e-6, `real, along ${axis}`);
  }
});

onEngines("max() and min() share the gradient among equals", async () => {
  const x = tensor([[2, 2, 1], [0, 3, 3]]);
  const g = grad((t: RealTensor) => max(t, 1).sum())(x);
  assertEquals(await g.toArray(), [[0.5, 0.5, 0], [0, 0.5, 0.5]]);
  const all = grad((t: RealTensor) => min(t))(ones([4]));
  assertEquals(await all.toArray(), [0.25, 0.25, 0.25, 0.25]);
});

onEngines("prod() has the right first and second derivatives at zeros", async () => {
  const gradient = grad((x: RealTensor) => prod(x));
  assertEquals(await gradient(tensor([0, 2, 3])).toArray(), [6, 0, 0]);
  assertEquals(await gradient(tensor([0, 2, 0])).toArray(), [0, 0, 0]);
  const second = grad((x: RealTensor) => gradient(x).at(0));
  assertEquals(await second(tensor([0, 2, 0])).toArray(), [0, 0, 2]);
});

onEngines("argmax() and argmin() give the place of the first NaN, as in PyTorch", async () => {
  const x = tensor([[1, NaN, 2], [3, 4, 5], [NaN, 9, NaN]]);
  assertEquals(await argmax(x, 1).toArray(), [1, 2, 0]);
  assertEquals(await argmin(x, 1).toArray(), [1, 0, 0]);
  assertEquals(await argmax(x, 0).toArray(), [2, 0, 2]);
  assertEquals(await argmax(x).item(), 1);
  const long = Float32Array.from({ length: 5000 }, (_, k) => k);
  long[4321] = long[777] = NaN;
  assertEquals(await argmax(tensor(long)).item(), 777);
});

onEngines("max() and min() of values with a NaN are NaN, as in PyTorch", async () => {
  const x = tensor([[1, NaN, 2], [3, 4, 5], [NaN, NaN, NaN]]);
  assertEquals(await max(x, 1).toArray(), [NaN, 5, NaN]);
  assertEquals(await min(x, 1).toArray(), [NaN, 3, NaN]);
  assertEquals(await max(x, 0).toArray(), [NaN, NaN, NaN]);
  assertEquals(await max(x).item(), NaN);
});

onEngines("the largest and smallest of infinities are infinite", async () => {
  const low = tensor([[-Infinity, -Infinity], [-Infinity, 1]]);
  assertEquals([...await max(low, 1).data()], [-Infinity, 1]);
  assertEquals([...await min(low.neg(), 1).data()], [Infinity, -1]);
  assertEquals(await max(low.slice([0, 1]).expand([5000, 2])).item(), -Infinity);
});
