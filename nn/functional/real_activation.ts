/** Activations of real tensors beside those that tensors have as methods: `relu`, `sigmoid`, `tanh`. */
import { where } from "../../complex/functions/combine.ts";
import { checkReal, type RealTensor } from "../../complex/tensor/tensor.ts";
import { checkNumber } from "../checks.ts";
import { GELU_OPTIONS, type GeluOptions, perChannel } from "./activation_options.ts";

/**
 * LeakyReLU: max(x, 0) + a min(x, 0).
 *
 * @param x Real, of any shape.
 * @param negativeSlope The slope a; 0.01, if absent.
 * @returns A tensor like x.
 * @throws {ArgandError} if x is not real, or the slope is not a finite number.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await nn.functional.leakyRelu(tensor([-2, 3]), 0.5).toArray(), [-1, 3]);
 * ```
 */
export function leakyRelu(x: RealTensor, negativeSlope = 0.01): RealTensor {
  const what = "apply LeakyReLU";
  checkNumber(what, "negativeSlope", negativeSlope, -Infinity);
  return leaky(checkReal(what, x), negativeSlope);
}

/**
 * PReLU (He et al., "Delving Deep into Rectifiers", 2015): max(x, 0) + a min(x, 0) with a learned slope.
 *
 * @param x Real, of any shape; [N, channels, …] for slopes by channel.
 * @param weight The slopes a, real [1] or [channels].
 * @returns A tensor like x.
 * @throws {ArgandError} if x or the weight is not real, or the weight does not fit the channels.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = nn.functional.prelu(tensor([[-2, -4]]), tensor([0.5, 0.25]));
 * assertEquals(await y.toArray(), [[-1, -1]]);
 * ```
 */
export function prelu(x: RealTensor, weight: RealTensor): RealTensor {
  const what = "apply PReLU";
  checkReal(what, x);
  return leaky(x, perChannel(what, "the weight", checkReal(what, weight), x));
}

/**
 * x where it is positive, else slope · x, whose derivative counts also at 0.
 * @internal
 */
export function leaky(x: RealTensor, slope: RealTensor | number): RealTensor {
  return where(x.greater(0), x, x.mul(slope));
}

/**
 * ELU, the exponential linear unit (Clevert et al. 2016): x for x > 0, else α (eˣ − 1).
 *
 * @param x Real, of any shape.
 * @param alpha The bound −α of negative values; 1, if absent.
 * @returns A tensor like x.
 * @throws {ArgandError} if x is not real, or α is not a finite number.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [y] = await nn.functional.elu(tensor([-1])).data();
 * assert(Math.abs(y - (1 / Math.E - 1)) < 1e-6);
 * ```
 */
export function elu(x: RealTensor, alpha = 1): RealTensor {
  const what = "apply ELU";
  checkNumber(what, "alpha", alpha, -Infinity);
  const positive = checkReal(what, x).greater(0);
  // The exponential of what is not chosen must not overflow.
  return where(positive, x, where(positive, 0, x).expm1().mul(alpha));
}

/**
 * GELU, the Gaussian error linear unit (Hendrycks and Gimpel 2016): x Φ(x) = ½ x (1 + erf(x/√2)), or
 * with `approximate: "tanh"` ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).
 *
 * @param x Real, of any shape.
 * @returns A tensor like x.
 * @throws {ArgandError} if x is not real, or the approximation is not known.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [y] = await nn.functional.gelu(tensor([1])).data();
 * assert(Math.abs(y - 0.8413447) < 1e-6);
 * ```
 */
export function gelu(x: RealTensor, options?: GeluOptions): RealTensor {
  const what = "apply GELU";
  const { approximate } = GELU_OPTIONS.complete(what, options);
  checkReal(what, x);
  if (approximate === "none") return x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
  // Beyond ±10 the tanh is ±1, and x³ might overflow.
  const near = x.maximum(-10).minimum(10);
  const inner = near.square().mul(0.044715).add(1).mul(near).mul(Math.sqrt(2 / Math.PI));
  return x.mul(inner.tanh().add(1)).mul(0.5);
}

/**
 * SiLU, also called swish (Elfwing et al. 2018): x σ(x) with σ(x) = 1 / (1 + e⁻ˣ).
 *
 * @param x Real, of any shape.
 * @returns A tensor like x.
 * @throws {ArgandError} if x is not real.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [y] = await nn.functional.silu(tensor([1])).data();
 * assert(Math.abs(y - 0.7310586) < 1e-6);
 * ```
 */
export function silu(x: RealTensor): RealTensor {
  return checkReal("apply SiLU", x).mul(x.sigmoid());
}
