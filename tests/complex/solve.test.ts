/** Linear systems, inverses and determinants. */
import {
  abs,
  ArgandError,
  complex,
  type ComplexTensor,
  complexTensor,
  concat,
  det,
  evaluate,
  eye,
  full,
  grad,
  gradcheck,
  inv,
  matmul,
  parameter,
  RealTensor,
  slogdet,
  solve,
  stack,
  type Tensor,
  tensor,
} from "@argand/argand";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { assertClose, assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";
import { gradientReading, random, reading } from "../support/tensors.ts";
import { use } from "../../gpu/engines/device.ts";

/** Re and Im of element `at` in data of either kind. */
function entry(x: Tensor, data: ArrayLike<number>, at: number): [number, number] {
  return x instanceof RealTensor ? [data[at], 0] : [data[2 * at], data[2 * at + 1]];
}

/** ‖A·X − B‖ / (‖A‖‖X‖) in float64, the largest over a batch of matrices [… n, n] and [… n, k]. */
async function residual(a: Tensor, x: Tensor, b: Tensor): Promise<number> {
  const [ad, xd, bd] = await Promise.all([a.data(), x.data(), b.data()]);
  const [n, k] = x.shape.slice(-2);
  let worst = 0;
  for (let matrix = 0; matrix < x.size / (n * k); matrix++) {
    let [off, ofA, ofX] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) ofA += Math.hypot(...entry(a, ad, (matrix * n + i) * n + j)) ** 2;
      for (let c = 0; c < k; c++) {
        const at = (matrix * n + i) * k + c;
        ofX += Math.hypot(...entry(x, xd, at)) ** 2;
        let [re, im] = entry(b, bd, at).map((v) => -v);
        for (let j = 0; j < n; j++) {
          const [p, q] = entry(a, ad, (matrix * n + i) * n + j);
          const [r, s] = entry(x, xd, (matrix * n + j) * k + c);
          re += p * r - q * s;
          im += p * s + q * r;
        }
        off += re * re + im * im;
      }
    }
    const relative = Math.sqrt(off / (ofA * ofX));
    worst = Math.max(worst, Number.isNaN(relative) ? Infinity : relative);
  }
  return worst;
}

const SIZES: [n: number, k: number, batch: number[]][] = [
  [1, 1, []],
  [2, 3, [3]],
  [3, 1, [2, 2]],
  [17, 5, [4]],
  [64, 64, []],
  [200, 3, []],
];

for (const kind of ["real", "complex"] as const) {
  onEngines(`solve() of ${kind} systems leaves a residual of rounding`, async () => {
    for (const [n, k, batch] of SIZES) {
      const a = random(n, [...batch, n, n], kind);
      const b = random(n + 1, [...batch, n, k], kind);
      const x = solve(a, b);
      assertEquals(x.shape, [...batch, n, k]);
      const found = await residual(a, x, b);
      assert(found < 4e-7, `n = ${n}: ${found}`);
    }
  });
}

onEngines("solve() exchanges rows where a leading element is zero or small", async () => {
  // A cyclic permutation, with small numbers where elimination without exchanges would divide.
  const n = 20;
  const values = new Seeded(5).floats(2 * n * n).map((x) => 1e-6 * x);
  for (let i = 0; i < n; i++) values[2 * (i * n + (i + 1) % n)] += 1;
  const a = complexTensor(values, [n, n]);
  const b = random(6, [n, 2], "complex");
  assert(await residual(a, solve(a, b), b) < 1e-7);
  assertEquals(await solve(tensor([[0, 1], [1, 0]]), tensor([2, 3])).toArray(), [3, 2]);
});

onEngines(
  "solve() of graded rows over 30 orders of magnitude neither over- nor underflows",
  async () => {
    const n = 13;
    const a = random(7, [n, n], "complex") as ComplexTensor;
    const scales = tensor(Float32Array.from({ length: n }, (_, i) => 10 ** (2.5 * (i - 6))), [
      n,
      1,
    ]);
    const x = random(8, [n, 1], "complex") as ComplexTensor;
    const b = matmul(a, x);
    const found = solve(a.mul(scales), b.mul(scales));
    assertClose(await found.data(), await x.data(), 2e-5);
  },
);

