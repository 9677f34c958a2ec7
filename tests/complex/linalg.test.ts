/** Diagonals, traces, Kronecker products and norms against their definitions in float64. */
import * as argand from "@argand/argand";
import {
  type ComplexTensor,
  complexTensor,
  diag,
  diagonal,
  grad,
  gradcheck,
  kron,
  norm,
  type NormOptions,
  type RealTensor,
  type Tensor,
  tensor,
  trace,
  valueAndGrad,
} from "@argand/argand";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

const random = new Seeded(21);
const reals = (...shape: number[]): RealTensor =>
  tensor(random.floats(shape.reduce((a, n) => a * n, 1)), shape);
const complexes = (...shape: number[]): ComplexTensor =>
  complexTensor(random.floats(2 * shape.reduce((a, n) => a * n, 1)), shape);

/** First and second derivatives against differences. */
async function assertDerivatives<T extends Tensor>(f: (x: T) => RealTensor, x: T, name: string) {
  const second = (y: T) => grad(f)(y).absSquared().sum();
  for (const g of [f, second]) {
    const { ok, worst } = await gradcheck<[T]>(g, [x], { checks: 8 });
    assert(ok, `${name}: ${JSON.stringify(worst)}`);
  }
}

onEngines("diag() and diagonal() agree with NumPy's at every offset", async () => {
  for (const k of [-2, -1, 0, 1, 2, 3]) {
    const x = complexes(3, 4);
    const values = await x.data();
    const [row, column] = [Math.max(0, -k), Math.max(0, k)];
    const length = Math.min(3 - row, 4 - column);
    const at = Array.from({ length }, (_, d) => 2 * ((row + d) * 4 + column + d));
    const expected = at.flatMap((p) => [values[p], values[p + 1]]);
    const line = diag(x, k);
    assertEquals(line.shape, [length]);
    assertEquals([...await line.data()], expected);
    const stack = complexTensor([...values, ...values.map((v) => -v)], [2, 1, 3, 4]);
    assertEquals([...await diagonal(stack, k).data()], [...expected, ...expected.map((v) => -v)]);

    const back = diag(line, k);
    const n = length + Math.abs(k);
    assertEquals(back.shape, [n, n]);
    assertEquals([...await diag(back, k).data()], expected);
    const rest = back.absSquared().sum().sub(line.absSquared().sum());
    assertAlmostEquals(await rest.item(), 0, 1e-6);
  }
});

onEngines("trace() and kron() agree with their definitions", async () => {
  const [a, b] = [complexes(2, 3), reals(4, 2)];
  const [x, y] = [await a.data(), await b.data()];
  const expected = Array.from({ length: 8 * 6 * 2 }, (_, e) => {
    const [p, part] = [e >> 1, e % 2];
    const [i, j] = [Math.floor(p / 6), p % 6];
    return x[2 * ((i >> 2) * 3 + (j >> 1)) + part] * y[(i % 4) * 2 + j % 2];
  });
  const product = kron(a, b);
  assertEquals(product.shape, [8, 6]);
  assertClose(await product.data(), expected, 1e-6);
  assertEquals(kron(reals(3), complexes(2, 1, 2)).shape, [2, 1, 6]);

  const [m, n] = [complexes(3, 3), complexes(2, 2)];
  const [left, right] = [trace(kron(m, n)), trace(m).mul(trace(n))];
  assertClose(await left.data(), await right.data(), 1e-5);
  assertEquals(trace(complexes(2, 5, 3, 4)).shape, [2, 5]);
});

onEngines("diagonals, traces and Kronecker products have their derivatives", async () => {
  const w = complexes(3, 3);
  await assertDerivatives((x: ComplexTensor) => diag(x, -1).square().absSquared().sum(), w, "diag");
  await assertDerivatives(
    (x: ComplexTensor) => diag(x.at(0), 1).matmul(x.pad([[1, 0], [0, 0]])).absSquared().sum(),
    w,
    "matrix of a diagonal",
  );
  await assertDerivatives(
    (x: ComplexTensor) => trace(kron(x, x).matmul(kron(x, w.slice([1, 3], [0, 2])))).absSquared(),
    w.slice([0, 2], [0, 2]),
    "trace and kron",
  );
});

/** The norm of one vector or matrix of moduli, by its definition. */
function expectedNorm(r: readonly number[][], ord: number | "fro" | undefined, matrix: boolean) {
  const all = r.flat();
  const columns = r[0].map((_, j) => r.reduce((sum, row) => sum + row[j], 0));
  const rows = r.map((row) => row.reduce((a, b) => a + b, 0));
  if (ord === undefined || ord === "fro") return Math.hypot(...all);
  if (matrix) {
    const sums = Math.abs(ord) === 1 ? columns : rows;
    return ord > 0 ? Math.max(...sums) : Math.min(...sums);
  }
  if (ord === Infinity) return Math.max(...all);
  if (ord === -Infinity) return Math.min(...all);
  if (ord === 0) return all.filter((x) => x !== 0).length;
  return all.reduce((sum, x) => sum + x ** ord, 0) ** (1 / ord);
}

