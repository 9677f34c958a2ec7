/** Activations. */
import { complex } from "../../complex/create.ts";
import { checkComplex, type ComplexTensor } from "../../complex/tensor.ts";

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
