/**
 * Pooling over windows of planes: the largest element, or the mean.
 *
 * The largest complex number is the one of the largest modulus, the largest real one the greatest; the
 * first in row-major order among equals; a NaN wins over all numbers; padding never wins.
 */
import { cannot } from "../../contract/errors.ts";
import {
  type HostArray,
  type InexactDType,
  isComplex,
  lanesOf,
  type Precision,
  precisionOf,
  wgslOf,
} from "../../contract/dtype.ts";
import {
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  single,
} from "../../contract/kernel.ts";
import {
  eachWindow,
  inputsOf,
  leavesPlane,
  outputsOf,
  overlap,
  overWindow,
  type Pool2dSpec,
  runPlanes,
  runRows,
  scatter,
  windowOf,
  windowRounds,
} from "./windows.ts";

/** An average pooling; `divisor` overrides the count of the window's elements. */
export interface AvgPool2dSpec extends Pool2dSpec {
  /** Whether padding counts among the elements that are averaged. */
  readonly countIncludePad: boolean;
  readonly divisor: number | null;
}

const dtypeOf = (s: Pool2dSpec): InexactDType => s.dtype ?? "complex64";

/** The index of the winner of a window that lies in the padding altogether. */
export const NO_WINNER = 0xffffffff;

/** The words of a largest element in WebAssembly beside its geometry. */
const lanes = (s: Pool2dSpec): number[] => [0, 0, lanesOf(dtypeOf(s))];

/** The most windows whose shares of one input WebAssembly adds up, in float32. */
const MOST_SUMMED = 32;

const { fround, abs, max, min } = Math;

/** A factor that brings the larger part of a number to where squares are safe. */
const FACTORS: Readonly<Record<Precision, (largest: number) => number>> = {
  single: (largest) =>
    largest > 2 ** 60 ? 2 ** -70 : largest < 2 ** -40 && largest > 0 ? 2 ** 80 : 1,
  double: (largest) =>
    largest > 2 ** 500 ? 2 ** -600 : largest < 2 ** -400 && largest > 0 ? 2 ** 600 : 1,
};

/** The first of the greatest of real elements. */
function greatest(x: HostArray, plane: number, inside: Int32Array, count: number): number {
  let index = count > 0 ? inside[0] : NO_WINNER;
  for (let n = 0; n < count; n++) {
    const v = x[plane + inside[n]];
    if (Number.isNaN(v)) return inside[n];
    if (v > x[plane + index]) index = inside[n];
  }
  return index;
}

/** The first of the elements with the largest modulus, rounded as on the device. */
function winner(
  x: HostArray,
  plane: number,
  inside: Int32Array,
  count: number,
  precision: Precision,
): number {
  const round = precision === "single" ? fround : (v: number) => v;
  let largest = 0;
  for (let n = 0; n < count; n++) {
    const at = 2 * (plane + inside[n]);
    largest = max(largest, abs(x[at]), abs(x[at + 1]));
  }
  const f = FACTORS[precision](largest);
  let best = -1, index = count > 0 ? inside[0] : NO_WINNER;
  for (let n = 0; n < count; n++) {
    const at = 2 * (plane + inside[n]);
    if (Number.isNaN(x[at]) || Number.isNaN(x[at + 1])) return inside[n];
  }
  for (let n = 0; n < count; n++) {
    const at = 2 * (plane + inside[n]), re = f * abs(x[at]), im = f * abs(x[at + 1]);
    const high = max(re, im), low = min(re, im);
    const square = round(round(high * high) + round(low * low));
    if (square > best) {
      best = square;
      index = inside[n];
    }
  }
  return index;
}

/** Elements of a window that are kept in variables while the largest of them is sought. */
const MOST_KEPT = 9;

/** Larger part first: numbers that differ by a turn or a mirror then tie to the last bit. */
const SQUARE = `let high = max(z.x, z.y);
      let low = min(z.x, z.y);
      let square = high * high + low * low;
      largest = max(largest, high);
      let nan = max(bitcast<u32>(z.x), bitcast<u32>(z.y)) > 0x7f800000u;
      let better = !lost && (square > best || nan || index == ${NO_WINNER}u);
      lost = lost || nan;`;

/** The same of a real number, by which it is compared itself. */
const VALUE = `let square = z;
      let nan = (bitcast<u32>(z) & 0x7fffffffu) > 0x7f800000u;
      let better = !lost && (square > best || nan || index == ${NO_WINNER}u);
      lost = lost || nan;`;

