/**
 * The part that both batch norms share: sums over n and inner of tensors [n, channels, inner]. The
 * threads reduce their parts of a channel, and one workgroup per channel folds the results.
 */
import type { HostArray } from "../../contract/dtype.ts";
import { type Kernel, type Program, WORKGROUP } from "../../contract/kernel.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";
import {
  type ChannelSpec,
  eachPart,
  eachRow,
  mapChannels,
  partition,
  placeWgsl,
  runChannels,
  runElements,
  runTiles,
  visitPart,
  walk,
} from "./channels.ts";
import {
  FRAME,
  frameWgsl,
  hostFrame,
  inFrame,
  measureFrame,
  STATS,
  turned as turnedOnHost,
} from "./principal_axes.ts";

/** A batch norm over [n, channels, inner]: with weight and bias or not, with running statistics or not. */
export interface BatchNormSpec extends ChannelSpec {
  readonly affine: boolean;
  readonly track: boolean;
  /** Whether moments are taken about 0, and nothing is centred. */
  readonly aboutZero?: boolean;
}

/** The 32-bit words of one partial result, of moments and of products alike. */
export const PARTIAL = 6;

/** The words a channel has among the coefficients of {@link affineGradient}: 12, its frame, a zero. */
export const COEFFICIENTS = 20;

const MERGE = `
struct Partial { count: f32, mean: vec2<f32>, spread: vec3<f32> }
// Chan, Golub and LeVeque (1983): moments of a union from the moments of its parts.
fn merge(a: Partial, b: Partial) -> Partial {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let d = b.mean - a.mean;
  let between = vec3<f32>(d * d, d.x * d.y) * (a.count * share);
  return Partial(count, a.mean + d * share, a.spread + b.spread + between);
}
`;

/**
 * Count, mean and centred second moments of each part, in one read:
 * x complex64 [n, channels, inner] → float32 [channels, parts, 6] = count, μr, μi, Σdr², Σdi², Σdr·di, d = x − μ.
 * The means are counted from the channel's first element, so that a large common value costs no digits.
 */
const partialMoments: Kernel<ChannelSpec> = {
  name: "partialMoments",
  flops: (s) => 10 * s.n * s.channels * s.inner,
  bindings: () => ({ inputs: ["complex64"], outputs: ["float32"] }),
  wgsl(s) {
    const d = partition(s);
    const block = [0, 1, 2, 3];
    const { source, workgroups } = walk(s, d, (at) => `
  let origin = in0[channel * ${s.inner}u];
  var m: Partial;
  var j = 0u;
  for (; j + 4u <= count; j += 4u) {
${block.map((b) => `    let x${b} = in0[${at(`j + ${b}u`)}] - origin;`).join("\n")}
    let mean = (x0 + x1 + x2 + x3) * 0.25;
${block.map((b) => `    let d${b} = x${b} - mean;`).join("\n")}
    let squares = ${block.map((b) => `d${b} * d${b}`).join(" + ")};
    let cross = ${block.map((b) => `d${b}.x * d${b}.y`).join(" + ")};
    m = merge(m, Partial(4.0, mean, vec3<f32>(squares, cross)));
  }
  for (; j < count; j += 1u) {
    m = merge(m, Partial(1.0, in0[${at("j")}] - origin, vec3<f32>()));
  }
  let o = (channel * ${d.parts}u + part) * ${PARTIAL}u;
  out0[o] = m.count;
  out0[o + 1u] = m.mean.x; out0[o + 2u] = m.mean.y;
  out0[o + 3u] = m.spread.x; out0[o + 4u] = m.spread.y; out0[o + 5u] = m.spread.z;`);
    return { source: MERGE + source, workgroups };
  },
  cpu(s, [x], [out]) {
    const { parts } = partition(s);
    eachPart(s, (part, elements) => {
      const origin = 2 * Math.floor(part / parts) * s.inner;
      let mr = 0, mi = 0, rr = 0, ii = 0, ri = 0;
      for (const k of elements) {
        mr += x[2 * k];
        mi += x[2 * k + 1];
      }
      mr /= elements.length || 1;
      mi /= elements.length || 1;
      for (const k of elements) {
        const dr = x[2 * k] - mr, di = x[2 * k + 1] - mi;
        rr += dr * dr;
        ii += di * di;
        ri += dr * di;
      }
      if (elements.length > 0) {
        mr -= x[origin];
        mi -= x[origin + 1];
      }
      out.set([elements.length, mr, mi, rr, ii, ri], part * PARTIAL);
    });
  },
  wasm: (s, module) => (inputs, [out]) => runTiles(module, "partialMoments", s, inputs, out),
};

