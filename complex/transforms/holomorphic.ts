/** Derivatives of holomorphic functions. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { checkComplex, type ComplexTensor } from "../tensor/tensor.ts";
import { grad } from "./transform.ts";

/**
 * The complex derivative f′ = df/dz of a holomorphic function, in one pass for both parts: a function of
 * the same arguments that differentiates with respect to the first, and can be differentiated again.
 *
 * The gradient of a real L is ∂L/∂x + i ∂L/∂y, and by the Cauchy–Riemann equations that of L = Re f is the
 * conjugate of f′. The equations are assumed, not checked: for a function that is not holomorphic (one
 * with conjugates, moduli or real parts) the result is not a derivative.
 *
 * @param f An elementwise function. Where several elements of f depend on one of z, their derivatives are
 * added.
 * @returns A function whose result is f′ in the shape of z.
 * @throws {ArgandError} if z or the value of f is not complex.
 *
 * @example
 * ```ts
 * import { complex, type ComplexTensor, derivative, sin } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const second = derivative(derivative((z: ComplexTensor) => sin(z)));
 * const { re, im } = await second(complex(1, 1)).item(); // −sin z
 * assertAlmostEquals(re, -Math.sin(1) * Math.cosh(1), 1e-6);
 * assertAlmostEquals(im, -Math.cos(1) * Math.sinh(1), 1e-6);
 * ```
 */
export function derivative<R extends readonly unknown[]>(
  f: (z: ComplexTensor, ...rest: R) => ComplexTensor,
): (z: ComplexTensor, ...rest: R) => ComplexTensor {
  const what = "differentiate a holomorphic function";
  if (typeof f !== "function") throw cannot(what, `it takes a function, got ${describe(f)}`);
  return (z, ...rest) => {
    const slope = grad((z: ComplexTensor) => checkComplex(what, f(z, ...rest)).real.sum());
    return slope(checkComplex(what, z)).conj();
  };
}
