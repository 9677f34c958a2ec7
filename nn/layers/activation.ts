/** Activations that act on real and imaginary part each by itself, as layers. */
import type { ComplexTensor } from "../../complex/tensor.ts";
import { crelu, csigmoid, ctanh } from "../functional/activation.ts";
import { Layer } from "../layer.ts";

/**
 * max(Re z, 0) + i max(Im z, 0) (Trabelsi et al. 2018), for complex tensors of any shape.
 *
 * @throws {ArgandError} if the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.CReLU().apply(complex([-1], [2])).item();
 * assert(y.re === 0 && y.im === 2);
 * ```
 */
export class CReLU extends Layer {
  /** max(·, 0) of both parts. */
  override apply(z: ComplexTensor): ComplexTensor {
    return crelu(z);
  }
}

/**
 * σ(Re z) + i σ(Im z) with σ(x) = 1 / (1 + e⁻ˣ), for complex tensors of any shape.
 *
 * @throws {ArgandError} if the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.CSigmoid().apply(complex([0], [0])).item();
 * assert(y.re === 0.5 && y.im === 0.5);
 * ```
 */
export class CSigmoid extends Layer {
  /** σ of both parts. */
  override apply(z: ComplexTensor): ComplexTensor {
    return csigmoid(z);
  }
}

/**
 * tanh(Re z) + i tanh(Im z), for complex tensors of any shape.
 *
 * @throws {ArgandError} if the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.CTanh().apply(complex([0], [1])).item();
 * assert(y.re === 0 && Math.abs(y.im - Math.tanh(1)) < 1e-6);
 * ```
 */
export class CTanh extends Layer {
  /** tanh of both parts. */
  override apply(z: ComplexTensor): ComplexTensor {
    return ctanh(z);
  }
}
