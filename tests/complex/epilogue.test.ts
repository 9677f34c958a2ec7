/** Expressions of products and convolutions that are stored with them. */
import { assertEquals } from "@std/assert";
import {
  type ComplexTensor,
  complexTensor,
  evaluate,
  gradcheck,
  matmul,
  nn,
  valueAndGrad,
} from "@argand/argand";
import { assertClose } from "../support/close.ts";
import { kernelsOf } from "../support/dispatches.ts";
import { onEngines } from "../support/engines.ts";
import { hashed } from "../support/seeded.ts";

const tensorOf = (shape: readonly number[], seed: number): ComplexTensor =>
  complexTensor(hashed(2 * shape.reduce((a, b) => a * b, 1), seed), [...shape]);

/** The kernels that would run, without those that make weights ready. */
const dispatched = (...tensors: ComplexTensor[]): string[] =>
  kernelsOf(...tensors).filter((name) => name !== "packWeights" && name !== "conj");

const layers = {
  "matmul+relu": () => matmul(tensorOf([5, 4], 1), tensorOf([4, 6], 2)).relu(),
  "correlate+relu": () =>
    nn.functional.conv2d(tensorOf([2, 3, 5, 5], 1), tensorOf([4, 3, 3, 3], 2), null, {}).relu(),
  "correlate+add": () =>
    nn.functional.convTranspose1d(
      tensorOf([2, 3, 6], 1),
      tensorOf([3, 4, 3], 2),
      tensorOf([4], 3),
      {},
    ),
  "matmul+relu+add+mul+toComplex": () =>
    matmul(tensorOf([5, 4], 1), tensorOf([4, 6], 2)).mul(0.5).add(tensorOf([5, 6], 3)).relu()
      .reshape([30]),
};

for (const [name, layer] of Object.entries(layers)) {
  onEngines(`${name} is one kernel`, () => {
    assertEquals(dispatched(layer()), [name]);
  });
}

onEngines("a product that is asked for besides is stored, and right", async () => {
  const [a, b] = [tensorOf([5, 4], 1), tensorOf([4, 6], 2)];
  const before = matmul(a, b), after = before.relu();
  assertEquals(dispatched(before, after), ["matmul", "relu"]);
  evaluate(before, after);
  const alone = matmul(a, b);
  evaluate(alone);
  const expected = await alone.data();
  assertEquals(await before.data(), expected);
  assertEquals(await after.data(), expected.map((x) => Math.max(x, 0)));
  // Asked for afterwards it is computed again.
  const late = matmul(a, b);
  evaluate(late.relu());
  assertEquals(await late.data(), expected);
});

onEngines("a product that two kernels need, or one in another order, is stored", async () => {
  const y = matmul(tensorOf([5, 4], 1), tensorOf([4, 4], 2));
  assertEquals(dispatched(y.relu(), y.neg().sum()).length, 3);
  const z = matmul(tensorOf([4, 4], 1), tensorOf([4, 4], 2));
  assertEquals(dispatched(z.add(z.T)), ["matmul", "add"]);
  const sum = await z.add(z.T).data(), own = await z.data();
  assertEquals(sum[2], Math.fround(own[2] + own[8]));
});

onEngines("of two products in a sum one takes the other", async () => {
  const [a, b] = [tensorOf([5, 4], 1), tensorOf([4, 6], 2)];
  const make = () => matmul(a, b).add(matmul(a.conj(), b)).relu();
  assertEquals(dispatched(make()), ["matmul", "matmul+relu+add"]);
  const [x, y] = [matmul(a, b), matmul(a.conj(), b)];
  evaluate(x, y);
  assertClose(await make().data(), await x.add(y).relu().data(), 1e-6, "the sum");
});

onEngines("derivatives pass through epilogues, first and second ones", async () => {
  const x = tensorOf([2, 2, 5, 5], 1), w = tensorOf([3, 2, 3, 3], 2), bias = tensorOf([3], 3);
  const v = tensorOf([27, 4], 4);
  // Away from the kink of relu: |z|² is smooth, and so are products of it.
  const f = (x: ComplexTensor, w: ComplexTensor, bias: ComplexTensor, v: ComplexTensor) => {
    const y = nn.functional.conv2d(x, w, bias, {});
    const hidden = y.mul(y.conj()).mul(0.1).add(y);
    return matmul(hidden.reshape([2, 27]), v).mul({ re: 0, im: 0.5 }).square().absSquared().mean();
  };
  const first = await gradcheck(f, [x, w, bias, v], { checks: 4, tolerance: 5e-3 });
  assertEquals(first.ok, true, JSON.stringify(first.worst));
  const g = (...list: ComplexTensor[]) => {
    const [, gradients] = valueAndGrad(f)(...list as [typeof x, typeof w, typeof bias, typeof v]);
    return gradients.map((d) => d.absSquared().sum()).reduce((a, b) => a.add(b));
  };
  const second = await gradcheck(g, [x, w, bias, v], { checks: 4, tolerance: 5e-3 });
  assertEquals(second.ok, true, JSON.stringify(second.worst));
});

onEngines("relu's gradient is the same from the result as from what it was taken of", async () => {
  const [a, b] = [tensorOf([5, 4], 1), tensorOf([4, 6], 2)];
  const [, [g]] = valueAndGrad((x: ComplexTensor) => matmul(x, b).relu().absSquared().sum())(a);
  const y = matmul(a, b);
  evaluate(y);
  const [, [h]] = valueAndGrad((z: ComplexTensor) => z.relu().absSquared().sum())(y);
  assertClose(await g.data(), await matmul(h, b.H).data(), 1e-6, "the gradient");
});
