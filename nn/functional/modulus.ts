/** Activations by modulus and phase. Where they need it, the derivative of |z| and of z/|z| at 0 is 0. */
import { where } from "../../complex/functions/combine.ts";
import {
  checkComplex,
  checkReal,
  type ComplexTensor,
  type RealTensor,
} from "../../complex/tensor/tensor.ts";
import { perChannel, SIG_LOG_OPTIONS, type SigLogOptions } from "./activation_options.ts";

/**
 * modReLU (Arjovsky, Shah and Bengio, "Unitary Evolution Recurrent Neural Networks", 2016):
 * max(|z| + b, 0) · z/|z|, and 0 at 0. With b < 0 there is a disc of radius −b where it is 0.
 *
 * @param z Complex, of any shape; with a b for each channel [N, channels, …].
 * @param b Real [1], or [channels] for axis 1.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex, b is not real, or the channels differ.
 *
 * @example
 * ```ts
 * import { complex, nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await nn.functional.modRelu(complex([3], [4]), tensor([-2.5])).item();
 * assert(Math.abs(y.re - 1.5) < 1e-6 && Math.abs(y.im - 2) < 1e-6);
 * ```
 */
export function modRelu(z: ComplexTensor, b: RealTensor): ComplexTensor {
  const what = "apply ModReLU";
  checkComplex(what, z);
  const shift = perChannel(what, "b", checkReal(what, b), z);
  return z.sgn().mul(z.abs().add(shift).relu());
}

/**
 * zReLU (Guberman, "On Complex Valued Convolutional Neural Networks", 2016): z where its phase is in
 * [0, π/2], so where neither part is negative, else 0.
 *
 * @param z Complex, of any shape.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = nn.functional.zRelu(complex([1, 1], [2, -2]));
 * assertEquals([...await y.data()], [1, 2, 0, 0]);
 * ```
 */
export function zRelu(z: ComplexTensor): ComplexTensor {
  const { real, imag } = checkComplex("apply ZReLU", z);
  return where(real.greaterEqual(0).mul(imag.greaterEqual(0)), z, 0);
}

/**
 * Cardioid (Virtue, Yu and Lustig, "Better than Real: Complex-valued Neural Nets for MRI
 * Fingerprinting", 2017): ½ (1 + cos arg z) z. Its derivative at 0 counts as that of z/2.
 *
 * @param z Complex, of any shape.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = nn.functional.cardioid(complex([2, -2, 0], [0, 0, 2]));
 * assertEquals([...await y.data()], [2, 0, 0, 0, 0, 1]);
 * ```
 */
export function cardioid(z: ComplexTensor): ComplexTensor {
  const cosine = checkComplex("apply Cardioid", z).sgn().real;
  return z.mul(cosine.add(1).mul(0.5));
}

/** Below this modulus tanh |z| is |z| to half a unit in the last place of float32. */
const LINEAR = 2 ** -12;

/**
 * tanh |z| · e^{i arg z}: the modulus is squeezed below 1 and the phase stays (Hirose, "Complex-Valued
 * Neural Networks", 2006). At 0 its derivative is that of z.
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
 * const y = await nn.functional.polarTanh(complex([0], [-1])).item();
 * assert(y.re === 0 && Math.abs(y.im + Math.tanh(1)) < 1e-6);
 * ```
 */
export function polarTanh(z: ComplexTensor): ComplexTensor {
  const small = checkComplex("apply PolarTanh", z).abs().less(LINEAR);
  const far = where(small, 1, z);
  return where(small, z, far.sgn().mul(far.abs().tanh()));
}

/**
 * The sigmoid of Georgiou and Koutsougeras ("Complex domain backpropagation", 1992):
 * z / (c + |z|/r), of modulus below r.
 *
 * @param z Complex, of any shape.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex, or c or r is not above 0.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await nn.functional.sigLog(complex([3], [4]), { r: 5 }).item();
 * assert(Math.abs(y.re - 1.5) < 1e-6 && Math.abs(y.im - 2) < 1e-6);
 * ```
 */
export function sigLog(z: ComplexTensor, options?: SigLogOptions): ComplexTensor {
  const what = "apply SigLog";
  const { c, r } = SIG_LOG_OPTIONS.complete(what, options);
  return checkComplex(what, z).div(z.abs().div(r).add(c));
}
