/**
 * How the gradient to a convolution's weights is distributed over threads: the sums that a thread
 * may take, and their costs.
 */
import { bytesOf, type InexactDType } from "../../contract/dtype.ts";
import type { Adapter } from "../../contract/kernel.ts";
import type { Finished } from "../products/epilogue.ts";
import { partsOfSum } from "../products/partial_sums.ts";
import { loadWidth, Reader, texelWidth } from "../products/tile.ts";
import { copiesOperand, fitsThread, loadShare, ranked, tileSides } from "../costs.ts";
import type { HeightWidth } from "./pack_weights.ts";

/**
 * w[g, m, d, t] = Σ_{b, o} conj(x[b, g, d, o·stride + t·dilation − padding]) · y[b, g, m, o], in `parts`
 * partial sums that are written one after the other.
 */
export interface CorrelateWeightsSpec extends Finished {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly groups: number;
  /** Channels of x in a group. */
  readonly depth: number;
  /** Channels of y in a group. */
  readonly rows: number;
  /** Height and width of x. */
  readonly input: HeightWidth;
  /** Height and width of y. */
  readonly output: HeightWidth;
  readonly kernel: HeightWidth;
  readonly stride: HeightWidth;
  readonly padding: HeightWidth;
  readonly dilation: HeightWidth;
  /** Conjugates x. */
  readonly conj: boolean;
  readonly parts: number;
}

/** A thread's share: channels of y, channels of x, and a patch of taps. */
export interface Patch {
  readonly rows: number;
  readonly depth: number;
  readonly height: number;
  readonly width: number;
}

/** Elements of the weights. */
export function weightsOf(
  { groups, rows, depth, kernel }: Omit<CorrelateWeightsSpec, "parts">,
): number {
  return groups * rows * depth * kernel[0] * kernel[1];
}

/** In how many parts to cut the sum over batch and pixels. */
export function weightParts(spec: Omit<CorrelateWeightsSpec, "parts">): number {
  const { batch, output } = spec;
  const parts = partsOfSum(batch * output[0] * output[1], weightsOf(spec));
  return Math.min(parts, batch * output[0] * stretchesOf(output[1]).perRow);
}

/**
 * A row of `width` pixels is read `unroll` pixels at a time, in stretches of at most 64 such steps;
 * a part is some whole stretches.
 */
export function stretchesOf(width: number): { unroll: number; steps: number; perRow: number } {
  const unroll = [4, 3, 2].find((u) => width % u === 0) ?? 1;
  const steps = Math.min(width / unroll, 64);
  return { unroll, steps, perRow: Math.ceil(width / unroll / steps) };
}

/** The pixels, counted over the batch, that a part sums. */
export function pixelsOf(spec: CorrelateWeightsSpec, part: number): { start: number; end: number } {
  const { batch, output, parts } = spec;
  const { unroll, steps, perRow } = stretchesOf(output[1]);
  const stretches = batch * output[0] * perRow, perPart = Math.ceil(stretches / parts);
  const begin = (s: number) => Math.floor(s / perRow) * output[1] + (s % perRow) * steps * unroll;
  return {
    start: begin(Math.min(part * perPart, stretches)),
    end: begin(Math.min((part + 1) * perPart, stretches)),
  };
}

/** The tiles along channels of y, channels of x, rows and columns of taps. */
export function tilesOf(
  spec: CorrelateWeightsSpec,
  patch: Patch,
): [number, number, number, number] {
  return [
    Math.ceil(spec.rows / patch.rows),
    Math.ceil(spec.depth / patch.depth),
    Math.ceil(spec.kernel[0] / patch.height),
    Math.ceil(spec.kernel[1] / patch.width),
  ];
}

/** The threads of all tiles, groups and parts. */
export function threadsOf(spec: CorrelateWeightsSpec, patch: Patch): number {
  return tilesOf(spec, patch).reduce((p, n) => p * n, spec.parts * spec.groups);
}

/** The operands that may be read as texels on this adapter and are worth the copy: x, y. */
export function texelsOf(spec: CorrelateWeightsSpec, adapter: Adapter): number[] {
  const { dtype, batch, groups, depth, rows, input, output } = spec;
  const multiplications = weightsOf(spec) * batch * output[0] * output[1];
  const image = bytesOf(dtype) * batch * groups;
  const bytes = [image * depth * input[0] * input[1], image * rows * output[0] * output[1]];
  return [0, 1].filter((slot) => copiesOperand(adapter, bytes[slot], multiplications));
}

/** How x and y are read. */
export function readersOf(
  spec: CorrelateWeightsSpec,
  patch: Patch,
  texels: readonly number[],
): { x: Reader; y: Reader } {
  const { dtype, input, output, kernel, stride, dilation } = spec;
  const { unroll } = stretchesOf(output[1]);
  const along = unroll < output[1] ? unroll * stride[1] : 0;
  const across = patch.width < kernel[1] ? patch.width * dilation[1] : 0;
  const reader = (slot: number, width: number) =>
    new Reader(dtype, slot, width, false, texels.includes(slot) && width === texelWidth(dtype));
  return {
    x: reader(0, loadWidth(dtype, input[1], along, across)),
    y: reader(1, loadWidth(dtype, output[1], unroll)),
  };
}

/** The patch with the least estimated time on this adapter. */
export function choosePatch(
  spec: CorrelateWeightsSpec,
  adapter: Adapter,
  texels: readonly number[],
): Patch {
  const patches = candidates(spec, adapter, texels);
  return ranked(adapter, spec.dtype, "loads first", patches, (p) => costOf(spec, p, texels))[0];
}

function candidates(
  spec: CorrelateWeightsSpec,
  adapter: Adapter,
  texels: readonly number[],
): Patch[] {
  const { rows, depth, kernel } = spec;
  const copied = texels.length > 0;
  const fit = (sizes: number[], extent: number) =>
    [...new Set([...sizes, extent])].filter((s) => s <= extent);
  const patches: Patch[] = [];
  for (const r of fit(tileSides(adapter, [1, 2, 4, 5, 8, 10, 16]), rows)) {
    for (const d of fit([1, 2, 4, 8], depth)) {
      for (const height of fit([1, 2, 3], kernel[0])) {
        for (const width of fit([1, 2, 4, 8], kernel[1])) {
          const sums = r * d * height * width;
          const patch = { rows: r, depth: d, height, width };
          const body = { ...bodyOf(spec, patch, texels), sums, copied };
          const most = { sums: 20, products: 512 };
          if (sums === 1 || fitsThread(adapter, spec.dtype, body, most)) patches.push(patch);
        }
      }
    }
  }
  return patches;
}

/** Products of one step along a row, its loads, and what these cost beside loads from storage. */
function bodyOf(spec: CorrelateWeightsSpec, patch: Patch, texels: readonly number[]) {
  const { unroll } = stretchesOf(spec.output[1]);
  const { x, y } = readersOf(spec, patch, texels);
  const span = (unroll - 1) * spec.stride[1] + (patch.width - 1) * spec.dilation[1] + 1;
  const reads = Math.min(Math.ceil(span / x.width), unroll * patch.width);
  const ofX = patch.depth * patch.height * reads, ofY = patch.rows * unroll / y.width;
  return {
    loads: ofX + ofY,
    price: ofX * loadShare(x) + ofY * loadShare(y),
    products: patch.rows * patch.depth * patch.height * patch.width * unroll,
  };
}

function costOf(spec: CorrelateWeightsSpec, patch: Patch, texels: readonly number[]) {
  const { price, products } = bodyOf(spec, patch, texels);
  return { threads: threadsOf(spec, patch), loads: price, products };
}
