/**
 * The discrete Fourier transform along one axis, by Stockham's passes: each reads the whole array,
 * does butterflies of `radix` elements in registers, multiplies by twiddle factors and writes the results
 * where the next pass finds them in order, so that nothing is ever permuted.
 *
 * Sources: Cooley and Tukey, "An Algorithm for the Machine Calculation of Complex Fourier Series"
 * (1965); Stockham, "High-speed Convolution and Correlation" (1966); Van Loan, "Computational
 * Frameworks for the Fast Fourier Transform" (1992), section 1.7.
 */
import type { Engine } from "../../contract/engine.ts";
import {
  bytesOf,
  complexOf,
  type InexactDType,
  isComplex,
  precisionOf,
  wordsOf,
} from "../../contract/dtype.ts";
import { linearGrid, type Program, type Slot } from "../../contract/kernel.ts";
import { cooperates } from "../costs.ts";
import { middleDivisor, primeFactors } from "./codelet.ts";
import { fftLine, type LineSpec, linesTogether } from "./fft_line.ts";
import { fftPass, type PassSpec } from "./fft_pass.ts";

/** The largest prime that has a codelet. */
const LARGEST_PRIME = 13;
/** The most elements that a thread transforms in registers. */
const LARGEST_RADIX = 16;
/** The most where that saves the third pass: such codelets take long to compile. */
const WIDE_RADIX = 32;
/** The most elements of a line that the CPU engine transforms in its cache. */
const WHOLE_LINE = 4096;
/** Below this a line alone is not worth dividing. */
const SHORT_LINE = 64;

/** y[o, k, i] = scale · Σ_j x[o, j, i] e^{∓2πi jk/n} of x [outer, n, inner], minus unless `inverse`. */
export interface FftSpec {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly inverse: boolean;
  readonly scale: number;
  /** The kind of x. */
  readonly input: InexactDType;
  /** The kind of y; of a real one only the real part is written. */
  readonly output: InexactDType;
}

/** Whether a length has no prime factors but those of the codelets. */
export function isSmooth(n: number): boolean {
  return primeFactors(n).every((p) => p <= LARGEST_PRIME);
}

/** The table of e^{−2πi k/n}, k < n. */
export function fftTable(n: number): Float64Array {
  const table = new Float64Array(2 * n);
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

/**
 * The radices on the CPU engine: whole lines where there are several to do side by side, else the two
 * divisors next to the square root.
 */
function longRadices(n: number, lines: number): number[] {
  if (n <= SHORT_LINE || (n <= WHOLE_LINE && lines >= 4)) return [n];
  const d = middleDivisor(n);
  return d < n ? [...longRadices(d, n), ...longRadices(n / d, n)] : [n];
}

/** The factor of each pass, one after the other: powers of two but for the last. */
function scales(list: readonly number[], n: number, scale: number): number[] {
  const exponent = Math.abs(scale) < 1 && scale !== 0 ? Math.log2(Math.abs(scale)) : 0;
  const first = list.slice(0, -1).map((radix) =>
    2 ** Math.floor(exponent * Math.log(radix) / Math.log(n))
  );
  return [...first, first.reduce((rest, factor) => rest / factor, scale)];
}

/** Whether a length takes several passes, and so the table of {@link fftTable}. */
export function takesTable(n: number): boolean {
  return n > LARGEST_RADIX;
}

/** The engine on which a program is to run. */
type On = Pick<Engine, "kind" | "adapter">;

/** All passes in one dispatch, where threads share lines through workgroup memory that has room for them. */
function whole(spec: FftSpec, { kind, adapter }: On): Program | null {
  const { n, inner, inverse, scale, input, output } = spec;
  if (kind === "cpu" || !cooperates(adapter) || !takesTable(n)) return null;
  const lines = spec.outer * inner, list = factors(n, LARGEST_RADIX)!;
  const side = linesTogether(list, inner, lines);
  if (side < 1) return null;
  const line: LineSpec = {
    radices: list,
    columns: inner > 1,
    side,
    input,
    output,
    grid: Math.ceil(lines / side),
  };
  const sign = inverse ? -1 : 1;
  const words = new Uint32Array(Float32Array.of(sign, sign, scale).buffer);
  const params = [lines, inner, ...words];
  return {
    steps: [{ kernel: fftLine, spec: line, inputs: ["in0", "in1"], outputs: ["out0"], params }],
  };
}

/** x, and the table of {@link fftTable} if it {@link takesTable} → y. The length must be {@link isSmooth}. */
export function fft(spec: FftSpec, on: On): Program {
  return whole(spec, on) ?? inPasses(spec, on);
}

/** The transform pass by pass. */
function inPasses(spec: FftSpec, { kind }: On): Program {
  const { n, inner, inverse } = spec;
  const field = complexOf(spec.input);
  const lines = spec.outer * inner;
  const size = lines * n;
  const list = kind === "cpu" ? longRadices(n, lines) : radices(n);
  const scale = scales(list, n, spec.scale);
  const end = list.length - 1;
  // Between input and output two complex buffers alternate; the output itself is one, if it can.
  const spare = isComplex(spec.output) ? "out0" : "tmp1";
  const buffer = (k: number): Slot =>
    k < 0 ? "in0" : k === end ? "out0" : (end - k) % 2 === 0 ? spare : "tmp0";
  // The inverse is the conjugate of the transform of the conjugate.
  const sign = (here: boolean) => (inverse && here ? -1 : 1);
  let rest = n;
  let stride = inner;
  const steps = list.map((radix, k) => {
    rest /= radix;
    const butterflies = size / radix;
    const last = k === end;
    const pass: PassSpec = {
      radix,
      last,
      input: k === 0 ? spec.input : field,
      output: last ? spec.output : field,
      grid: linearGrid(butterflies)[0],
    };
    const floats = [sign(k === 0), sign(last), scale[k]];
    const words = floats.flatMap((x) => wordsOf(x, precisionOf(field)));
    const params = [butterflies, rest * stride, stride, stride / inner, ...words];
    stride *= radix;
    const inputs: Slot[] = last ? [buffer(k - 1)] : [buffer(k - 1), "in1"];
    return { kernel: fftPass, spec: pass, inputs, outputs: [buffer(k)], params };
  });
  const scratch = end === 0 ? 0 : spare === "tmp1" && end > 1 ? 2 : 1;
  return { steps, scratch: Array<number>(scratch).fill(size * bytesOf(field)) };
}
