/** Elimination, substitution and determinants against float64, on both engines and for hardware. */
import { assert, assertEquals } from "@std/assert";
import { type InexactDType, lanesOf } from "../../gpu/contract/dtype.ts";
import { determinant } from "../../gpu/kernels/factorisations/determinant.ts";
import {
  eliminate,
  NOT_FINITE,
  ODD,
  SINGULAR,
  upper,
} from "../../gpu/kernels/factorisations/eliminate.ts";
import { substitute } from "../../gpu/kernels/factorisations/substitute.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { onHardware, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

const FIELDS = ["float32", "complex64"] as const;
const WAYS = { software: <P>(program: P) => program, hardware: onHardware };

/** A complex number, of real ones too. */
type Z = readonly [re: number, im: number];

const at = (dtype: InexactDType, x: ArrayLike<number>, k: number): Z =>
  dtype === "float32" ? [x[k], 0] : [x[2 * k], x[2 * k + 1]];
const times = ([a, b]: Z, [c, d]: Z): Z => [a * c - b * d, a * d + b * c];
const over = ([a, b]: Z, [c, d]: Z): Z => {
  const m = c * c + d * d;
  return [(a * c + b * d) / m, (b * c - a * d) / m];
};
const minus = ([a, b]: Z, [c, d]: Z): Z => [a - c, b - d];

/** The solution and the determinant of one system in float64, by elimination with pivots. */
function reference(n: number, columns: number, a: Z[], b: Z[]): { x: Z[]; det: Z } {
  const wide = n + columns;
  const rows = Array.from({ length: n }, (_, i) => [
    ...a.slice(i * n, (i + 1) * n),
    ...b.slice(i * columns, (i + 1) * columns),
  ]);
  let det: Z = [1, 0];
  for (let k = 0; k < n; k++) {
    let p = k;
    for (let i = k; i < n; i++) if (Math.hypot(...rows[i][k]) > Math.hypot(...rows[p][k])) p = i;
    if (p !== k) [rows[k], rows[p], det] = [rows[p], rows[k], [-det[0], -det[1]]];
    det = times(det, rows[k][k]);
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const f = over(rows[i][k], rows[k][k]);
      for (let j = k; j < wide; j++) rows[i][j] = minus(rows[i][j], times(f, rows[k][j]));
    }
  }
  const x = rows.flatMap((row, k) => row.slice(n).map((v) => over(v, row[k])));
  return { x, det };
}

async function factors(
  engine: Engine,
  dtype: InexactDType,
  batch: number,
  n: number,
  a: Float32Array,
) {
  const program = eliminate({ dtype, batch, n });
  const lengths = [a.length, batch * (n + 1)];
  const found = [];
  for (const way of Object.values(WAYS)) {
    const [lu, order] = await runProgram(engine, way(program), [a], lengths);
    found.push({ lu: lu as Float32Array, order: order as Uint32Array });
  }
  return found;
}

const SIZES: [n: number, batch: number, columns: number][] = [
  [1, 3, 2],
  [2, 70, 1],
  [7, 2, 9],
  [8, 1, 8],
  [33, 2, 10],
  [65, 1, 3],
];

onEngines("eliminate() gives P·A = L·U with multipliers of modulus up to √2", async (engine) => {
  const random = new Seeded(31);
  for (const dtype of FIELDS) {
    for (const [n, batch] of SIZES) {
      const a = random.floats(batch * n * n * lanesOf(dtype));
      for (const { lu, order } of await factors(engine, dtype, batch, n, a)) {
        const product = new Float64Array(a.length);
        const ordered = new Float64Array(a.length);
        const w = lanesOf(dtype);
        for (let m = 0; m < batch; m++) {
          const rows = [...order.subarray(m * (n + 1), m * (n + 1) + n)];
          assertEquals(rows.toSorted((x, y) => x - y), rows.map((_, k) => k));
          let swaps = 0;
          for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (rows[j] > rows[i]) swaps++;
          assertEquals(order[m * (n + 1) + n], swaps % 2 === 0 ? 0 : ODD, `state of ${rows}`);
          const entry = (i: number, j: number) => at(dtype, lu, (m * n + i) * n + j);
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < n; j++) {
              let sum: Z = [0, 0];
              for (let k = 0; k <= Math.min(i, j); k++) {
                const l: Z = k === i ? [1, 0] : entry(i, k);
                assert(Math.hypot(...l) < 1.4143, `a multiplier of ${l}`);
                const [re, im] = times(l, entry(k, j));
                sum = [sum[0] + re, sum[1] + im];
              }
              const target = ((m * n + i) * n + j) * w;
              const source = ((m * n + rows[i]) * n + j) * w;
              for (let p = 0; p < w; p++) {
                product[target + p] = sum[p];
                ordered[target + p] = a[source + p];
              }
            }
          }
        }
        assertClose(product, ordered, 2e-6, `${dtype} ${batch} × ${n} × ${n}`);
      }
    }
  }
});

