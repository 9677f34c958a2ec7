/**
 * The discrete Fourier transform along one axis, by Stockham's passes: each reads the whole array,
 * transforms groups of `radix` elements in registers, turns them and writes them where the next pass
 * finds them in order, so that nothing is ever permuted.
 *
 * Sources: Cooley and Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series"
 * (1965); Stockham, "High-speed Convolution and Correlation" (1966); Van Loan, "Computational
 * Frameworks for the Fast Fourier Transform" (1992), section 1.7.
 */
import { BYTES, type Kernel, linearGrid, type Program, type Slot } from "../kernel.ts";
import { sizedMain } from "./columns.ts";
import { Codelet, CODELET_FUNCTIONS, middleDivisor, primeFactors } from "./codelet.ts";
import { HostFft } from "./host_fft.ts";

/** The largest prime that has a codelet. */
const LARGEST_PRIME = 13;
/** The most elements that a thread transforms in registers. */
const LARGEST_RADIX = 16;
/** How many groups the host transforms side by side. */
const BATCH = 32;

/** y[o, k, i] = scale · Σ_j x[o, j, i] e^{∓2πi jk/n} of x [outer, n, inner], minus unless `inverse`. */
export interface FftSpec {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly inverse: boolean;
  readonly scale: number;
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

/** The fewest factors of n that are codelets, and of these the ones of the least sum; null if there are none. */
function radices(n: number, most = LARGEST_RADIX): number[] | null {
  if (n <= most) return [n];
  let best: number[] | null = null;
  const cost = (list: readonly number[]) => list.length * n + list.reduce((a, r) => a + r, 0);
  for (let r = Math.min(most, n >> 1); r >= 2; r--) {
    const others = n % r === 0 ? radices(n / r, r) : null;
    if (others && (!best || cost([r, ...others]) < cost(best))) best = [r, ...others];
  }
  return best;
}

/** Whether a length takes several passes, and so the table of {@link fftTable}. */
export function takesTable(n: number): boolean {
  return n > LARGEST_RADIX;
}

const pass: Kernel<PassSpec> = {
  name: "fft",
  bindings: ({ last }) => ({ inputs: last ? ["c64"] : ["c64", "c64"], outputs: ["c64"] }),
  params: () => 7,
  wgsl({ radix, last, grid }) {
    const code = new Codelet();
    const each = Array.from({ length: radix }, (_, j) => j);
    let y = code.transform(each.map((j) => code.name(`in0[source + ${j}u * step] * signs`)));
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
    const body = `  let signs = vec2<f32>(1.0, param_f32(4u));
  let scales = vec2<f32>(param_f32(6u), param_f32(6u) * param_f32(5u));
  let block = i / step;
  let t = i - block * step;
  let p = t / stride;
  let source = block * step * ${radix}u + t;
  let place = block * step * ${radix}u + t + p * stride * ${radix - 1}u;
${last ? "" : "  let turn = p * unit;\n"}${code.lines.join("\n")}
${y.map((value, j) => `  out0[place + ${j}u * stride] = ${value} * scales;`).join("\n")}`;
    return {
      source: CODELET_FUNCTIONS + sizedMain(["step", "stride", "unit"], body),
      workgroups: [grid, 1, 1],
    };
  },
  cpu({ radix, last }, [x, table], [y], { u32: [groups, step, stride, unit], f32 }) {
    const [signIn, signOut, scale] = f32.subarray(4);
    const host = HostFft.of(radix, BATCH);
    const { re, im } = host;
    const outward = signOut * scale;
    for (let first = 0; first < groups; first += BATCH) {
      const count = Math.min(BATCH, groups - first);
      for (let b = 0; b < count; b++) {
        const block = Math.floor((first + b) / step);
        let from = 2 * (first + b + block * step * (radix - 1));
        for (let j = b; j < radix * BATCH; j += BATCH, from += 2 * step) {
          re[j] = x[from];
          im[j] = signIn * x[from + 1];
        }
      }
      host.run();
      for (let b = 0; b < count; b++) {
        const block = Math.floor((first + b) / step);
        const p = Math.floor((first + b - block * step) / stride);
        let to = 2 * (first + b + (block * step + p * stride) * (radix - 1));
        const turn = last ? 0 : 2 * p * unit;
        for (let j = b, at = 0; j < radix * BATCH; j += BATCH, to += 2 * stride, at += turn) {
          const c = turn > 0 ? table[at] : 1;
          const s = turn > 0 ? table[at + 1] : 0;
          y[to] = scale * (c * re[j] - s * im[j]);
          y[to + 1] = outward * (c * im[j] + s * re[j]);
        }
      }
    }
  },
};

/** x, and the table of {@link fftTable} if it {@link takesTable} → y. The length must be {@link isSmooth}. */
export function fft({ outer, n, inner, inverse, scale }: FftSpec): Program {
  const size = outer * n * inner;
  const list = radices(n)!;
  const end = list.length - 1;
  // The last pass writes the output; before it output and scratch take turns.
  const buffer = (k: number): Slot => (k < 0 ? "in0" : (end - k) % 2 === 0 ? "out0" : "tmp0");
  // The inverse is the conjugate of the transform of the conjugate.
  const sign = (here: boolean) => (inverse && here ? -1 : 1);
  let rest = n;
  let stride = inner;
  const steps = list.map((radix, k) => {
    rest /= radix;
    const groups = size / radix;
    const last = k === end;
    const spec: PassSpec = { radix, last, grid: linearGrid(groups)[0] };
    const floats = Float32Array.of(sign(k === 0), sign(last), last ? scale : 1);
    const words = new Uint32Array(floats.buffer);
    const params = [groups, rest * stride, stride, stride / inner, ...words];
    stride *= radix;
    const inputs: Slot[] = last ? [buffer(k - 1)] : [buffer(k - 1), "in1"];
    return { kernel: pass, spec, inputs, outputs: [buffer(k)], params };
  });
  return { steps, scratch: end > 0 ? [size * BYTES.c64] : [] };
}
