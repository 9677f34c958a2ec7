/**
 * How the inner correlation is distributed over threads: the patches that a thread may take, and
 * their costs.
 */
import { range } from "../../contract/collections.ts";
import { bytesOf, type InexactDType, lanesOf } from "../../contract/dtype.ts";
import type { Adapter } from "../../contract/kernel.ts";
import { type HeightWidth, paddedRows } from "./pack_weights.ts";
import type { Finished } from "../products/epilogue.ts";
import { loadWidth, Reader, texelWidth } from "../products/tile.ts";
import {
  copiesOperand,
  fitsThread,
  loadShare,
  ranked,
  tileSides,
  uniformVectors,
} from "../costs.ts";

/**
 * y[b, g, m, o] = Σ_{d, t} w[g, d, t, m] · x[b, g, d, (o·step + t·dilation − padding) / lift] (+ bias),
 * where positions that are not multiples of `lift`, or lie outside, count as zero.
 */
export interface CorrelateSpec extends Finished {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly groups: number;
  /** Channels of x in a group. */
  readonly depth: number;
  /** Channels of y in a group. */
  readonly rows: number;
  readonly input: HeightWidth;
  readonly output: HeightWidth;
  readonly kernel: HeightWidth;
  readonly step: HeightWidth;
  readonly lift: HeightWidth;
  readonly padding: HeightWidth;
  readonly dilation: HeightWidth;
  readonly bias: boolean;
}

/** A thread's share: `rows` channels of a `height` × `width` patch of the output. */
export interface Patch {
  readonly rows: number;
  readonly height: number;
  readonly width: number;
}

/** The tiles along channels, rows and columns of the output. */
export function tilesOf({ rows, output }: CorrelateSpec, patch: Patch): [number, number, number] {
  return [
    Math.ceil(rows / patch.rows),
    Math.ceil(output[0] / patch.height),
    Math.ceil(output[1] / patch.width),
  ];
}

/** The threads of all tiles. */
export function threadsOf(spec: CorrelateSpec, patch: Patch): number {
  return tilesOf(spec, patch).reduce((p, n) => p * n, spec.batch * spec.groups);
}

/** Elements of x from one patch to its right neighbour; 0 where a patch is as wide as the output. */
export function advance({ output, step, lift }: CorrelateSpec, { width }: Patch): number {
  return width >= output[1] ? 0 : width * step[1] / lift[1];
}

/**
 * The vectors of the packed weights as a uniform buffer, where that loads faster; 0 where they stay in
 * storage.
 */
export function uniformsOf(
  { dtype, groups, depth, rows, kernel }: CorrelateSpec,
  adapter: Adapter,
): number {
  const words = groups * depth * kernel[0] * kernel[1] * paddedRows(rows) * lanesOf(dtype);
  return uniformVectors(adapter, words);
}

/** From where operands are read, other than from storage. */
export interface Sources {
  /** The weights from a uniform buffer. */
  readonly uniform: boolean;
  /** x as texels, by the patches that load whole ones. */
  readonly texels: boolean;
}

/** True where x may be read as texels on this adapter and is worth the copy. */
export function texelsOf(spec: CorrelateSpec, adapter: Adapter): boolean {
  const { dtype, batch, groups, depth, rows, input, output, kernel, lift } = spec;
  const sums = batch * groups * rows * output[0] * output[1];
  const multiplications = sums * depth * kernel[0] * kernel[1] / (lift[0] * lift[1]);
  const bytes = bytesOf(dtype) * batch * groups * depth * input[0] * input[1];
  return copiesOperand(adapter, bytes, multiplications);
}

/** How x and the weights are read. */
export function readersOf(
  spec: CorrelateSpec,
  patch: Patch,
  { uniform, texels }: Sources,
): { x: Reader; w: Reader } {
  const { dtype, input, rows } = spec;
  const width = loadWidth(dtype, input[1], advance(spec, patch));
  return {
    x: new Reader(dtype, 0, width, false, texels && width === texelWidth(dtype)),
    w: uniform
      ? new Reader(dtype, 1, 4 / lanesOf(dtype), true)
      : new Reader(dtype, 1, loadWidth(dtype, paddedRows(rows), patch.rows)),
  };
}