onEngines("substitute() solves with a matrix and with its adjoint", async (engine) => {
  const random = new Seeded(32);
  for (const dtype of FIELDS) {
    for (const [n, batch, columns] of SIZES) {
      const w = lanesOf(dtype);
      const a = random.floats(batch * n * n * w);
      // Far from singular, with rows exchanged so that there is something to put in order.
      for (let m = 0; m < batch; m++) {
        for (let i = 0; i < n; i++) {
          a[((m * n + i) * n + (i + (n >> 1)) % n) * w] += 2 * Math.sqrt(n) + 2;
        }
      }
      const b = random.floats(batch * n * columns * w);
      const list = (x: Float32Array, from: number, count: number) =>
        Array.from({ length: count }, (_, k) => at(dtype, x, from + k));
      for (const adjoint of [false, true]) {
        const expected = new Float64Array(b.length);
        for (let m = 0; m < batch; m++) {
          let own = list(a, m * n * n, n * n);
          if (adjoint) {
            own = own.map((_, k) => {
              const [re, im] = own[(k % n) * n + Math.floor(k / n)];
              return [re, -im];
            });
          }
          const { x } = reference(n, columns, own, list(b, m * n * columns, n * columns));
          expected.set(x.flatMap((z) => z.slice(0, w)), m * n * columns * w);
        }
        const program = substitute({
          dtype,
          batch,
          n,
          columns,
          adjoint,
          upper: false,
          refused: SINGULAR,
        });
        for (const { lu, order } of await factors(engine, dtype, batch, n, a)) {
          for (const [name, way] of Object.entries(WAYS)) {
            const [x] = await runProgram(engine, way(program), [lu, order, b], [b.length]);
            const what = `${dtype} ${batch} × ${n} × ${columns}, adjoint ${adjoint}, ${name}`;
            assertClose(x, expected, 5e-6, what);
          }
        }
      }
    }
  }
});

onEngines("determinant() is the product of the pivots in float64", async (engine) => {
  const random = new Seeded(33);
  for (const dtype of FIELDS) {
    for (const [n, batch] of SIZES) {
      const a = random.floats(batch * n * n * lanesOf(dtype)).map((x) => 2 * x / Math.sqrt(n));
      const [{ lu, order }] = await factors(engine, dtype, batch, n, a);
      const size = batch * lanesOf(dtype);
      const run = (form: "det" | "log", lengths: number[]) =>
        runProgram(engine, determinant({ dtype, batch, n, form }), [lu, order], lengths);
      const [det] = await run("det", [size]);
      const [sign, logs] = await run("log", [size, batch]);
      for (let m = 0; m < batch; m++) {
        const own = Array.from({ length: n * n }, (_, k) => at(dtype, a, m * n * n + k));
        const { det: [re, im] } = reference(n, 0, own, []);
        const r = Math.hypot(re, im);
        const what = `${dtype} ${m} of ${batch} × ${n}`;
        assertClose(at(dtype, det, m), [re, im], 1e-4, what);
        assertClose(at(dtype, sign, m), [re / r, im / r], 1e-4, what);
        assertClose([logs[m] - Math.log(r) + 1], [1], 1e-4, what);
      }
    }
  }
});

