/** Fourier transforms on the host, in float64. */
import { primeFactors } from "./codelet.ts";

/** How many transforms {@link HostFft.of} keeps. */
const MOST_KEPT = 64;

/** One of Stockham's passes: what is left is a transform of `radix`·`rest` points at this `stride`. */
interface HostPass {
  readonly radix: number;
  readonly rest: number;
  readonly stride: number;
}

/**
 * Transforms of `batch` lines side by side, re + i·im as [n, batch], in place:
 * y[k] = Σ_j x[j] e^{−2πi jk/n}.
 */
export class HostFft {
  /** The real parts. */
  readonly re: Float64Array;
  /** The imaginary parts. */
  readonly im: Float64Array;
  readonly #n: number;
  readonly #batch: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #passes: HostPass[] = [];
  readonly #otherRe: Float64Array;
  readonly #otherIm: Float64Array;
  static readonly #kept = new Map<string, HostFft>();

  /** Any length; the cost of a prime factor p is n·p. */
  constructor(n: number, batch = 1) {
    this.#n = n;
    this.#batch = batch;
    const array = () => new Float64Array(n * batch);
    [this.re, this.im, this.#otherRe, this.#otherIm] = [array(), array(), array(), array()];
    this.#cos = new Float64Array(n);
    this.#sin = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      const angle = -2 * Math.PI * k / n;
      this.#cos[k] = Math.cos(angle);
      this.#sin[k] = Math.sin(angle);
    }
    const twos = primeFactors(n).filter((p) => p === 2).length;
    const factors = [
      ...Array<number>(twos >> 1).fill(4),
      ...Array<number>(twos & 1).fill(2),
      ...primeFactors(n).filter((p) => p > 2),
    ];
    let rest = n;
    let stride = batch;
    for (const radix of factors) {
      rest /= radix;
      this.#passes.push({ radix, rest, stride });
      stride *= radix;
    }
  }

  /** The transforms of a length, made once while few lengths are in use. */
  static of(n: number, batch: number): HostFft {
    const key = `${n},${batch}`;
    let host = this.#kept.get(key);
    if (host) return host;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(key, host = new HostFft(n, batch));
    return host;
  }

  /** Transforms what is in {@link re} and {@link im}. */
  run(): void {
    let [xr, xi, yr, yi] = [this.re, this.im, this.#otherRe, this.#otherIm];
    for (const { radix, rest, stride } of this.#passes) {
      if (radix === 2) this.#two(xr, xi, yr, yi, rest, stride);
      else if (radix === 4) this.#four(xr, xi, yr, yi, rest, stride);
      else this.#any(xr, xi, yr, yi, radix, rest, stride);
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
    }
    if (xr !== this.re) {
      this.re.set(xr);
      this.im.set(xi);
    }
  }

  #two(
    xr: Float64Array,
    xi: Float64Array,
    yr: Float64Array,
    yi: Float64Array,
    rest: number,
    stride: number,
  ): void {
    const half = rest * stride;
    const unit = stride / this.#batch;
    for (let p = 0; p < rest; p++) {
      const c = this.#cos[p * unit];
      const s = this.#sin[p * unit];
      for (let q = 0; q < stride; q++) {
        const a = p * stride + q;
        const b = a + half;
        const to = a + p * stride;
        yr[to] = xr[a] + xr[b];
        yi[to] = xi[a] + xi[b];
        const dr = xr[a] - xr[b];
        const di = xi[a] - xi[b];
        yr[to + stride] = c * dr - s * di;
        yi[to + stride] = c * di + s * dr;
      }
    }
  }

  #four(
    xr: Float64Array,
    xi: Float64Array,
    yr: Float64Array,
    yi: Float64Array,
    rest: number,
    stride: number,
  ): void {
    const [cos, sin] = [this.#cos, this.#sin];
    const step = rest * stride;
    const unit = stride / this.#batch;
    for (let p = 0; p < rest; p++) {
      const at = p * stride;
      const twiddle = p * unit;
      const [c1, c2, c3] = [cos[twiddle], cos[2 * twiddle], cos[3 * twiddle]];
      const [s1, s2, s3] = [sin[twiddle], sin[2 * twiddle], sin[3 * twiddle]];
      for (let q = 0; q < stride; q++) {
        const a = at + q;
        const b = a + step;
        const c = b + step;
        const d = c + step;
        const sumR = xr[a] + xr[c];
        const sumI = xi[a] + xi[c];
        const offR = xr[a] - xr[c];
        const offI = xi[a] - xi[c];
        const sideR = xr[b] + xr[d];
        const sideI = xi[b] + xi[d];
        const rotatedR = xi[b] - xi[d];
        const rotatedI = xr[d] - xr[b];
        const to = a + 3 * at;
        yr[to] = sumR + sideR;
        yi[to] = sumI + sideI;
        yr[to + stride] = c1 * (offR + rotatedR) - s1 * (offI + rotatedI);
        yi[to + stride] = c1 * (offI + rotatedI) + s1 * (offR + rotatedR);
        yr[to + 2 * stride] = c2 * (sumR - sideR) - s2 * (sumI - sideI);
        yi[to + 2 * stride] = c2 * (sumI - sideI) + s2 * (sumR - sideR);
        yr[to + 3 * stride] = c3 * (offR - rotatedR) - s3 * (offI - rotatedI);
        yi[to + 3 * stride] = c3 * (offI - rotatedI) + s3 * (offR - rotatedR);
      }
    }
  }

  #any(
    xr: Float64Array,
    xi: Float64Array,
    yr: Float64Array,
    yi: Float64Array,
    radix: number,
    rest: number,
    stride: number,
  ): void {
    const [n, cos, sin] = [this.#n, this.#cos, this.#sin];
    const step = rest * stride;
    const unit = stride / this.#batch;
    for (let p = 0; p < rest; p++) {
      const first = p * stride;
      for (let j = 0; j < radix; j++) {
        const to = (p * radix + j) * stride;
        for (let q = 0; q < stride; q++) {
          yr[to + q] = xr[first + q];
          yi[to + q] = xi[first + q];
        }
        for (let k = 1; k < radix; k++) {
          // e^{−2πi jk/radix}; what belongs to p alone comes at the end.
          const at = j * k % radix * (n / radix);
          const c = cos[at];
          const s = sin[at];
          const source = first + k * step;
          for (let q = 0; q < stride; q++) {
            yr[to + q] += c * xr[source + q] - s * xi[source + q];
            yi[to + q] += c * xi[source + q] + s * xr[source + q];
          }
        }
        if (p === 0 || j === 0) continue;
        const c = cos[j * p * unit];
        const s = sin[j * p * unit];
        for (let q = to; q < to + stride; q++) {
          const re = yr[q];
          yr[q] = c * re - s * yi[q];
          yi[q] = c * yi[q] + s * re;
        }
      }
    }
  }
}
