/** The layers as pure functions of tensors. */
import { cannot } from "../gpu/errors.ts";
import { complex } from "../complex/create.ts";
import { rand } from "../complex/random.ts";
import * as convolution from "../complex/ops/conv2d.ts";
import * as products from "../complex/ops/matmul.ts";
import * as pools from "../complex/ops/pool2d.ts";
import { permute } from "../complex/ops/views.ts";
import { show } from "../complex/shape.ts";
import {
  checkComplex,
  checkTensor,
  type ComplexTensor,
  type Tensor,
  wrapComplex,
} from "../complex/tensor.ts";
import { checkNumber, type Pair, pair, withDefaults } from "./options.ts";

export * from "./loss.ts";
export * from "./softmax.ts";

/**
 * y = x Wᵀ + b (without conjugation).
 *
 * @param x Complex [N, in] (or […, in]).
 * @param weight Complex [out, in].
 * @param bias Complex [out], or nothing.
 * @returns Complex [N, out] (or […, out]).
 * @throws {ArgandError} if the shapes do not fit, or a tensor is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.linear(complex([[1, 2]]), complex([[0, 0]], [[1, 1]]));
 * assert((await y.item()).im === 3);
 * ```
 */
export function linear(
  x: ComplexTensor,
  weight: ComplexTensor,
  bias: ComplexTensor | null = null,
): ComplexTensor {
  const what = "apply a linear map";
  checkComplex(what, x);
  if (checkComplex(what, weight).rank !== 2) {
    throw cannot(what, `the weight must be [out, in], got ${show(weight.shape)}`);
  }
  const [out, features] = weight.shape;
  if (x.rank === 0 || x.shape.at(-1) !== features) {
    throw cannot(
      what,
      `x ${show(x.shape)} does not end in the ${features} features of the weight ${
        show(weight.shape)
      }`,
    );
  }
  if (bias !== null && (checkComplex(what, bias).rank !== 1 || bias.size !== out)) {
    throw cannot(what, `the bias must have shape [${out}], got ${show(bias.shape)}`);
  }
  return wrapComplex(products.matmul(x.node, permute(weight.node, [1, 0]), bias?.node));
}

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

/**
 * Drops elements: y = x·m/(1 − p), each m 0 with probability p, else 1, and the same for both parts
 * of a complex number (Srivastava et al. 2014). The mask comes from the seeded generator.
 *
 * @param x A tensor of any shape.
 * @param p The probability to drop, from 0 to 1.
 * @returns A tensor like x.
 * @throws {ArgandError} if p is not in [0, 1].
 *
 * @example
 * ```ts
 * import { nn, ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.dropout(ones([1000]), 0.5); // zeros and twos
 * assert(await y.max().item() === 2);
 * ```
 */
export function dropout<T extends Tensor>(x: T, p = 0.5): T {
  const what = "drop elements";
  checkTensor(what, x);
  checkNumber(what, "the probability p", p, 0, 1);
  if (p === 0) return x;
  const kept = rand(x.shape).greaterEqual(p).mul(p === 1 ? 0 : 1 / (1 - p));
  return (x as unknown as ComplexTensor).mul(kept) as unknown as T;
}

/**
 * CReLU: max(Re z, 0) + i max(Im z, 0).
 *
 * @param z Complex, of any shape.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await nn.functional.crelu(complex([-1], [2])).item();
 * assert(y.re === 0 && y.im === 2);
 * ```
 */
export function crelu(z: ComplexTensor): ComplexTensor {
  return checkComplex("apply CReLU", z).relu();
}

/**
 * CSigmoid: σ(Re z) + i σ(Im z) with σ(x) = 1 / (1 + e⁻ˣ).
 *
 * @param z Complex, of any shape.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await nn.functional.csigmoid(complex([0], [0])).item();
 * assert(y.re === 0.5 && y.im === 0.5);
 * ```
 */
export function csigmoid(z: ComplexTensor): ComplexTensor {
  const { real, imag } = checkComplex("apply CSigmoid", z);
  return complex(real.sigmoid(), imag.sigmoid());
}

/**
 * CTanh: tanh(Re z) + i tanh(Im z); the holomorphic tanh is `z.tanh()`.
 *
 * @param z Complex, of any shape.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await nn.functional.ctanh(complex([0], [1])).item();
 * assert(y.re === 0 && Math.abs(y.im - Math.tanh(1)) < 1e-6);
 * ```
 */
export function ctanh(z: ComplexTensor): ComplexTensor {
  const { real, imag } = checkComplex("apply CTanh", z);
  return complex(real.tanh(), imag.tanh());
}
