/** Convolutions by transforms against sums. */
import {
  complexTensor,
  fftConvolve,
  type FftConvolveOptions,
  gradcheck,
  tensor,
} from "@argand/argand";
import { assert, assertEquals } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

/** Interleaved values of the full convolution of two matrices, by definition. */
function convolution(
  a: Float32Array,
  [m, n]: readonly number[],
  b: Float32Array,
  [k, l]: readonly number[],
): Float64Array {
  const width = n + l - 1;
  const y = new Float64Array(2 * (m + k - 1) * width);
  for (let at = 0; at < m * n; at++) {
    for (let by = 0; by < k * l; by++) {
      const row = Math.floor(at / n) + Math.floor(by / l);
      const to = 2 * (row * width + at % n + by % l);
      y[to] += a[2 * at] * b[2 * by] - a[2 * at + 1] * b[2 * by + 1];
      y[to + 1] += a[2 * at] * b[2 * by + 1] + a[2 * at + 1] * b[2 * by];
    }
  }
  return y;
}

/** The places [top, left] on of a matrix of so many columns. */
function part(
  y: Float64Array,
  columns: number,
  [top, left]: readonly number[],
  [rows, width]: readonly number[],
): number[] {
  return Array.from({ length: 2 * rows * width }, (_, k) => {
    const [row, column] = [Math.floor(k / (2 * width)), (k >> 1) % width];
    return y[2 * ((top + row) * columns + left + column) + (k & 1)];
  });
}

onEngines("fftConvolve() equals the sum by definition in every mode", async () => {
  const random = new Seeded(51);
  for (const [p, q] of [[[5, 8], [3, 2]], [[4, 7], [4, 7]], [[1, 9], [1, 4]], [[6, 5], [3, 3]]]) {
    const [a, b] = [random.floats(2 * p[0] * p[1]), random.floats(2 * q[0] * q[1])];
    const full = [p[0] + q[0] - 1, p[1] + q[1] - 1];
    const y = convolution(a, p, b, q);
    const x = complexTensor(a, p);
    const kernel = complexTensor(b, q);
    const modes = { full, same: p, valid: [p[0] - q[0] + 1, p[1] - q[1] + 1] };
    for (const [mode, shape] of Object.entries(modes)) {
      const start = shape.map((n, d) => (full[d] - n) >> 1);
      const wanted = part(y, full[1], start, shape);
      const z = fftConvolve(x, kernel, { mode } as FftConvolveOptions);
      assertEquals(z.shape, shape);
      assertClose(await z.data(), wanted, 2e-6, mode);
      if (mode === "same") continue;
      const turned = fftConvolve(kernel, x, { mode } as FftConvolveOptions);
      assertClose(await turned.data(), wanted, 2e-6, `${mode}, exchanged`);
    }
  }
});

onEngines(
  "fftConvolve() of two reals is real, and of an axis alone broadcasts the others",
  async () => {
    const x = tensor(new Seeded(52).floats(2 * 3 * 6), [2, 3, 6]);
    const kernel = tensor([1, 0, 0, -1], [1, 1, 4]);
    const y = fftConvolve(x, kernel, { mode: "valid", axes: -1 });
    assertEquals(y.dtype, "float32");
    const wanted = x.slice(null, null, [3, 6]).sub(x.slice(null, null, [0, 3]));
    assertClose(await y.data(), await wanted.data(), 2e-6);
    const mixed = fftConvolve(x, kernel.mul({ re: 0, im: 1 }), { mode: "valid", axes: [2] });
    assertClose(await mixed.imag.data(), await wanted.data(), 2e-6);
  },
);

onEngines("the derivatives of fftConvolve() agree with finite differences", async () => {
  const a = tensor(new Seeded(53).floats(6), [2, 3]);
  const b = tensor(new Seeded(54).floats(4), [2, 2]);
  const f = (x: typeof a, y: typeof b) => fftConvolve(x, y, { mode: "same" }).square().sum();
  const { ok, worst } = await gradcheck(f, [a, b], { checks: 6 });
  assert(ok, JSON.stringify(worst));
});
