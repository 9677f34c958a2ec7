/** Convolutions and transposed ones over any number of axes: their options and application. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { type Size2d, type Size3d, spread } from "../checks.ts";
import { declareOptions, type OptionsDeclaration } from "../declare/declaration.ts";
import {
  either,
  type Field,
  integer,
  optional,
  pairOf,
  positiveInteger,
  single,
  tripleOf,
  word,
} from "../declare/field.ts";
import { convolution, transposedConvolution } from "../nodes.ts";
import { checkKind } from "./kinds.ts";

/** A number for one or for all axes, as options take it. */
export type Sizes = number | readonly number[];

/** Options of convolutions; `S` is a number, or one for each axis. */
export interface ConvOptions<S> {
  /** Steps of the kernel; 1, if absent. */
  readonly stride?: S;
  /**
   * Zeros around the input; 0 or `"valid"`, if absent. `"same"` takes as many as keep the size, with
   * the odd one at the end, and stride 1.
   */
  readonly padding?: S | "same" | "valid";
  /** Distance of the kernel's elements; 1, if absent. */
  readonly dilation?: S;
  /** Groups of channels that do not see one another; 1, if absent. */
  readonly groups?: number;
}

/** The sizes of a convolution's weight. */
export interface WeightSizes<S extends Sizes = Sizes> {
  /** Channels of the input. */
  readonly inChannels: number;
  /** Channels of the output. */
  readonly outChannels: number;
  /** The kernel along each axis. */
  readonly kernel: S;
}

/** The arguments of convolution layers, beside their options. */
export const weightFields = <S>(kernel: Field<S>) => ({
  inChannels: positiveInteger,
  outChannels: positiveInteger,
  kernel,
});

/** A number for each axis, as an option. */
type SizesOf<S> = (of: Field<number>) => Field<S>;

/** The options of convolutions whose sizes are such. */
export const convFields = <S extends Sizes>(sizes: SizesOf<S>) => ({
  stride: optional(sizes(positiveInteger), 1 as S),
  padding: optional(either(sizes(integer(0)), word("same", "valid")), 0 as S),
  dilation: optional(sizes(positiveInteger), 1 as S),
  groups: optional(positiveInteger, 1),
});

/** The options by the number of axes. */
const CONV_OPTIONS: Readonly<Record<number, OptionsDeclaration<ConvOptions<Sizes>>>> = {
  1: declareOptions<ConvOptions<number>>(convFields(single)),
  2: declareOptions<ConvOptions<Size2d>>(convFields(pairOf)),
  3: declareOptions<ConvOptions<Size3d>>(convFields(tripleOf)),
};

