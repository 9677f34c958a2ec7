/** The exponential of matrices against its series in float64, PyTorch's and its laws. */
import * as argand from "@argand/argand";
import {
  type ComplexTensor,
  complexTensor,
  evaluate,
  expm,
  eye,
  grad,
  gradcheck,
  parameter,
  type RealTensor,
  stack,
  tensor,
  trace,
} from "@argand/argand";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { assertClose, assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { product } from "../support/matrices.ts";
import { Seeded } from "../support/seeded.ts";

/** The series of the exponential of A / 1024, squared ten times. */
function series(n: number, a: ArrayLike<number>): Float64Array {
  const small = Float64Array.from(a, (x) => x / 1024);
  let sum: Float64Array = new Float64Array(2 * n * n);
  for (let k = 0; k < n; k++) sum[2 * (k * n + k)] = 1;
  let term = sum.slice();
  for (let k = 1; k <= 24; k++) {
    term = product([n, n, n], term, small).map((x) => x / k);
    sum = sum.map((x, i) => x + term[i]);
  }
  for (let k = 0; k < 10; k++) sum = product([n, n, n], sum, sum);
  return sum;
}

/** Random numbers, complex n × n, of which the largest sum of moduli in a column is `size`. */
function matrix(n: number, seed: number, size: number, skew = false): Float32Array<ArrayBuffer> {
  const x = new Seeded(seed).floats(2 * n * n);
  if (skew) {
    for (let i = 0; i < n; i++) {
      x[2 * (i * n + i)] = 0;
      for (let j = 0; j < i; j++) {
        x[2 * (j * n + i)] = -x[2 * (i * n + j)];
        x[2 * (j * n + i) + 1] = x[2 * (i * n + j) + 1];
      }
    }
  }
  const columns = Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.hypot(x[2 * (i * n + j)], x[2 * (i * n + j) + 1]);
    return sum;
  });
  const scale = size / Math.max(...columns);
  return x.map((v) => v * scale);
}

onEngines("expm() agrees with its series in float64, for norms up to 40", async () => {
  const sizes = [0, 1e-6, 0.3, 1.4, 1.5, 3, 12, 40];
  for (const n of [1, 5, 24]) {
    const list = sizes.map((size) => matrix(n, n, size));
    const y = expm(stack(list.map((a) => complexTensor(a, [n, n]))));
    const values = await y.data();
    for (const [k, size] of sizes.entries()) {
      const own = values.subarray(2 * n * n * k, 2 * n * n * (k + 1));
      assertClose(own, series(n, list[k]), 1e-6 + 1e-6 * size, `${n} × ${n} of norm ${size}`);
    }
  }
});

onEngines("expm() of a skew-Hermitian matrix is unitary, whatever its norm", async () => {
  const sizes = [1, 10, 100, 300, 2900];
  for (const n of [2, 32]) {
    const list = sizes.map((size) => matrix(n, n, size, true));
    const stacked = expm(stack(list.map((a) => complexTensor(a, [n, n]))));
    const off = await stacked.H.matmul(stacked).sub(eye(n)).abs().max([1, 2]).data();
    const values = await stacked.data();
    for (const [k, size] of sizes.entries()) {
      const own = values.subarray(2 * n * n * k, 2 * n * n * (k + 1));
      assertClose(own, series(n, list[k]), 1e-6 + 1e-7 * size, `${n} × ${n} of norm ${size}`);
      assert(off[k] < 1e-6, `${n} × ${n} of norm ${size}: off by ${off[k]}`);
    }
  }
});

onEngines("expm() agrees with PyTorch's matrix_exp, of stacks and with its gradient", async () => {
  const re = tensor([[0.5, -1.25, 0.75], [2, 0.25, -0.5], [1.5, 1, -2]]);
  const im = tensor([[1, 0.5, -0.25], [-0.75, 2, 1.25], [0.5, -1.5, 0]]);
  const z = argand.complex(re, im);
  // torch.matrix_exp in complex128, PyTorch 1.13.
  const expected = [
    [
      0.4593823,
      0.1868614,
      0.2008142,
      -1.6451378,
      0.8382751,
      0.0919514,
      -0.2503123,
      2.3282093,
      -1.3367755,
      -0.2164813,
      0.0591888,
      0.020271,
      1.4158731,
      0.6740857,
      0.2129062,
      -0.1416473,
      0.5025918,
      0.2028346,
    ],
    [
      25.9522472,
      20.1466588,
      -2.978746,
      12.7961808,
      1.8561923,
      3.5281457,
      6.1432757,
      -17.9217178,
      34.5462084,
      19.9462846,
      -6.8212493,
      10.5612178,
      0.6245335,
      11.6387787,
      10.87957,
      -9.6819866,
      4.9896513,
      7.5778835,
    ],
    [
      -3.1885861,
      -0.4073998,
      -3.9608685,
      -4.4874698,
      0.6260221,
      -1.7644535,
      1.3943311,
      3.4374437,
      -5.6250026,
      2.1385268,
      -0.603668,
      -1.1694933,
      0.9579711,
      -1.1337684,
      -0.4015125,
      0.6696372,
      -0.1342354,
      -0.5426635,
    ],
  ];
  const y = expm(stack([z, z.mul(4)]));
  assertEquals(y.shape, [2, 3, 3]);
  assertClose(await y.at(0).data(), expected[0], 1e-6);
  assertClose(await y.at(1).data(), expected[1], 1e-5);
  const slope = grad((x: ComplexTensor) => expm(x).mul(argand.complex(im, re)).real.sum())(z);
  assertClose(await slope.data(), expected[2], 1e-6);
});

