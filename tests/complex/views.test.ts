/** Views, alone and one on top of another, against plain loops over coordinates. */
import {
  ComplexTensor,
  complexTensor,
  flip,
  pad,
  type Range,
  RealTensor,
  roll,
  split,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { assertEquals } from "@std/assert";
import { sizeOf } from "../../complex/lazy/shape.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

/** What a view of a tensor shows: for each element its place in the tensor, or −1 for a zero. */
interface Seen {
  readonly shape: readonly number[];
  readonly from: readonly number[];
}

function coordinates(shape: readonly number[], k: number): number[] {
  const at: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    at.unshift(k % shape[d]);
    k = Math.floor(k / shape[d]);
  }
  return at;
}

/** The view whose element at `c` is the element at `find(c)` of what was seen; null means zero. */
function look(seen: Seen, shape: readonly number[], find: (c: number[]) => number[] | null): Seen {
  const from = Array.from({ length: sizeOf(shape) }, (_, k) => {
    const c = find(coordinates(shape, k));
    return c === null ? -1 : seen.from[c.reduce((a, x, d) => a * seen.shape[d] + x, 0)];
  });
  return { shape, from };
}

/** The same view of a tensor and of what is seen. */
interface View {
  readonly name: string;
  tensor<T extends Tensor>(x: T): T;
  seen(s: Seen): Seen;
}

const replaced = (list: readonly number[], d: number, x: number) => list.with(d, x);
const without = (list: readonly number[], d: number) => list.toSpliced(d, 1);

function reshape(shape: readonly number[]): View {
  return {
    name: `reshape ${shape}`,
    tensor: (x) => x.reshape(shape),
    seen: ({ from }) => ({ shape, from }),
  };
}

function permute(axes: readonly number[]): View {
  return {
    name: `permute ${axes}`,
    tensor: (x) => x.permute(axes),
    seen: (s) =>
      look(s, axes.map((a) => s.shape[a]), (c) => s.shape.map((_, d) => c[axes.indexOf(d)])),
  };
}

function slice(axis: number, from: number, to: number, step: number): View {
  return {
    name: `slice axis ${axis} ${from}:${to}:${step}`,
    tensor: (x) => x.slice(...x.shape.map((_, d): Range => (d === axis ? [from, to, step] : null))),
    seen: (s) =>
      look(
        s,
        replaced(s.shape, axis, Math.ceil((to - from) / step)),
        (c) => replaced(c, axis, from + step * c[axis]),
      ),
  };
}

function repeat(axis: number, times: number): View {
  return {
    name: `repeat ${times} times at ${axis}`,
    tensor: (x) => x.unsqueeze(axis).expand(x.shape.toSpliced(axis, 0, times)),
    seen: (s) => look(s, s.shape.toSpliced(axis, 0, times), (c) => without(c, axis)),
  };
}

function at(axis: number, index: number): View {
  return {
    name: `at ${index} of axis ${axis}`,
    tensor: (x) => x.at(...Array(axis).fill(null), index),
    seen: (s) => look(s, without(s.shape, axis), (c) => c.toSpliced(axis, 0, index)),
  };
}

function flipped(axis: number): View {
  return {
    name: `flip ${axis}`,
    tensor: (x) => flip(x, axis),
    seen: (s) => look(s, s.shape, (c) => replaced(c, axis, s.shape[axis] - 1 - c[axis])),
  };
}

function rolled(axis: number, by: number): View {
  return {
    name: `roll ${axis} by ${by}`,
    tensor: (x) => roll(x, by, axis),
    seen: (s) => {
      const n = s.shape[axis];
      return look(s, s.shape, (c) => replaced(c, axis, (((c[axis] - by) % n) + n) % n));
    },
  };
}

function padded(axis: number, before: number, after: number): View {
  return {
    name: `pad ${axis} by ${before}, ${after}`,
    tensor: (x) => pad(x, x.shape.map((_, d) => (d === axis ? [before, after] : [0, 0]))),
    seen: (s) => {
      const n = s.shape[axis];
      return look(s, replaced(s.shape, axis, before + n + after), (c) => {
        const k = c[axis] - before;
        return k < 0 || k >= n ? null : replaced(c, axis, k);
      });
    },
  };
}

/** Any view that a tensor of this shape allows. */
function anyView(random: Seeded, shape: readonly number[]): View {
  const axis = random.whole(0, shape.length);
  const n = shape[axis];
  const from = random.whole(0, n);
  const choices: (() => View)[] = [
    () => reshape([sizeOf(shape)]),
    () => reshape(shape.toSpliced(axis, 1, ...(n % 2 === 0 ? [n / 2, 2] : [1, n]))),
    () => permute(shape.map((_, d) => d).sort(() => random.next() - 0.5)),
    () => slice(axis, from, random.whole(from + 1, n + 1), random.whole(1, 4)),
    () => flipped(axis),
    () => rolled(axis, random.whole(-9, 9)),
    () => padded(axis, random.whole(0, 3), random.whole(0, 3)),
  ];
  if (sizeOf(shape) < 400) choices.push(() => repeat(axis, random.whole(1, 4)));
  if (shape.length > 1) choices.push(() => at(axis, from));
  return random.of(choices)();
}

