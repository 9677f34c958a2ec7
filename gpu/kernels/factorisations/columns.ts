/**
 * Dense factorisations by columns: each column of a matrix belongs to a few threads, which do all that
 * happens to it in a dispatch. The data that one column needs of another come from the dispatch before.
 */
import {
  type InexactArray,
  type InexactDType,
  isComplex,
  isReal,
  lanesOf,
  precisionOf,
  wgslOf,
} from "../../contract/dtype.ts";
import type { Adapter, Step } from "../../contract/kernel.ts";
import { linkWgsl } from "../../contract/map_function.ts";
import { exponentWgsl, nanWgsl, pow2Wgsl } from "../../functions/scaling.ts";
import { linear } from "../../contract/indexing.ts";
import { cooperates } from "../costs.ts";
import { mapKernel } from "../elementwise/map.ts";

/** Rows of a column that are summed before they join the rest. */
export const RUN = 32;

/** The columns that a workgroup works on, and the threads that share the rows of each. */
export interface Panel {
  readonly columns: number;
  readonly lanes: number;
}

/** A thread a column, or threads enough to hide the latency of their loads. */
export function panelOf(adapter: Adapter): Panel {
  return { columns: 8, lanes: cooperates(adapter) ? 16 : 1 };
}

/** The grid that goes with {@link columnMain}. */
export function columnGrid(batch: number, columns: number, panel: Panel): [number, number, number] {
  return [batch * Math.ceil(columns / panel.columns), 1, 1];
}

/** WGSL of the field: `T`, `times`, `conjugate`, `inverse`, and `size_bits`, which orders by size. */
export function fieldWgsl(dtype: InexactDType): string {
  const own = isReal(dtype)
    ? `fn times(a: T, b: T) -> T { return a * b; }
fn conjugate(a: T) -> T { return a; }
fn inverse(a: T) -> T { return 1.0 / a; }
fn size_of(a: T) -> f32 { return abs(a); }`
    : `fn times(a: T, b: T) -> T { return vec2<f32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn conjugate(a: T) -> T { return vec2<f32>(a.x, -a.y); }
fn inverse(a: T) -> T {
  let e = exponent_of(max(abs(a.x), abs(a.y)));
  let q = a * pow2(-e);
  return vec2<f32>(q.x, -q.y) / dot(q, q) * pow2(-e);
}
fn size_of(a: T) -> f32 { return 0.5 * abs(a.x) + 0.5 * abs(a.y); }`;
  return `alias T = ${wgslOf(dtype)};
${linkWgsl([exponentWgsl, nanWgsl, pow2Wgsl])}
${own}
fn size_bits(a: T) -> u32 { return bitcast<u32>(size_of(a)); }`;
}

/** WGSL: a barrier after which all lanes of a column see the stores of the others. */
export function barrier({ lanes }: Panel): string {
  return lanes > 1 ? "storageBarrier(); workgroupBarrier();" : "";
}

/** WGSL: `total(x, local)`, the sum of x over the lanes of a column; all threads must call it. */
function totalWgsl({ columns, lanes }: Panel): string {
  if (lanes === 1) return "fn total(x: T, local: u32) -> T { return x; }";
  return `var<workgroup> summands: array<T, ${columns * lanes}>;
fn total(x: T, local: u32) -> T {
  summands[local] = x;
  storageBarrier(); workgroupBarrier();
  var sum = T();
  for (var r = local % ${columns}u; r < ${columns * lanes}u; r += ${columns}u) {
    sum += summands[r];
  }
  workgroupBarrier();
  return sum;
}`;
}

/**
 * WGSL: a `main` whose `body` sees `matrix`, the `column` of the thread (`mine` where there is such a
 * column), its `lane`, the workgroup's `first` column and the thread's place `local` in it. Control
 * flow that depends on `matrix`, `first` and the params is uniform.
 *
 * Sizes are params, so that matrices of all sizes share a pipeline: words 0 and 1 are the numbers of
 * matrices and of `columns`, and `names` are those of the words that follow.
 */
