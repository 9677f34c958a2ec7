/** Fourier transforms in float64, to compare with. */

/** Σ_j x_j e^{∓2πi jk/n} of interleaved values, by the smallest prime factor again and again. */
export function dft64(x: ArrayLike<number>, inverse = false): Float64Array {
  const total = x.length / 2;
  const cos = new Float64Array(total);
  const sin = new Float64Array(total);
  for (let k = 0; k < total; k++) {
    const angle = (inverse ? 2 : -2) * Math.PI * k / total;
    cos[k] = Math.cos(angle);
    sin[k] = Math.sin(angle);
  }
  /** The transform of every `step`-th element from `first` on. */
  const transform = (first: number, step: number): Float64Array => {
    const n = total / step;
    if (n === 1) return Float64Array.of(x[2 * first], x[2 * first + 1]);
    const y = new Float64Array(2 * n);
    if (n === 2) {
      const [a, b] = [2 * first, 2 * (first + step)];
      for (let part = 0; part < 2; part++) {
        y[part] = x[a + part] + x[b + part];
        y[2 + part] = x[a + part] - x[b + part];
      }
      return y;
    }
    let p = 2;
    while (n % p !== 0) p++;
    const m = n / p;
    for (let a = 0; a < p; a++) {
      const part = transform(first + a * step, step * p);
      let turn = 0; // a·k·step, modulo the whole length
      for (let k = 0, j = 0; k < n; k++, j = j + 1 === m ? 0 : j + 1) {
        const c = cos[turn];
        const s = sin[turn];
        y[2 * k] += c * part[2 * j] - s * part[2 * j + 1];
        y[2 * k + 1] += c * part[2 * j + 1] + s * part[2 * j];
        turn += a * step;
        if (turn >= total) turn -= total;
      }
    }
    return y;
  };
  return transform(0, 1);
}

/** The same along one axis of interleaved values of shape [outer, n, inner]. */
export function dft64Along(
  x: ArrayLike<number>,
  [outer, n, inner]: readonly [number, number, number],
  inverse = false,
): Float64Array {
  const y = new Float64Array(x.length);
  const line = new Float64Array(2 * n);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (k: number) => 2 * ((o * n + k) * inner + i);
      for (let k = 0; k < n; k++) {
        line[2 * k] = x[at(k)];
        line[2 * k + 1] = x[at(k) + 1];
      }
      dft64(line, inverse).forEach((value, k) => y[at(k >> 1) + (k & 1)] = value);
    }
  }
  return y;
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let off = 0;
  let whole = 0;
  for (let k = 0; k < b.length; k++) {
    off += (a[k] - b[k]) ** 2;
    whole += b[k] ** 2;
  }
  return Math.sqrt(off / whole);
}

/** The relative error in L2 that a transform of n points may have. */
export function errorBound(n: number): number {
  return 2e-7 * Math.max(1, Math.log2(n));
}