onEngines("solve() of a matrix of condition 10⁴ has the digits that are left", async () => {
  // A = H·diag(1 … 1e-4)·H with Householder's H, and an X whose B is known to float64.
  const n = 40;
  const v = new Seeded(9).floats(n);
  const norm = v.reduce((s, x) => s + x * x, 0);
  const h = (i: number, j: number) => (i === j ? 1 : 0) - 2 * v[i] * v[j] / norm;
  const values = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) values[i * n + j] += h(i, k) * 10 ** (-4 * k / (n - 1)) * h(k, j);
    }
  }
  const b = new Float32Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) b[i] += values[i * n + j];
  const a = tensor(values, [n, n]);
  const x = solve(a, tensor(b, [n, 1]));
  assert(await residual(a, x, tensor(b, [n, 1])) < 1e-7);
  assertClose(await x.data(), new Float32Array(n).fill(1), 5e-3);
});

onEngines("solve() takes vectors, stacks of vectors and broadcasts as PyTorch does", async () => {
  const a = random(10, [2, 3, 3], "complex") as ComplexTensor;
  const one = a.at(0);
  const v = random(11, [3], "complex") as ComplexTensor;
  const stacked = random(12, [2, 3], "complex") as ComplexTensor;
  const b = random(13, [4, 2, 3, 5], "complex") as ComplexTensor;
  const close = async (x: ComplexTensor, y: ComplexTensor) => {
    assertEquals(x.shape, y.shape);
    assertClose(await x.data(), await y.data(), 1e-5);
  };
  await close(matmul(one, solve(one, v)), v);
  await close(matmul(a, solve(a, v).unsqueeze(-1)), v.reshape([3, 1]).expand([2, 3, 1]));
  await close(matmul(a, solve(a, stacked).unsqueeze(-1)), stacked.unsqueeze(-1));
  await close(matmul(a, solve(a, b)), b);
  await close(matmul(one, solve(one, b)), b);
  // A right-hand side of two axes that is not a stack of vectors is a matrix.
  await close(matmul(a, solve(a, b.at(0).at(0))), b.at(0).at(0).expand([2, 3, 5]));
  const real = random(14, [3, 3], "real") as RealTensor;
  await close(matmul(real, solve(real, v)), v);
});

onEngines("inv() of a product is the product of inverses in turn", async () => {
  // Far from singular, so that the product is too.
  const [a, b] = [20, 21].map((seed) =>
    (random(seed, [2, 17, 17], "complex") as ComplexTensor).add(eye(17).mul(8))
  );
  const both = await inv(matmul(a, b)).data();
  assertClose(await matmul(inv(b), inv(a)).data(), both, 2e-6);
  assertClose(
    await matmul(inv(a), a).data(),
    await eye(17).toComplex().expand([2, 17, 17]).data(),
    2e-6,
  );
});

onEngines("a singular or unbounded matrix gives NaN in its own results alone", async () => {
  const good = [[2, 0], [0, 4]];
  const a = tensor([[[1, 2], [2, 4]], good, [[0, 0], [0, 0]], [[1, Infinity], [0, 1]], [[
    NaN,
    0,
  ], [0, 1]]]);
  for (const x of [a, a.toComplex()]) {
    const y = await inv(x as RealTensor).data();
    const size = y.length / 5;
    for (let k = 0; k < 5; k++) {
      const part = y.subarray(k * size, (k + 1) * size);
      assertEquals(part.every(Number.isNaN), k !== 1, `matrix ${k}: ${part}`);
      assertEquals(part.some(Number.isNaN), k !== 1, `matrix ${k}: ${part}`);
    }
    // NaN goes through the operations that follow, alone and in one kernel with the rest.
    const after = await inv(x as RealTensor).mul(2).add(1).abs().sum([1, 2]).toArray() as number[];
    assertEquals(after.map(Number.isNaN), [true, false, true, true, true]);
  }
  const d = await det(a).toArray() as number[];
  assertEquals(d.slice(0, 3), [0, 8, 0]);
  assert(Number.isNaN(d[3]) && Number.isNaN(d[4]), `${d}`);
  const { sign, logAbs } = slogdet(a);
  assertEquals((await sign.toArray() as number[]).slice(0, 3), [0, 1, 0]);
  const logs = await logAbs.toArray() as number[];
  assertEquals([logs[0], logs[2]], [-Infinity, -Infinity]);
  assertAlmostEquals(logs[1], Math.log(8), 1e-6);
  assert(Number.isNaN(logs[3]) && Number.isNaN(logs[4]), `${logs}`);
});

