/** Activations of real tensors, as layers. */
import { full, parameter } from "../../complex/create/create.ts";
import { checkReal, type RealTensor } from "../../complex/tensor/tensor.ts";
import { elu, gelu, leakyRelu, prelu, silu } from "../functional/real_activation.ts";
import { GELU_OPTIONS, type GeluOptions } from "../functional/activation_options.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { number, optional, positiveInteger } from "../declare/field.ts";
import { Layer } from "../layer.ts";

declareLayer("a ReLU", () => ReLU, {});

/**
 * max(x, 0), for real tensors of any shape.
 *
 * @throws {ArgandError} if the input is not real.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await new nn.ReLU().apply(tensor([-1, 2])).toArray(), [0, 2]);
 * ```
 */
export class ReLU extends Layer<"real"> {
  /** max(x, 0). */
  override apply(x: RealTensor): RealTensor {
    return checkReal("apply ReLU", x).relu();
  }
}

const LEAKY_RELU = declareLayer("a LeakyReLU", () => LeakyReLU, {
  negativeSlope: optional(number(), 0.01),
});

/**
 * max(x, 0) + a min(x, 0), for real tensors of any shape.
 *
 * @throws {ArgandError} if the input is not real, or the slope is not a finite number.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await new nn.LeakyReLU(0.5).apply(tensor([-2, 3])).toArray(), [-1, 3]);
 * ```
 */
export class LeakyReLU extends Layer<"real"> {
  readonly #negativeSlope: number;

  /** A layer with slope `negativeSlope` below 0; 0.01, if absent. */
  constructor(negativeSlope?: number) {
    super();
    this.#negativeSlope = LEAKY_RELU.take(this, { negativeSlope }).negativeSlope;
  }

  /** Negative numbers times the slope. */
  override apply(x: RealTensor): RealTensor {
    return leakyRelu(x, this.#negativeSlope);
  }
}

/** Options of {@link PReLU}. */
export interface PReLUOptions {
  /** The slope at first; 0.25, if absent. */
  readonly init?: number;
}

const PRELU = declareLayer(
  "a PReLU",
  () => PReLU,
  { numParameters: optional(positiveInteger, 1) },
  declareOptions<PReLUOptions>({ init: optional(number(), 0.25) }),
);

/**
 * max(x, 0) + a min(x, 0) with a learned slope a (He et al. 2015), for real tensors of any shape, or
 * [N, channels, …] with a slope for each channel.
 *
 * @throws {ArgandError} if the input is not real or has other channels.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await new nn.PReLU().apply(tensor([-4, 2])).toArray(), [-1, 2]);
 * ```
 */
export class PReLU extends Layer<"real"> {
  /** The slopes, real [numParameters]. */
  readonly weight: RealTensor;

  /** A layer with one slope for all (if absent), or one for each of `numParameters` channels. */
  constructor(numParameters?: number, options?: PReLUOptions) {
    super();
    const { numParameters: count, init } = PRELU.take(this, { numParameters }, options);
    this.weight = parameter(full([count], init), { name: "weight" });
  }

  /** Negative numbers times their slope. */
  override apply(x: RealTensor): RealTensor {
    return prelu(x, this.weight);
  }
}

const ELU_MADE = declareLayer("an ELU", () => ELU, {
  alpha: optional(number(), 1),
});

/**
 * The exponential linear unit (Clevert et al. 2016): x for x > 0, else α (eˣ − 1), for real tensors of
 * any shape.
 *
 * @throws {ArgandError} if the input is not real, or α is not a finite number.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [y] = await new nn.ELU().apply(tensor([-1])).data();
 * assert(Math.abs(y - (1 / Math.E - 1)) < 1e-6);
 * ```
 */
export class ELU extends Layer<"real"> {
  readonly #alpha: number;

  /** A layer whose negative values are bounded by −`alpha`; 1, if absent. */
  constructor(alpha?: number) {
    super();
    this.#alpha = ELU_MADE.take(this, { alpha }).alpha;
  }

  /** The unit of each element. */
  override apply(x: RealTensor): RealTensor {
    return elu(x, this.#alpha);
  }
}

const GELU_MADE = declareLayer("a GELU", () => GELU, {}, GELU_OPTIONS);

/**
 * The Gaussian error linear unit (Hendrycks and Gimpel 2016): ½ x (1 + erf(x/√2)), or with
 * `approximate: "tanh"` ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), for real tensors of any shape.
 *
 * @throws {ArgandError} if the input is not real, or the approximation is not known.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [y] = await new nn.GELU().apply(tensor([1])).data();
 * assert(Math.abs(y - 0.8413447) < 1e-6);
 * ```
 */
export class GELU extends Layer<"real"> {
  readonly #options: Required<GeluOptions>;

  /** A layer with erf, or with an approximation of it. */
  constructor(options?: GeluOptions) {
    super();
    this.#options = GELU_MADE.take(this, {}, options);
  }

  /** The unit of each element. */
  override apply(x: RealTensor): RealTensor {
    return gelu(x, this.#options);
  }
}

declareLayer("a SiLU", () => SiLU, {});

/**
 * x σ(x) with σ(x) = 1 / (1 + e⁻ˣ) (Elfwing et al. 2018), for real tensors of any shape.
 *
 * @throws {ArgandError} if the input is not real.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [y] = await new nn.SiLU().apply(tensor([1])).data();
 * assert(Math.abs(y - 0.7310586) < 1e-6);
 * ```
 */
export class SiLU extends Layer<"real"> {
  /** x σ(x). */
  override apply(x: RealTensor): RealTensor {
    return silu(x);
  }
}

declareLayer("a Sigmoid", () => Sigmoid, {});

/**
 * σ(x) = 1 / (1 + e⁻ˣ), for real tensors of any shape.
 *
 * @throws {ArgandError} if the input is not real.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await new nn.Sigmoid().apply(tensor([0])).toArray(), [0.5]);
 * ```
 */
export class Sigmoid extends Layer<"real"> {
  /** σ(x). */
  override apply(x: RealTensor): RealTensor {
    return checkReal("apply Sigmoid", x).sigmoid();
  }
}

declareLayer("a Tanh", () => Tanh, {});

/**
 * tanh x, for real tensors of any shape.
 *
 * @throws {ArgandError} if the input is not real.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await new nn.Tanh().apply(tensor([0])).toArray(), [0]);
 * ```
 */
export class Tanh extends Layer<"real"> {
  /** tanh x. */
  override apply(x: RealTensor): RealTensor {
    return checkReal("apply Tanh", x).tanh();
  }
}