/** How a kernel moves, with a number for each axis. */
export interface Movement {
  readonly stride: readonly number[];
  readonly padding: readonly number[] | "same";
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** The movement that complete options name; `"same"` stays as it is. */
export function movementOf(
  what: string,
  axes: number,
  { stride, padding, dilation, groups }: Required<ConvOptions<Sizes>>,
): Movement {
  const common = { stride: spread(stride, axes), dilation: spread(dilation, axes), groups };
  if (padding !== "same") {
    return { ...common, padding: spread(padding === "valid" ? 0 : padding, axes) };
  }
  if (common.stride.some((n) => n !== 1)) {
    throw cannot(what, `padding "same" takes stride 1, got ${common.stride.join(" × ")}`);
  }
  return { ...common, padding };
}

/** For `"same"`: the zeros on either side, and x with what is left of them at its end. */
function same<T extends Tensor>(
  x: T,
  kernel: readonly number[],
  dilation: readonly number[],
): [x: T, padding: number[]] {
  if (kernel.length !== dilation.length || x.rank !== kernel.length + 2) return [x, []]; // refused later
  const zeros = kernel.map((n, d) => dilation[d] * (n - 1));
  const left = zeros.map((n): [number, number] => [0, n % 2]);
  const padded = left.some(([, n]) => n > 0) ? x.pad([[0, 0], [0, 0], ...left]) as T : x;
  return [padded, zeros.map((n) => Math.floor(n / 2))];
}

/** The convolution over so many axes. */
export function convolve<T extends Tensor>(
  axes: number,
  x: T,
  weight: T,
  bias: T | null,
  options: ConvOptions<Sizes> | undefined,
): T {
  const what = `conv${axes}d`;
  const given = CONV_OPTIONS[axes].complete(what, options);
  return convolved(axes, x, weight, bias, movementOf(what, axes, given));
}

/** The convolution by a movement that is checked. */
export function convolved<T extends Tensor>(
  axes: number,
  x: T,
  weight: T,
  bias: T | null,
  { stride, padding, dilation, groups }: Movement,
): T {
  const what = `conv${axes}d`;
  checkKind(what, weight, x, bias);
  const kernel = weight.shape.slice(2);
  const [z, zeros] = padding === "same" ? same(x, kernel, dilation) : [x, padding];
  const geometry = { stride, padding: zeros, dilation, groups };
  return convolution(what, axes, z, weight, bias, geometry);
}

/** Options of transposed convolutions; `S` is a number, or one for each axis. */
export interface ConvTransposeOptions<S> {
  /** Distance at which the pixels lay down the kernel; 1, if absent. */
  readonly stride?: S;
  /** Elements cut off the output at either end of each axis; 0, if absent. */
  readonly padding?: S;
  /** Elements added to the output at the end of each axis, fewer than stride or dilation; 0, if absent. */
  readonly outputPadding?: S;
  /** Distance of the kernel's elements; 1, if absent. */
  readonly dilation?: S;
  /** Groups of channels that do not see one another; 1, if absent. */
  readonly groups?: number;
}

/** The options of transposed convolutions whose sizes are such. */
export const convTransposeFields = <S extends Sizes>(sizes: SizesOf<S>) => ({
  stride: optional(sizes(positiveInteger), 1 as S),
  padding: optional(sizes(integer(0)), 0 as S),
  outputPadding: optional(sizes(integer(0)), 0 as S),
  dilation: optional(sizes(positiveInteger), 1 as S),
  groups: optional(positiveInteger, 1),
});

/** The options by the number of axes. */
const CONV_TRANSPOSE_OPTIONS: Readonly<
  Record<number, OptionsDeclaration<ConvTransposeOptions<Sizes>>>
> = {
  1: declareOptions<ConvTransposeOptions<number>>(convTransposeFields(single)),
  2: declareOptions<ConvTransposeOptions<Size2d>>(convTransposeFields(pairOf)),
  3: declareOptions<ConvTransposeOptions<Size3d>>(convTransposeFields(tripleOf)),
};

/** How the kernel of a transposed convolution moves, with a number for each axis. */
export interface TransposedMovement extends Movement {
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
}

/** The movement that complete options name. */
export function transposedMovementOf(
  what: string,
  axes: number,
  options: Required<ConvTransposeOptions<Sizes>>,
): TransposedMovement {
  const [stride, padding, outputPadding, dilation] = [
    options.stride,
    options.padding,
    options.outputPadding,
    options.dilation,
  ].map((size) => spread(size, axes));
  outputPadding.forEach((n, d) => {
    if (n < stride[d] || n < dilation[d]) return;
    const [steps, distance] = [`the stride ${stride[d]}`, `the dilation ${dilation[d]}`];
    throw cannot(what, `outputPadding ${n} must be smaller than ${steps} or ${distance}`);
  });
  return { stride, padding, outputPadding, dilation, groups: options.groups };
}

/** The transposed convolution over so many axes. */
export function convolveTransposed<T extends Tensor>(
  axes: number,
  x: T,
  weight: T,
  bias: T | null,
  options: ConvTransposeOptions<Sizes> | undefined,
): T {
  const what = `convTranspose${axes}d`;
  const given = CONV_TRANSPOSE_OPTIONS[axes].complete(what, options);
  return convolvedTransposed(axes, x, weight, bias, transposedMovementOf(what, axes, given));
}

/** The transposed convolution by a movement that is checked. */
export function convolvedTransposed<T extends Tensor>(
  axes: number,
  x: T,
  weight: T,
  bias: T | null,
  movement: TransposedMovement,
): T {
  const what = `convTranspose${axes}d`;
  checkKind(what, weight, x, bias);
  return transposedConvolution(what, axes, x, weight, bias, movement);
}
