/**
 * The discrete Fourier transform along one axis. The kernels take lengths with small prime factors;
 * all others become a circular convolution of such a length (Bluestein, "A linear filtering approach to
 * the computation of discrete Fourier transform", 1970).
 */
import {
  bytesOf,
  complexOf,
  inexact,
  type InexactDType,
  isReal,
  realOf,
  rounded,
} from "../../gpu/contract/dtype.ts";
import {
  fft as program,
  fftTable,
  isSmooth,
  takesTable,
} from "../../gpu/kernels/transforms/fft.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { HostFft } from "../../gpu/kernels/transforms/host_fft.ts";
import { hostNode, Node, type Primitive } from "../lazy/graph.ts";
import { around } from "../lazy/shape.ts";
import { mul, real, scale as scaled, toComplex } from "./arithmetic.ts";
import { embed, expand, narrow, reshape } from "./views.ts";

/** The most complex numbers in memory that 32 bits address. */
const MOST_LENGTH = 2 ** 29 - 1;

/** Bytes of tables that are kept for the next transform of the same length. */
const BUDGET = 1 << 26;

/** Tables by name, the least recently used first. */
const tables = new Map<string, Node>();
let tableBytes = 0;

/**
 * The complex table with this name for numbers of a dtype, made once as long as it stays in use, and not
 * before it is used.
 */
function table(called: string, length: number, like: Node, make: () => Float64Array): Node {
  const dtype = complexOf(inexact(like.dtype));
  const name = `${called} ${dtype}`;
  let node = tables.get(name);
  if (node) tables.delete(name);
  else {
    node = hostNode(() => rounded(make(), dtype), [length], dtype);
    tableBytes += length * bytesOf(dtype);
  }
  tables.set(name, node);
  for (const [oldest, { size, dtype }] of tables) {
    if (tableBytes <= BUDGET || oldest === name) break;
    tables.delete(oldest);
    tableBytes -= size * bytesOf(dtype);
  }
  return node;
}

interface Attrs {
  readonly axis: number;
  readonly inverse: boolean;
  readonly scale: number;
}

const FFT: Primitive<Attrs> = {
  name: "fft",
  lowering: {
    kind: "program",
    program({ shape, dtype, inputs: [x], attrs }, engine) {
      const { axis, inverse, scale } = attrs;
      return program({
        n: shape[axis],
        ...around(shape, axis),
        inverse,
        scale,
        input: inexact(x.dtype),
        output: inexact(dtype),
      }, engine);
    },
  },
  // The adjoint is the transform of the opposite sign; for a real input, its real part.
  vjp({ inputs, attrs }, [g]) {
    const { axis, inverse, scale } = attrs;
    const gradient = dft(g!, axis, !inverse, scale, inexact(inputs[0].dtype));
    return inputs.length === 1 ? [gradient] : [gradient, null];
  },
};

/** x cut or zero-padded to n elements along an axis. */
export function fit(x: Node, axis: number, n: number): Node {
  if (n <= x.shape[axis]) return narrow(x, axis, 0, n);
  return embed(x, x.shape.map((m, d) => (d === axis ? n : m)), x.shape.map(() => 0));
}

/** x times a vector along an axis. */
export function timesLine(x: Node, axis: number, line: Node): Node {
  const along = x.shape.map((n, d) => (d === axis ? n : 1));
  return mul(x, expand(reshape(line, along), x.shape));
}

/** e^{∓πi k²/n} for k < n; phases are reduced before they are rounded. */
function chirp(n: number, inverse: boolean): Float64Array {
  const w = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const angle = (inverse ? 1 : -1) * Math.PI * (k * k % (2 * n)) / n;
    w[2 * k] = Math.cos(angle);
    w[2 * k + 1] = Math.sin(angle);
  }
  return w;
}

/** The transform of the conjugate chirp, wrapped around to `length`. */
function chirpSpectrum(n: number, length: number, inverse: boolean): Float64Array {
  const w = chirp(n, inverse);
  const host = new HostFft(length);
  for (let k = 0; k < n; k++) {
    for (const at of [k, (length - k) % length]) {
      host.re[at] = w[2 * k];
      host.im[at] = -w[2 * k + 1];
    }
  }
  host.run();
  const spectrum = new Float64Array(2 * length);
  for (let k = 0; k < length; k++) {
    spectrum[2 * k] = host.re[k];
    spectrum[2 * k + 1] = host.im[k];
  }
  return spectrum;
}

