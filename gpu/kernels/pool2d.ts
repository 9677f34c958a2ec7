/**
 * Pooling over windows of planes. Tensors are [planes, height, width] with N·C planes; output sizes
 * are the caller's (ceil mode is its business), and windows may reach past the padded input.
 *
 * The largest complex number is the one of the largest modulus, the first in row-major order among
 * equals; padding never wins.
 */
import { cannot } from "../errors.ts";
import {
  type HostArray,
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  single,
  WGSL_TYPE,
} from "../kernel.ts";

/** The geometry of a 2-D pooling; pairs are [along height, along width]. */
export interface Pool2dSpec {
  readonly planes: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** An average pooling; `divisor` overrides the count of the window's elements. */
export interface AvgPool2dSpec extends Pool2dSpec {
  /** Whether padding counts among the elements that are averaged. */
  readonly countIncludePad: boolean;
  readonly divisor: number | null;
  /** The kind of element; complex64 where not given. */
  readonly dtype?: "c64" | "f32";
}

/** The index of the winner of a window that lies in the padding altogether. */
export const NO_WINNER = 0xffffffff;

const inputs = (s: Pool2dSpec) => s.planes * s.inHeight * s.inWidth;
const outputs = (s: Pool2dSpec) => s.planes * s.outHeight * s.outWidth;

/** WGSL: of output `i`, the plane's first input and the (possibly negative) top left of its window. */
const windowOf = (s: Pool2dSpec) => `
  let plane = i / ${s.outHeight * s.outWidth}u * ${s.inHeight * s.inWidth}u;
  let top = i32(i / ${s.outWidth}u % ${s.outHeight}u) * ${s.stride[0]} - ${s.padding[0]};
  let left = i32(i % ${s.outWidth}u) * ${s.stride[1]} - ${s.padding[1]};`;

/** WGSL: `visit` for every input position `h`, `w` of a window at `top`, `left`. */
const overWindow = (s: Pool2dSpec, visit: string) => `
  for (var a = 0; a < ${s.kernel[0]}; a += 1) {
    let h = top + a * ${s.dilation[0]};
    if (h < 0 || h >= ${s.inHeight}) { continue; }
    for (var b = 0; b < ${s.kernel[1]}; b += 1) {
      let w = left + b * ${s.dilation[1]};
      if (w < 0 || w >= ${s.inWidth}) { continue; }
      ${visit}
    }
  }`;

/**
 * The adjoint of a pooling as a shader: each input sums the windows that hold it. `load` gives a
 * window's share as `g`, from its `oh`, `ow` and flat `o`; of the inputs it reaches only those get it
 * that are `chosen`, an expression of the input's place `here` in its plane.
 *
 * Inputs between two steps of the window see the same windows, so a thread takes a tile of one
 * stride. Windows are counted down from the last, a fixed number on either axis, and those that do
 * not reach an input add zero: on processors that costs less than loops of varying length.
 */
function scatter(s: Pool2dSpec, zero: string, load: string, chosen: (here: string) => string) {
  const reach = s.kernel.map((size, k) => (size - 1) * s.dilation[k]);
  const counts = [s.outHeight, s.outWidth].map((size, k) =>
    Math.min(Math.floor(reach[k] / s.stride[k]) + 1, size)
  );
  const unroll = counts[0] * counts[1] <= 16;
  const tile = unroll && s.stride[0] * s.stride[1] <= 9 ? s.stride : [1, 1];
  // Rows and columns are counted from the padding's edge, where the first window begins.
  const firstTile = tile.map((size, k) => Math.floor(s.padding[k] / size));
  const tiles = [s.inHeight, s.inWidth].map((size, k) =>
    Math.floor((size - 1 + s.padding[k]) / tile[k]) + 1 - firstTile[k]
  );
  const cells = Array.from({ length: tile[0] * tile[1] }, (_, k) => ({
    k,
    row: `(row + ${Math.floor(k / tile[1])}u)`,
    column: `(column + ${k % tile[1]}u)`,
  }));
  const repeat = (q: string, count: number, body: string) =>
    unroll
      ? Array.from({ length: count }, (_, k) => `{ let ${q} = ${k}u;\n${body} }`).join("\n")
      : `for (var ${q} = 0u; ${q} < ${count}u; ${q} += 1u) {\n${body} }`;
  const add = ({ k, row, column }: typeof cells[number]) =>
    `sum${k} += select(${zero}, g, exists && ${row} - oh * ${s.stride[0]}u <= ${reach[0]}u &&
      ${column} - ow * ${s.stride[1]}u <= ${reach[1]}u && ${chosen(`here${k}`)});`;
  const visit = `    let oh = lastRow - min(a, lastRow);
    let ow = lastColumn - min(b, lastColumn);
    let exists = a <= lastRow && b <= lastColumn;
    let o = plane * ${s.outHeight * s.outWidth}u + oh * ${s.outWidth}u + ow;
    ${load}
    ${cells.map(add).join("\n    ")}`;
  const [top, left] = s.padding;
  const threads = s.planes * tiles[0] * tiles[1];
  const source = linearMain(
    threads,
    `  let plane = i / ${tiles[0] * tiles[1]}u;
  let row = (i / ${tiles[1]}u % ${tiles[0]}u + ${firstTile[0]}u) * ${tile[0]}u;
  let column = (i % ${tiles[1]}u + ${firstTile[1]}u) * ${tile[1]}u;
  let lastRow = min(${s.outHeight - 1}u, row / ${s.stride[0]}u);
  let lastColumn = min(${s.outWidth - 1}u, column / ${s.stride[1]}u);
${
      cells.map(({ k, row, column }) =>
        `  let here${k} = (${row} - ${top}u) * ${s.inWidth}u + ${column} - ${left}u;
  var sum${k} = ${zero};`
      ).join("\n")
    }
${repeat("a", counts[0], repeat("b", counts[1], visit))}
${
      cells.map(({ k, row, column }) =>
        `  if (${row} >= ${top}u && ${row} < ${top + s.inHeight}u &&
    ${column} >= ${left}u && ${column} < ${left + s.inWidth}u) {
    out0[plane * ${s.inHeight * s.inWidth}u + here${k}] = sum${k};
  }`
      ).join("\n")
    }`,
  );
  return { source, workgroups: linearGrid(threads) };
}

/**
 * Calls `visit` for every output with the `count` elements of its window that lie in the plane, and
 * the window's divisor.
 */
function eachWindow(
  s: Pool2dSpec,
  divisor: ((top: number, left: number) => number) | null,
  visit: (o: number, plane: number, inside: Int32Array, count: number, by: number) => void,
): void {
  const inside = new Int32Array(s.kernel[0] * s.kernel[1]);
  const { inHeight, inWidth, kernel: [kh, kw], dilation: [dh, dw] } = s;
  let o = 0;
  for (let plane = 0; plane < inputs(s); plane += inHeight * inWidth) {
    for (let oh = 0; oh < s.outHeight; oh++) {
      const top = oh * s.stride[0] - s.padding[0];
      for (let ow = 0; ow < s.outWidth; ow++) {
        const left = ow * s.stride[1] - s.padding[1];
        let count = 0;
        for (let h = top; h < top + kh * dh; h += dh) {
          if (h < 0 || h >= inHeight) continue;
          for (let w = left; w < left + kw * dw; w += dw) {
            if (w >= 0 && w < inWidth) inside[count++] = h * inWidth + w;
          }
        }
        visit(o++, plane, inside, count, divisor?.(top, left) ?? 1);
      }
    }
  }
}

const { fround, abs, max, min } = Math;

/** A factor that brings the larger part of a number to where float32 squares are safe. */
const factor = (largest: number) =>
  largest > 2 ** 60 ? 2 ** -70 : largest < 2 ** -40 && largest > 0 ? 2 ** 80 : 1;

/** The first of the elements with the largest modulus, rounded as on the device. */
function winner(x: HostArray, plane: number, inside: Int32Array, count: number): number {
  let largest = 0;
  for (let n = 0; n < count; n++) {
    const at = 2 * (plane + inside[n]);
    largest = max(largest, abs(x[at]), abs(x[at + 1]));
  }
  const f = factor(largest);
  let best = -1, index = count > 0 ? inside[0] : NO_WINNER;
  for (let n = 0; n < count; n++) {
    const at = 2 * (plane + inside[n]), re = f * abs(x[at]), im = f * abs(x[at + 1]);
    const high = max(re, im), low = min(re, im);
    const square = fround(fround(high * high) + fround(low * low));
    if (square > best) {
      best = square;
      index = inside[n];
    }
  }
  return index;
}

const maxPool: Kernel<Pool2dSpec> = {
  name: "maxPool2d",
  bindings: () => ({ inputs: ["c64"], outputs: ["c64", "u32"] }),
  wgsl(s) {
    const search = (scale: string) =>
      overWindow(
        s,
        `let at = u32(h * ${s.inWidth} + w);
      let z = abs(in0[plane + at])${scale};
      // Larger part first: numbers that differ by a turn or a mirror then tie to the last bit.
      let high = max(z.x, z.y);
      let low = min(z.x, z.y);
      let square = high * high + low * low;
      largest = max(largest, high);
      if (square > best || index == ${NO_WINNER}u) { best = square; index = at; }`,
      );
    return {
      source: linearMain(
        outputs(s),
        `${windowOf(s)}
  var largest = 0.0;
  var best = -1.0;
  var index = ${NO_WINNER}u;
${search("")}
  // Squares may have overflowed or vanished: once more, scaled by a power of two.
  if (largest > 0x1p+60f || (largest < 0x1p-40f && largest > 0.0)) {
    let scale = select(0x1p+80f, 0x1p-70f, largest > 1.0);
    best = -1.0;
    index = ${NO_WINNER}u;
${search(" * scale")}
  }
  out1[i] = index;
  if (index == ${NO_WINNER}u) { out0[i] = vec2<f32>(); } else { out0[i] = in0[plane + index]; }`,
      ),
      workgroups: linearGrid(outputs(s)),
    };
  },
  cpu(s, [x], [y, indices]) {
    eachWindow(s, null, (o, plane, inside, count) => {
      const k = winner(x, plane, inside, count);
      indices[o] = k;
      y[2 * o] = k === NO_WINNER ? 0 : x[2 * (plane + k)];
      y[2 * o + 1] = k === NO_WINNER ? 0 : x[2 * (plane + k) + 1];
    });
  },
};

/**
 * The element of largest modulus of each window: x c64 [planes, inHeight, inWidth] → y c64
 * [planes, outHeight, outWidth] and its index h·inWidth + w in the plane, u32 like y
 * ({@link NO_WINNER} and y = 0 where a window holds no input at all).
 */
export function maxPool2d(spec: Pool2dSpec): Program {
  return single(maxPool, spec);
}

const maxScatter: Kernel<Pool2dSpec> = {
  name: "maxPool2dScatter",
  bindings: () => ({ inputs: ["c64", "u32"], outputs: ["c64"] }),
  wgsl: (s) =>
    scatter(
      s,
      "vec2<f32>()",
      "let g = in0[o]; let winner = in1[o];",
      (here) => `winner == ${here}`,
    ),
  cpu(s, [gy, indices], [gx]) {
    const sums = new Float64Array(2 * inputs(s));
    const inPlane = s.inHeight * s.inWidth, outPlane = s.outHeight * s.outWidth;
    for (let o = 0; o < outputs(s); o++) {
      if (indices[o] === NO_WINNER) continue;
      const at = 2 * (Math.floor(o / outPlane) * inPlane + indices[o]);
      sums[at] += gy[2 * o];
      sums[at + 1] += gy[2 * o + 1];
    }
    gx.set(sums);
  },
};

/**
 * The gradient of {@link maxPool2d}: gy c64 and indices u32 [planes, outHeight, outWidth] → gx c64
 * [planes, inHeight, inWidth], each input the sum of gy over the windows that it won.
 */
export function maxPool2dScatter(spec: Pool2dSpec): Program {
  return single(maxScatter, spec);
}

const maxPick: Kernel<Pool2dSpec> = {
  name: "maxPool2dPick",
  bindings: () => ({ inputs: ["c64", "u32"], outputs: ["c64"] }),
  wgsl: (s) => ({
    source: linearMain(
      outputs(s),
      `  let plane = i / ${s.outHeight * s.outWidth}u * ${s.inHeight * s.inWidth}u;
  let index = in1[i];
  if (index == ${NO_WINNER}u) { out0[i] = vec2<f32>(); } else { out0[i] = in0[plane + index]; }`,
    ),
    workgroups: linearGrid(outputs(s)),
  }),
  cpu(s, [v, indices], [y]) {
    const inPlane = s.inHeight * s.inWidth, outPlane = s.outHeight * s.outWidth;
    for (let o = 0; o < outputs(s); o++) {
      const at = 2 * (Math.floor(o / outPlane) * inPlane + indices[o]);
      const none = indices[o] === NO_WINNER;
      y[2 * o] = none ? 0 : v[at];
      y[2 * o + 1] = none ? 0 : v[at + 1];
    }
  },
};

/**
 * The values at the winners' places, the adjoint of {@link maxPool2dScatter}: v c64
 * [planes, inHeight, inWidth] and indices u32 → c64 [planes, outHeight, outWidth].
 */
export function maxPool2dPick(spec: Pool2dSpec): Program {
  return single(maxPick, spec);
}

/** Refuses what average pooling does not have. */
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

const dtypeOf = (s: AvgPool2dSpec) => s.dtype ?? "c64";

const avgPool: Kernel<AvgPool2dSpec> = {
  name: "avgPool2d",
  bindings: (s) => ({ inputs: [dtypeOf(s)], outputs: [dtypeOf(s)] }),
  wgsl: (s) => ({
    source: divisorWgsl(s) + linearMain(
      outputs(s),
      `${windowOf(s)}
  var sum = ${WGSL_TYPE[dtypeOf(s)]}();
${overWindow(s, `sum += in0[plane + u32(h * ${s.inWidth} + w)];`)}
  out0[i] = sum / divisor(top, left);`,
    ),
    workgroups: linearGrid(outputs(s)),
  }),
  cpu(s, [x], [y]) {
    const words = dtypeOf(s) === "c64" ? 2 : 1;
    eachWindow(s, divisorOf(s), (o, plane, inside, count, by) => {
      for (let part = 0; part < words; part++) {
        let sum = 0;
        for (let n = 0; n < count; n++) sum += x[words * (plane + inside[n]) + part];
        y[words * o + part] = sum / by;
      }
    });
  },
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
    const { source, workgroups } = scatter(s, `${WGSL_TYPE[dtypeOf(s)]}()`, load, () => "true");
    return { source: divisorWgsl(s) + source, workgroups };
  },
  cpu(s, [gy], [gx]) {
    const words = dtypeOf(s) === "c64" ? 2 : 1;
    const sums = new Float64Array(words * inputs(s));
    eachWindow(s, divisorOf(s), (o, plane, inside, count, by) => {
      for (let part = 0; part < words; part++) {
        const share = gy[words * o + part] / by;
        for (let n = 0; n < count; n++) sums[words * (plane + inside[n]) + part] += share;
      }
    });
    gx.set(sums);
  },
};

/** The adjoint of {@link avgPool2d}: gy [planes, outHeight, outWidth] → gx [planes, inHeight, inWidth]. */
export function avgPool2dScatter(spec: AvgPool2dSpec): Program {
  checkAverage(spec);
  return single(avgScatter, spec);
}
