/**
 * Elementwise functions of one tensor, for those who write exp(z) rather than z.exp().
 * Sources of the complex forms: Kahan, "Branch Cuts for Complex Elementary Functions" (1987).
 */
import { checkReal, checkTensor, type RealTensor, type Tensor } from "../tensor/tensor.ts";

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
 * The natural logarithm, ln|z| + i arg z, with its branch cut along the negative real axis and Im in
 * (−π, π]. A negative real x gives NaN; `log(x.toComplex())` is the complex value.
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
 * The square root with non-negative real part and its branch cut along the negative real axis. A negative
 * real x gives NaN.
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
 * max(x, 0); for complex z, separately for real and imaginary part: the CReLU of Trabelsi et al., "Deep
 * Complex Networks" (2018).
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
 * eˣ − 1 of a real x, to full precision near 0.
 *
 * @param x A real tensor of any shape.
 * @returns A real tensor of the same shape.
 * @throws {ArgandError} if x is complex.
 *
 * @example
 * ```ts
 * import { expm1, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await expm1(tensor(1e-6)).item(), 1e-6, 1e-11);
 * ```
 */
export function expm1(x: RealTensor): RealTensor {
  return checkReal("take expm1", x).expm1();
}

/**
 * The error function erf x = 2/√π ∫₀ˣ e^(−t²) dt of a real x.
 *
 * @param x A real tensor of any shape.
 * @returns A real tensor of the same shape, in [−1, 1].
 * @throws {ArgandError} if x is complex.
 *
 * @example
 * ```ts
 * import { erf, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await erf(tensor(1)).item(), 0.8427007929, 1e-6);
 * ```
 */
export function erf(x: RealTensor): RealTensor {
  return checkReal("take erf", x).erf();
}