/** The smallest length of at least n whose prime factors are 2, 3 and 5. */
export function goodLength(n: number): number {
  let best = Infinity;
  for (let five = 1; five < best; five *= 5) {
    for (let odd = five; odd < best; odd *= 3) {
      let length = odd;
      while (length < n) length *= 2;
      best = Math.min(best, length);
    }
  }
  return best;
}

/** With jk = (j² + k² − (k − j)²)/2 the transform is a convolution with a chirp. */
function bluestein(x: Node, axis: number, inverse: boolean, scale: number): Node {
  const n = x.shape[axis];
  const length = goodLength(2 * n - 1);
  const w = table(`chirp ${n} ${inverse}`, n, x, () => chirp(n, inverse));
  const spectrum = table(
    `spectrum ${n} ${inverse}`,
    length,
    x,
    () => chirpSpectrum(n, length, inverse),
  );
  // Divides by the length at once, so that no intermediate value is larger than the result.
  const moved = dft(fit(timesLine(x, axis, w), axis, length), axis, false, 1 / length);
  const back = dft(timesLine(moved, axis, spectrum), axis, true, scale);
  return timesLine(fit(back, axis, n), axis, w);
}

/**
 * scale · Σ_j x_j e^{∓2πi jk/n} along an axis of a real or complex x, with the minus sign unless
 * `inverse`; its real part, if the output is to be real.
 */
export function dft(
  x: Node,
  axis: number,
  inverse: boolean,
  scale: number,
  output: InexactDType = complexOf(inexact(x.dtype)),
): Node {
  const n = x.shape[axis];
  if (n > MOST_LENGTH) {
    throw cannot("transform", `${n} points are more than ${MOST_LENGTH}, which a buffer can hold`);
  }
  const part = (z: Node) => (isReal(output) ? real(z) : z);
  if (n === 1) return part(scale === 1 ? toComplex(x) : scaled(toComplex(x), scale));
  if (!isSmooth(n)) return part(bluestein(x, axis, inverse, scale));
  const inputs = takesTable(n) ? [x, table(`twiddles ${n}`, n, x, () => fftTable(n))] : [x];
  const attrs: Attrs = { axis, inverse, scale };
  return new Node(FFT, inputs, [{ shape: x.shape, dtype: output }], attrs);
}

/** The frequencies 0 … ⌊n/2⌋ of {@link dft} of a real x. */
export function rdft(x: Node, axis: number, scale: number): Node {
  return fit(dft(x, axis, false, scale), axis, (x.shape[axis] >> 1) + 1);
}

/**
 * The real signal of n points with these frequencies: the real part of the inverse transform in which
 * those between 0 and n/2 also stand for their conjugates.
 */
export function irdft(x: Node, axis: number, n: number, scale: number): Node {
  const count = (n >> 1) + 1;
  const weights = table(`halves ${n}`, count, x, () => {
    const twice = new Float64Array(2 * count);
    for (let k = 0; k < count; k++) twice[2 * k] = k === 0 || 2 * k === n ? 1 : 2;
    return twice;
  });
  const full = fit(timesLine(toComplex(fit(x, axis, count)), axis, weights), axis, n);
  return dft(full, axis, true, scale, realOf(inexact(full.dtype)));
}

/** Axes, the number of points that each is cut or padded to, and the factor of a transform of n points. */
export interface Grid {
  readonly axes: readonly number[];
  readonly points: readonly number[];
  factor(n: number): number;
}

/** The last axis of a grid, and the others. */
function parted({ axes, points, factor }: Grid) {
  const n = points.at(-1)!;
  const others: Grid = { axes: axes.slice(0, -1), points: points.slice(0, -1), factor };
  return { axis: axes.at(-1)!, n, scale: factor(n), others };
}

/** {@link dft} along the axes of a grid, beginning with the last, along which elements are contiguous. */
export function dftGrid(x: Node, { axes, points, factor }: Grid, inverse: boolean): Node {
  return axes.reduceRight(
    (z, axis, k) => dft(fit(z, axis, points[k]), axis, inverse, factor(points[k])),
    x,
  );
}

/** {@link rdft} of a real x along the last axis, then {@link dft} along the others. */
export function rdftGrid(x: Node, grid: Grid): Node {
  const { axis, n, scale, others } = parted(grid);
  return dftGrid(rdft(fit(x, axis, n), axis, scale), others, false);
}

/** The inverse of {@link rdftGrid}. */
export function irdftGrid(x: Node, grid: Grid): Node {
  const { axis, n, scale, others } = parted(grid);
  return irdft(dftGrid(x, others, true), axis, n, scale);
}