onEngines("exp(A) exp(−A) is the identity, and det exp A is exp tr A", async () => {
  for (const n of [2, 3]) {
    const a = complexTensor(matrix(n, 40 + n, 3), [n, n]);
    const one = await expm(a).matmul(expm(a.neg())).data();
    assertClose(one, await eye(n).toComplex().data(), 1e-5);
  }
  const a = complexTensor(matrix(2, 7, 2), [2, 2]);
  const e = expm(a);
  const at = (i: number, j: number) => e.at(i).at(j);
  const det = at(0, 0).mul(at(1, 1)).sub(at(0, 1).mul(at(1, 0)));
  assertClose(await det.data(), await trace(a).exp().data(), 1e-5);
});

onEngines("expm() of a real matrix is real: a turn, a shift and a decay", async () => {
  const t = 2.5;
  const turn: RealTensor = expm(tensor([[0, -t], [t, 0]]));
  const [c, s] = [Math.cos(t), Math.sin(t)];
  assertClose(await turn.data(), [c, -s, s, c], 1e-6);
  assertEquals(await expm(tensor([[0, 1000], [0, 0]])).toArray(), [[1, 1000], [0, 1]]);
  assertClose(await expm(tensor([[-50, 0], [0, -60]])).data(), [Math.exp(-50), 0, 0, 0], 1e-4);
});

onEngines("expm() beyond its largest norm is NaN, never a wrong number", async () => {
  const y = expm(tensor([[[0, -2900], [2900, 0]], [[0, -192e3], [192e3, 0]]]));
  const [c, s] = [Math.cos(2900), Math.sin(2900)];
  const values = [...await y.data()];
  assertClose(values.slice(0, 4), [c, -s, s, c], 1e-3);
  assertEquals(values.slice(4).map(Number.isNaN), [true, true, true, true]);
});

onEngines("expm() of matrices of large norm is what they become after long times", async () => {
  // A walk down a tree: all in the leaves in the end.
  const down = (to: number, n = 7) =>
    Array.from({ length: n }, (_, j) => j === to || j === to + 1 ? 0.5 : 0);
  const rates = [1, 3, 5].map((to, k) => down(to).map((x, j) => j === k ? -1 : x));
  const q = tensor([...rates, ...Array.from({ length: 4 }, () => Array(7).fill(0))]);
  for (const time of [2000, 9e4]) {
    const first = await expm(q.mul(time)).at(0).data();
    assertClose(first, [0, 0, 0, 0.25, 0.25, 0.25, 0.25], 1e-7 * (1 + 2 * time));
  }
  const decays = expm(tensor([[-247.04, 0], [6283.185, -6283.185]]));
  assertClose(await decays.data(), [0, 0, 0, 0], 1e-6);
  assertClose(await expm(tensor([[0, 1e5], [0, 0]])).data(), [1, 1e5, 0, 1], 0.1);
  const angle = Math.fround(4000);
  const turned = await expm(complexTensor([0, 0, 0, 0, 0, 0, 0, -angle], [2, 2])).data();
  assertClose(turned, [1, 0, 0, 0, 0, 0, Math.cos(angle), -Math.sin(angle)], 4e-4);
  const slope = grad((t: RealTensor) => expm(q.mul(t)).sum())(tensor(2000));
  assert(Math.abs(await slope.item()) < 1e-3); // rows sum to 1 at all times
});

onEngines("expm() has its first and second derivatives, with and without squarings", async () => {
  const w = complexTensor(new Seeded(3).floats(8), [2, 2]);
  const f = (x: ComplexTensor) => expm(x).mul(w).real.sum();
  const second = (x: ComplexTensor) => grad(f)(x).absSquared().sum();
  for (const size of [0.8, 3]) {
    for (const g of [f, second]) {
      const x = complexTensor(matrix(2, 9, size), [2, 2]);
      const { ok, worst } = await gradcheck(g, [x], { checks: 8 });
      assert(ok, `norm ${size}: ${JSON.stringify(worst)}`);
    }
  }
  const skew = complexTensor(matrix(3, 9, 2, true), [3, 3]);
  const { ok, worst } = await gradcheck((x: ComplexTensor) => expm(x).at(0).real.sum(), [skew]);
  assert(ok, JSON.stringify(worst));
});

onEngines(
  "learning through expm() keeps device memory flat and the layer lossless",
  async (engine) => {
    const x = parameter(complexTensor(matrix(6, 2, 3), [6, 6]));
    const bytes: number[] = [];
    const layer = () => expm(x.sub(x.H));
    for (let k = 1; k <= 60; k++) {
      const loss = layer().at(0).absSquared().slice([0, 1]).sum();
      loss.backward();
      x.assign(x.sub(x.grad!.mul(0.2)));
      x.grad = null;
      evaluate(loss);
      if ([5, 30, 60].includes(k)) bytes.push(engine.memory().bytes);
    }
    assertFlat(bytes);
    const u = layer();
    assertClose(await u.matmul(u.H).data(), await eye(6).toComplex().data(), 1e-6);
    assert(await u.at(0).at(0).abs().item() < 0.1);
  },
);

Deno.test("expm() refuses what is not a square matrix", () => {
  // deno-lint-ignore no-explicit-any
  const a: any = argand;
  for (
    const [call, message] of [
      [() => a.expm(tensor([[1, 2]])), "Cannot take the exponential of matrices: it takes square"],
      [() => a.expm(tensor([1])), "got shape [1]"],
      [() => a.expm(2), "it takes a tensor, got 2"],
    ] as [() => unknown, string][]
  ) assertThrows(call, argand.ArgandError, message);
});