onEngines("eliminate() marks matrices that are singular or not finite", async (engine) => {
  const tiny = 2 ** -127; // below the normal numbers
  // deno-fmt-ignore
  const matrices = [
    [1, 2, 3, 2, 4, 6, 0, 1, 1], [0, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, tiny, 0, 0, 0, 1],
    [1, 2, NaN, 0, 1, 0, 0, 0, 1], [1, 0, 0, Infinity, 1, 0, 0, 0, 1], [2, 0, 0, 0, 2, 0, 0, 0, 2],
  ];
  const expected = [SINGULAR, SINGULAR, SINGULAR, NOT_FINITE, NOT_FINITE, 0];
  for (const dtype of FIELDS) {
    const flat = matrices.flat();
    const a = Float32Array.from(dtype === "float32" ? flat : flat.flatMap((x) => [0, x]));
    for (const { lu, order } of await factors(engine, dtype, 6, 3, a)) {
      const states = expected.map((_, m) => order[4 * m + 3] & ~ODD);
      // A matrix with a NaN in its last column alone is found out at its last pivot.
      assertEquals(states.map((s, m) => s & expected[m]), expected);
      assertEquals([states[0], states[5]], [SINGULAR, 0]);
      for (const refused of [SINGULAR, NOT_FINITE]) {
        const spec = { dtype, batch: 6, n: 3, columns: 1, upper: false, refused };
        for (const adjoint of [false, true]) {
          const b = new Float32Array(18 * lanesOf(dtype)).fill(1);
          const program = substitute({ ...spec, adjoint });
          const [x] = await runProgram(engine, program, [lu, order, b], [b.length]);
          const width = 3 * lanesOf(dtype);
          for (let m = 0; m < 6; m++) {
            const own = x.subarray(m * width, (m + 1) * width);
            if (states[m] & refused) assert(own.every(Number.isNaN), `matrix ${m}: ${own}`);
          }
          assert(x.subarray(5 * width).every(Number.isFinite));
        }
      }
    }
  }
});

onEngines("substitute() cuts long systems into several dispatches", async (engine) => {
  // A bidiagonal matrix, whose solution is known: 1, 2, 4, … would overflow, so it halves.
  const n = 600;
  const lu = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    lu[i * n + i] = 1;
    if (i > 0) lu[i * n + i - 1] = -1; // L; U = 1
  }
  const order = Uint32Array.from({ length: n + 1 }, (_, k) => k < n ? n - 1 - k : 0);
  const b = new Float32Array(n).fill(1);
  const spec = {
    dtype: "float32",
    batch: 1,
    n,
    columns: 1,
    upper: false,
    refused: SINGULAR,
  } as const;
  const forward = substitute({ ...spec, adjoint: false });
  assert(forward.steps.length > 4);
  const [x] = await runProgram(engine, forward, [lu, order, b], [n]);
  assertEquals([...x], Array.from({ length: n }, (_, k) => k + 1));
  // Of the transpose the sums run from the end, and the rows come back in order.
  const [y] = await runProgram(engine, substitute({ ...spec, adjoint: true }), [lu, order, b], [n]);
  assertEquals([...y], Array.from({ length: n }, (_, k) => k + 1));
});

onEngines("upper() finds zeros and what is not finite on a diagonal", async (engine) => {
  const diagonals = [[1, 2, 3], [1, 0, 3], [NaN, 1, 1], [1, 1, -Infinity], [2 ** -127, 1, 1]];
  for (const dtype of FIELDS) {
    const u = new Float32Array(45 * lanesOf(dtype));
    diagonals.flat().forEach((x, k) => {
      u[(Math.floor(k / 3) * 9 + (k % 3) * 4) * lanesOf(dtype)] = x;
    });
    const [order] = await runProgram(engine, upper({ dtype, batch: 5, n: 3 }), [u], [20]);
    const states = [0, SINGULAR, NOT_FINITE, NOT_FINITE, SINGULAR];
    assertEquals([...order], states.flatMap((state) => [0, 1, 2, state]));
  }
});
