/** Complex matrices of the host in float64, row-major and interleaved. */
import { Seeded } from "./seeded.ts";

/** The product of a [m, k] and b [k, n]. */
export function product(
  [m, k, n]: readonly [number, number, number],
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): Float64Array {
  const c = new Float64Array(2 * m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const [x, y] = [a[2 * (i * k + l)], a[2 * (i * k + l) + 1]];
      for (let j = 0; j < n; j++) {
        const [p, q] = [2 * (l * n + j), 2 * (i * n + j)];
        c[q] += x * b[p] - y * b[p + 1];
        c[q + 1] += x * b[p + 1] + y * b[p];
      }
    }
  }
  return c;
}

/** The conjugate transpose of a [m, n]. */
export function adjoint([m, n]: readonly [number, number], a: ArrayLike<number>): Float64Array {
  const b = new Float64Array(2 * m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      b[2 * (j * m + i)] = a[2 * (i * n + j)];
      b[2 * (j * m + i) + 1] = -a[2 * (i * n + j) + 1];
    }
  }
  return b;
}

/** n random orthonormal rows of length m ≥ n (Gram and Schmidt, twice); real if asked for. */
export function orthonormalRows(n: number, m: number, seed: number, real = false): Float64Array {
  const random = new Seeded(seed);
  const rows: Float64Array[] = [];
  for (let i = 0; i < n; i++) {
    const row = Float64Array.from(random.floats(2 * m), (x, k) => (real && k % 2 === 1 ? 0 : x));
    for (const before of [...rows, ...rows]) {
      const [re, im] = product([1, m, 1], row, adjoint([1, m], before));
      for (let k = 0; k < 2 * m; k += 2) {
        row[k] -= re * before[k] - im * before[k + 1];
        row[k + 1] -= re * before[k + 1] + im * before[k];
      }
    }
    const length = Math.hypot(...row);
    rows.push(row.map((x) => x / length));
  }
  return Float64Array.from(rows.flatMap((row) => [...row]));
}

/** U·diag(values)·Vᴴ, [m, n], of random U and V; of one matrix, U = V, where `hermitian`. */
export function withSpectrum(
  [m, n]: readonly [number, number],
  values: readonly number[],
  seed: number,
  { real = false, hermitian = false } = {},
): Float64Array {
  const k = values.length;
  const left = orthonormalRows(k, m, seed, real);
  const right = hermitian ? left : orthonormalRows(k, n, seed + 1000, real);
  const scaled = right.map((x, p) => x * values[Math.floor(p / (2 * n))]);
  return product([m, k, n], adjoint([k, m], left), scaled);
}