/** Compares values and gradients, for a real or complex tensor. */
async function compare(shape: readonly number[], views: readonly View[], lanes: 1 | 2) {
  const random = new Seeded(views.length + 10 * lanes);
  const size = sizeOf(shape);
  const make = (data: Float32Array, s: readonly number[]): Tensor =>
    lanes === 1 ? tensor(data, s) : complexTensor(data, s);
  const data = random.floats(lanes * size);
  const whole: Seen = { shape, from: Array.from({ length: size }, (_, k) => k) };
  const seen = views.reduce((s, v) => v.seen(s), whole);
  const weights = random.floats(lanes * seen.from.length);
  const what = views.map((v) => v.name).join(", ");

  let y!: Tensor;
  const [, [gradient]] = valueAndGrad((x: Tensor) => {
    y = views.reduce((at, v) => v.tensor(at), x);
    return dot(y, make(weights, seen.shape));
  })(make(data, shape));
  assertEquals(y.shape, [...seen.shape], what);

  const values = new Float32Array(lanes * seen.from.length);
  const expected = new Float32Array(lanes * size);
  seen.from.forEach((from, k) => {
    if (from < 0) return;
    for (let lane = 0; lane < lanes; lane++) {
      values[lanes * k + lane] = data[lanes * from + lane];
      expected[lanes * from + lane] += weights[lanes * k + lane];
    }
  });
  assertClose(await y.data(), values, 0, what);
  assertClose(await gradient.data(), expected, 1e-5, `gradient of ${what}`);
}

/** Σ y·w, of complex numbers Σ y_r w_r + y_i w_i. */
function dot(y: Tensor, w: Tensor): RealTensor {
  if (y instanceof RealTensor && w instanceof RealTensor) return y.mul(w).sum();
  if (y instanceof ComplexTensor && w instanceof ComplexTensor) return y.mul(w.conj()).real.sum();
  throw new Error("one is real and one complex");
}

const ALONE: readonly (readonly [shape: number[], view: View])[] = [
  [[2, 6], reshape([3, 4])],
  [[1], reshape([])],
  [[2, 3, 4], permute([2, 0, 1])],
  [[5, 7], slice(1, 1, 7, 2)],
  [[5, 7], slice(0, 4, 5, 3)],
  [[3, 2], repeat(1, 4)],
  [[3, 2], repeat(0, 3)],
  [[3, 4, 2], at(1, 2)],
  [[4, 5], flipped(0)],
  [[4, 5], rolled(1, 2)],
  [[4, 5], rolled(0, -7)],
  [[2, 3], padded(1, 2, 1)],
];

onEngines("every view shows the right elements and passes gradients back to them", async () => {
  for (const [shape, view] of ALONE) {
    for (const lanes of [1, 2] as const) await compare(shape, [view], lanes);
  }
});

onEngines("views of views show the right elements and pass gradients back to them", async () => {
  const random = new Seeded(2);
  for (let round = 0; round < 60; round++) {
    const shape = Array.from({ length: random.whole(1, 4) }, () => random.whole(1, 6));
    const views: View[] = [];
    let seen: Seen = { shape, from: Array.from({ length: sizeOf(shape) }, (_, k) => k) };
    for (let k = random.whole(2, 7); k > 0; k--) {
      const view = anyView(random, seen.shape);
      views.push(view);
      seen = view.seen(seen);
    }
    await compare(shape, views, round % 2 === 0 ? 1 : 2);
  }
});

onEngines("slice() counts negative places from the end", async () => {
  const x = tensor([[0, 1, 2, 3], [4, 5, 6, 7]]);
  assertEquals(await x.slice([-1, 2], [-3, -1]).toArray(), [[5, 6]]);
  assertEquals(await x.slice(null, [0, 99, 3]).toArray(), [[0, 3], [4, 7]]);
  assertEquals(await x.at(-1).toArray(), [4, 5, 6, 7]);
  assertEquals(await x.at(null, -2).toArray(), [2, 6]);
});

onEngines(
  "shapes are worked out where one size is -1, and axes of size 1 come and go",
  async () => {
    const x = tensor([[0, 1, 2], [3, 4, 5]]);
    assertEquals(x.reshape([-1, 2]).shape, [3, 2]);
    assertEquals(x.flatten().shape, [6]);
    assertEquals(x.unsqueeze(1).flatten(1).shape, [2, 3]);
    assertEquals(x.unsqueeze(0).unsqueeze(-1).shape, [1, 2, 3, 1]);
    assertEquals(x.unsqueeze(0).unsqueeze(-1).squeeze().shape, [2, 3]);
    assertEquals(x.unsqueeze(0).unsqueeze(-1).squeeze(-1).shape, [1, 2, 3]);
    assertEquals(await x.T.toArray(), [[0, 3], [1, 4], [2, 5]]);
    assertEquals(await x.unsqueeze(0).expand([2, 2, 3]).sum(0).toArray(), [[0, 2, 4], [6, 8, 10]]);
    assertEquals(await tensor(7).flatten().toArray(), [7]);
  },
);

onEngines("split() gives consecutive parts", async () => {
  const x = tensor([[0, 1, 2], [3, 4, 5]]);
  const [a, b] = split(x, [1, 2], 1);
  assertEquals(await a.toArray(), [[0], [3]]);
  assertEquals(await b.toArray(), [[1, 2], [4, 5]]);
});
