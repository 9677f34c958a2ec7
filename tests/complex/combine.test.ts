/** Two operands: broadcasting, kinds, comparison, choice; tensors put together and rows chosen. */
import {
  add,
  atan2,
  complex,
  type ComplexTensor,
  complexTensor,
  concat,
  div,
  equal,
  grad,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  notEqual,
  pad,
  pick,
  pow,
  type RealTensor,
  stack,
  sub,
  take,
  tensor,
  valueAndGrad,
  where,
  zeros,
} from "@argand/argand";
import { assertEquals } from "@std/assert";
import { sizeOf } from "../../complex/lazy/shape.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

const SHAPES: (readonly [a: number[], b: number[], out: number[]])[] = [
  [[2, 3], [2, 3], [2, 3]],
  [[2, 3], [3], [2, 3]],
  [[2, 1], [3], [2, 3]],
  [[4, 1, 3], [2, 1], [4, 2, 3]],
  [[], [2, 2], [2, 2]],
  [[1], [1, 1], [1, 1]],
];

/** Where the element k of `out` comes from in a tensor of shape `own`. */
function source(k: number, out: readonly number[], own: readonly number[]): number {
  let at = 0;
  let stride = 1;
  for (let d = 1; d <= out.length; d++) {
    const c = k % out[out.length - d];
    k = Math.floor(k / out[out.length - d]);
    const n = own[own.length - d] ?? 1;
    if (n !== 1) at += c * stride;
    stride *= n;
  }
  return at;
}

onEngines("operands broadcast, and gradients are summed back to their shapes", async () => {
  const random = new Seeded(1);
  for (const [sa, sb, out] of SHAPES) {
    const [a, b] = [sa, sb].map((s) => random.floats(sizeOf(s)).map((x) => x + 2));
    const y = tensor(a, sa).div(tensor(b, sb));
    assertEquals(y.shape, out);
    const [ga, gb] = [new Float64Array(a.length), new Float64Array(b.length)];
    const expected = Array.from({ length: sizeOf(out) }, (_, k) => {
      const [i, j] = [source(k, out, sa), source(k, out, sb)];
      ga[i] += 1 / b[j];
      gb[j] -= a[i] / b[j] ** 2;
      return a[i] / b[j];
    });
    assertClose(await y.data(), expected, 1e-6, `${sa} / ${sb}`);
    const ratio = (x: RealTensor, y: RealTensor) => x.div(y).sum();
    const [, [gx, gy]] = valueAndGrad(ratio)(tensor(a, sa), tensor(b, sb));
    assertClose(await gx.data(), ga, 1e-5, `gradient of ${sa}`);
    assertClose(await gy.data(), gb, 1e-5, `gradient of ${sb}`);
  }
});

onEngines("real and complex operands and numbers combine on either side", async () => {
  const x = tensor([1, 2]);
  const z = complex([1, 2], [3, 4]);
  const real: RealTensor = add(1, x);
  const mixed: ComplexTensor = mul(x, z);
  const turned: ComplexTensor = x.mul({ re: 0, im: 1 });
  assertEquals(await real.toArray(), [2, 3]);
  assertEquals(await mixed.data(), new Float32Array([1, 3, 4, 8]));
  assertEquals(await turned.data(), new Float32Array([0, 1, 0, 2]));
  assertEquals(await sub({ re: 0, im: 1 }, x).data(), new Float32Array([-1, 1, -2, 1]));
  assertEquals(await div(2, complex(0, 1)).item(), { re: 0, im: -2 });
  assertEquals(await add(1, 2).item(), 3);
  assertEquals(await pow(x, 2).toArray(), [1, 4]);
  assertClose(await pow(2, x).data(), [2, 4], 1e-6);
  assertEquals(await x.sub(z).data(), new Float32Array([0, -3, 0, -4]));
});

onEngines("comparisons give 1 or 0", async () => {
  const [a, b] = [tensor([1, 2, 3]), 2];
  const results: [RealTensor, number[]][] = [
    [less(a, b), [1, 0, 0]],
    [lessEqual(a, b), [1, 1, 0]],
    [greater(a, b), [0, 0, 1]],
    [greaterEqual(a, b), [0, 1, 1]],
    [equal(a, b), [0, 1, 0]],
    [notEqual(a, b), [1, 0, 1]],
    [less(b, a), [0, 0, 1]],
    [a.less(b), [1, 0, 0]],
    [a.greaterEqual(tensor([3, 2, 1])), [0, 1, 1]],
    [equal(complex([1, 2, 3], [0, 1, 0]), a), [1, 0, 1]],
    [complex([1, 1], [1, 2]).notEqual({ re: 1, im: 2 }), [1, 0]],
  ];
  for (const [y, expected] of results) assertEquals(await y.toArray(), expected);
});

onEngines("where() chooses, broadcasts and sends gradients to the chosen", async () => {
  const c = tensor([1, 0, 5]);
  const z = complex([1, 2, 3], [1, 1, 1]);
  assertEquals(await where(c, z, 0).data(), new Float32Array([1, 1, 0, 0, 3, 1]));
  assertEquals(await where(c, tensor([[1], [2]]), 9).toArray(), [[1, 9, 1], [2, 9, 2]]);
  const f = (x: RealTensor, y: RealTensor) => where(c, x, y).mul(tensor([1, 2, 3])).sum();
  const [, [gx, gy]] = valueAndGrad(f)(zeros([3]), zeros([1]));
  assertEquals(await gx.toArray(), [1, 0, 3]);
  assertEquals(await gy.toArray(), [2]);
});

