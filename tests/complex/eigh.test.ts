/** Eigenvalues of Hermitian matrices that are made of them in float64, and the laws of eigenvectors. */
import * as argand from "@argand/argand";
import {
  complex,
  type ComplexTensor,
  complexTensor,
  eigh,
  eigvalsh,
  evaluate,
  expm,
  eye,
  grad,
  gradcheck,
  type RealTensor,
  stack,
  type Tensor,
  tensor,
} from "@argand/argand";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { assertClose, assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { withSpectrum } from "../support/matrices.ts";
import { Seeded } from "../support/seeded.ts";

const complexOf = (x: Tensor): ComplexTensor => (x as RealTensor).toComplex();

/** The Hermitian matrix of these eigenvalues, as a tensor; real where asked for. */
function withValues(values: readonly number[], seed: number, real = false): Tensor {
  const n = values.length;
  const a = withSpectrum([n, n], values, seed, { real, hermitian: true });
  return real ? tensor(a.filter((_, k) => k % 2 === 0), [n, n]) : complexTensor(a, [n, n]);
}

/** Checks values and vectors of one matrix or of a stack. */
async function check(a: Tensor, expected: readonly number[], name: string) {
  const { values, vectors } = eigh(a);
  assertEquals(values.shape, a.shape.slice(0, -1), name);
  assertEquals(vectors.shape, a.shape, name);
  assertEquals([values.dtype, vectors.dtype], ["float32", a.dtype], name);
  const largest = Math.max(...expected.map(Math.abs), 1e-30);
  const off = (x: ComplexTensor) => x.abs().max().item();
  const v = complexOf(vectors);
  assertClose(
    (await values.data()).map((x) => x / largest),
    expected.map((x) => x / largest),
    2e-6,
  );
  const unitary = await off(v.H.matmul(v).sub(eye(a.shape.at(-1)!)));
  assert(unitary < 3e-6, `${name}: VᴴV is off by ${unitary}`);
  const residual = await off(complexOf(a).matmul(v).sub(v.mul(values.unsqueeze(-2))));
  assert(residual <= 2e-6 * largest, `${name}: AV − VΛ is ${residual} for ${largest}`);
}

const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b);

onEngines(
  "eigh() finds the values that matrices are made of, and orthonormal vectors",
  async () => {
    /** Each of largest modulus 1 or 0, for a stack of 6 × 6 matrices. */
    const spectra = [
      [1, -0.8, 0.6, -0.4, 0.2, -0.1],
      [1, -0.1, 0.01, -1e-3, 1e-4, 1e-5],
      [0, 0, 0, 0, 0.5, -1],
      [1, 1, 1, -0.5, -0.5, 0],
      [-1, -0.2, -0.3, -0.4, -0.5, -0.6],
      [0, 0, 0, 0, 0, -1],
      [1, 1, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 0],
    ];
    for (const real of [false, true]) {
      const list = spectra.map((values, k) => withValues(values, 20 + k, real));
      const exact = [eye(6), argand.diag(tensor([0.3, -0.1, 0.2, 0, 1, 0.4]))];
      const all = [...list, ...exact.map((x) => real ? x : x.toComplex())] as ComplexTensor[];
      const values = [...spectra, spectra[6], [0.3, -0.1, 0.2, 0, 1, 0.4]].map(ascending);
      await check(stack(all), values.flat(), real ? "real" : "complex");
    }
  },
);

onEngines("eigh() takes one number, and a larger matrix", async () => {
  await check(withValues([-3], 1), [-3], "one number");
  const values = Array.from({ length: 41 }, (_, k) => Math.cos(k));
  await check(withValues(values, 2), ascending(values), "41 values");
});

onEngines("eigh() takes stacks, and keeps the digits of huge and tiny numbers", async () => {
  const [a, b] = [withValues([1, 2, 3], 1), withValues([-1, 0, 4], 2)];
  await check(stack([a, b]).reshape([2, 1, 3, 3]), [1, 2, 3, -1, 0, 4], "a stack");
  const sizes = [1e30, 1e-30];
  const values = await eigvalsh(stack(sizes.map((s) => complexOf(a).mul(s)))).data();
  sizes.forEach((size, k) =>
    assertClose(values.subarray(3 * k, 3 * k + 3).map((x) => x / size), [1, 2, 3], 1e-6)
  );
});

onEngines("eigh() reads the Hermitian part, and exp(iA) has the same vectors", async () => {
  const a = withValues([0.5, -1, 2], 3) as ComplexTensor;
  const skew = complexTensor(withSpectrum([3, 3], [1, 2, 3], 4), [3, 3]);
  const { values, vectors } = eigh(a.add(skew).sub(skew.H));
  assertClose(await values.data(), [-1, 0.5, 2], 2e-6);
  const phases = complex(values.cos(), values.sin());
  const exponential = vectors.mul(phases).matmul(vectors.H);
  assertClose(await exponential.data(), await expm(a.mul({ re: 0, im: 1 })).data(), 3e-6);
});

