/** Activations that act on real and imaginary part each by itself. */
import { complex } from "../../complex/create/create.ts";
import { checkComplex, type ComplexTensor, type RealTensor } from "../../complex/tensor/tensor.ts";
import { checkNumber } from "../checks.ts";
import { GELU_OPTIONS, type GeluOptions, perChannel } from "./activation_options.ts";
import { elu, gelu, leaky } from "./real_activation.ts";

/** A real function of either part. */
function byParts(
  what: string,
  z: ComplexTensor,
  f: (x: RealTensor) => RealTensor,
): ComplexTensor {
  const { real, imag } = checkComplex(what, z);
  return complex(f(real), f(imag));
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
  return byParts("apply CSigmoid", z, (x) => x.sigmoid());
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
  return byParts("apply CTanh", z, (x) => x.tanh());
}

/**
 * CPReLU (He et al., "Delving Deep into Rectifiers", 2015, of either part): max(x, 0) + a min(x, 0)
 * with x = Re z and a = Re w, and likewise with the imaginary parts.
 *
 * @param z Complex, of any shape; with a slope for each channel [N, channels, …].
 * @param weight The slopes w, complex [1], or [channels] for axis 1.
 * @returns A tensor like z.
 * @throws {ArgandError} if z or the weight is not complex, or the channels differ.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const w = complex([0.5], [0.25]);
 * assertEquals(await nn.functional.cprelu(complex(-4, -4), w).item(), { re: -2, im: -1 });
 * ```
 */
export function cprelu(z: ComplexTensor, weight: ComplexTensor): ComplexTensor {
  const what = "apply CPReLU";
  const { real, imag } = checkComplex(what, z);
  const slope = perChannel(what, "the weight", checkComplex(what, weight), z);
  return complex(leaky(real, slope.real), leaky(imag, slope.imag));
}

/**
 * CLeakyReLU: max(x, 0) + a min(x, 0) of either part x.
 *
 * @param z Complex, of any shape.
 * @param negativeSlope The slope a; 0.01, if absent.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex, or the slope is not a finite number.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = nn.functional.cleakyRelu(complex(-2, 3), 0.5);
 * assertEquals(await y.item(), { re: -1, im: 3 });
 * ```
 */
export function cleakyRelu(z: ComplexTensor, negativeSlope = 0.01): ComplexTensor {
  const what = "apply CLeakyReLU";
  checkNumber(what, "negativeSlope", negativeSlope, -Infinity);
  return byParts(what, z, (x) => leaky(x, negativeSlope));
}

/**
 * CELU: the exponential linear unit (Clevert et al. 2016) of either part, x for x > 0, else
 * α (eˣ − 1). With α = 1 it is also PyTorch's CELU of either part.
 *
 * @param z Complex, of any shape.
 * @param alpha The bound −α of negative values; 1, if absent.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex, or α is not a finite number.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await nn.functional.celu(complex(-1, 2)).item();
 * assert(Math.abs(y.re - (1 / Math.E - 1)) < 1e-6 && y.im === 2);
 * ```
 */
export function celu(z: ComplexTensor, alpha = 1): ComplexTensor {
  const what = "apply CELU";
  checkNumber(what, "alpha", alpha, -Infinity);
  return byParts(what, z, (x) => elu(x, alpha));
}

/**
 * CGELU: the Gaussian error linear unit (Hendrycks and Gimpel 2016) of either part,
 * x Φ(x) = ½ x (1 + erf(x/√2)), or with `approximate: "tanh"`
 * ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).
 *
 * @param z Complex, of any shape.
 * @returns A tensor like z.
 * @throws {ArgandError} if z is not complex, or the approximation is not known.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await nn.functional.cgelu(complex(1, -1)).item();
 * assert(Math.abs(y.re - 0.8413447) < 1e-6 && Math.abs(y.im + 0.1586553) < 1e-6);
 * ```
 */
export function cgelu(z: ComplexTensor, options?: GeluOptions): ComplexTensor {
  const what = "apply CGELU";
  const given = GELU_OPTIONS.complete(what, options);
  return byParts(what, z, (x) => gelu(x, given));
}