/** WGSL: what of an element is compared. */
const comparedOf = (s: Pool2dSpec, element: string): string =>
  isComplex(dtypeOf(s)) ? `abs(${element})` : element;

/** WGSL of the search in windows of a few elements, each read once; see {@link maxPool}. */
function searchKept(s: Pool2dSpec): { load: string; search: (scale: string) => string } {
  const taps = Array.from({ length: s.kernel[0] * s.kernel[1] }, (_, k) => k);
  const bounded = leavesPlane(s);
  const load = taps.map((k) => {
    const [a, b] = [Math.floor(k / s.kernel[1]) * s.dilation[0], k % s.kernel[1] * s.dilation[1]];
    const at = `u32((top + ${a}) * ${s.inWidth} + left + ${b})`;
    if (!bounded) return `  let at${k} = ${at}; let z${k} = in0[plane + at${k}];`;
    return `  let inside${k} = top + ${a} >= 0 && top + ${a} < ${s.inHeight} &&
    left + ${b} >= 0 && left + ${b} < ${s.inWidth};
  let at${k} = select(0u, ${at}, inside${k});
  let z${k} = in0[plane + at${k}];`;
  }).join("\n");
  const [compare, each] = isComplex(dtypeOf(s))
    ? [SQUARE, "vec2<bool>(better)"]
    : [VALUE, "better"];
  const search = (scale: string) =>
    taps.map((k) => {
      const body = `let z = ${comparedOf(s, `z${k}`)}${scale};
      ${compare}
      best = select(best, square, better);
      index = select(index, at${k}, better);
      found = select(found, z${k}, ${each});`;
      return bounded ? `  if (inside${k}) { ${body} }` : `  { ${body} }`;
    }).join("\n");
  return { load, search };
}

/** WGSL of the search in windows of any size; see {@link maxPool}. */
function searchRead(s: Pool2dSpec): { load: string; search: (scale: string) => string } {
  const search = (scale: string) =>
    overWindow(
      s,
      `let at = u32(h * ${s.inWidth} + w);
      let z = ${comparedOf(s, "in0[plane + at]")}${scale};
      ${isComplex(dtypeOf(s)) ? SQUARE : VALUE}
      if (better) { best = square; index = at; found = in0[plane + at]; }`,
    );
  return { load: "", search };
}

const maxPool: Kernel<Pool2dSpec> = {
  name: "maxPool2d",
  bindings: (s) => ({ inputs: [dtypeOf(s)], outputs: [dtypeOf(s), "uint32"] }),
  wgsl(s) {
    const kept = s.kernel[0] * s.kernel[1] <= MOST_KEPT;
    const { load, search } = kept ? searchKept(s) : searchRead(s);
    return {
      source: linearMain(
        outputsOf(s),
        `${windowOf(s)}
  var largest = 0.0;
  var best = -1.0;
  var lost = false;
  var index = ${NO_WINNER}u;
  var found = ${wgslOf(dtypeOf(s))}();
${load}
${search("")}
${
          isComplex(dtypeOf(s))
            ? `  // Squares may have overflowed or vanished: once more, scaled by a power of two.
  if (!lost && (largest > 0x1p+60f || (largest < 0x1p-40f && largest > 0.0))) {
    let scale = select(0x1p+80f, 0x1p-70f, largest > 1.0);
    best = -1.0;
    index = ${NO_WINNER}u;
${search(" * scale")}
  }`
            : ""
        }
  out1[i] = index;
  out0[i] = found;`,
      ),
      workgroups: linearGrid(outputsOf(s)),
      rounds: kept ? 0 : 2 * windowRounds(s), // a second search where squares over- or underflow
    };
  },
  cpu(s, [x], [y, indices]) {
    if (!isComplex(dtypeOf(s))) {
      eachWindow(s, null, (o, plane, inside, count) => {
        const k = greatest(x, plane, inside, count);
        indices[o] = k;
        y[o] = k === NO_WINNER ? 0 : x[plane + k];
      });
      return;
    }
    eachWindow(s, null, (o, plane, inside, count) => {
      const k = winner(x, plane, inside, count, precisionOf(dtypeOf(s)));
      indices[o] = k;
      y[2 * o] = k === NO_WINNER ? 0 : x[2 * (plane + k)];
      y[2 * o + 1] = k === NO_WINNER ? 0 : x[2 * (plane + k) + 1];
    });
  },
  wasm: (s, module) => (inputs, outputs) =>
    runRows(module, "maxPool2d", s, inputs, outputs, lanes(s)),
};