onEngines("det() of products, of triangular, unitary and permuted matrices", async () => {
  const [a, b] = [random(30, [3, 17, 17], "complex"), random(31, [3, 17, 17], "complex")];
  const product = await det(matmul(a, b)).data();
  assertClose(await (det(a) as ComplexTensor).mul(det(b) as ComplexTensor).data(), product, 2e-5);
  const triangle = Float32Array.from(
    { length: 25 },
    (_, k) => k % 5 < Math.floor(k / 5) ? 0 : k + 1,
  );
  assertAlmostEquals(await det(tensor(triangle, [5, 5])).item() / (1 * 7 * 13 * 19 * 25), 1, 1e-6);
  // The discrete Fourier transform of four: its determinant is i·4².
  const F = complex([[1, 1, 1, 1], [1, 0, -1, 0], [1, -1, 1, -1], [1, 0, -1, 0]], [
    [0, 0, 0, 0],
    [0, -1, 0, 1],
    [0, 0, 0, 0],
    [0, 1, 0, -1],
  ]);
  assertClose(await det(F.div(2)).data(), [0, 1], 1e-6);
  // An even and an odd cycle.
  const turned = (n: number) => eye(n).roll(1, 0);
  assertEquals([await det(turned(5)).item(), await det(turned(6)).item()], [1, -1]);
});

onEngines("det() and slogdet() don't overflow on the way", async () => {
  const pivots = tensor([1e30, 1e30, 1e30, 1e-30, 1e-30, 1e-30, -2]);
  const a = eye(7).mul(pivots);
  for (const x of [a, a.toComplex()]) {
    assertAlmostEquals((await det(x as RealTensor).data())[0], -2, 1e-5);
  }
  const n = 64;
  const { sign, logAbs } = slogdet(eye(n).toComplex().mul({ re: 0, im: 1e30 })); // iⁿ·10^(30 n)
  assertClose(await sign.data(), [1, 0], 1e-6);
  assertAlmostEquals(await logAbs.item() / (30 * n * Math.LN10), 1, 1e-6);
  const z = random(33, [2, 17, 17], "complex") as ComplexTensor;
  const parts = slogdet(z);
  assertClose(await parts.sign.mul(parts.logAbs.exp()).data(), await det(z).data(), 2e-5);
});

/** Functions with their inputs, away from singular matrices. */
const DERIVATIVES: [string, (...x: Tensor[]) => Tensor, Tensor[]][] = (["real", "complex"] as const)
  .flatMap((kind) => {
    const regular = (seed: number, shape: number[]) =>
      (random(seed, shape, kind) as RealTensor).add(eye(shape.at(-1)!).mul(2));
    const a = regular(40, [3, 3]);
    const many = regular(41, [2, 3, 3]);
    const b = random(42, [3, 2], kind);
    const solves: typeof DERIVATIVES = kind === "real"
      ? [["solve of vectors", solve, [many, random(44, [2, 3], kind)]]]
      : [["solve of a stack by one", solve, [a, random(43, [2, 3, 2], kind)]]];
    return [
      ...solves,
      [`${kind} solve of stacks`, solve, [many, b]],
      [`${kind} inv`, inv, [many]],
      [`${kind} det`, det, [many]],
      [`${kind} slogdet`, (x: Tensor) => {
        const { sign, logAbs } = slogdet(x);
        return concat([reading(sign).reshape([1]), logAbs.square()]);
      }, [many]],
      [`the logarithm of ${kind} slogdet alone`, (x: Tensor) => slogdet(x).logAbs, [many]],
      [`the sign of ${kind} slogdet alone`, (x: Tensor) => slogdet(x).sign, [many]],
    ] as [string, (...x: Tensor[]) => Tensor, Tensor[]][];
  });

onEngines("derivatives agree with finite differences", async () => {
  for (const [name, f, inputs] of DERIVATIVES) {
    const { ok, worst } = await gradcheck((...x) => reading(f(...x)), inputs, { step: 1 / 64 });
    assert(ok, `${name}: ${JSON.stringify(worst)}`);
  }
});

