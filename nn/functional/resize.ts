/** Resizing along axes: the options of upsampling, and the bands that it and adaptive pooling apply. */
import { cannot } from "../../gpu/contract/errors.ts";
import { checkInteger, show } from "../../complex/lazy/shape.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import type { Size2d } from "../checks.ts";
import { declareOptions } from "../declare/declaration.ts";
import {
  flag,
  integer,
  nullable,
  optional,
  pairOf,
  positiveNumber,
  word,
} from "../declare/field.ts";
import { Band, banded } from "../nodes.ts";

/** Options of {@link upsample}; pairs are [along height, along width]. */
export interface UpsampleOptions {
  /** The output's size; either this or `scaleFactor` must be given. */
  readonly size?: Size2d | null;
  /** By how much axes grow (or shrink, below 1), above 0; given by `size`, if absent. */
  readonly scaleFactor?: number | readonly [number, number] | null;
  /**
   * The nearest element, or interpolation: "bilinear" of images, "linear" of sequences. It is
   * "nearest", if absent.
   */
  readonly mode?: "nearest" | "linear" | "bilinear";
  /** Whether interpolation maps first and last elements on one another; false, if absent. */
  readonly alignCorners?: boolean;
}

/** The most elements of a resized axis: beyond, float32 does not hold the positions. */
const MOST = 2 ** 24;

export const UPSAMPLE_OPTIONS = declareOptions<UpsampleOptions>({
  size: optional(nullable(pairOf(integer(1, MOST))), null),
  scaleFactor: optional(nullable(pairOf(positiveNumber)), null),
  mode: optional(word("nearest", "linear", "bilinear"), "nearest"),
  alignCorners: optional(flag, false),
});

/** The options with defaults; refuses what fits no input. */
export function checkResize(what: string, given: UpsampleOptions): Required<UpsampleOptions> {
  const options = UPSAMPLE_OPTIONS.complete(what, given);
  const { size, scaleFactor, mode, alignCorners } = options;
  if ((size === null) === (scaleFactor === null)) {
    const got = size === null ? "neither" : "both";
    throw cannot(what, `it takes either size or scaleFactor, got ${got}`);
  }
  if (alignCorners && mode === "nearest") {
    throw cannot(what, 'alignCorners is for interpolation and the mode is "nearest"');
  }
  return options;
}

function checkLength(what: string, n: number): void {
  checkInteger(what, "a size of the output", n, 1, MOST);
}

/** x [N, C, L] or [N, C, H, W] resized along the axes after the channels. */
export function resize<T extends Tensor>(
  what: string,
  x: T,
  options: Required<UpsampleOptions>,
): T {
  const { size, scaleFactor, mode, alignCorners } = options;
  if (x.rank !== 3 && x.rank !== 4) {
    throw cannot(what, `it takes [N, C, H, W] or [N, C, L], got ${show(x.shape)}`);
  }
  if (mode === (x.rank === 4 ? "linear" : "bilinear")) {
    const other = x.rank === 4 ? "bilinear" : "linear";
    throw cannot(what, `the mode of x ${show(x.shape)} is "${other}", not "${mode}"`);
  }
  const along = <V>(name: string, value: V | readonly [V, V] | null, d: number): V | null => {
    if (!Array.isArray(value)) return value as V | null;
    if (x.rank === 4) return value[d];
    throw cannot(what, `x ${show(x.shape)} takes one number as ${name}, got [${value}]`);
  };
  const bands = x.shape.slice(2).map((n, d) => {
    const factor = along("scaleFactor", scaleFactor, d);
    const outputs = along("size", size, d) ?? Math.floor(n * factor!);
    checkLength(what, outputs);
    const band = mode === "nearest"
      ? nearest(n, outputs, factor)
      : interpolating(n, outputs, alignCorners, factor);
    return { axis: d + 2, band };
  });
  // The axis that grows least goes first, so that what lies between is small.
  const growth = ({ band }: { band: Band }) => band.outputs / band.inputs;
  bands.sort((a, b) => growth(a) - growth(b));
  return bands.reduce((y, { axis, band }) => banded(y, axis, band), x);
}

/** Bands by what they do: one that is used again keeps its transpose, and its copy on the device. */
const known = new Map<string, Band>();

function remembered(key: string, make: () => Band): Band {
  const band = known.get(key) ?? make();
  known.delete(key); // to the end: the least recently used goes first
  known.set(key, band);
  if (known.size > 64) known.delete(known.keys().next().value!);
  return band;
}

/** A band from the first input and the weights of each output. */
function bandOf(
  inputs: number,
  outputs: number,
  taps: number,
  row: (j: number) => { readonly start: number; readonly weights: readonly number[] },
): Band {
  const spans = new Uint32Array(2 * outputs);
  const table = new Float64Array(outputs * taps);
  for (let j = 0; j < outputs; j++) {
    const { start, weights } = row(j);
    spans.set([start, weights.length], 2 * j);
    table.set(weights, j * taps);
  }
  return new Band(inputs, taps, spans, table);
}

/** Output j is input ⌊j · inputs / outputs⌋, or ⌊j / factor⌋, in float32 as PyTorch computes it. */
function nearest(inputs: number, outputs: number, factor: number | null): Band {
  return remembered(`nearest ${inputs} ${outputs} ${factor}`, () => {
    const step = Math.fround(factor === null ? inputs / outputs : 1 / factor);
    return bandOf(inputs, outputs, 1, (j) => ({
      start: Math.min(Math.floor(Math.fround(j * step)), inputs - 1),
      weights: [1],
    }));
  });
}

/** Output j lies between the two inputs about its position; PyTorch's rule. */
function interpolating(
  inputs: number,
  outputs: number,
  corners: boolean,
  factor: number | null,
): Band {
  return remembered(`linear ${inputs} ${outputs} ${corners} ${factor}`, () => {
    const step = factor === null ? inputs / outputs : 1 / factor;
    const position = (j: number) => {
      if (inputs === outputs) return j; // whatever the factor
      if (corners) return outputs === 1 ? 0 : j * (inputs - 1) / (outputs - 1);
      return Math.max((j + 0.5) * step - 0.5, 0);
    };
    return bandOf(inputs, outputs, 2, (j) => {
      const start = Math.min(Math.floor(position(j)), inputs - 1);
      const part = position(j) - start;
      const alone = part === 0 || start === inputs - 1;
      return { start, weights: alone ? [1] : [1 - part, part] };
    });
  });
}

/** The means of the windows from ⌊j · inputs / outputs⌋ up to ⌈(j + 1) · inputs / outputs⌉. */
export function windowMeans(inputs: number, outputs: number): Band {
  return remembered(`means ${inputs} ${outputs}`, () => {
    const from = (j: number) => Math.floor(j * inputs / outputs);
    const count = (j: number) => Math.ceil((j + 1) * inputs / outputs) - from(j);
    let taps = 1;
    for (let j = 0; j < outputs; j++) taps = Math.max(taps, count(j));
    return bandOf(inputs, outputs, taps, (j) => ({
      start: from(j),
      weights: new Array<number>(count(j)).fill(1 / count(j)),
    }));
  });
}