/**
 * The largest element of each window: x [planes, inHeight, inWidth] → y
 * [planes, outHeight, outWidth] and its index h·inWidth + w in the plane, uint32 like y
 * ({@link NO_WINNER} and y = 0 where a window holds no input at all).
 */
export function maxPool2d(spec: Pool2dSpec): Program {
  return single(maxPool, spec);
}

const maxScatter: Kernel<Pool2dSpec> = {
  name: "maxPool2dScatter",
  bindings: (s) => ({ inputs: [dtypeOf(s), "uint32"], outputs: [dtypeOf(s)] }),
  wgsl: (s) =>
    scatter(
      s,
      `${wgslOf(dtypeOf(s))}()`,
      "let g = in0[o]; let winner = in1[o];",
      (here) => `winner == ${here}`,
    ),
  cpu(s, [gy, indices], [gx]) {
    const words = lanesOf(dtypeOf(s));
    const sums = new Float64Array(words * inputsOf(s));
    const inPlane = s.inHeight * s.inWidth, outPlane = s.outHeight * s.outWidth;
    for (let o = 0; o < outputsOf(s); o++) {
      if (indices[o] === NO_WINNER) continue;
      const at = words * (Math.floor(o / outPlane) * inPlane + indices[o]);
      for (let part = 0; part < words; part++) sums[at + part] += gy[words * o + part];
    }
    gx.set(sums);
  },
  wasm: (s, module) =>
    overlap(s) > MOST_SUMMED
      ? null
      : (inputs, outputs) => runPlanes(module, "maxPool2dScatter", s, inputs, outputs, lanes(s)),
};

/**
 * The gradient of {@link maxPool2d}: gy and indices uint32 [planes, outHeight, outWidth] → gx
 * [planes, inHeight, inWidth], each input the sum of gy over the windows that it won.
 */
export function maxPool2dScatter(spec: Pool2dSpec): Program {
  return single(maxScatter, spec);
}

const maxPick: Kernel<Pool2dSpec> = {
  name: "maxPool2dPick",
  bindings: (s) => ({ inputs: [dtypeOf(s), "uint32"], outputs: [dtypeOf(s)] }),
  wgsl: (s) => ({
    source: linearMain(
      outputsOf(s),
      `  let plane = i / ${s.outHeight * s.outWidth}u * ${s.inHeight * s.inWidth}u;
  let index = in1[i];
  if (index == ${NO_WINNER}u) { out0[i] = ${
        wgslOf(dtypeOf(s))
      }(); } else { out0[i] = in0[plane + index]; }`,
    ),
    workgroups: linearGrid(outputsOf(s)),
  }),
  cpu(s, [v, indices], [y]) {
    const words = lanesOf(dtypeOf(s));
    const inPlane = s.inHeight * s.inWidth, outPlane = s.outHeight * s.outWidth;
    for (let o = 0; o < outputsOf(s); o++) {
      const at = words * (Math.floor(o / outPlane) * inPlane + indices[o]);
      const none = indices[o] === NO_WINNER;
      for (let part = 0; part < words; part++) y[words * o + part] = none ? 0 : v[at + part];
    }
  },
  wasm: (s, module) => (inputs, outputs) =>
    runPlanes(module, "maxPool2dPick", s, inputs, outputs, lanes(s)),
};

/**
 * The values at the winners' places, the adjoint of {@link maxPool2dScatter}: v
 * [planes, inHeight, inWidth] and indices uint32 → [planes, outHeight, outWidth].
 */
export function maxPool2dPick(spec: Pool2dSpec): Program {
  return single(maxPick, spec);
}

/** Refuses options that average pooling does not have. */
function checkAverage(s: AvgPool2dSpec): void {
  if (s.dilation[0] !== 1 || s.dilation[1] !== 1) {
    throw cannot("pool by average", `the dilation is ${s.dilation.join(" × ")}, not 1 × 1`);
  }
  if (s.divisor === 0) throw cannot("pool by average", "the divisor is 0");
}

/** How many elements along one axis the window at `start` counts, PyTorch's rule. */
function extent(s: AvgPool2dSpec, k: 0 | 1, start: number): number {
  const size = k === 0 ? s.inHeight : s.inWidth;
  const end = min(start + s.kernel[k], size + s.padding[k]);
  return s.countIncludePad ? end - start : min(end, size) - max(start, 0);
}

