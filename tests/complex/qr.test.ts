/** The QR decomposition. */
import {
  ArgandError,
  complex,
  type ComplexTensor,
  evaluate,
  eye,
  full,
  grad,
  gradcheck,
  matmul,
  ones,
  parameter,
  qr,
  RealTensor,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "@argand/argand";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { assertClose, assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { gradientReading, random, reading } from "../support/tensors.ts";

type Mode = "reduced" | "complete";

/** The conjugate transpose of either kind. */
const adjoint = (x: Tensor) => (x instanceof RealTensor ? x.T : (x as ComplexTensor).H);

/** Checks A = Q·R, QᴴQ = 1, the zeros of R and its real diagonal. */
async function check(a: Tensor, q: Tensor, r: Tensor, what: string): Promise<void> {
  const n = a.shape.at(-1)!;
  const k = q.shape.at(-1)!;
  const batch = a.shape.slice(0, -2);
  const size = Math.max(...(await a.data()).map(Math.abs)) || 1;
  const product = await (matmul(q, r) as ComplexTensor).sub(a as ComplexTensor).abs().max().item();
  assert(product <= 3e-6 * size, `${what}: Q·R is off by ${product / size}`);
  const unit = eye(k).expand([...batch, k, k]);
  const off = await (matmul(adjoint(q), q) as ComplexTensor).sub(unit).abs().max().item();
  assert(off < 2e-6, `${what}: QᴴQ is off by ${off}`);
  const values = await r.data();
  const words = r.dtype === "complex64" ? 2 : 1;
  for (let at = 0; at < r.size; at++) {
    const [i, j] = [Math.floor(at / n) % k, at % n];
    if (j < i) assert(values.subarray(at * words, (at + 1) * words).every((x) => x === 0), what);
    if (j === i && words === 2) assertEquals(Math.abs(values[2 * at + 1]), 0, what);
  }
}

for (const kind of ["real", "complex"] as const) {
  onEngines(`qr() of ${kind} matrices gives orthonormal columns and a triangle`, async () => {
    const shapes = [[1, 1], [3, 2], [2, 5], [3, 17, 17], [2, 2, 20, 7], [200, 30]];
    for (const [seed, shape] of shapes.entries()) {
      const a = random(seed, shape, kind);
      const [m, n] = shape.slice(-2);
      for (const mode of seed < 5 ? ["reduced", "complete"] as const : ["reduced"] as const) {
        const { q, r } = qr(a, { mode });
        const k = mode === "complete" ? m : Math.min(m, n);
        assertEquals(q.shape, [...shape.slice(0, -2), m, k]);
        assertEquals(r.shape, [...shape.slice(0, -2), k, n]);
        await check(a, q, r, `${shape} ${mode}`);
      }
    }
  });
}

onEngines("qr() has orthonormal columns whatever the rank is", async () => {
  const thin = random(20, [12, 3], "complex") as ComplexTensor;
  const lowRank = matmul(thin, random(21, [3, 9], "complex") as ComplexTensor);
  const empty = zeros([12, 9]).toComplex();
  const gaps = lowRank.mul(tensor([0, 1, 0, 0, 1, 1, 0, 1, 0]));
  const repeated = thin.slice(null, [0, 1]).expand([12, 9]);
  const graded = lowRank.mul(tensor(Array.from({ length: 9 }, (_, j) => 10 ** (-5 * j))));
  const flat = [ones([12, 9]), eye(12, 9)].map((x) => x.toComplex());
  const all = stack([lowRank, empty, gaps, repeated, graded, ...flat]);
  // Each by itself is held against its own size.
  for (const mode of ["reduced", "complete"] as const) {
    const { q, r } = qr(all, { mode });
    for (const k of [0, 1, 2, 3, 4, 5, 6]) await check(all.at(k), q.at(k), r.at(k), `${k} ${mode}`);
  }
});

onEngines("qr() neither over- nor underflows where squares would", async () => {
  const sizes = tensor([1e-30, 1e30, 3e37], [3, 1, 1]);
  const all = (random(22, [9, 5], "complex") as ComplexTensor).mul(sizes);
  const { q, r } = qr(all);
  for (const k of [0, 1, 2]) await check(all.at(k), q.at(k), r.at(k), `size ${k}`);
});

onEngines("qr() has the signs of LAPACK", async () => {
  // numpy.linalg.qr (LAPACK's geqrf) of the same matrices.
  const real = qr(tensor([[3, 1], [4, 2]]));
  assertClose(await real.r.data(), [-5, -2.2, 0, 0.4], 1e-6);
  assertClose(await real.q.data(), [-0.6, -0.8, -0.8, 0.6], 1e-6);
  const one = qr(complex([[-3]], [[4]]));
  assertClose(await one.r.data(), [5, 0], 1e-6);
  assertClose(await one.q.data(), [-0.6, 0.8], 1e-6);
  const other = qr(tensor([[2]]));
  assertEquals(await other.r.data(), Float32Array.of(2)); // nothing is reflected below one number
  const z = qr(complex([[1, 2], [3, -1]], [[2, 0], [-1, 1]]));
  assertClose(await z.r.data(), Z_R, 1e-6);
  assertClose(await z.q.data(), Z_Q, 1e-6);
});

/** Of [[1 + 2i, 2], [3 − i, −1 + i]]. */
// deno-fmt-ignore
const Z_Q = [-0.25819889, -0.51639778, 0.79837233, 0.17107978, -0.77459667, 0.25819889, -0.19959308, 0.54175265];
// deno-fmt-ignore
const Z_R = [-3.87298335, 0.0, 0.51639778, 0.51639778, 0.0, 0.0, 2.33809039, 0.0];

onEngines("qr() of a matrix that is not finite gives NaN", async () => {
  for (const bad of [NaN, Infinity]) {
    const { q, r } = qr(tensor([[1, 2], [bad, 4]]));
    assert(Number.isNaN((await q.data())[0]), `${await q.data()}`);
    assert(Number.isNaN((await r.data())[1]), `${await r.data()}`);
  }
});

const DERIVATIVES: [string, (a: Tensor) => RealTensor, Tensor][] = (["real", "complex"] as const)
  .flatMap((kind): [string, (a: Tensor) => RealTensor, Tensor][] => {
    // Far from dependent columns, and no leading element near zero, where R changes its sign.
    const of = (shape: number[]) =>
      (random(40, shape, kind) as RealTensor).add(
        eye(...shape.slice(-2) as [number, number]).mul(2),
      );
    const both = (mode: Mode) => (a: Tensor) => {
      const { q, r } = qr(a as RealTensor, { mode });
      return reading(q).add(reading(r));
    };
    if (kind === "real") return [["real tall stack", both("reduced"), of([2, 4, 3])]];
    return [
      ["square", both("complete"), of([3, 3])],
      ["tall", both("reduced"), of([4, 3])],
      ["wide", both("reduced"), of([3, 4])],
      ["Q alone", (a) => reading(qr(a as RealTensor).q), of([4, 3])],
      ["R alone", (a) => reading(qr(a as RealTensor).r), of([4, 3])],
    ];
  });

onEngines("derivatives of qr() agree with finite differences", async () => {
  for (const [name, f, a] of DERIVATIVES) {
    const { ok, worst } = await gradcheck(f, [a], { step: 1 / 64 });
    assert(ok, `${name}: ${JSON.stringify(worst)}`);
  }
});

onEngines("second derivatives of qr() agree with finite differences", async () => {
  for (const [name, f, a] of DERIVATIVES) {
    const { ok, worst } = await gradcheck(gradientReading(f), [a], {
      step: 1 / 64,
      tolerance: 3e-3,
      checks: 4,
    });
    assert(ok, `${name}: ${JSON.stringify(worst)}`);
  }
}, { exhaustive: ["webgpu"] });

Deno.test("qr() refuses vectors and unknown modes, and a derivative that there isn't", () => {
  assertThrows(() => qr(full([3], 1)), ArgandError, "matrices [… m, n], got shape [3]");
  assertThrows(
    () => qr(full([3, 3], 1), { mode: "r" as Mode }),
    ArgandError,
    'mode must be "reduced" or "complete", got "r"',
  );
  assertThrows(
    () => grad((a: RealTensor) => qr(a, { mode: "complete" }).q.sum())(full([3, 2], 1)),
    ArgandError,
    'in the mode "complete" the last 1 of the 3 columns of Q are not determined',
  );
});

onEngines("decomposing in a loop keeps device memory flat", async (engine) => {
  let a = random(50, [12, 12], "complex") as ComplexTensor;
  const bytes: number[] = [];
  // The unshifted QR algorithm: R·Q is similar to A.
  const trace = (x: ComplexTensor) => x.mul(eye(12)).sum();
  const before = await trace(a).item();
  for (let k = 1; k <= 60; k++) {
    const { q, r } = qr(a);
    a = matmul(r, q);
    evaluate(a);
    if (k % 20 === 0) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
  const after = await trace(a).item();
  assertAlmostEquals(after.re, before.re, 2e-5);
  assertAlmostEquals(after.im, before.im, 2e-5);
});

onEngines("a parameter learns through qr()", async () => {
  const w = parameter(random(60, [5, 3], "complex") as ComplexTensor);
  const onto = (a: Tensor) => {
    const { q } = qr(a as ComplexTensor);
    return matmul(q, q.H);
  };
  const aim = onto(random(61, [5, 3], "complex"));
  const losses: number[] = [];
  for (let k = 0; k < 40; k++) {
    const loss = onto(w).sub(aim).absSquared().sum();
    loss.backward();
    w.assign(w.sub(w.grad!.mul(0.3)));
    w.grad = null;
    evaluate(loss);
    losses.push(await loss.item());
  }
  assert(losses[39] < 0.1 * losses[0], `${losses}`);
});