/** The patch with the least estimated time on this adapter. */
export function choosePatch(spec: CorrelateSpec, adapter: Adapter, sources: Sources): Patch {
  const patches = candidates(spec, adapter, sources);
  return ranked(adapter, spec.dtype, "loads first", patches, (p) => costOf(spec, p, sources))[0];
}

function candidates(spec: CorrelateSpec, adapter: Adapter, sources: Sources): Patch[] {
  const { uniform } = sources;
  const { rows, output, lift } = spec;
  const heights = tileSides(adapter, [1, 2, 4], 2);
  const widths = new Set([1, 2, 4, 6, 8, 12, 16, 24].map((w) => w * lift[1]));
  if (output[1] <= 32) widths.add(output[1]);
  const patches = tileSides(adapter, [1, 2, 4, 6, 8, 10, 12, 16, 20])
    .filter((r) => r <= paddedRows(rows))
    .flatMap((r) =>
      heights.filter((h) => h <= output[0]).flatMap((height) =>
        [...widths].map((w): Patch => ({ rows: r, height, width: Math.min(w, output[1]) }))
      )
    );
  return [
    { rows: uniform ? Math.min(rows, 4) : 1, height: 1, width: Math.min(lift[1], output[1]) },
    ...patches.filter((p) => {
      // Units of a uniform buffer are whole vectors, at which every tile of rows must begin.
      if (uniform && p.rows < rows && p.rows % (4 / lanesOf(spec.dtype)) !== 0) return false;
      const { weights, pixels, products } = bodyOf(spec, p, sources);
      const body = {
        sums: p.rows * p.height * p.width,
        products,
        loads: uniform ? pixels : pixels + weights,
        uniforms: uniform ? weights : 0,
        copied: sources.texels,
      };
      return fitsThread(adapter, spec.dtype, body, { sums: 16, products: 640 });
    }),
  ];
}

/** Loads and products of one row of taps. */
function bodyOf(spec: CorrelateSpec, patch: Patch, sources: Sources) {
  const { input, output, kernel, step, lift, dilation, padding } = spec;
  const { x, w } = readersOf(spec, patch, sources);
  const alone = patch.width >= output[1];
  const units = new Set<number>();
  let taps = 0;
  for (const kx of range(kernel[1])) {
    for (const c of range(patch.width)) {
      const position = c * step[1] + kx * dilation[1] - padding[1];
      const offset = position / lift[1];
      if (position % lift[1] !== 0 || (alone && (offset < 0 || offset >= input[1]))) continue;
      taps++;
      units.add(Math.floor(offset / x.width));
    }
  }
  return {
    weights: kernel[1] * Math.ceil(patch.rows / w.width),
    pixels: patch.height * units.size,
    products: patch.rows * patch.height * taps,
    x,
    w,
  };
}

function costOf(spec: CorrelateSpec, patch: Patch, sources: Sources) {
  const { weights, pixels, products, x, w } = bodyOf(spec, patch, sources);
  const visits = spec.depth * rowsOfTaps(spec, patch);
  return {
    threads: threadsOf(spec, patch),
    loads: visits * (pixels * loadShare(x) + weights * loadShare(w)),
    products: visits * products,
  };
}

/** Rows of taps that a patch visits, on average. */
function rowsOfTaps(spec: CorrelateSpec, patch: Patch): number {
  const { input, output, kernel, step, lift, padding, dilation } = spec;
  let visits = 0;
  for (let y = 0; y < output[0]; y += patch.height) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      const top = y * step[0] + ky * dilation[0] - padding[0];
      const meets = top + (patch.height - 1) * step[0] >= 0 && top < input[0] * lift[0];
      if (meets && (top % lift[0] === 0 || !stridesOverTaps(spec, patch))) visits++;
    }
  }
  return visits / Math.ceil(output[0] / patch.height);
}

/** True where some output reads outside the input along `axis`. */
export function overhangs(
  { input, output, kernel, step, lift, padding, dilation }: CorrelateSpec,
  axis: 0 | 1,
) {
  const last = (output[axis] - 1) * step[axis] + (kernel[axis] - 1) * dilation[axis] -
    padding[axis];
  return padding[axis] > 0 || last > (input[axis] - 1) * lift[axis];
}

/** True where a loop over rows of taps can step from one that meets a pixel to the next. */
export function stridesOverTaps({ lift, dilation }: CorrelateSpec, { height }: Patch): boolean {
  return height === 1 && lift[0] > 1 && dilation[0] % lift[0] === 1;
}