/**
 * The sums over each part that a batch norm's gradient needs, with d = x − μ:
 * x, gy complex64 [n, channels, inner], stats float32 [channels, stride] beginning with μr, μi
 * → float32 [channels, parts, 6] = Σgr, Σgi, Σgr·dr, Σgr·di, Σgi·dr, Σgi·di. Where the stats have a
 * frame, g and d are those along its axes.
 */
const partialProducts: Kernel<ChannelSpec & { readonly stride: number }> = {
  name: "partialProducts",
  flops: (s) => 12 * s.n * s.channels * s.inner,
  bindings: () => ({ inputs: ["complex64", "complex64", "float32"], outputs: ["float32"] }),
  wgsl(s) {
    const d = partition(s), framed = s.stride === STATS;
    const add = "sum += g; products += g.xxyy * d.xyxy;";
    const plain = {
      setup: "",
      one: (k: string) => `let d = in0[${k}] - mean; let g = in1[${k}]; ${add}`,
    };
    const turned = {
      when: `words(channel * ${STATS}u + ${FRAME}u) != 0.0`,
      setup: `  let frame = frame_at(channel * ${STATS}u + ${FRAME}u);`,
      one: (k: string) =>
        `let d = turned(in0[${k}], mean, frame); let g = in_frame(in1[${k}], frame); ${add}`,
    };
    const { source, workgroups } = walk(s, d, (at) => `
  let mean = vec2<f32>(in2[channel * ${s.stride}u], in2[channel * ${s.stride}u + 1u]);
  var sum = vec2<f32>();
  var products = vec4<f32>();
${visitPart(at, plain, framed ? turned : undefined)}
  let o = (channel * ${d.parts}u + part) * ${PARTIAL}u;
  out0[o] = sum.x; out0[o + 1u] = sum.y;
  out0[o + 2u] = products.x; out0[o + 3u] = products.y;
  out0[o + 4u] = products.z; out0[o + 5u] = products.w;`);
    if (!framed) return { source, workgroups };
    return {
      source: `fn words(k: u32) -> f32 { return in2[k]; }\n${frameWgsl}${source}`,
      workgroups,
    };
  },
  cpu(s, [x, gy, stats], [out]) {
    const { parts } = partition(s);
    eachPart(s, (part, elements) => {
      const at = Math.floor(part / parts) * s.stride;
      const mr = stats[at], mi = stats[at + 1];
      const frame = s.stride === STATS ? hostFrame(stats, at + FRAME) : null;
      let sr = 0, si = 0, rr = 0, ri = 0, ir = 0, ii = 0;
      for (const k of elements) {
        let dr = x[2 * k] - mr, di = x[2 * k + 1] - mi, gr = gy[2 * k], gi = gy[2 * k + 1];
        if (frame) {
          [dr, di] = turnedOnHost(frame, dr, di);
          [gr, gi] = inFrame(frame, gr, gi);
        }
        sr += gr;
        si += gi;
        rr += gr * dr;
        ri += gr * di;
        ir += gi * dr;
        ii += gi * di;
      }
      out.set([sr, si, rr, ri, ir, ii], part * PARTIAL);
    });
  },
  wasm: (s, module) => (inputs, [out]) =>
    runTiles(module, "partialProducts", s, inputs, out, s.stride),
};

/**
 * WGSL: one workgroup a channel folds its partial results to `folded[0]`; then all its threads run
 * `together`, and its first one `finish`.
 */