onEngines("norm() agrees with the definitions, of vectors and of matrices", async () => {
  const z = complexes(2, 3, 4);
  const values = await z.data();
  const modulus = (b: number, i: number, j: number) =>
    Math.hypot(...[0, 1].map((part) => values[2 * ((b * 3 + i) * 4 + j) + part]));
  const [B, I, J] = [[0, 1], [0, 1, 2], [0, 1, 2, 3]];
  for (const ord of [undefined, "fro", 1, -1, Infinity, -Infinity] as const) {
    const expected = B.map((b) =>
      expectedNorm(I.map((i) => J.map((j) => modulus(b, i, j))), ord, true)
    );
    const options: NormOptions = { ord, axes: [1, 2] };
    assertClose(await norm(z, options).data(), expected, 1e-6, `matrix norm ${ord}`);
    assertEquals(norm(z, { ...options, keepDims: true }).shape, [2, 1, 1]);
    const turned = norm(z.T, { ord, axes: [-1, 1] });
    assertClose(await turned.data(), expected, 1e-6, `matrix norm ${ord}, axes turned`);
  }
  for (const ord of [undefined, 0, 1, 2, 3, 0.5, -1, -2, Infinity, -Infinity] as const) {
    const expected = B.flatMap((b) =>
      J.map((j) => expectedNorm([I.map((i) => modulus(b, i, j))], ord, false))
    );
    const options: NormOptions = { ord, axes: 1 };
    assertClose(await norm(z, options).data(), expected, 2e-6, `vector norm ${ord}`);
  }
  const whole = Math.hypot(...values);
  assertAlmostEquals(await norm(z).item(), whole, 1e-5);
  assertAlmostEquals(await norm(reals(1).mul(0).add(-3), { ord: 2 }).item(), 3, 1e-6);
});

onEngines("norm() of huge, tiny and zero numbers is right, and so is its derivative", async () => {
  for (const size of [1e30, 1e37, 1e-30, 1e-36]) {
    const x = complexTensor([3, 0, 0, 4].map((v) => v * size), [2]);
    for (const ord of [2, 3, 0.5, -2]) {
      const expected = (3 ** ord + 4 ** ord) ** (1 / ord);
      const [value, [slope]] = valueAndGrad((y: ComplexTensor) => norm(y, { ord }))(x);
      assertAlmostEquals(await value.item() / size, expected, 1e-5, `ord ${ord} at ${size}`);
      const along = [3, 4].map((v) => (v / expected) ** (ord - 1));
      assertClose(await slope.data(), [along[0], 0, 0, along[1]], 1e-5, `ord ${ord} at ${size}`);
    }
  }
  for (const ord of [1, 2, 3, 0.5, -1, Infinity, -Infinity]) {
    const [value, [slope]] = valueAndGrad((y: ComplexTensor) => norm(y, { ord }))(
      complexTensor([0, 0, 0, 0], [2]),
    );
    assertEquals([await value.item(), ...await slope.data()], [0, 0, 0, 0, 0], `ord ${ord} at 0`);
  }
  assertEquals(await norm(tensor([2, 0, 4]), { ord: -1 }).item(), 0);
});

onEngines("norm() has its first and second derivatives", async () => {
  const x = complexes(2, 3);
  const weights = tensor([1, -2, 0.5]);
  for (const ord of [2, 3, 1.5, -1]) {
    const f = (y: ComplexTensor) => norm(y, { ord, axes: 0 }).mul(weights).sum().square();
    await assertDerivatives(f, x, `ord ${ord}`);
  }
  // At an entry 0 the second derivative of √Σ|x|² is that of |x|² / 2 over the norm.
  const zero = (y: RealTensor) => norm(y).mul(3);
  const second = grad((y: RealTensor) => grad(zero)(y).at(0))(tensor([0, 3]));
  assertClose(await second.data(), [1, 0], 1e-6);
});

Deno.test("diagonals, Kronecker products and norms refuse what does not fit", () => {
  // deno-lint-ignore no-explicit-any
  const a: any = argand;
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  const misuses: [() => unknown, string][] = [
    [() => a.diag(x, 3), "Cannot take a diagonal: offset 3 lies outside the matrices of shape"],
    [() => a.diag(x, -2), "offset -2 lies outside"],
    [() => a.diag(x, 0.5), "the offset must be an integer"],
    [() => a.diag(tensor([1]), "1"), 'k must be an integer, got "1"'],
    [() => a.diag(tensor(1)), "it takes a vector or a matrix, got shape []"],
    [() => a.diag([1, 2]), "it takes a tensor, got an array"],
    [() => a.diagonal(tensor([1])), "it takes matrices [… m, n], got shape [1]"],
    [() => a.trace(tensor([1])), "it takes matrices [… m, n], got shape [1]"],
    [() => a.kron(x, 2), "it takes a tensor, got 2"],
    [() => a.norm(x, { ord: "frob" }), 'ord must be a number, "fro" or "nuc", got "frob"'],
    [() => a.norm(x, { ord: NaN }), 'ord must be a number, "fro" or "nuc", got NaN'],
    [() => a.norm(x, { ord: 3 }), "ord 3 is not a norm of matrices"],
    [
      () => a.norm(x, { ord: "fro", axes: 0 }),
      '"fro" is a norm of matrices, and there is one axis',
    ],
    [() => a.norm(tensor(1), { ord: 2 }), "ord 2 is for one axis or two, not for the axes of"],
    [() => a.norm(x, { axes: 2 }), "axis 2 is not one of the 2 axes"],
    [() => a.norm(x, { p: 2 }), 'unknown option "p"; it knows ord, axes, keepDims'],
    [() => a.norm([1]), "Cannot take a norm: it takes a tensor, got an array"],
  ];
  for (const [call, message] of misuses) assertThrows(call, argand.ArgandError, message);
});
