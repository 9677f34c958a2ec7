/** The modulus, phase and parts of a tensor, element by element. */
import {
  checkComplex,
  checkTensor,
  type ComplexTensor,
  type RealTensor,
  type Tensor,
} from "../tensor/tensor.ts";

/**
 * The modulus |z| = √(x² + y²), without early overflow. Its derivative at 0 is 0.
 *
 * @param z A real or complex tensor of any shape.
 * @returns A real tensor of the same shape.
 *
 * @example
 * ```ts
 * import { abs, complex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await abs(complex(3, 4)).item(), 5);
 * ```
 */
export function abs(z: Tensor): RealTensor {
  return checkTensor("take abs", z).abs();
}

/**
 * |z|² = x² + y²: an intensity, where z is a field.
 *
 * @param z A real or complex tensor of any shape.
 * @returns A real tensor of the same shape.
 *
 * @example
 * ```ts
 * import { absSquared, complex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await absSquared(complex(3, 4)).item(), 25);
 * ```
 */
export function absSquared(z: Tensor): RealTensor {
  return checkTensor("take absSquared", z).absSquared();
}

/**
 * The phase arg z in [−π, π], with signed zeros as NumPy's `angle`: π for a negative real number, −π if
 * its imaginary part is −0, and 0 at 0.
 *
 * @param z A real or complex tensor of any shape.
 * @returns A real tensor of the same shape.
 *
 * @example
 * ```ts
 * import { angle, complex } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await angle(complex(0, 1)).item(), Math.PI / 2, 1e-6);
 * ```
 */
export function angle(z: Tensor): RealTensor {
  return checkTensor("take angle", z).angle();
}

/**
 * The conjugate x − iy: a view, which costs nothing.
 *
 * @param z A complex tensor of any shape.
 * @returns A complex tensor of the same shape.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, conj } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await conj(complex(1, 2)).item(), { re: 1, im: -2 });
 * ```
 */
export function conj(z: ComplexTensor): ComplexTensor {
  return checkComplex("take conj", z).conj();
}

/**
 * The real part: a view, which costs nothing.
 *
 * @param z A complex tensor of any shape.
 * @returns A real tensor of the same shape.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, real } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await real(complex(1, 2)).item(), 1);
 * ```
 */
export function real(z: ComplexTensor): RealTensor {
  return checkComplex("take real", z).real;
}

/**
 * The imaginary part: a view, which costs nothing.
 *
 * @param z A complex tensor of any shape.
 * @returns A real tensor of the same shape.
 * @throws {ArgandError} if z is not complex.
 *
 * @example
 * ```ts
 * import { complex, imag } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await imag(complex(1, 2)).item(), 2);
 * ```
 */
export function imag(z: ComplexTensor): RealTensor {
  return checkComplex("take imag", z).imag;
}
