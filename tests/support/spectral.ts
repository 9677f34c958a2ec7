/** Derivatives of functions of Hermitian matrices in float64, by Daleckii and Krein's formula. */

/** A square real matrix, row-major. */
type Square = Float64Array;

/** Eigenvalues and, as columns, eigenvectors of a symmetric matrix, by Jacobi's rotations. */
function symmetricEigen(a: Square, n: number): { values: Float64Array; vectors: Square } {
  const m = a.slice();
  const v = new Float64Array(n * n);
  for (let k = 0; k < n; k++) v[k * n + k] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = m[p * n + q];
        if (Math.abs(off) < 1e-300) continue;
        const theta = (m[q * n + q] - m[p * n + p]) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [x, y] = [m[k * n + p], m[k * n + q]];
          m[k * n + p] = c * x - s * y;
          m[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [m[p * n + k], m[q * n + k]];
          m[p * n + k] = c * x - s * y;
          m[q * n + k] = s * x + c * y;
          const [a, b] = [v[k * n + p], v[k * n + q]];
          v[k * n + p] = c * a - s * b;
          v[k * n + q] = s * a + c * b;
        }
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, k) => m[k * n + k]), vectors: v };
}

function multiply(a: Square, b: Square, n: number): Square {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      for (let j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
    }
  }
  return c;
}

const transposed = (a: Square, n: number): Square =>
  a.map((_, k) => a[(k % n) * n + Math.floor(k / n)]);

/** The real form [[Re, −Im], [Im, Re]] of an interleaved complex [n, n] matrix. */
function realForm(a: ArrayLike<number>, n: number): Square {
  const r = new Float64Array(4 * n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const [re, im] = [a[2 * (i * n + j)], a[2 * (i * n + j) + 1]];
      r[i * 2 * n + j] = r[(i + n) * 2 * n + j + n] = re;
      r[(i + n) * 2 * n + j] = im;
      r[i * 2 * n + j + n] = -im;
    }
  }
  return r;
}

/** A function of real numbers with its derivative. */
export interface Spectral {
  readonly f: (x: number) => number;
  readonly slope: (x: number) => number;
}

/**
 * f(A) for a Hermitian A [n, n], interleaved, and the gradient of Re tr(Wᴴ·f(A)) for a Hermitian W,
 * V·((VᴴWV)_ij·f[λ_i, λ_j])·Vᴴ with divided differences f[λ_i, λ_j].
 */
export function hermitianFunction(
  a: ArrayLike<number>,
  w: ArrayLike<number>,
  n: number,
  { f, slope }: Spectral,
): { value: Float64Array; gradient: Float64Array } {
  const size = 2 * n;
  const { values, vectors } = symmetricEigen(realForm(a, n), size);
  const v = vectors, vt = transposed(vectors, size);
  const inner = multiply(multiply(vt, realForm(w, n), size), v, size);
  const largest = Math.max(...values.map(Math.abs));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const [x, y] = [values[i], values[j]];
      const near = Math.abs(x - y) <= 1e-6 * largest;
      inner[i * size + j] *= near ? slope((x + y) / 2) : (f(x) - f(y)) / (x - y);
    }
  }
  const diagonal = new Float64Array(size * size);
  values.forEach((x, k) => diagonal[k * size + k] = f(x));
  const back = (x: Square): Float64Array => {
    const full = multiply(multiply(v, x, size), vt, size);
    const out = new Float64Array(2 * n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        out[2 * (i * n + j)] = full[i * size + j];
        out[2 * (i * n + j) + 1] = full[(i + n) * size + j];
      }
    }
    return out;
  };
  return { value: back(diagonal), gradient: back(inner) };
}

/** The Hermitian matrix [[0, A], [Aᴴ, 0]] of A [m, n]; its f for odd f is that of [[0, U·f(S)·Vᴴ], …]. */
export function dilation(a: ArrayLike<number>, m: number, n: number): Float64Array {
  const size = m + n;
  const h = new Float64Array(2 * size * size);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const [re, im] = [a[2 * (i * n + j)], a[2 * (i * n + j) + 1]];
      h[2 * (i * size + m + j)] = h[2 * ((m + j) * size + i)] = re;
      h[2 * (i * size + m + j) + 1] = im;
      h[2 * ((m + j) * size + i) + 1] = -im;
    }
  }
  return h;
}

/** The upper right block [m, n] of an interleaved [m + n, m + n]. */
export function block(h: ArrayLike<number>, m: number, n: number): Float64Array {
  const out = new Float64Array(2 * m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < 2 * n; j++) out[2 * i * n + j] = h[2 * i * (m + n) + 2 * m + j];
  }
  return out;
}
