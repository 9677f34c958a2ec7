/**
 * One of Stockham's passes: butterflies of `radix` numbers, whose results are multiplied by twiddle factors
 * and written where the next pass finds them in order.
 */
import {
  complexOf,
  type InexactDType,
  isComplex,
  isReal,
  precisionOf,
  wordsOf,
} from "../../contract/dtype.ts";
import { type Kernel, numbersAt, sizedMain, WORKGROUP } from "../../contract/kernel.ts";
import { Codelet, CODELET_FUNCTIONS, middleDivisor } from "./codelet.ts";
import { HostFft } from "./host_fft.ts";
import { subpasses } from "./subpasses.ts";

/** The most numbers that plain TypeScript transforms side by side, and the most butterflies. */
const SIDE_BY_SIDE = 4096, BATCH = 32;

/** The largest radix of WebAssembly, and the bytes that a thread's batch of butterflies may fill. */
const LONGEST = 4096, ROOM = 1 << 18;

/** Numbers that a thread of the CPU engine transforms before it takes others. */
const CHUNK = 8192;

/**
 * One pass; what is particular to a length is in its params, so that all lengths share a few pipelines:
 * butterflies, `step` and `stride` between the elements of one before and after, the `unit` of its twiddles
 * in the table, and (as floats) the signs of the imaginary parts in and out and the scale, which comes
 * before the sums so that these do not overflow.
 */
export interface PassSpec {
  readonly radix: number;
  /** The last pass has no twiddles, and no table. */
  readonly last: boolean;
  readonly input: InexactDType;
  readonly output: InexactDType;
  /** The workgroups. */
  readonly grid: number;
}

/** WGSL: a number of the input times `scales`. */
export function scaled(code: Codelet, input: InexactDType, load: string): string {
  const x = code.name(isComplex(input) ? load : `vec2<f32>(${load}, 0.0)`);
  // A choice, so that compilers do not take the factor out of the sums again.
  return code.name(`select(${x} * scales, ${x}, ${x} == vec2<f32>())`);
}

/**
 * WGSL: the values y[j] times e^{−2πi j·twiddle/n}, of the table `in1`; `also` says whether at all. The
 * factors are products of those of j's digits.
 */
export function twiddled(code: Codelet, y: readonly string[], also: boolean): readonly string[] {
  if (!also) return y;
  const base = middleDivisor(y.length);
  const twiddle = (j: number) => (j === 0 ? "" : code.name(`in1[twiddle * ${j}u]`));
  const low = y.slice(0, base).map((_, j) => twiddle(j));
  const high = y.slice(0, y.length / base).map((_, j) => twiddle(j * base));
  return y.map((value, j) => {
    const [a, b] = [low[j % base], high[Math.floor(j / base)]];
    if (!a && !b) return value;
    return code.name(`times(${value}, ${a && b ? `times(${a}, ${b})` : a || b})`);
  });
}

export const fftPass: Kernel<PassSpec> = {
  name: "fft",
  // 5 N log₂ N in all; the last workgroup may be part empty.
  flops: ({ radix, grid }) => 5 * grid * WORKGROUP * radix * Math.log2(radix),
  bindings: ({ last, input, output }) => ({
    inputs: last ? [input] : [input, complexOf(input)],
    outputs: [output],
  }),
  params: ({ input }) => 4 + 3 * wordsOf(0, precisionOf(input)).length,
  wgsl({ radix, last, input, output, grid }) {
    const code = new Codelet();
    const each = Array.from({ length: radix }, (_, j) => j);
    const read = each.map((j) => scaled(code, input, `in0[source + ${j}u * step]`));
    const y = twiddled(code, code.transform(read), !last);
    const part = (value: string) => isComplex(output) ? `${value} * signs` : `${value}.x`;
    const body = `  let scales = vec2<f32>(param_f32(6u), param_f32(6u) * param_f32(4u));
  let signs = vec2<f32>(1.0, param_f32(5u));
  let block = i / step;
  let t = i - block * step;
  let p = t / stride;
  let source = block * step * ${radix}u + t;
  let place = block * step * ${radix}u + t + p * stride * ${radix - 1}u;
${last ? "" : "  let twiddle = p * unit;\n"}${code.lines.join("\n")}
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
    params,
  ) {
    const [butterflies, step, stride, unit] = params.u32;
    const [signIn, signOut, scale] = numbersAt(params, 4, 3, input);
    const batch = Math.max(1, Math.min(BATCH, Math.floor(SIDE_BY_SIDE / radix)));
    const host = HostFft.of(radix, batch);
    const { re, im } = host;
    const inward = signIn * scale;
    const size = radix * batch;
    for (let first = 0; first < butterflies; first += batch) {
      const count = Math.min(batch, butterflies - first);
      for (let b = 0; b < count; b++) {
        const block = Math.floor((first + b) / step);
        let from = first + b + block * step * (radix - 1);
        for (let j = b; j < size; j += batch, from += step) {
          re[j] = scale * (isComplex(input) ? x[2 * from] : x[from]);
          im[j] = isComplex(input) ? inward * x[2 * from + 1] : 0;
        }
      }
      host.run();
      for (let b = 0; b < count; b++) {
        const block = Math.floor((first + b) / step);
        const p = Math.floor((first + b - block * step) / stride);
        let to = first + b + (block * step + p * stride) * (radix - 1);
        const twiddle = last ? 0 : 2 * p * unit;
        for (let j = b, at = 0; j < size; j += batch, to += stride, at += twiddle) {
          const c = twiddle > 0 ? table[at] : 1;
          const s = twiddle > 0 ? table[at + 1] : 0;
          const real = c * re[j] - s * im[j];
          if (isReal(output)) y[to] = real;
          else {
            y[2 * to] = real;
            y[2 * to + 1] = signOut * (c * im[j] + s * re[j]);
          }
        }
      }
    }
  },
  wasm({ radix, last, input, output }, module) {
    if (radix > LONGEST) return null;
    const passes = module.constant(`fft ${radix}`, () => subpasses(radix));
    return ([x, table = 0], [y], { u32: [butterflies, step, stride, unit], f32 }) => {
      const [signIn, signOut, scale] = f32.subarray(4);
      // Lines beside one another fill a line of the cache; others need no more than a vector of them.
      const wide = (inner: number) => inner % 16 === 0 && 256 * radix <= ROOM;
      const batch = wide(step) || wide(stride) ? 16 : 4;
      const size = Math.max(1, Math.floor(CHUNK / (radix * batch)));
      const args = module.args(
        [
          butterflies,
          radix,
          step,
          stride,
          unit,
          +(isReal(input)),
          +(isReal(output)),
          +last,
        ]
          .concat([batch, size, x, table, y, passes]),
        [scale, scale * signIn, signOut],
      );
      const chunks = Math.ceil(butterflies / (batch * size));
      module.parallel("fftPass", args, chunks, butterflies * radix * (2 + Math.log2(radix) / 2));
    };
  },
};
