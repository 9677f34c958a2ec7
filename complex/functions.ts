/**
 * Functions of one tensor, element by element, for those who write abs(z) rather than z.abs().
 * Sources of the complex forms: Kahan, "Branch Cuts for Complex Elementary Functions" (1987).
 */
import {
  checkComplex,
  checkReal,
  checkTensor,
  type ComplexTensor,
  type RealTensor,
  type Tensor,
} from "./tensor.ts";

/**
 * −x.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, neg } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await neg(complex(1, 2)).item(), { re: -1, im: -2 });
 * ```
 */
export function neg<T extends Tensor>(x: T): T {
  return checkTensor("take neg", x).neg() as T;
}

/**
 * 1 / x, without early overflow. At 0 it is not finite.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, reciprocal } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await reciprocal(complex(0, 2)).item(), { re: 0, im: -0.5 });
 * ```
 */
export function reciprocal<T extends Tensor>(x: T): T {
  return checkTensor("take reciprocal", x).reciprocal() as T;
}

/**
 * x² = x · x (not |x|²; see {@link absSquared}).
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, square } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await square(complex(1, 1)).item(), { re: 0, im: 2 });
 * ```
 */
export function square<T extends Tensor>(x: T): T {
  return checkTensor("take square", x).square() as T;
}

/**
 * eˣ; for z = x + iy it is eˣ (cos y + i sin y).
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, exp } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals((await exp(complex(0, Math.PI)).item()).re, -1, 1e-6);
 * ```
 */
export function exp<T extends Tensor>(x: T): T {
  return checkTensor("take exp", x).exp() as T;
}

/**
 * The natural logarithm, ln|z| + i arg z, cut along the negative real axis: Im in (−π, π].
 * A real x below 0 gives NaN; write `log(x.toComplex())` where the complex value is meant.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, log } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals((await log(complex(-1, 0)).item()).im, Math.PI, 1e-6);
 * ```
 */
export function log<T extends Tensor>(x: T): T {
  return checkTensor("take log", x).log() as T;
}

/**
 * The square root of non-negative real part, cut along the negative real axis. A real x below 0
 * gives NaN.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, sqrt } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals((await sqrt(complex(-4, 0)).item()).im, 2, 1e-6);
 * ```
 */
export function sqrt<T extends Tensor>(x: T): T {
  return checkTensor("take sqrt", x).sqrt() as T;
}

/**
 * sin x; for z = x + iy it is sin x cosh y + i cos x sinh y.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, sin } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals((await sin(complex(0, 1)).item()).im, Math.sinh(1), 1e-6);
 * ```
 */
export function sin<T extends Tensor>(x: T): T {
  return checkTensor("take sin", x).sin() as T;
}

/**
 * cos x; for z = x + iy it is cos x cosh y − i sin x sinh y.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, cos } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals((await cos(complex(0, 1)).item()).re, Math.cosh(1), 1e-6);
 * ```
 */
export function cos<T extends Tensor>(x: T): T {
  return checkTensor("take cos", x).cos() as T;
}

/**
 * tan x = sin x / cos x, without overflow far from the real axis.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, tan } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals((await tan(complex(0, 1)).item()).im, Math.tanh(1), 1e-6);
 * ```
 */
export function tan<T extends Tensor>(x: T): T {
  return checkTensor("take tan", x).tan() as T;
}

/**
 * sinh x = (eˣ − e⁻ˣ) / 2, to full precision near 0.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { sinh, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await sinh(tensor(1e-4)).item(), 1e-4, 1e-10);
 * ```
 */
export function sinh<T extends Tensor>(x: T): T {
  return checkTensor("take sinh", x).sinh() as T;
}

/**
 * cosh x = (eˣ + e⁻ˣ) / 2.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { cosh, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await cosh(tensor(0)).item(), 1, 1e-6);
 * ```
 */
export function cosh<T extends Tensor>(x: T): T {
  return checkTensor("take cosh", x).cosh() as T;
}

/**
 * tanh x = sinh x / cosh x, to full precision near 0 and without overflow.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { tanh, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await tanh(tensor(100)).item(), 1, 1e-6);
 * ```
 */
export function tanh<T extends Tensor>(x: T): T {
  return checkTensor("take tanh", x).tanh() as T;
}

/**
 * The direction z / |z|, and 0 at 0; the sign of a real x. Its derivative is that of z / |z|, and 0
 * for real x.
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, sgn } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals((await sgn(complex(3, 4)).item()).im, 0.8, 1e-6);
 * ```
 */
export function sgn<T extends Tensor>(x: T): T {
  return checkTensor("take sgn", x).sgn() as T;
}

/**
 * max(x, 0), of a complex z for real and imaginary part each by itself: the CReLU of Trabelsi
 * et al., "Deep Complex Networks" (2018).
 *
 * @param x A real or complex tensor of any shape.
 * @returns A tensor of the same kind and shape.
 *
 * @example
 * ```ts
 * import { complex, relu } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await relu(complex(-1, 2)).item(), { re: 0, im: 2 });
 * ```
 */
export function relu<T extends Tensor>(x: T): T {
  return checkTensor("take relu", x).relu() as T;
}

/**
 * The logistic function 1 / (1 + e⁻ˣ) of a real x.
 *
 * @param x A real tensor of any shape.
 * @returns A real tensor of the same shape, in (0, 1).
 * @throws {ArgandError} if x is complex.
 *
 * @example
 * ```ts
 * import { sigmoid, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await sigmoid(tensor(0)).item(), 0.5);
 * ```
 */
export function sigmoid(x: RealTensor): RealTensor {
  return checkReal("take sigmoid", x).sigmoid();
}

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
 * The phase arg z in (−π, π], and 0 at 0; π for a negative real number.
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