/** The divisor of a window by its top left. */
function divisorOf(s: AvgPool2dSpec): (top: number, left: number) => number {
  return (top, left) => s.divisor ?? max(1, extent(s, 0, top)) * max(1, extent(s, 1, left));
}

/** WGSL of the same, as the function `divisor`. */
function divisorWgsl(s: AvgPool2dSpec): string {
  const one = (k: 0 | 1, start: string) => {
    const size = k === 0 ? s.inHeight : s.inWidth;
    const end = `min(${start} + ${s.kernel[k]}, ${size + s.padding[k]})`;
    const count = s.countIncludePad
      ? `${end} - ${start}`
      : `min(${end}, ${size}) - max(${start}, 0)`;
    return `max(1, ${count})`;
  };
  const value = s.divisor === null
    ? `f32(${one(0, "top")} * ${one(1, "left")})`
    : `f32(${s.divisor})`;
  return `fn divisor(top: i32, left: i32) -> f32 { return ${value}; }\n`;
}

/** The words of an average in WebAssembly beside its geometry and its divisor. */
const averageWords = (s: AvgPool2dSpec): number[] => [
  +s.countIncludePad,
  +(s.divisor !== null),
  lanesOf(dtypeOf(s)),
];

const avgPool: Kernel<AvgPool2dSpec> = {
  name: "avgPool2d",
  bindings: (s) => ({ inputs: [dtypeOf(s)], outputs: [dtypeOf(s)] }),
  wgsl: (s) => ({
    source: divisorWgsl(s) + linearMain(
      outputsOf(s),
      `${windowOf(s)}
  var sum = ${wgslOf(dtypeOf(s))}();
${overWindow(s, `sum += in0[plane + u32(h * ${s.inWidth} + w)];`)}
  out0[i] = sum / divisor(top, left);`,
    ),
    workgroups: linearGrid(outputsOf(s)),
    rounds: windowRounds(s),
  }),
  cpu(s, [x], [y]) {
    const words = lanesOf(dtypeOf(s));
    eachWindow(s, divisorOf(s), (o, plane, inside, count, by) => {
      for (let part = 0; part < words; part++) {
        let sum = 0;
        for (let n = 0; n < count; n++) sum += x[words * (plane + inside[n]) + part];
        y[words * o + part] = sum / by;
      }
    });
  },
  wasm: (s, module) => (inputs, outputs) =>
    runRows(module, "avgPool2d", s, inputs, outputs, averageWords(s), s.divisor ?? 0),
};

/**
 * The mean over each window: x [planes, inHeight, inWidth] → y [planes, outHeight, outWidth], with
 * PyTorch's divisor: the window clipped to the padded input, or to the input without
 * `countIncludePad`, or `divisor` itself.
 */
export function avgPool2d(spec: AvgPool2dSpec): Program {
  checkAverage(spec);
  return single(avgPool, spec);
}

const avgScatter: Kernel<AvgPool2dSpec> = {
  name: "avgPool2dScatter",
  bindings: (s) => ({ inputs: [dtypeOf(s)], outputs: [dtypeOf(s)] }),
  wgsl(s) {
    const [top, left] = s.stride.map((stride, k) =>
      `i32(${k === 0 ? "oh" : "ow"}) * ${stride} - ${s.padding[k]}`
    );
    const load = `let g = in0[o] / divisor(${top}, ${left});`;
    const shader = scatter(s, `${wgslOf(dtypeOf(s))}()`, load, () => "true");
    return { ...shader, source: divisorWgsl(s) + shader.source };
  },
  cpu(s, [gy], [gx]) {
    const words = lanesOf(dtypeOf(s));
    const sums = new Float64Array(words * inputsOf(s));
    eachWindow(s, divisorOf(s), (o, plane, inside, count, by) => {
      for (let part = 0; part < words; part++) {
        const share = gy[words * o + part] / by;
        for (let n = 0; n < count; n++) sums[words * (plane + inside[n]) + part] += share;
      }
    });
    gx.set(sums);
  },
  wasm: (s, module) =>
    overlap(s) > MOST_SUMMED
      ? null
      : (inputs, outputs) =>
        runPlanes(module, "avgPool2dScatter", s, inputs, outputs, averageWords(s), s.divisor ?? 0),
};

/** The adjoint of {@link avgPool2d}: gy [planes, outHeight, outWidth] → gx [planes, inHeight, inWidth]. */
export function avgPool2dScatter(spec: AvgPool2dSpec): Program {
  checkAverage(spec);
  return single(avgScatter, spec);
}
