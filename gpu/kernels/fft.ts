/**
 * The discrete Fourier transform along one axis, by Stockham's passes: each reads the whole array,
 * transforms groups of `radix` elements in registers, turns them and writes them where the next pass
 * finds them in order, so that nothing is ever permuted.
 *
 * Sources: Cooley and Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series"
 * (1965); Stockham, "High-speed Convolution and Correlation" (1966); Van Loan, "Computational
 * Frameworks for the Fast Fourier Transform" (1992), section 1.7.
 */
import {
  BYTES,
  type Field,
  type Kernel,
  linearGrid,
  type Program,
  sizedMain,
  type Slot,
} from "../kernel.ts";
import { Codelet, CODELET_FUNCTIONS, middleDivisor, primeFactors } from "./codelet.ts";
import { HostFft } from "./host_fft.ts";

/** The largest prime that has a codelet. */
const LARGEST_PRIME = 13;
/** The most elements that a thread transforms in registers. */
const LARGEST_RADIX = 16;
/** The most where that saves the third pass: such codelets take long to compile. */
const WIDE_RADIX = 32;
/** How many groups the host transforms side by side. */
const BATCH = 32;

/** y[o, k, i] = scale · Σ_j x[o, j, i] e^{∓2πi jk/n} of x [outer, n, inner], minus unless `inverse`. */
export interface FftSpec {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly inverse: boolean;
  readonly scale: number;
  /** The kind of x. */
  readonly input: Field;
  /** The kind of y; of a real one only the real part is written. */
  readonly output: Field;
}

/**
 * One pass; what is particular to a length is in its params, so that all lengths share a few pipelines:
 * groups, `step` and `stride` between the elements of a group before and after, the `unit` of its turns
 * in the table, and (as floats) the signs of the imaginary parts in and out and the scale.
 */
interface PassSpec {
  readonly radix: number;
  /** The last pass turns nothing, and has no table. */
  readonly last: boolean;
  readonly input: Field;
  readonly output: Field;
  /** The workgroups. */
  readonly grid: number;
}

/** Whether a length has no prime factors but those of the codelets. */
export function isSmooth(n: number): boolean {
  return primeFactors(n).every((p) => p <= LARGEST_PRIME);
}

/** The table of e^{−2πi k/n}, k < n, from float64. */
export function fftTable(n: number): Float32Array {
  const table = new Float32Array(2 * n);
  for (let k = 0; k < n; k++) {
    const angle = -2 * Math.PI * k / n;
    table[2 * k] = Math.cos(angle);
    table[2 * k + 1] = Math.sin(angle);
  }
  return table;
}

/**
 * The fewest factors of n up to `most`, largest first, and of these the ones of the least sum; null if
 * there are none.
 */
function factors(n: number, most: number): number[] | null {
  if (n <= most) return [n];
  let best: number[] | null = null;
  const cost = (list: readonly number[]) => list.length * n + list.reduce((a, r) => a + r, 0);
  for (let r = Math.min(most, n >> 1); r >= 2; r--) {
    const others = n % r === 0 ? factors(n / r, r) : null;
    if (others && (!best || cost([r, ...others]) < cost(best))) best = [r, ...others];
  }
  return best;
}

/** The radices of the passes of a length that is {@link isSmooth}. */
function radices(n: number): number[] {
  const list = factors(n, LARGEST_RADIX)!;
  const wide = list.length === 3 && n <= WIDE_RADIX ** 2 ? factors(n, WIDE_RADIX)! : list;
  return wide.length === 2 ? wide : list;
}

/** Whether a length takes several passes, and so the table of {@link fftTable}. */
export function takesTable(n: number): boolean {
  return n > LARGEST_RADIX;
}

