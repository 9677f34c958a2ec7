/** Convolutions. */
import * as convolution from "../../complex/ops/conv2d.ts";
import { checkComplex, type ComplexTensor, wrapComplex } from "../../complex/tensor.ts";
import { type Pair, pair, withDefaults } from "../options.ts";

/** Options of {@link conv2d}; each a number, or [along height, along width]. */
export interface Conv2dOptions {
  /** Steps of the kernel; 1, if absent. */
  readonly stride?: Pair;
  /** Zeros around the input; 0, if absent. */
  readonly padding?: Pair;
  /** Distance of the kernel's elements; 1, if absent. */
  readonly dilation?: Pair;
  /** Groups of channels that do not see one another; 1, if absent. */
  readonly groups?: number;
}

/**
 * Two-dimensional cross-correlation, y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c] (without conjugation).
 *
 * @param x Complex [N, C, H, W].
 * @param weight Complex [O, C / groups, h, w].
 * @param bias Complex [O], or nothing.
 * @returns Complex [N, O, H′, W′] with H′ = ⌊(H + 2·padding − dilation·(h − 1) − 1) / stride⌋ + 1.
 * @throws {ArgandError} if channels or sizes do not fit, or the kernel is larger than the padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.conv2d(randnComplex([1, 2, 8, 8]), randnComplex([4, 2, 3, 3]), null, {
 *   padding: 1,
 * });
 * assert(y.shape.join() === "1,4,8,8");
 * ```
 */
export function conv2d(
  x: ComplexTensor,
  weight: ComplexTensor,
  bias: ComplexTensor | null = null,
  options?: Conv2dOptions,
): ComplexTensor {
  const what = "conv2d";
  const { stride, padding, dilation, groups } = withDefaults<Required<Conv2dOptions>>(
    what,
    options,
    { stride: 1, padding: 0, dilation: 1, groups: 1 },
  );
  const geometry = {
    stride: pair(what, "stride", stride, 1),
    padding: pair(what, "padding", padding, 0),
    dilation: pair(what, "dilation", dilation, 1),
    groups,
  };
  const b = bias === null ? null : checkComplex(what, bias).node;
  const [z, w] = [checkComplex(what, x), checkComplex(what, weight)];
  return wrapComplex(convolution.conv2d(z.node, w.node, b, geometry));
}
