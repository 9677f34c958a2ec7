/** Options of poolings over one or two axes, and the windows they name. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../../complex/lazy/describe.ts";
import type { PoolGeometry } from "../../complex/ops/pool2d.ts";
import { checkInteger } from "../../complex/lazy/shape.ts";
import { perAxis, withDefaults } from "../checks.ts";

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

/** The window that kernel and options name; over one axis, that of an image of height 1. */
function geometry(
  what: string,
  axes: 1 | 2,
  kernel: Sizes,
  { stride, padding, dilation = 1, ceilMode }: Required<Omit<MaxPoolOptions<Sizes>, "dilation">> & {
    readonly dilation?: Sizes;
  },
): PoolGeometry {
  const along = (name: string, value: Sizes, low: number): [number, number] => {
    const sizes = perAxis(what, name, value, axes, low);
    return axes === 1 ? [low, sizes[0]] : [sizes[0], sizes[1]];
  };
  const found = {
    kernel: along("kernel size", kernel, 1),
    stride: along("stride", stride ?? kernel, 1),
    padding: along("padding", padding, 0),
    dilation: along("dilation", dilation, 1),
    ceilMode,
  };
  found.padding.forEach((n, d) => {
    if (2 * n <= found.kernel[d]) return;
    throw cannot(what, `padding ${n} is more than half the kernel size ${found.kernel[d]}`);
  });
  return found;
}

/** The window of a max pooling, and whether places are asked for; refuses what fits no input. */
export function maxWindow(
  what: string,
  axes: 1 | 2,
  kernel: Sizes,
  given: MaxPoolOptions<Sizes> & { readonly returnIndices?: boolean } | undefined,
  places: boolean,
): [window: PoolGeometry, returnIndices: boolean] {
  const common = { stride: null, padding: 0, dilation: 1, ceilMode: false };
  const { returnIndices = false, ...movement } = withDefaults<
    Required<MaxPoolOptions<Sizes>> & { readonly returnIndices?: boolean }
  >(what, given, places ? { ...common, returnIndices: false } : common);
  return [geometry(what, axes, kernel, movement), returnIndices];
}

/** The window of an average pooling, and how it divides; refuses what fits no input. */
export function avgWindow(
  what: string,
  axes: 1 | 2,
  kernel: Sizes,
  given: AvgPoolOptions<Sizes> & { readonly divisorOverride?: number | null } | undefined,
): [window: PoolGeometry, countIncludePad: boolean, divisor: number | null] {
  const common = { stride: null, padding: 0, ceilMode: false, countIncludePad: true };
  const { countIncludePad, divisorOverride = null, ...movement } = withDefaults<
    Required<AvgPoolOptions<Sizes>> & { readonly divisorOverride?: number | null }
  >(what, given, axes === 1 ? common : { ...common, divisorOverride: null });
  if (divisorOverride !== null) checkInteger(what, "divisorOverride", divisorOverride, 1);
  return [geometry(what, axes, kernel, movement), countIncludePad, divisorOverride];
}

/** The output's size of an adaptive pooling of images; null keeps the input's. */
export type AdaptiveSize = number | null | readonly [number | null, number | null];

/** The output's size along each axis; refuses what fits no input. */
export function adaptiveSizes(what: string, axes: 1 | 2, size: AdaptiveSize): (number | null)[] {
  const list = Array.isArray(size) ? [...size] : Array<number | null>(axes).fill(size as number);
  if (list.length !== axes || (axes === 1 && list[0] === null)) {
    const wanted = axes === 1 ? "an integer" : "an integer, null or a pair of them";
    const got = Array.isArray(size) ? `[${size.map(describe)}]` : describe(size);
    throw cannot(what, `the output's size must be ${wanted}, got ${got}`);
  }
  for (const n of list) if (n !== null) checkInteger(what, "the output's size", n, 1, 2 ** 24);
  return list;
}