function foldChannels(
  s: ChannelSpec,
  declarations: string,
  load: string,
  together: string,
  finish: string,
): { source: string; workgroups: [number, number, number] } {
  const { parts } = partition(s);
  const source = `${declarations}
var<workgroup> folded: array<Partial, ${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let channel = group.x + group.y * groups.x;
  if (channel >= ${s.channels}u) { return; }
  var mine: Partial;
  for (var part = lane; part < ${parts}u; part += ${WORKGROUP}u) {
    let o = (channel * ${parts}u + part) * ${PARTIAL}u;
    mine = merge(mine, ${load});
  }
  folded[lane] = mine;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { folded[lane] = merge(folded[lane], folded[lane + half]); }
    workgroupBarrier();
  }
${together}
  if (lane > 0u) { return; }
${finish}
}`;
  return { source, workgroups: [s.channels, 1, 1] };
}

/**
 * WGSL that folds the moments in `in0` of the tensor in `in1`; `finish` sees `channel`, `mean` and
 * `sums`, those of second moments about the mean. With `frames` it sees the `spread` about the mean or 0,
 * and the `frame`, `kind` and `lambda` of {@link measureFrame}, too.
 */
export function foldMoments(
  s: BatchNormSpec,
  finish: string,
  frames = false,
): ReturnType<typeof foldChannels> {
  const elements = s.n * s.inner;
  const load = `Partial(in0[o], vec2<f32>(in0[o + 1u], in0[o + 2u]),
      vec3<f32>(in0[o + 3u], in0[o + 4u], in0[o + 5u]))`;
  const origin = `in1[channel * ${s.inner}u]`;
  const sums = "  let sums = folded[0].spread;\n";
  if (!frames) {
    const mean = `  let mean = ${origin} + folded[0].mean;\n`;
    return foldChannels(s, MERGE, load, "", mean + sums + finish);
  }
  const { declarations, measure } = measureFrame(elements, WORKGROUP, s.aboutZero ?? false);
  const own = `${sums}  let centre = ${origin} + folded[0].mean;
  let about = sums / f32(${elements}u);
`;
  const moments = s.aboutZero
    ? `${own}  let mean = vec2<f32>();
  let spread = about + vec3<f32>(centre * centre, centre.x * centre.y);
`
    : `${own}  let mean = centre;
  let spread = about;
`;
  const value = "in1[place(channel, k)]";
  const together = moments + measure.replace("value(k)", value);
  return foldChannels(s, MERGE + placeWgsl(s) + declarations, load, together, finish);
}

/** WGSL that folds the products in `in0`; `finish` sees `channel`, `total.sum` and `total.products`. */
export function foldProducts(
  s: ChannelSpec,
  declarations: string,
  finish: string,
): ReturnType<typeof foldChannels> {
  const add = `${declarations}
struct Partial { sum: vec2<f32>, products: vec4<f32> }
fn merge(a: Partial, b: Partial) -> Partial {
  return Partial(a.sum + b.sum, a.products + b.products);
}`;
  const load = `Partial(vec2<f32>(in0[o], in0[o + 1u]),
      vec4<f32>(in0[o + 2u], in0[o + 3u], in0[o + 4u], in0[o + 5u]))`;
  return foldChannels(s, add, load, "", `  let total = folded[0];\n${finish}`);
}

/** The numbers of a channel's moments: μr, μi, and the sums of second moments rr, ii and ri. */
export const MOMENTS = 5;

/**
 * The moments of all channels of x, folded in float64 from their partial moments, however many there are:
 * the second ones about the mean, or about 0 with a mean of 0.
 */