export function columnMain(
  dtype: InexactDType,
  panel: Panel,
  names: readonly string[],
  body: string,
): string {
  const lets = names.map((name, k) => `  let ${name} = param_u32(${k + 2}u);`).join("\n");
  return `${fieldWgsl(dtype)}
${totalWgsl(panel)}
@compute @workgroup_size(${panel.columns * panel.lanes})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let columns = param_u32(1u);
${lets}
  let panels = (columns + ${panel.columns - 1}u) / ${panel.columns}u;
  let panel = group.x + group.y * groups.x;
  if (panel >= param_u32(0u) * panels) { return; }
  let matrix = panel / panels;
  let first = (panel % panels) * ${panel.columns}u;
  let column = first + local % ${panel.columns}u;
  let lane = local / ${panel.columns}u;
  let mine = column < columns;
${body}
}`;
}

/** On the host: y[yAt + j] += (re + i·im) · x[xAt + j] for `count` elements in a row. */
export function addScaled(
  dtype: InexactDType,
  count: number,
  re: number,
  im: number,
  x: InexactArray | Float64Array,
  xAt: number,
  y: InexactArray | Float64Array,
  yAt: number,
): void {
  if (isReal(dtype)) {
    for (let j = 0; j < count; j++) y[yAt + j] += re * x[xAt + j];
    return;
  }
  const [from, to] = [2 * xAt, 2 * yAt];
  for (let j = 0; j < 2 * count; j += 2) {
    const xr = x[from + j], xi = x[from + j + 1];
    y[to + j] += re * xr - im * xi;
    y[to + j + 1] += re * xi + im * xr;
  }
}

/** The real and imaginary part of element `at`. */
export function part(
  dtype: InexactDType,
  x: InexactArray | Float64Array,
  at: number,
): readonly [re: number, im: number] {
  return isReal(dtype) ? [x[at], 0] : [x[2 * at], x[2 * at + 1]];
}

/** Writes element `at`. */
export function put(
  dtype: InexactDType,
  x: InexactArray,
  at: number,
  re: number,
  im: number,
): void {
  x[at * lanesOf(dtype)] = re;
  if (isComplex(dtype)) x[2 * at + 1] = im;
}

/** Half of |re| + |im|, or |re|, as `size_of` has it. */
export function sizeAt(dtype: InexactDType, x: InexactArray, at: number): number {
  const [re, im] = part(dtype, x, at);
  const size = isReal(dtype) ? Math.abs(re) : 0.5 * Math.abs(re) + 0.5 * Math.abs(im);
  return precisionOf(dtype) === "single" ? Math.fround(size) : size;
}

/** 1 / (re + i·im). */
export function inverse(re: number, im: number): readonly [re: number, im: number] {
  const m = re * re + im * im;
  return [re / m, -im / m];
}

/** The smallest normal number: pivots and columns below it count as zero. */
export function smallestOf(dtype: InexactDType): number {
  return precisionOf(dtype) === "single" ? 2 ** -126 : 2 ** -1022;
}

/** Cuts `count` steps into runs so that the rounds of a run stay within `most`. */
export function runs(count: number, rounds: (step: number) => number, most: number) {
  const list: { readonly start: number; readonly end: number; readonly rounds: number }[] = [];
  let start = 0;
  let sum = 0;
  for (let step = 0; step < count; step++) {
    const more = rounds(step);
    if (step > start && sum + more > most) {
      list.push({ start, end: step, rounds: sum });
      [start, sum] = [step, 0];
    }
    sum += more;
  }
  list.push({ start, end: count, rounds: sum });
  return list;
}

/** A copy of `size` elements from the first input of a program to `output`. */
export function copyStep(dtype: InexactDType, size: number, output: Step["outputs"][number]): Step {
  const value = { op: "load", input: 0, dtype, at: linear(size) } as const;
  const spec = { size, value, inputs: [dtype], words: 0 };
  return { kernel: mapKernel("copy"), spec, inputs: ["in0"], outputs: [output] };
}
