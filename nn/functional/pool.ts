/** Poolings: the element of largest modulus, or the mean, of each window. */
import * as pools from "../../complex/ops/pool2d.ts";
import { checkComplex, type ComplexTensor, wrapComplex } from "../../complex/tensor.ts";
import { type Pair, pair, withDefaults } from "../options.ts";

/** Options of {@link maxPool2d}; pairs are [along height, along width]. */
export interface MaxPool2dOptions {
  /** Steps of the window; its size, if absent. */
  readonly stride?: Pair | null;
  /** Border that never wins, at most half the window; 0, if absent. */
  readonly padding?: Pair;
  /** Distance of the window's elements; 1, if absent. */
  readonly dilation?: Pair;
  /** Rounds output sizes up; false, if absent. */
  readonly ceilMode?: boolean;
}

/**
 * The element of largest modulus of each window; of equals the first.
 *
 * @param x Complex [N, C, H, W].
 * @param kernel The window's size.
 * @returns Complex [N, C, H′, W′].
 * @throws {ArgandError} if the window is larger than the padded input.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = complex([[[[1, 0], [0, 2]]]], [[[[0, 3], [0, 0]]]]);
 * assert((await nn.functional.maxPool2d(x, 2).item()).im === 3);
 * ```
 */
export function maxPool2d(
  x: ComplexTensor,
  kernel: Pair,
  options?: MaxPool2dOptions,
): ComplexTensor {
  const what = "max-pool";
  const { stride, padding, dilation, ceilMode } = withDefaults<Required<MaxPool2dOptions>>(
    what,
    options,
    { stride: null, padding: 0, dilation: 1, ceilMode: false },
  );
  const [values] = pools.maxPool2d(checkComplex(what, x).node, {
    kernel: pair(what, "kernel size", kernel, 1),
    stride: pair(what, "stride", stride ?? kernel, 1),
    padding: pair(what, "padding", padding, 0),
    dilation: pair(what, "dilation", dilation, 1),
    ceilMode,
  });
  return wrapComplex(values);
}

/** Options of {@link avgPool2d}; pairs are [along height, along width]. */
export interface AvgPool2dOptions {
  /** Steps of the window; its size, if absent. */
  readonly stride?: Pair | null;
  /** Zeros around the input, at most half the window; 0, if absent. */
  readonly padding?: Pair;
  /** Rounds output sizes up; false, if absent. */
  readonly ceilMode?: boolean;
  /** Whether zeros of the padding count in the mean; true, if absent. */
  readonly countIncludePad?: boolean;
  /** What sums are divided by, in place of the count. */
  readonly divisorOverride?: number | null;
}

/**
 * The mean of each window.
 *
 * @param x Complex [N, C, H, W].
 * @param kernel The window's size.
 * @returns Complex [N, C, H′, W′].
 * @throws {ArgandError} if the window is larger than the padded input.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = complex([[[[1, 0], [0, 3]]]], [[[[0, 4], [0, 0]]]]);
 * assert((await nn.functional.avgPool2d(x, 2).item()).im === 1);
 * ```
 */
export function avgPool2d(
  x: ComplexTensor,
  kernel: Pair,
  options?: AvgPool2dOptions,
): ComplexTensor {
  const what = "average-pool";
  const { stride, padding, ceilMode, countIncludePad, divisorOverride } = withDefaults<
    Required<AvgPool2dOptions>
  >(what, options, {
    stride: null,
    padding: 0,
    ceilMode: false,
    countIncludePad: true,
    divisorOverride: null,
  });
  const geometry = {
    kernel: pair(what, "kernel size", kernel, 1),
    stride: pair(what, "stride", stride ?? kernel, 1),
    padding: pair(what, "padding", padding, 0),
    dilation: [1, 1] as const,
    ceilMode,
  };
  const { node } = checkComplex(what, x);
  return wrapComplex(pools.avgPool2d(node, geometry, countIncludePad, divisorOverride));
}