export function momentsOf(s: BatchNormSpec, partial: HostArray, x: HostArray): Float64Array {
  const { elements } = partition(s), words = partial.length / s.channels;
  const moments = new Float64Array(MOMENTS * s.channels);
  for (let c = 0; c < s.channels; c++) {
    const first = c * words, end = first + words;
    let mr = 0, mi = 0, rr = 0, ii = 0, ri = 0;
    for (let o = first; o < end; o += PARTIAL) {
      mr += partial[o] * partial[o + 1] / elements;
      mi += partial[o] * partial[o + 2] / elements;
    }
    for (let o = first; o < end; o += PARTIAL) {
      const count = partial[o], dr = partial[o + 1] - mr, di = partial[o + 2] - mi;
      rr += partial[o + 3] + count * dr * dr;
      ii += partial[o + 4] + count * di * di;
      ri += partial[o + 5] + count * dr * di;
    }
    const origin = 2 * c * s.inner, to = MOMENTS * c;
    mr += x[origin];
    mi += x[origin + 1];
    if (s.aboutZero) {
      rr += elements * mr * mr;
      ii += elements * mi * mi;
      ri += elements * mr * mi;
      mr = mi = 0;
    }
    moments[to] = mr;
    moments[to + 1] = mi;
    moments[to + 2] = rr;
    moments[to + 3] = ii;
    moments[to + 4] = ri;
  }
  return moments;
}

/** Adds up the partial products of channel c to `sums`, however many there are, in float64. */
export function sumProducts(
  s: ChannelSpec,
  partial: HostArray,
  c: number,
  sums: Float64Array,
): void {
  const words = partial.length / s.channels, first = c * words;
  sums.fill(0);
  for (let k = 0; k < words; k++) sums[k % PARTIAL] += partial[first + k];
}

/**
 * The WebAssembly of a kernel whose first input are partial results: they are folded to one a channel by
 * `fold`, and plain TypeScript goes on from there, which `finish` may choose by where the other inputs lie.
 */
export function afterFolding(
  fold: "foldMoments" | "foldProducts",
  finish: (module: WasmModule, inputs: readonly number[]) => Kernel<BatchNormSpec>["cpu"],
): Required<Pick<Kernel<BatchNormSpec>, "wasm">> {
  return {
    wasm: (s, module) => ([partial, ...rest], outputs, params) =>
      module.borrow(4 * PARTIAL * s.channels, (folded) => {
        runChannels(module, fold, s, partial, folded);
        const view = (pointer: number) => new Float32Array(module.buffer, pointer);
        const first = new Float32Array(module.buffer, folded, PARTIAL * s.channels);
        finish(module, rest)(s, [first, ...rest.map(view)], outputs.map(view), params);
      }),
  };
}

/**
 * The second pass of a batch norm's gradient, gx = A (gy − ḡ) + B (x − μ) with real 2×2 matrices:
 * x, gy complex64 [n, channels, inner], coefficients float32 [channels, 20] = μ, ḡ, A, B by rows, a frame
 * and a zero → gx complex64. Where there is a frame, the rest but μ is along its axes.
 */
