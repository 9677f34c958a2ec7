/**
 * Whole lines of a Fourier transform in workgroup memory, for hardware adapters: all of Stockham's passes
 * in one dispatch, with barriers between them, so that a line is read and written once.
 */
import { type InexactDType, isComplex, isReal } from "../../contract/dtype.ts";
import type { Kernel, Shader } from "../../contract/kernel.ts";
import { Codelet, CODELET_FUNCTIONS } from "./codelet.ts";
import { scaled, twiddled } from "./fft_pass.ts";
import { HostFft } from "./host_fft.ts";

/** Complex numbers in the workgroup memory that every adapter has, and the threads of a workgroup. */
const ROOM = 2048, MOST_THREADS = 256;
/** Lines beside one another that make the reading of columns worth it. */
const FEWEST_COLUMNS = 4;

/**
 * Lines of n points by these radices; params are the number of lines, `inner`, and (as floats) the signs
 * of the imaginary parts in and out and the scale, which comes before the sums.
 */
export interface LineSpec {
  readonly radices: readonly number[];
  /** Whether lines are columns: neighbours lie beside one another. */
  readonly columns: boolean;
  /** Lines of a workgroup. */
  readonly side: number;
  readonly input: InexactDType;
  readonly output: InexactDType;
  /** The workgroups. */
  readonly grid: number;
}

const lengthOf = ({ radices }: LineSpec): number => radices.reduce((n, r) => n * r, 1);

/** How many lines a workgroup takes; 0 where they have no room, or columns would be read one by one. */
export function linesTogether(radices: readonly number[], inner: number, lines: number): number {
  const n = radices.reduce((product, r) => product * r, 1);
  const most = Math.floor(Math.min(ROOM, MOST_THREADS * Math.min(...radices)) / n);
  const together = Math.min(most, inner > 1 ? inner : Math.max(1, ROOM / 2 / n), lines);
  return inner > 1 && together < Math.min(FEWEST_COLUMNS, inner) ? 0 : Math.floor(together);
}

export const fftLine: Kernel<LineSpec> = {
  name: "fftLine",
  flops: (s) => 5 * s.grid * s.side * lengthOf(s) * Math.log2(lengthOf(s)),
  bindings: ({ input, output }) => ({ inputs: [input, "complex64"], outputs: [output] }),
  params: () => 5,
  wgsl(s): Shader {
    const { radices, columns, side, input, output, grid } = s;
    const n = lengthOf(s);
    const butterflies = radices.map((radix) => side * n / radix);
    const threads = Math.max(...butterflies);
    // Neighbouring threads take neighbouring numbers of the tensor.
    const room = (k: string) => columns ? `line + (${k}) * ${side}u` : `line * ${n}u + ${k}`;
    let stride = 1;
    const passes = radices.map((radix, k) => {
      const code = new Codelet();
      const step = n / radix, first = k === 0, last = k === radices.length - 1;
      const each = Array.from({ length: radix }, (_, j) => j);
      const read = each.map((j) =>
        first
          ? scaled(code, input, `in0[start + (t + ${j * step}u) * inner]`)
          : code.name(`kept[${room(`t + ${j * step}u`)}]`)
      );
      // All have read before anyone writes.
      const before = code.lines.length;
      const y = twiddled(code, code.transform(read), !last);
      const to = (j: number) => `place + ${j * stride}u`;
      const value = (name: string) => isComplex(output) ? `${name} * signs` : `${name}.x`;
      const write = y.map((name, j) =>
        last
          ? `    out0[start + (${to(j)}) * inner] = ${value(name)};`
          : `    kept[${room(to(j))}] = ${name};`
      ).join("\n");
      const [loads, rest] = [code.lines.slice(0, before), code.lines.slice(before)];
      const idle = butterflies[k] < threads;
      const butterfly = idle ? `min(lane, ${butterflies[k] - 1}u)` : "lane";
      const here = [idle ? `lane < ${butterflies[k]}u` : "", last ? "exists" : ""].filter(Boolean);
      const text = `  {
  let butterfly = ${butterfly};
  let line = ${columns ? `butterfly % ${side}u` : `butterfly / ${step}u`};
  let t = ${columns ? `butterfly / ${side}u` : `butterfly % ${step}u`};
  let exists = origin + line < lines;
  let start = startOf(min(origin + line, lines - 1u), inner);
  let p = t / ${stride}u;
  let twiddle = p * ${stride}u;
  let place = t + twiddle * ${radix - 1}u;
${loads.join("\n")}
${first || last ? "" : "  workgroupBarrier();"}
${rest.join("\n")}
  if (${here.join(" && ") || "true"}) {
${write}
  }
  }`;
      stride *= radix;
      return text;
    });
    return {
      source: `${CODELET_FUNCTIONS}
var<workgroup> kept: array<vec2<f32>, ${side * n}>;
fn startOf(line: u32, inner: u32) -> u32 {
  return line / inner * inner * ${n}u + line % inner;
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) at: vec3<u32>, @builtin(num_workgroups) all: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let lines = param_u32(0u);
  let inner = param_u32(1u);
  let scales = vec2<f32>(param_f32(4u), param_f32(4u) * param_f32(2u));
  let signs = vec2<f32>(1.0, param_f32(3u));
  let origin = (at.x + at.y * all.x) * ${side}u;
  if (origin >= lines) { return; }
${passes.join("\n  workgroupBarrier();\n")}
}`,
      workgroups: [grid, 1, 1],
    };
  },
  cpu(s, [x], [y], { u32: [lines, inner], f32 }) {
    const [signIn, signOut, scale] = f32.subarray(2);
    const n = lengthOf(s);
    const { input, output } = s;
    const host = HostFft.of(n, 1);
    const { re, im } = host;
    for (let line = 0; line < lines; line++) {
      const start = Math.floor(line / inner) * inner * n + line % inner;
      for (let j = 0, k = start; j < n; j++, k += inner) {
        re[j] = scale * (isComplex(input) ? x[2 * k] : x[k]);
        im[j] = isComplex(input) ? scale * signIn * x[2 * k + 1] : 0;
      }
      host.run();
      for (let j = 0, k = start; j < n; j++, k += inner) {
        if (isReal(output)) y[k] = re[j];
        else {
          y[2 * k] = re[j];
          y[2 * k + 1] = signOut * im[j];
        }
      }
    }
  },
};