const fftPass: Kernel<PassSpec> = {
  name: "fft",
  bindings: ({ last, input, output }) => ({
    inputs: last ? [input] : [input, "c64"],
    outputs: [output],
  }),
  params: () => 7,
  wgsl({ radix, last, input, output, grid }) {
    const code = new Codelet();
    const each = Array.from({ length: radix }, (_, j) => j);
    let y = code.transform(each.map((j) => {
      const x = `in0[source + ${j}u * step]`;
      return code.name(input === "c64" ? `${x} * signs` : `vec2<f32>(${x}, 0.0)`);
    }));
    if (!last) {
      // e^{−2πi pj/(radix·rest)} for all j from those of its digits in base `base`.
      const base = middleDivisor(radix);
      const turn = (j: number) => (j === 0 ? "" : code.name(`in1[turn * ${j}u]`));
      const low = each.slice(0, base).map(turn);
      const high = each.slice(0, radix / base).map((j) => turn(j * base));
      y = y.map((value, j) => {
        const [a, b] = [low[j % base], high[Math.floor(j / base)]];
        if (!a && !b) return value;
        return code.name(`times(${value}, ${a && b ? `times(${a}, ${b})` : a || b})`);
      });
    }
    const part = (value: string) =>
      output === "c64" ? `${value} * scales` : `${value}.x * scales.x`;
    const body = `  let signs = vec2<f32>(1.0, param_f32(4u));
  let scales = vec2<f32>(param_f32(6u), param_f32(6u) * param_f32(5u));
  let block = i / step;
  let t = i - block * step;
  let p = t / stride;
  let source = block * step * ${radix}u + t;
  let place = block * step * ${radix}u + t + p * stride * ${radix - 1}u;
${last ? "" : "  let turn = p * unit;\n"}${code.lines.join("\n")}
${y.map((value, j) => `  out0[place + ${j}u * stride] = ${part(value)};`).join("\n")}`;
    return {
      source: CODELET_FUNCTIONS + sizedMain(["step", "stride", "unit"], body),
      workgroups: [grid, 1, 1],
    };
  },
  cpu(
    { radix, last, input, output },
    [x, table],
    [y],
    { u32: [groups, step, stride, unit], f32 },
  ) {
    const [signIn, signOut, scale] = f32.subarray(4);
    const host = HostFft.of(radix, BATCH);
    const { re, im } = host;
    const outward = signOut * scale;
    const size = radix * BATCH;
    for (let first = 0; first < groups; first += BATCH) {
      const count = Math.min(BATCH, groups - first);
      for (let b = 0; b < count; b++) {
        const block = Math.floor((first + b) / step);
        let from = first + b + block * step * (radix - 1);
        for (let j = b; j < size; j += BATCH, from += step) {
          re[j] = input === "c64" ? x[2 * from] : x[from];
          im[j] = input === "c64" ? signIn * x[2 * from + 1] : 0;
        }
      }
      host.run();
      for (let b = 0; b < count; b++) {
        const block = Math.floor((first + b) / step);
        const p = Math.floor((first + b - block * step) / stride);
        let to = first + b + (block * step + p * stride) * (radix - 1);
        const turn = last ? 0 : 2 * p * unit;
        for (let j = b, at = 0; j < size; j += BATCH, to += stride, at += turn) {
          const c = turn > 0 ? table[at] : 1;
          const s = turn > 0 ? table[at + 1] : 0;
          const real = scale * (c * re[j] - s * im[j]);
          if (output === "f32") y[to] = real;
          else {
            y[2 * to] = real;
            y[2 * to + 1] = outward * (c * im[j] + s * re[j]);
          }
        }
      }
    }
  },
};

/** x, and the table of {@link fftTable} if it {@link takesTable} → y. The length must be {@link isSmooth}. */
export function fft(spec: FftSpec): Program {
  const { n, inner, inverse, scale } = spec;
  const size = spec.outer * n * inner;
  const list = radices(n);
  const end = list.length - 1;
  // Between input and output two complex buffers take turns; the output itself is one, if it can.
  const spare = spec.output === "c64" ? "out0" : "tmp1";
  const buffer = (k: number): Slot =>
    k < 0 ? "in0" : k === end ? "out0" : (end - k) % 2 === 0 ? spare : "tmp0";
  // The inverse is the conjugate of the transform of the conjugate.
  const sign = (here: boolean) => (inverse && here ? -1 : 1);
  let rest = n;
  let stride = inner;
  const steps = list.map((radix, k) => {
    rest /= radix;
    const groups = size / radix;
    const last = k === end;
    const pass: PassSpec = {
      radix,
      last,
      input: k === 0 ? spec.input : "c64",
      output: last ? spec.output : "c64",
      grid: linearGrid(groups)[0],
    };
    const floats = Float32Array.of(sign(k === 0), sign(last), last ? scale : 1);
    const words = new Uint32Array(floats.buffer);
    const params = [groups, rest * stride, stride, stride / inner, ...words];
    stride *= radix;
    const inputs: Slot[] = last ? [buffer(k - 1)] : [buffer(k - 1), "in1"];
    return { kernel: fftPass, spec: pass, inputs, outputs: [buffer(k)], params };
  });
  const scratch = end === 0 ? 0 : spare === "tmp1" && end > 1 ? 2 : 1;
  return { steps, scratch: Array<number>(scratch).fill(size * BYTES.c64) };
}