const affineGradient: Kernel<ChannelSpec> = {
  name: "affineGradient",
  flops: (s) => 18 * s.n * s.channels * s.inner,
  bindings: () => ({ inputs: ["complex64", "complex64", "float32"], outputs: ["complex64"] }),
  wgsl(s, adapter) {
    const pair = (k: number) => `vec2<f32>(in2[o + ${k}u], in2[o + ${k + 1}u])`;
    const setup = `  let o = channel * ${COEFFICIENTS}u;
  let mean = ${pair(0)};
  let meanG = ${pair(2)};
  // Columns of A and B, so that each product is two multiply-adds of pairs.
  let a0 = vec2<f32>(in2[o + 4u], in2[o + 6u]);
  let a1 = vec2<f32>(in2[o + 5u], in2[o + 7u]);
  let b0 = vec2<f32>(in2[o + 8u], in2[o + 10u]);
  let b1 = vec2<f32>(in2[o + 9u], in2[o + 11u]);`;
    const plain = {
      setup,
      one: (k: string) =>
        `let d = in0[${k}] - mean; let g = in1[${k}] - meanG;
      out0[${k}] = a0 * g.x + a1 * g.y + b0 * d.x + b1 * d.y;`,
    };
    const turned = {
      when: `words(channel * ${COEFFICIENTS}u + 12u) != 0.0`,
      setup: `${setup}\n  let frame = frame_at(o + 12u);`,
      one: (k: string) =>
        `let d = turned(in0[${k}], mean, frame); let g = in_frame(in1[${k}], frame) - meanG;
      out0[${k}] = out_of_frame(a0 * g.x + a1 * g.y + b0 * d.x + b1 * d.y, frame);`,
    };
    const { source, workgroups } = mapChannels(s, adapter, plain, turned);
    return {
      source: `fn words(k: u32) -> f32 { return in2[k]; }\n${frameWgsl}${source}`,
      workgroups,
    };
  },
  cpu(s, [x, gy, coefficients], [gx]) {
    eachRow(s, (channel, first, end) => {
      const o = channel * COEFFICIENTS;
      const [mr, mi, hr, hi, arr, ari, air, aii, brr, bri, bir, bii] = coefficients.subarray(
        o,
        o + COEFFICIENTS,
      );
      const frame = hostFrame(coefficients, o + 12);
      for (let k = 2 * first; k < 2 * end; k += 2) {
        let dr = x[k] - mr, di = x[k + 1] - mi, gr = gy[k], gi = gy[k + 1];
        if (frame) {
          [dr, di] = turnedOnHost(frame, dr, di);
          [gr, gi] = inFrame(frame, gr, gi);
        }
        gr -= hr;
        gi -= hi;
        const re = arr * gr + ari * gi + brr * dr + bri * di;
        const im = air * gr + aii * gi + bir * dr + bii * di;
        gx[k] = frame ? frame.ur * re - frame.ui * im : re;
        gx[k + 1] = frame ? frame.ui * re + frame.ur * im : im;
      }
    });
  },
  wasm: (s, module) => (inputs, [out]) => runElements(module, "channelGradient", s, inputs, out),
};

/** The bytes of a channel's partial results. */
function partialBytes(s: ChannelSpec): number {
  return 4 * s.channels * partition(s).parts * PARTIAL;
}

/**
 * Inputs x and, with `track`, two running statistics; outputs the stats and, with `track`, both
 * running statistics anew. `finish` takes the partial moments and then the program's inputs.
 */
export function statisticsProgram(spec: BatchNormSpec, finish: Kernel<BatchNormSpec>): Program {
  const { n, channels, inner, track } = spec;
  const shape = { n, channels, inner };
  return {
    steps: [
      { kernel: partialMoments, spec: shape, inputs: ["in0"], outputs: ["tmp0"] },
      {
        kernel: finish,
        spec,
        inputs: track ? ["tmp0", "in0", "in1", "in2"] : ["tmp0", "in0"],
        outputs: track ? ["out0", "out1", "out2"] : ["out0"],
      },
    ],
    scratch: [partialBytes(shape)],
  };
}

/**
 * Inputs x, gy, stats of `stride` words a channel and, with `affine`, weight; outputs gx and, with
 * `affine`, gWeight and gBias. `finish` takes the partial products, stats and weight, and gives the
 * coefficients of {@link affineGradient}, then gWeight and gBias.
 */
export function backwardProgram(
  spec: BatchNormSpec,
  stride: number,
  finish: Kernel<BatchNormSpec>,
): Program {
  const { n, channels, inner, affine } = spec;
  const shape = { n, channels, inner };
  return {
    steps: [
      {
        kernel: partialProducts,
        spec: { ...shape, stride },
        inputs: ["in0", "in1", "in2"],
        outputs: ["tmp0"],
      },
      {
        kernel: finish,
        spec,
        inputs: affine ? ["tmp0", "in2", "in3"] : ["tmp0", "in2"],
        outputs: affine ? ["tmp1", "out1", "out2"] : ["tmp1"],
      },
      { kernel: affineGradient, spec: shape, inputs: ["in0", "in1", "tmp1"], outputs: ["out0"] },
    ],
    scratch: [partialBytes(shape), 4 * channels * COEFFICIENTS],
  };
}
