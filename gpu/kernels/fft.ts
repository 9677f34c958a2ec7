/**
 * The discrete Fourier transform along one axis, by Stockham's passes: each reads the whole array,
 * transforms groups of `radix` elements in registers, turns them and writes them where the next pass
 * finds them in order, so that nothing is ever permuted.
 *
 * Sources: Cooley and Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series"
 * (1965); Stockham, "High-speed Convolution and Correlation" (1966); Van Loan, "Computational
 * Frameworks for the Fast Fourier Transform" (1992), section 1.7.
 */
import { BYTES, type Kernel, linearGrid, linearMain, type Program, type Slot } from "../kernel.ts";
import { Codelet, CODELET_FUNCTIONS, middleDivisor, primeFactors } from "./codelet.ts";
import { HostFft } from "./host_fft.ts";

/** The largest prime that has a codelet. */
const LARGEST_PRIME = 13;
/** The most elements that a thread transforms in registers. */
const LARGEST_RADIX = 16;

/** y[o, k, i] = scale · Σ_j x[o, j, i] e^{∓2πi jk/n} of x [outer, n, inner], minus unless `inverse`. */
export interface FftSpec {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly inverse: boolean;
  readonly scale: number;
}

/** One pass: what is left is a transform of `radix`·`rest` points at this `stride`. */
interface PassSpec {
  /** The number of elements. */
  readonly size: number;
  /** The length of the whole transform, and of the table. */
  readonly n: number;
  readonly radix: number;
  readonly rest: number;
  readonly stride: number;
  readonly inverse: boolean;
  readonly scale: number;
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
  bindings: ({ rest }) => ({ inputs: rest > 1 ? ["c64", "c64"] : ["c64"], outputs: ["c64"] }),
  wgsl({ size, n, radix, rest, stride, inverse, scale }) {
    const step = rest * stride;
    const threads = size / radix;
    const code = new Codelet(inverse);
    const each = Array.from({ length: radix }, (_, j) => j);
    let y = code.transform(each.map((j) => code.name(`in0[source + ${j * step}u]`)));
    if (rest > 1) {
      // e^{∓2πi pj/(radix·rest)} for all j from those of its digits in base `base`.
      const base = middleDivisor(radix);
      const load = (j: number) => code.name(`turned(in1[turn * ${j}u])`);
      const low = each.slice(0, base).map((j) => (j === 0 ? "" : load(j)));
      const high = each.slice(0, radix / base).map((j) => (j === 0 ? "" : load(j * base)));
      y = y.map((value, j) => {
        const [a, b] = [low[j % base], high[Math.floor(j / base)]];
        if (!a && !b) return value;
        return code.name(`times(${value}, ${a && b ? `times(${a}, ${b})` : a || b})`);
      });
    }
    if (scale !== 1) y = y.map((value) => code.name(`${value} * ${scale}f`));
    const turned = `fn turned(w: vec2<f32>) -> vec2<f32> { return ${
      inverse ? "vec2<f32>(w.x, -w.y)" : "w"
    }; }\n`;
    const body = `  let t = i % ${step}u;
  let block = (i / ${step}u) * ${step * radix}u;
  let source = block + t;
  let p = t / ${stride}u;
  let to = block + t % ${stride}u + p * ${radix * stride}u;
${rest > 1 ? `  let turn = p * ${n / (radix * rest)}u;\n` : ""}${code.lines.join("\n")}
${y.map((value, j) => `  out0[to + ${j * stride}u] = ${value};`).join("\n")}`;
    return {
      source: CODELET_FUNCTIONS + turned + linearMain(threads, body),
      workgroups: linearGrid(threads),
    };
  },
  cpu({ size, n, radix, rest, stride, inverse, scale }, [x, table], [y]) {
    const host = HostFft.of(radix, inverse);
    const { re, im } = host;
    const sign = inverse ? -1 : 1;
    const step = rest * stride;
    const unit = n / (radix * rest);
    for (let block = 0; block < size; block += radix * step) {
      for (let p = 0; p < rest; p++) {
        for (let q = 0; q < stride; q++) {
          let from = 2 * (block + p * stride + q);
          for (let j = 0; j < radix; j++, from += 2 * step) {
            re[j] = x[from];
            im[j] = x[from + 1];
          }
          host.run();
          let to = 2 * (block + p * radix * stride + q);
          for (let j = 0; j < radix; j++, to += 2 * stride) {
            let c = scale;
            let s = 0;
            if (p > 0) {
              const at = 2 * p * j * unit;
              c = scale * table[at];
              s = scale * sign * table[at + 1];
            }
            y[to] = c * re[j] - s * im[j];
            y[to + 1] = c * im[j] + s * re[j];
          }
        }
      }
    }
  },
};

/** x, table of {@link fftTable} → y. The length must be {@link isSmooth}. */
export function fft({ outer, n, inner, inverse, scale }: FftSpec): Program {
  const size = outer * n * inner;
  const list = radices(n)!;
  let rest = n;
  let stride = inner;
  const last = list.length - 1;
  // The last pass writes the output; before it output and scratch take turns.
  const buffer = (k: number): Slot => (k < 0 ? "in0" : (last - k) % 2 === 0 ? "out0" : "tmp0");
  const steps = list.map((radix, k) => {
    rest /= radix;
    const spec: PassSpec = {
      size,
      n,
      radix,
      rest,
      stride,
      inverse,
      scale: k === last ? scale : 1,
    };
    stride *= radix;
    const inputs: Slot[] = rest > 1 ? [buffer(k - 1), "in1"] : [buffer(k - 1)];
    return { kernel: pass, spec, inputs, outputs: [buffer(k)] };
  });
  return { steps, scratch: last > 0 ? [size * BYTES.c64] : [] };
}
