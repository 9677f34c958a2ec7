/**
 * Windows that move over planes, as all poolings use them. Tensors are [planes, height, width] with
 * N·C planes; the caller chooses output sizes (ceil mode included), and windows may reach past the
 * padded input.
 */
import type { InexactDType } from "../../contract/dtype.ts";
import { linearGrid, linearMain, type Shader } from "../../contract/kernel.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";

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
  /** The dtype of the elements; complex64, if absent. */
  readonly dtype?: InexactDType;
}

/** The elements of the input. */
export const inputsOf = (s: Pool2dSpec): number => s.planes * s.inHeight * s.inWidth;

/** The elements of the output. */
export const outputsOf = (s: Pool2dSpec): number => s.planes * s.outHeight * s.outWidth;

/** WGSL: of output `i`, the plane's first input and the (possibly negative) top left of its window. */
export const windowOf = (s: Pool2dSpec): string => `
  let plane = i / ${s.outHeight * s.outWidth}u * ${s.inHeight * s.inWidth}u;
  let top = i32(i / ${s.outWidth}u % ${s.outHeight}u) * ${s.stride[0]} - ${s.padding[0]};
  let left = i32(i % ${s.outWidth}u) * ${s.stride[1]} - ${s.padding[1]};`;

/** The rounds of loops that {@link overWindow} takes. */
export const windowRounds = ({ kernel }: Pool2dSpec): number => kernel[0] * (kernel[1] + 1);

/** True where a window reaches out of the plane: over the padding or, rounded up, past the end. */
export const leavesPlane = (s: Pool2dSpec): boolean =>
  s.padding.some((n) => n > 0) ||
  [s.inHeight, s.inWidth].some((size, k) => {
    const steps = (k === 0 ? s.outHeight : s.outWidth) - 1;
    return steps * s.stride[k] + (s.kernel[k] - 1) * s.dilation[k] >= size;
  });

/** WGSL: `visit` for every input position `h`, `w` of a window at `top`, `left`. */
export const overWindow = (s: Pool2dSpec, visit: string): string => `
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
export function scatter(
  s: Pool2dSpec,
  zero: string,
  load: string,
  chosen: (here: string) => string,
): Shader {
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
  const rounds = unroll ? 0 : counts[0] * (counts[1] + 1);
  return { source, workgroups: linearGrid(threads), rounds };
}

/**
 * Calls `visit` for every output with the `count` elements of its window that lie in the plane, and
 * the window's divisor.
 */
export function eachWindow(
  s: Pool2dSpec,
  divisor: ((top: number, left: number) => number) | null,
  visit: (o: number, plane: number, inside: Int32Array, count: number, by: number) => void,
): void {
  const inside = new Int32Array(s.kernel[0] * s.kernel[1]);
  const { inHeight, inWidth, kernel: [kh, kw], dilation: [dh, dw] } = s;
  let o = 0;
  for (let plane = 0; plane < inputsOf(s); plane += inHeight * inWidth) {
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

/** The most windows that hold the same element. */
export function overlap(s: Pool2dSpec): number {
  return Math.ceil(s.kernel[0] / s.stride[0]) * Math.ceil(s.kernel[1] / s.stride[1]);
}

/** Elements of the input that a thread of the CPU engine takes at once. */
const CHUNK = 16384;

type Run = (
  module: WasmModule,
  name: string,
  s: Pool2dSpec,
  inputs: readonly number[],
  outputs: readonly number[],
  words?: readonly number[],
  float?: number,
) => void;

/** Runs `name` of the WebAssembly in `items` of equal work; words as in `assembly/pool2d.ts`. */
const runItems = (
  items: number,
  ...[module, name, s, inputs, [out0, out1 = 0], words = [0, 0, 2], float = 0]: Parameters<Run>
): void => {
  const size = Math.max(1, Math.floor(CHUNK * items / inputsOf(s)));
  const pairs = [s.kernel, s.stride, s.padding, s.dilation].flat();
  const [in0, in1 = 0] = inputs;
  const args = module.args([
    ...[s.planes, s.inHeight, s.inWidth, s.outHeight, s.outWidth, ...pairs, size],
    ...[in0, in1, out0, out1, ...words],
  ], [float]);
  const visits = inputsOf(s) + outputsOf(s) * s.kernel[0] * s.kernel[1];
  module.parallel(name, args, Math.ceil(items / size), visits);
};

/** Runs `name` of the WebAssembly over all rows of outputs. */
export const runRows: Run = (module, name, s, ...rest) =>
  runItems(s.planes * s.outHeight, module, name, s, ...rest);

/** Runs `name` of the WebAssembly over all planes. */
export const runPlanes: Run = (module, name, s, ...rest) =>
  runItems(s.planes, module, name, s, ...rest);
