/** Activations that act on real and imaginary part each by itself, as layers. */
import { full, parameter } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import {
  celu,
  cgelu,
  cleakyRelu,
  cprelu,
  crelu,
  csigmoid,
  ctanh,
} from "../functional/activation.ts";
import { GELU_OPTIONS, type GeluOptions } from "../functional/activation_options.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { number, optional, positiveInteger } from "../declare/field.ts";
import { Layer } from "../layer.ts";

declareLayer("a CReLU", () => CReLU, {});
declareLayer("a CSigmoid", () => CSigmoid, {});
declareLayer("a CTanh", () => CTanh, {});

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

/** Options of {@link CPReLU}. */
export interface CPReLUOptions {
  /** The slope of either part at first; 0.25, if absent. */
  readonly init?: number;
}

const CPRELU = declareLayer(
  "a CPReLU",
  () => CPReLU,
  { numParameters: optional(positiveInteger, 1) },
  declareOptions<CPReLUOptions>({ init: optional(number(), 0.25) }),
);

/**
 * max(x, 0) + a min(x, 0) of either part x, each with a learned slope a of its own (He et al. 2015),
 * for complex tensors of any shape, or [N, channels, …] with a slope for each channel.
 *
 * Weight complex [numParameters], the slopes of the real part + i those of the imaginary one.
 *
 * @throws {ArgandError} if the input is not complex or has other channels.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const prelu = new nn.CPReLU();
 * assertEquals(await prelu.apply(complex([-4], [2])).item(), { re: -1, im: 2 });
 * ```
 */
export class CPReLU extends Layer {
  /** The slopes, complex [numParameters]. */
  readonly weight: ComplexTensor;

  /** A layer with one slope for all (if absent), or one for each of `numParameters` channels. */
  constructor(numParameters?: number, options?: CPReLUOptions) {
    super();
    const { numParameters: count, init } = CPRELU.take(this, { numParameters }, options);
    this.weight = parameter(full([count], { re: init, im: init }), { name: "weight" });
  }

  /** Negative parts times their slope. */
  override apply(z: ComplexTensor): ComplexTensor {
    return cprelu(z, this.weight);
  }
}

const CLEAKY_RELU = declareLayer("a CLeakyReLU", () => CLeakyReLU, {
  negativeSlope: optional(number(), 0.01),
});

/**
 * max(x, 0) + a min(x, 0) of either part x, for complex tensors of any shape.
 *
 * @throws {ArgandError} if the slope is not a finite number, or the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const leaky = new nn.CLeakyReLU(0.5);
 * assertEquals(await leaky.apply(complex([-2], [3])).item(), { re: -1, im: 3 });
 * ```
 */
export class CLeakyReLU extends Layer {
  readonly #slope: number;

  /** A layer with slope `negativeSlope` below 0; 0.01, if absent. */
  constructor(negativeSlope?: number) {
    super();
    this.#slope = CLEAKY_RELU.take(this, { negativeSlope }).negativeSlope;
  }

  /** Negative parts times the slope. */
  override apply(z: ComplexTensor): ComplexTensor {
    return cleakyRelu(z, this.#slope);
  }
}

const CELU_MADE = declareLayer("a CELU", () => CELU, { alpha: optional(number(), 1) });

/**
 * The exponential linear unit of either part x (Clevert et al. 2016): x for x > 0, else α (eˣ − 1),
 * for complex tensors of any shape. With α = 1 it is also PyTorch's CELU of either part.
 *
 * @throws {ArgandError} if α is not a finite number, or the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.CELU().apply(complex([-1], [2])).item();
 * assert(Math.abs(y.re - (1 / Math.E - 1)) < 1e-6 && y.im === 2);
 * ```
 */
export class CELU extends Layer {
  readonly #alpha: number;

  /** A layer whose negative values are bounded by −`alpha`; 1, if absent. */
  constructor(alpha?: number) {
    super();
    this.#alpha = CELU_MADE.take(this, { alpha }).alpha;
  }

  /** The unit of both parts. */
  override apply(z: ComplexTensor): ComplexTensor {
    return celu(z, this.#alpha);
  }
}

const CGELU_MADE = declareLayer("a CGELU", () => CGELU, {}, GELU_OPTIONS);

/**
 * The Gaussian error linear unit of either part x (Hendrycks and Gimpel 2016): ½ x (1 + erf(x/√2)),
 * or with `approximate: "tanh"` ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), for complex tensors of any
 * shape.
 *
 * @throws {ArgandError} if the approximation is not known, or the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.CGELU().apply(complex([1], [0])).item();
 * assert(Math.abs(y.re - 0.8413447) < 1e-6 && y.im === 0);
 * ```
 */
export class CGELU extends Layer {
  readonly #options: Required<GeluOptions>;

  /** A layer with erf, or with an approximation of it. */
  constructor(options?: GeluOptions) {
    super();
    this.#options = CGELU_MADE.take(this, {}, options);
  }

  /** The unit of both parts. */
  override apply(z: ComplexTensor): ComplexTensor {
    return cgelu(z, this.#options);
  }
}