onEngines("eigh() of what is not finite is NaN, and leaves other matrices of a stack", async () => {
  for (const wrong of [NaN, Infinity]) {
    const { values, vectors } = eigh(tensor([[[1, 0], [0, 2]], [[1, wrong], [wrong, 0]]]));
    for (const x of [values, vectors]) {
      const lost = [...await x.data()].map(Number.isNaN);
      assertEquals(lost, lost.map((_, k) => k >= lost.length / 2), `${wrong}`);
    }
  }
});

onEngines("eigh() has its first and second derivatives, of what no phase changes", async () => {
  const weights = complexTensor(new Seeded(3).floats(18), [3, 3]);
  const readings: Record<string, (x: ReturnType<typeof eigh<ComplexTensor>>) => RealTensor> = {
    values: ({ values }) => values.mul(tensor([1, -2, 0.5])).sum().square(),
    vectors: ({ vectors }) => vectors.absSquared().mul(weights.real).sum(),
    both: ({ values, vectors }) =>
      vectors.mul(values.exp()).matmul(vectors.H).mul(weights).real.sum(),
  };
  const a = withValues([-1, 0.4, 1.5], 7) as ComplexTensor;
  for (const [name, reading] of Object.entries(readings)) {
    const f = (x: ComplexTensor) => reading(eigh(x));
    const second = (x: ComplexTensor) => grad(f)(x).absSquared().sum();
    for (const g of [f, second]) {
      const { ok, worst } = await gradcheck(g, [a], { checks: 4, step: 1 / 64 });
      assert(ok, `${name}: ${JSON.stringify(worst)}`);
    }
  }
  const real = withValues([-1, 0.4, 1.5], 7, true) as RealTensor;
  const f = (x: RealTensor) => eigh(x).vectors.square().mul(weights.real).sum();
  const { ok, worst } = await gradcheck(f, [real], { checks: 4, step: 1 / 64 });
  assert(ok, JSON.stringify(worst));
}, { exhaustive: ["webgpu"] });

onEngines("the derivative of eigvalsh() is finite and right where values are equal", async () => {
  const a = withValues([2, 2, -1], 9) as ComplexTensor;
  const f = (x: ComplexTensor) => eigvalsh(x).square().sum();
  assertClose(await grad(f)(a).data(), (await a.data()).map((x) => 2 * x), 2e-6);
  const top = (x: RealTensor) => eigvalsh(x).at(2);
  const g = await grad(top)(eye(3)).data();
  assertClose([g[0] + g[4] + g[8]], [1], 1e-6); // of one of the vectors, v·vᴴ
});

onEngines(
  "derivatives of vectors that belong to equal values are NaN, of others right",
  async () => {
    const a = tensor([[3, 0, 0], [0, 1, 0], [0, 0, 1]]);
    const reading = (k: number) => (x: RealTensor) =>
      eigh(x).vectors.slice(null, [k, k + 1]).mul(tensor([[1], [2], [3]])).sum();
    const single = [...await grad(reading(2))(a).data()].map(Math.abs);
    // dv = Σ_j v_j (v_jᴴ dA v) / (3 − 1), halved onto both sides of the diagonal.
    assertClose(single, [0, 0.5, 0.75, 0.5, 0, 0, 0.75, 0, 0], 1e-6);
    assert((await grad(reading(0))(a).data()).some(Number.isNaN));
  },
);

onEngines("eigh() in a loop keeps device memory flat", (engine) => {
  const bytes: number[] = [];
  let a = withValues([1, 2, 3, 4, 5, 6], 1) as ComplexTensor;
  evaluate(a);
  for (let k = 1; k <= 30; k++) {
    const { values, vectors } = eigh(a);
    a = vectors.mul(values).matmul(vectors.H);
    evaluate(a);
    if ([5, 15, 30].includes(k)) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
});

Deno.test("eigh() refuses what is not a square matrix", () => {
  // deno-lint-ignore no-explicit-any
  const a: any = argand;
  const misuses: [() => unknown, string][] = [
    [
      () => a.eigh(tensor([[1, 2]])),
      "Cannot take Hermitian eigenvectors: it takes square matrices",
    ],
    [() => a.eigvalsh(tensor([1])), "Cannot take Hermitian eigenvalues: it takes square matrices"],
    [() => a.eigh(1), "it takes a tensor, got 1"],
  ];
  for (const [call, message] of misuses) assertThrows(call, argand.ArgandError, message);
});
