/** Singular values of matrices that are made of them in float64, and the laws of the decomposition. */
import * as argand from "@argand/argand";
import {
  type ComplexTensor,
  complexTensor,
  evaluate,
  eye,
  grad,
  gradcheck,
  norm,
  parameter,
  readNpz,
  type RealTensor,
  stack,
  svd,
  svdvals,
  type Tensor,
  tensor,
  zeros,
} from "@argand/argand";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { assertClose, assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { withSpectrum } from "../support/matrices.ts";
import { Seeded } from "../support/seeded.ts";

const complexOf = (x: Tensor): ComplexTensor => (x as RealTensor).toComplex();
const adjoint = (x: Tensor) => complexOf(x).H;

/** The numbers as a tensor: the real parts alone where `real`. */
function tensorOf(values: Float64Array, shape: number[], real: boolean): Tensor {
  if (!real) return complexTensor(values, shape);
  return tensor(values.filter((_, k) => k % 2 === 0), shape);
}

/** How far the columns of x are from being orthonormal. */
async function loss(x: Tensor): Promise<number> {
  const gram = adjoint(x).matmul(complexOf(x));
  return await gram.sub(eye(x.shape.at(-1)!)).abs().max().item();
}

/** Checks the decomposition of one matrix or of a stack. */
async function check(a: Tensor, values: readonly number[], name: string, full = false) {
  const { u, s, vh } = svd(a, { fullMatrices: full });
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const lead = a.shape.slice(0, -2);
  assertEquals(u.shape, [...lead, m, full ? m : k], name);
  assertEquals(s.shape, [...lead, k], name);
  assertEquals(vh.shape, [...lead, full ? n : k, n], name);
  assertEquals([u.dtype, s.dtype, vh.dtype], [a.dtype, "float32", a.dtype], name);
  const largest = Math.max(...values, 1e-30);
  assertClose((await s.data()).map((x) => x / largest), values.map((x) => x / largest), 2e-6, name);
  assertClose(await svdvals(a).data(), await s.data(), 2e-6, `${name}, values alone`);
  for (const [side, x] of [["U", u], ["V", adjoint(vh)]] as const) {
    const off = await loss(x);
    assert(off < 3e-6, `${name}: ${side} is off by ${off}`);
  }
  const part = (x: Tensor, axis: number) =>
    complexOf(x).slice(...x.shape.map((_, d) => (d === x.rank + axis ? [0, k] as const : null)));
  const left = part(u, -1).mul(s.unsqueeze(-2)) as ComplexTensor;
  const off = await left.matmul(part(vh, -2)).sub(complexOf(a)).abs().max().item();
  assert(off <= 2e-6 * largest, `${name}: U S Vh is off by ${off} of ${largest}`);
}

/** Each of largest value 1 or 0, for a stack of 6 × 6 matrices. */
const SPECTRA = {
  even: [1, 0.8, 0.6, 0.4, 0.2, 0.1],
  graded: [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5],
  lowerRank: [1, 0.5, 0.25, 0, 0, 0],
  rankOne: [1, 0, 0, 0, 0, 0],
  equal: [1, 1, 1, 0.3, 0.3, 0],
  unitary: [1, 1, 1, 1, 1, 1],
  zero: [0, 0, 0, 0, 0, 0],
};

onEngines("svd() finds the values that matrices are made of, and orthonormal vectors", async () => {
  for (const real of [false, true]) {
    const list = Object.values(SPECTRA).map((values, k) =>
      tensorOf(withSpectrum([6, 6], values, 10 + k, { real }), [6, 6], real)
    );
    // Exact zeros and exactly equal columns too.
    const zeroColumn = argand.diag(tensor([0, 1, 0.5, 0, 0.25, 0.125]));
    const exact = [eye(6), argand.ones([6, 6]).div(6), zeroColumn];
    const all = [...list, ...exact.map((x) => real ? x : x.toComplex())] as ComplexTensor[];
    const values = [
      ...Object.values(SPECTRA),
      SPECTRA.unitary,
      SPECTRA.rankOne,
      [1, 0.5, 0.25, 0.125, 0, 0],
    ];
    await check(stack(all), values.flat(), real ? "real" : "complex");
  }
});

/** Checks matrices with given singular values, real and complex ones in turn. */
async function checkShapes(
  shapes: readonly [shape: [number, number], values: number[]][],
): Promise<void> {
  for (const [k, [shape, values]] of shapes.entries()) {
    const real = k % 2 === 1;
    const a = withSpectrum(shape, values, 30 + k, { real });
    await check(tensorOf(a, shape, real), values, `${shape}, ${real ? "real" : "complex"}`);
  }
}

onEngines("svd() takes matrices of any shape", async () => {
  await checkShapes([
    [[1, 1], [3]],
    [[5, 1], [2]],
    [[1, 4], [0.5]],
    [[4, 7], [7, 3, 2, 0]],
  ]);
});

onEngines("svd() takes larger matrices, tall and square", async () => {
  await checkShapes([
    [[30, 6], SPECTRA.graded],
    [[41, 41], Array.from({ length: 41 }, (_, k) => 1.2 ** -k)],
  ]);
}, { exhaustive: ["webgpu"] });

onEngines("svd() of huge and of tiny numbers keeps its digits", async () => {
  const shape: [number, number] = [4, 4];
  const a = withSpectrum(shape, [4, 3, 2, 1], 5);
  const sizes = [1e30, 1e-30];
  const s = svd(stack(sizes.map((size) => complexTensor(a.map((x) => x * size), shape)))).s;
  const values = await s.data();
  for (const [k, size] of sizes.entries()) {
    const own = values.subarray(4 * k, 4 * k + 4).map((x) => x / size);
    assertClose(own, [4, 3, 2, 1], 1e-6, `at ${size}`);
  }
});

onEngines("svd() takes stacks, and fills up U and Vh with fullMatrices", async () => {
  const shape: [number, number] = [5, 3];
  const spectra = [[3, 2, 1], [1, 0.5, 0]];
  const list = spectra.map((values, k) => complexTensor(withSpectrum(shape, values, k), shape));
  const all = stack(list).reshape([2, 1, 5, 3]);
  await check(all, spectra.flat(), "a stack");
  await check(all, spectra.flat(), "a full stack", true);
  await check(all.transpose(), spectra.flat(), "a wide full stack", true);
});

onEngines("svd() of a measured fibre agrees with NumPy, and gives its eigenchannels", async () => {
  const url = new URL("../../examples/data/fibre/TM_modes_5.0.npz", import.meta.url);
  const { data, shape } = (await readNpz(url)).get("TM_corr_modes")!;
  const a = complexTensor(data as Float64Array, shape);
  const { u, s, vh } = svd(a);
  // numpy.linalg.svd in complex128, NumPy 1.24.
  const places = [0, 1, 2, 10, 30, 54, 80, 100, 105, 108, 109];
  const expected = [
    [0.002726435, 0.002657282, 0.002619725, 0.002443586, 0.002223794, 0.002057264],
    [0.00186287, 0.001518412, 0.001038401, 0.0004744159, 0.0004081775],
  ].flat();
  const values = await s.data();
  assertClose(places.map((k) => values[k]), expected, 2e-6);
  assertAlmostEquals([...values].reduce((sum, x) => sum + x, 0), 0.220617319, 1e-6);
  assert(await loss(u) < 5e-6 && await loss(vh.H) < 5e-6);
  const off = await u.mul(s).matmul(vh).sub(a).abs().max().item();
  assert(off < 2e-6 * values[0], `U S Vh is off by ${off}`);
  // An eigenchannel goes in as a column of V and comes out as one of U, weaker by its value.
  const out = a.matmul(vh.H).div(s);
  const apart = await out.sub(u).abs().max(0).data();
  assert(Math.max(...apart) < 1e-4, `the outputs are off by ${Math.max(...apart)}`);
});

onEngines("svd() of what is not finite is NaN, and leaves other matrices of a stack", async () => {
  for (const wrong of [NaN, Infinity, -Infinity]) {
    const a = tensor([[[1, 0], [0, 2]], [[1, 0], [0, wrong]]]);
    const { u, s, vh } = svd(a);
    for (const x of [u, s, vh, svdvals(a)]) {
      const values = [...await x.data()].map(Number.isNaN);
      const half = values.length / 2;
      assertEquals(values, values.map((_, k) => k >= half), `${wrong}`);
    }
  }
});

const weights = (shape: readonly number[], seed: number) =>
  complexTensor(new Seeded(seed).floats(2 * shape[0] * shape[1]), shape);

onEngines("svd() has its first and second derivatives, of what no phase changes", async () => {
  /** Functions of U, S and Vh that do not depend on the phases of the vectors. */
  const readings: Record<string, (x: ReturnType<typeof svd<ComplexTensor>>) => RealTensor> = {
    s: ({ s }) => s.mul(tensor([1, -2])).sum().square(),
    u: ({ u }) => {
      const first = u.slice(null, [0, 1]);
      return first.matmul(first.H).mul(weights([u.shape[0], u.shape[0]], 1)).real.sum();
    },
    vh: ({ vh }) => vh.absSquared().mul(weights([2, vh.shape[1]], 2).real).sum(),
    all: ({ u, s, vh }) =>
      u.mul(s.exp()).matmul(vh).mul(weights([u.shape[0], vh.shape[1]], 3)).real.sum(),
  };
  for (const [k, [name, reading]] of Object.entries(readings).entries()) {
    const shape: [number, number] = ([[3, 2], [2, 2], [2, 3], [3, 2]] as const)[k].slice() as never;
    const a = complexTensor(withSpectrum(shape, [2, 0.8], k), shape);
    const f = (x: ComplexTensor) => reading(svd(x));
    const second = (x: ComplexTensor) => grad(f)(x).absSquared().sum();
    for (const g of [f, second]) {
      const { ok, worst } = await gradcheck(g, [a], { checks: 4, step: 1 / 64 });
      assert(ok, `${name} of ${shape}: ${JSON.stringify(worst)}`);
    }
  }
}, { exhaustive: ["webgpu"] });

onEngines("svd() of a real matrix has its derivative", async () => {
  const a = tensor([[1, 2], [0.5, -1], [0.25, 1]]);
  const f = (x: RealTensor) => {
    const { u, s, vh } = svd(x);
    return u.mul(s.square()).matmul(vh).square().sum().add(u.square().square().sum());
  };
  const { ok, worst } = await gradcheck(f, [a], { checks: 6, step: 1 / 64 });
  assert(ok, JSON.stringify(worst));
});

onEngines("the derivative of svdvals() is finite and right where values are equal", async () => {
  const shape: [number, number] = [4, 3];
  const a = complexTensor(withSpectrum(shape, [2, 2, 1], 8), shape);
  const f = (x: ComplexTensor) => svdvals(x).square().sum();
  assertClose(await grad(f)(a).data(), (await a.data()).map((x) => 2 * x), 1e-5);
  // Where they are 0 too: the gradient of the nuclear norm is one of its subgradients.
  const g = await grad((x: RealTensor) => svdvals(x).sum())(zeros([3, 3])).data();
  assert(g.every((x) => Math.abs(x) <= 1.00001), `${g}`);
  const second = grad((x: ComplexTensor) =>
    grad((y: ComplexTensor) => svdvals(y).square().sum())(x)
      .absSquared().sum()
  );
  const b = complexTensor(withSpectrum(shape, [3, 2, 1], 8), shape);
  assertClose(await second(b).data(), (await b.data()).map((x) => 8 * x), 1e-4);
});

onEngines(
  "derivatives of vectors that belong to equal values are NaN, of others right",
  async () => {
    const a = tensor([[3, 0, 0], [0, 1, 0], [0, 0, 1]]);
    const column = (k: number) => (x: RealTensor) =>
      svd(x).u.slice(null, [k, k + 1]).square().mul(tensor([[1], [2], [3]])).sum();
    assertEquals([...await grad(column(0))(a).data()].map(Math.abs), Array(9).fill(0));
    const mixed = (x: RealTensor) => {
      const { u } = svd(x);
      return u.slice(null, [1, 2]).mul(tensor([[1], [2], [3]])).sum();
    };
    assert((await grad(mixed)(a).data()).some(Number.isNaN));
  },
);

onEngines("norm() takes the nuclear norm and the largest and smallest singular value", async () => {
  const shape: [number, number] = [4, 3];
  const a = complexTensor(withSpectrum(shape, [3, 2, 0.5], 4), shape);
  for (const [ord, expected] of [["nuc", 5.5], [2, 3], [-2, 0.5]] as const) {
    assertAlmostEquals(await norm(a, { ord }).item(), expected, 1e-5);
  }
  const b = stack([a, a.mul(2)], 1);
  assertEquals(norm(b, { ord: "nuc", axes: [0, 2], keepDims: true }).shape, [1, 2, 1]);
  assertClose(await norm(b, { ord: 2, axes: [0, 2] }).data(), [3, 6], 1e-5);
  const { ok, worst } = await gradcheck((x: ComplexTensor) => norm(x, { ord: 2 }), [a], {
    checks: 4,
  });
  assert(ok, JSON.stringify(worst));
});

onEngines("norm() by singular values of what is not finite is NaN", async () => {
  for (const bad of [NaN, Infinity]) {
    for (const ord of [2, -2, "nuc"] as const) {
      const stack = tensor([[[bad, 1], [0, 1]], [[3, 0], [0, 3]]]);
      const [lost, found] = await norm(stack, { ord, axes: [1, 2] }).data();
      assert(Number.isNaN(lost), `${ord} of ${bad}: ${lost}`);
      assertAlmostEquals(found, ord === "nuc" ? 6 : 3, 1e-5);
    }
  }
});

onEngines("learning by singular values and vectors keeps device memory flat", async (engine) => {
  const shape: [number, number] = [6, 4];
  const w = parameter(complexTensor(withSpectrum(shape, [4, 3, 2, 1], 1), shape));
  const target = complexTensor(withSpectrum([6, 1], [1], 2), [6, 1]);
  const bytes: number[] = [];
  const losses: RealTensor[] = [];
  for (let k = 1; k <= 60; k++) {
    const { u, s } = svd(w);
    // The first output channel is to be the target, and the values are to be equal.
    const overlap = u.slice(null, [0, 1]).H.matmul(target).absSquared().sum();
    const loss = s.sub(2).square().sum().sub(overlap);
    loss.backward();
    w.assign(w.sub(w.grad!.mul(0.02)));
    w.grad = null;
    evaluate(loss);
    losses.push(loss);
    if ([5, 30, 60].includes(k)) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
  const [first, last] = [await losses[0].item(), await losses[59].item()];
  assert(first > 5 && last < 0, `the loss went from ${first} to ${last}`);
});

Deno.test("svd() refuses what has no matrices, and unknown options", () => {
  // deno-lint-ignore no-explicit-any
  const a: any = argand;
  const x = tensor([[1, 2]]);
  const misuses: [() => unknown, string][] = [
    [() => a.svd(tensor([1])), "Cannot take the singular value decomposition: it takes matrices"],
    [() => a.svdvals(tensor([1])), "Cannot take singular values: it takes matrices [… m, n], got"],
    [() => a.svd([[1]]), "it takes a tensor, got an array"],
    [() => a.svd(x, { full: true }), 'unknown option "full"; it knows fullMatrices'],
    [() => a.svd(x, { fullMatrices: 1 }), "fullMatrices must be true or false, got 1"],
    [
      () => grad((y: RealTensor) => svd(y, { fullMatrices: true }).vh.sum())(x),
      "Cannot differentiate svd with fullMatrices: the vectors beyond",
    ],
  ];
  for (const [call, message] of misuses) assertThrows(call, argand.ArgandError, message);
});