onEngines("maximum(), minimum() and atan2() take tensors and numbers", async () => {
  const x = tensor([-1, 0, 2]);
  assertEquals(await maximum(x, 0).toArray(), [0, 0, 2]);
  assertEquals(await minimum(0, x).toArray(), [-1, 0, 0]);
  const half = grad((t: RealTensor) => maximum(t, 0).sum());
  assertEquals(await half(x).toArray(), [0, 0.5, 1]);
  const angles = [[1, -1], [-1, -1], [0, -2], [3, 0]].map(([y, x]) => [y, x, Math.atan2(y, x)]);
  const column = (k: number) => tensor(angles.map((row) => row[k]));
  assertClose(await atan2(column(0), column(1)).data(), angles.map((row) => row[2]), 1e-6);
});

onEngines("concat() and stack() put tensors one after the other", async () => {
  const a = tensor([[1, 2], [3, 4]]);
  const b = tensor([[5, 6]]);
  assertEquals(await concat([a, b, a]).toArray(), [[1, 2], [3, 4], [5, 6], [1, 2], [3, 4]]);
  assertEquals(await concat([a, b.T], -1).toArray(), [[1, 2, 5], [3, 4, 6]]);
  assertEquals(await concat([a]).toArray(), [[1, 2], [3, 4]]);
  assertEquals(await stack([a, a.T], 2).toArray(), [[[1, 1], [2, 3]], [[3, 2], [4, 4]]]);
  const mixed = concat([tensor([1]), complex([2], [3])]);
  assertEquals(mixed.dtype, "complex64");
  assertEquals(await mixed.data(), new Float32Array([1, 0, 2, 3]));
  const weights = tensor([[1, 2], [3, 4], [5, 6]]);
  const f = (x: RealTensor, y: RealTensor) => concat([x, y]).mul(weights).sum();
  const [, [ga, gb]] = valueAndGrad(f)(a, b);
  assertEquals(await ga.toArray(), [[1, 2], [3, 4]]);
  assertEquals(await gb.toArray(), [[5, 6]]);
});

onEngines("concat() of many tensors is right", async () => {
  const parts = Array.from({ length: 40 }, (_, k) => tensor([k, k + 0.5]));
  const expected = parts.flatMap((_, k) => [k, k + 0.5]);
  assertEquals(await concat(parts).toArray(), expected);
});

onEngines("pad() puts a value around real and complex tensors", async () => {
  const x = tensor([[1, 2]]);
  assertEquals(await pad(x, [[1, 0], [0, 1]], 7).toArray(), [[7, 7, 7], [1, 2, 7]]);
  const z = complexTensor([1, 2], [1]);
  assertEquals(await pad(z, [[1, 1]], 3).data(), new Float32Array([3, 0, 1, 2, 3, 0]));
  assertEquals(await pad(x, [[0, 0], [0, 0]], 7).toArray(), [[1, 2]]);
});

onEngines("take() takes rows along an axis and adds up gradients of rows taken twice", async () => {
  const random = new Seeded(7);
  const data = random.floats(2 * 24);
  const z = complexTensor(data, [2, 3, 4]);
  const labels = Uint8Array.of(2, 0, 2, 1);
  const y = take(z, labels, 1);
  assertEquals(y.shape, [2, 4, 4]);
  const values: number[] = [];
  for (const outer of [0, 1]) {
    for (const p of labels) {
      const row = 2 * (12 * outer + 4 * p);
      values.push(...data.subarray(row, row + 8));
    }
  }
  assertEquals(Array.from(await y.data()), values);
  const g = grad((x: RealTensor) => take(x, [0, 0, 2]).mul(tensor([1, 2, 3])).sum());
  assertEquals(await g(zeros([4])).toArray(), [3, 0, 3, 0]);
});

onEngines("pick() picks one element of each row", async () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  assertEquals(await pick(x, Int32Array.of(2, 0)).toArray(), [3, 4]);
  assertEquals(await pick(x.toComplex(), [1, 1]).data(), new Float32Array([2, 0, 5, 0]));
  const g = grad((t: RealTensor) => pick(t, [2, 0]).mul(tensor([5, 7])).sum());
  assertEquals(await g(x).toArray(), [[0, 0, 5], [7, 0, 0]]);
});

onEngines("labels are copied at the call", async () => {
  const labels = [0, 1];
  const y = take(tensor([10, 20]), labels);
  labels[0] = 1;
  assertEquals(await y.toArray(), [10, 20]);
});

onEngines("NaN is equal to nothing, itself included", async () => {
  const x = tensor([NaN, 1]);
  const z = complex(tensor([0, 1]), x);
  assertEquals([...await x.equal(x).data()], [0, 1]);
  assertEquals([...await x.notEqual(x).data()], [1, 0]);
  assertEquals([...await z.equal(z).data()], [0, 1]);
  assertEquals([...await z.notEqual(z).data()], [1, 0]);
});
