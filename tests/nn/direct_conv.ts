/** Convolutions over any number of axes and their gradients, as direct sums in float64. */
import { sizeOf } from "../../complex/lazy/shape.ts";

/** A convolution from x to y, a number for each axis. */
export interface Geometry {
  readonly groups: number;
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
}

/** All coordinates below `shape`, last axis fastest. */
function* coordinates(shape: readonly number[]): Generator<number[]> {
  for (let k = 0; k < sizeOf(shape); k++) {
    const at: number[] = [];
    let rest = k;
    for (const n of shape.toReversed()) {
      at.unshift(rest % n);
      rest = Math.floor(rest / n);
    }
    yield at;
  }
}

const place = (at: readonly number[], shape: readonly number[]) =>
  at.reduce((sum, k, d) => sum * shape[d] + k, 0);

/** Calls `visit` with the places in y, x and w of every product y += x · w. */
function eachProduct(s: Geometry, visit: (y: number, x: number, w: number) => void): void {
  const [outGroup, inGroup] = [s.w[0] / s.groups, s.w[1]];
  for (const [n, o, ...pixel] of coordinates(s.y)) {
    for (const [c, ...tap] of coordinates(s.w.slice(1))) {
      const from = pixel.map((p, d) => p * s.stride[d] + tap[d] * s.dilation[d] - s.padding[d]);
      if (from.some((p, d) => p < 0 || p >= s.x[d + 2])) continue;
      const channel = Math.floor(o / outGroup) * inGroup + c;
      visit(
        place([n, o, ...pixel], s.y),
        place([n, channel, ...from], s.x),
        place([o, c, ...tap], s.w),
      );
    }
  }
}

type Numbers = Float32Array | Float64Array;

/** out[o] += a[p] · b[q], or a[p] · conj(b[q]), of interleaved complex numbers. */
function multiplyAdd(
  out: Float64Array,
  o: number,
  a: Numbers,
  p: number,
  b: Numbers,
  q: number,
  conj: boolean,
): void {
  const [ar, ai, br] = [a[2 * p], a[2 * p + 1], b[2 * q]];
  const bi = conj ? -b[2 * q + 1] : b[2 * q + 1];
  out[2 * o] += ar * br - ai * bi;
  out[2 * o + 1] += ar * bi + ai * br;
}

/** Output and gradients of x, w and bias in float64; transposed, x is what the geometry calls y. */
export function reference(
  s: Geometry,
  transposed: boolean,
  [x, w, b, gy]: readonly Numbers[],
): [y: Float64Array, gx: Float64Array, gw: Float64Array, gb: Float64Array] {
  const [y, gx] = [new Float64Array(gy.length), new Float64Array(x.length)];
  const [gw, gb] = [new Float64Array(w.length), new Float64Array(b.length)];
  eachProduct(s, (later, earlier, k) => {
    const [o, i] = transposed ? [earlier, later] : [later, earlier];
    multiplyAdd(y, o, x, i, w, k, false);
    multiplyAdd(gx, i, gy, o, w, k, true);
    multiplyAdd(gw, k, gy, o, x, i, true);
  });
  const [, channels, ...pixels] = transposed ? s.x : s.y;
  for (let k = 0; k < y.length; k++) {
    const c = 2 * (Math.floor(k / 2 / sizeOf(pixels)) % channels) + k % 2;
    y[k] += b[c];
    gb[c] += gy[k];
  }
  return [y, gx, gw, gb];
}