onEngines("second derivatives agree with finite differences", async () => {
  for (const [name, f, inputs] of DERIVATIVES) {
    const { ok, worst } = await gradcheck(gradientReading((...x) => reading(f(...x))), inputs, {
      step: 1 / 64,
      tolerance: 3e-3,
      checks: 4,
    });
    assert(ok, `${name}: ${JSON.stringify(worst)}`);
  }
}, { exhaustive: ["webgpu"] });

onEngines("the gradient of det() at singular matrices is the matrix of cofactors", async () => {
  const of = async (rows: number[][]) =>
    await grad((x: RealTensor) => det(x).sum())(tensor(rows)).data();
  // Cofactors by hand: of rank 2, of rank 1, of zero, and of one number.
  assertClose(await of([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), [-3, 6, -3, 6, -12, 6, -3, 6, -3], 1e-5);
  assertClose(await of([[0, 0, 5], [0, 0, 6], [0, 2, 0]]), [-12, 0, 0, 10, 0, 0, 0, 0, 0], 1e-5);
  const rankOne = await of([[1, 2, 3], [2, 4, 6], [3, 6, 9]]);
  assert(rankOne.every((x) => Math.abs(x) < 1e-5), `${rankOne}`);
  const none = await of([[0, 0], [0, 0]]);
  assert(none.every((x) => Math.abs(x) < 1e-10), `${none}`);
  assertEquals([...await of([[0]])], [1]);
});

Deno.test("solve(), inv() and det() refuse shapes that do not fit, at the call", () => {
  const a = full([3, 3], 1);
  assertThrows(
    () => solve(full([2, 3], 1), a),
    ArgandError,
    "square matrices [… n, n], got shape [2, 3]",
  );
  assertThrows(() => solve(a, full([2, 4], 1)), ArgandError, "3 equations meet 2 rows");
  assertThrows(() => solve(a, full([2], 1)), ArgandError, "3 equations meet 2 rows");
  assertThrows(() => solve(a, full([], 1)), ArgandError, "3 equations meet 1 rows");
  assertThrows(
    () => solve(full([2, 3, 3], 1), full([4, 3, 1], 1)),
    ArgandError,
    "shapes [2, 3, 3] and [4, 3, 1] do not broadcast",
  );
  assertThrows(() => inv(full([3], 1)), ArgandError, "Cannot invert");
  assertThrows(() => det(full([2, 3], 1)), ArgandError, "Cannot take the determinant");
  assertThrows(() => slogdet(full([2, 3], 1)), ArgandError, "got shape [2, 3]");
  // deno-lint-ignore no-explicit-any
  assertThrows(() => solve([[1]] as any, a), ArgandError, "it takes a tensor, got an array");
});

onEngines("solving in a loop keeps device memory flat", async (engine) => {
  const a = random(50, [20, 20], "complex") as ComplexTensor;
  let x = random(51, [20, 3], "complex") as ComplexTensor;
  const bytes: number[] = [];
  for (let k = 1; k <= 60; k++) {
    x = solve(a, x);
    x = x.div(abs(x).max());
    evaluate(x);
    if (k % 20 === 0) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
  assert((await x.data()).every(Number.isFinite));
});

Deno.test("training through solve() takes the same way on both engines", async () => {
  const losses: number[][] = [];
  for (const kind of ["cpu", "webgpu"] as const) {
    try {
      await use(kind);
    } catch {
      continue; // no adapter here
    }
    const w = parameter((random(60, [6, 6], "complex") as ComplexTensor).add(eye(6).mul(2)));
    const [b, x] = [
      random(61, [6, 4], "complex"),
      random(62, [6, 4], "complex"),
    ] as ComplexTensor[];
    const own: number[] = [];
    for (let k = 0; k < 12; k++) {
      const loss = solve(w, b).sub(x).absSquared().mean();
      loss.backward();
      w.assign(w.sub(w.grad!.mul(3)));
      w.grad = null;
      evaluate(loss);
      own.push(await loss.item());
    }
    assert(own[11] < 0.7 * own[0], `${own}`);
    losses.push(own);
  }
  assertClose(losses.at(-1)!, losses[0], 1e-4);
});

onEngines("stacked and single systems agree", async () => {
  const list = [70, 71, 72].map((seed) => random(seed, [5, 5], "complex") as ComplexTensor);
  const b = random(73, [5, 2], "complex") as ComplexTensor;
  const single = await stack(list.map((a) => solve(a, b))).data();
  assertClose(await solve(stack(list), b).data(), single, 1e-6);
});
