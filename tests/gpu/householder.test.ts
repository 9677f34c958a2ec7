/** Householder's reflections against float64, on both engines and for hardware. */
import { assertEquals } from "@std/assert";
import { type InexactDType, lanesOf } from "../../gpu/contract/dtype.ts";
import { householder } from "../../gpu/kernels/factorisations/householder.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { onHardware, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

type Z = readonly [re: number, im: number];
const at = (dtype: InexactDType, x: ArrayLike<number>, k: number): Z =>
  dtype === "float32" ? [x[k], 0] : [x[2 * k], x[2 * k + 1]];

/** R of one matrix in float64 by Gram and Schmidt's method, applied twice, with a diagonal above 0. */
function triangle(dtype: InexactDType, m: number, n: number, a: Float32Array, from: number): Z[] {
  const q: Z[][] = [];
  const r: Z[] = Array(n * n).fill([0, 0]);
  for (let j = 0; j < n; j++) {
    const v = Array.from({ length: m }, (_, i) => at(dtype, a, from + i * n + j));
    for (let pass = 0; pass < 2; pass++) {
      q.forEach((u, k) => {
        let [re, im] = [0, 0];
        u.forEach(([x, y], i) => {
          re += x * v[i][0] + y * v[i][1];
          im += x * v[i][1] - y * v[i][0];
        });
        u.forEach(([x, y], i) => v[i] = [v[i][0] - x * re + y * im, v[i][1] - x * im - y * re]);
        const [before, imBefore] = r[k * n + j];
        r[k * n + j] = [before + re, imBefore + im];
      });
    }
    const size = Math.hypot(...v.flat());
    r[j * n + j] = [size, 0];
    q.push(v.map(([x, y]) => [x / size, y / size]));
  }
  return r;
}

const SIZES: [m: number, n: number, width: number, batch: number][] = [
  [1, 1, 1, 5],
  [2, 1, 2, 3],
  [9, 9, 9, 2],
  [17, 8, 8, 3],
  [40, 19, 40, 2],
  [130, 33, 33, 1],
];

onEngines("householder() gives Q·R = A with orthonormal Q and the R of float64", async (engine) => {
  const random = new Seeded(41);
  for (const dtype of ["float32", "complex64"] as const) {
    for (const [m, n, width, batch] of SIZES) {
      const w = lanesOf(dtype);
      const a = random.floats(batch * m * n * w);
      const program = householder({ dtype, batch, m, n, width });
      for (const way of [(p: typeof program) => p, onHardware]) {
        const lengths = [batch * m * width * w, batch * width * n * w];
        const [q, r] = await runProgram(engine, way(program), [a], lengths);
        const what = `${dtype} ${batch} × ${m} × ${n}, width ${width}`;
        const product = new Float64Array(a.length);
        const gram = new Float64Array(batch * width * width * 2);
        const unit = new Float64Array(gram.length);
        const expected: number[] = [];
        const signed: number[] = [];
        for (let b = 0; b < batch; b++) {
          const of = (i: number, k: number) => at(dtype, q, (b * m + i) * width + k);
          for (let i = 0; i < m; i++) {
            for (let j = 0; j < n; j++) {
              for (let k = 0; k < width; k++) {
                const [x, y] = of(i, k);
                const [s, t] = at(dtype, r, (b * width + k) * n + j);
                const place = ((b * m + i) * n + j) * w;
                product[place] += x * s - y * t;
                if (w === 2) product[place + 1] += x * t + y * s;
              }
            }
          }
          for (let k = 0; k < width; k++) {
            for (let l = 0; l < width; l++) {
              const place = 2 * ((b * width + k) * width + l);
              unit[place] = k === l ? 1 : 0;
              for (let i = 0; i < m; i++) {
                const [x, y] = of(i, k);
                const [s, t] = of(i, l);
                gram[place] += x * s + y * t;
                gram[place + 1] += x * t - y * s;
              }
            }
          }
          // Rows of R have the sign of the real diagonal.
          const known = triangle(dtype, m, n, a, b * m * n);
          for (let k = 0; k < width; k++) {
            const sign = k < n ? Math.sign(at(dtype, r, (b * width + k) * n + k)[0]) : 1;
            for (let j = 0; j < n; j++) {
              const [x, y] = at(dtype, r, (b * width + k) * n + j);
              signed.push(sign * x, sign * y);
              expected.push(...(k < n && j >= k ? known[k * n + j] : [0, 0]));
            }
          }
        }
        assertClose(product, a, 4e-6, `${what}: Q·R`);
        assertClose(gram, unit, 2e-6, `${what}: QᴴQ`);
        assertClose(signed, expected, 4e-6, `${what}: R`);
      }
    }
  }
});

onEngines("householder() of zeros is the identity", async (engine) => {
  const program = householder({ dtype: "complex64", batch: 2, m: 4, n: 3, width: 4 });
  for (const way of [(p: typeof program) => p, onHardware]) {
    const [q, r] = await runProgram(engine, way(program), [new Float32Array(48)], [64, 48]);
    const unit = Array.from({ length: 64 }, (_, k) => k % 32 % 10 === 0 ? 1 : 0);
    assertEquals([...q].map((x) => x + 0), unit);
    assertEquals([...r].map(Math.abs), Array(48).fill(0));
  }
});
