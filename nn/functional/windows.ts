/** Options of poolings over one or two axes, and the windows they name. */
import { cannot } from "../../gpu/contract/errors.ts";
import { type Size2d, spread } from "../checks.ts";
import { declareOptions, type OptionsDeclaration } from "../declare/declaration.ts";
import {
  check,
  type Field,
  flag,
  integer,
  nullable,
  optional,
  pairOf,
  positiveInteger,
  single,
} from "../declare/field.ts";
import type { PoolGeometry } from "../nodes.ts";

/** Options of max poolings; of images a size is a number or [along height, along width]. */
export interface MaxPoolOptions<Size> {
  /** Steps of the window; its size, if absent. */
  readonly stride?: Size | null;
  /** Border that never wins, at most half the window; 0, if absent. */
  readonly padding?: Size;
  /** Distance of the window's elements; 1, if absent. */
  readonly dilation?: Size;
  /** Rounds output sizes up; false, if absent. */
  readonly ceilMode?: boolean;
}

/** The option of max poolings to say also where the largest elements were. */
export interface ReturnIndices {
  /** Gives [values, indices]. */
  readonly returnIndices: true;
}

/** Options of average poolings; of images a size is a number or [along height, along width]. */
export interface AvgPoolOptions<Size> {
  /** Steps of the window; its size, if absent. */
  readonly stride?: Size | null;
  /** Zeros around the input, at most half the window; 0, if absent. */
  readonly padding?: Size;
  /** Rounds output sizes up; false, if absent. */
  readonly ceilMode?: boolean;
  /** Whether zeros of the padding count in the mean; true, if absent. */
  readonly countIncludePad?: boolean;
}

type Sizes = number | readonly number[];

/** A number for each axis, as an option. */
type SizesOf<S> = (of: Field<number>) => Field<S>;

const windowFields = <S extends Sizes>(sizes: SizesOf<S>) => ({
  stride: optional(nullable(sizes(positiveInteger)), null),
  padding: optional(sizes(integer(0)), 0 as S),
  ceilMode: optional(flag, false),
});

const maxFields = <S extends Sizes>(sizes: SizesOf<S>) => ({
  ...windowFields(sizes),
  dilation: optional(sizes(positiveInteger), 1 as S),
});

const avgFields = <S extends Sizes>(sizes: SizesOf<S>) => ({
  ...windowFields(sizes),
  countIncludePad: optional(flag, true),
});

/** The window's size, by the number of axes. */
export const KERNEL = { 1: single(positiveInteger), 2: pairOf(positiveInteger) };

export const MAX_POOL1D_OPTIONS = declareOptions<MaxPoolOptions<number>>(maxFields(single));
export const MAX_POOL2D_OPTIONS = declareOptions<MaxPoolOptions<Size2d>>(maxFields(pairOf));

/** Options of `avgPool2d`; pairs are [along height, along width]. */
export interface AvgPool2dOptions extends AvgPoolOptions<Size2d> {
  /** The divisor of sums; the count of elements, if absent. */
  readonly divisorOverride?: number | null;
}

export const AVG_POOL1D_OPTIONS = declareOptions<AvgPoolOptions<number>>(avgFields(single));
export const AVG_POOL2D_OPTIONS = declareOptions<AvgPool2dOptions>({
  ...avgFields(pairOf),
  divisorOverride: optional(nullable(positiveInteger), null),
});

/** The options of functions, which may also ask where the largest elements were. */
type WithIndices<S> = MaxPoolOptions<S> & { readonly returnIndices?: boolean };

const MAX_POOL: Readonly<Record<1 | 2, OptionsDeclaration<WithIndices<Sizes>>>> = {
  1: declareOptions<WithIndices<number>>({
    ...maxFields(single),
    returnIndices: optional(flag, false),
  }),
  2: declareOptions<WithIndices<Size2d>>({
    ...maxFields(pairOf),
    returnIndices: optional(flag, false),
  }),
};

type AvgOptions = AvgPoolOptions<Sizes> & { readonly divisorOverride?: number | null };

const AVG_POOL: Readonly<
  Record<1 | 2, OptionsDeclaration<AvgOptions> | OptionsDeclaration<AvgPoolOptions<Sizes>>>
> = {
  1: AVG_POOL1D_OPTIONS,
  2: AVG_POOL2D_OPTIONS,
};

/** The window that kernel and options name; over one axis, that of an image of height 1. */
function geometry(
  what: string,
  axes: 1 | 2,
  kernel: Sizes,
  { stride, padding, dilation = 1, ceilMode }: Omit<Required<MaxPoolOptions<Sizes>>, "dilation"> & {
    readonly dilation?: Sizes;
  },
): PoolGeometry {
  check(what, "kernel", KERNEL[axes], kernel);
  const along = (size: Sizes, low: number): [number, number] => {
    const sizes = spread(size, axes);
    return axes === 1 ? [low, sizes[0]] : [sizes[0], sizes[1]];
  };
  const found = {
    kernel: along(kernel, 1),
    stride: along(stride ?? kernel, 1),
    padding: along(padding, 0),
    dilation: along(dilation, 1),
    ceilMode,
  };
  found.padding.forEach((n, d) => {
    if (2 * n <= found.kernel[d]) return;
    throw cannot(what, `padding ${n} is more than half the kernel size ${found.kernel[d]}`);
  });
  return found;
}

/** The window of a max pooling, and whether indices are asked for; refuses what fits no input. */
export function maxWindow(
  what: string,
  axes: 1 | 2,
  kernel: Sizes,
  given: WithIndices<Sizes> | undefined,
): [window: PoolGeometry, returnIndices: boolean] {
  const options = MAX_POOL[axes].complete(what, given);
  return [geometry(what, axes, kernel, options), options.returnIndices];
}

/** The window of an average pooling, and how it divides; refuses what fits no input. */
export function avgWindow(
  what: string,
  axes: 1 | 2,
  kernel: Sizes,
  given: AvgOptions | undefined,
): [window: PoolGeometry, countIncludePad: boolean, divisor: number | null] {
  const options: Required<AvgPoolOptions<Sizes>> & AvgOptions = AVG_POOL[axes].complete(
    what,
    given,
  );
  const { countIncludePad, divisorOverride = null } = options;
  return [geometry(what, axes, kernel, options), countIncludePad, divisorOverride];
}

/** The output's size of an adaptive pooling of images; null keeps the input's. */
export type AdaptiveSize = number | null | readonly [number | null, number | null];

/** The size of an output along an axis. */
const output = integer(1, 2 ** 24);

/** The output's size of an adaptive pooling, by the number of axes. */
export const OUTPUT = { 1: single(output), 2: pairOf(nullable(output)) };

/** The output's size along each axis; refuses what fits no input. */
export function adaptiveSizes(what: string, axes: 1 | 2, size: AdaptiveSize): (number | null)[] {
  check(what, "size", OUTPUT[axes], size);
  return Array.isArray(size) ? [...size] : Array<number | null>(axes).fill(size as number);
}
