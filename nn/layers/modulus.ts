/** Activations by modulus and phase, as layers. */
import { full, parameter } from "../../complex/create/create.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import { SIG_LOG_OPTIONS, type SigLogOptions } from "../functional/activation_options.ts";
import { cardioid, modRelu, polarTanh, sigLog, zRelu } from "../functional/modulus.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { number, optional, positiveInteger } from "../declare/field.ts";
import { Layer } from "../layer.ts";

declareLayer("a ZReLU", () => ZReLU, {});
declareLayer("a Cardioid", () => Cardioid, {});
declareLayer("a PolarTanh", () => PolarTanh, {});

/** Options of {@link ModReLU}. */
export interface ModReLUOptions {
  /** The b at first; 0, if absent, with which the layer changes nothing. */
  readonly init?: number;
}

const MOD_RELU = declareLayer(
  "a ModReLU",
  () => ModReLU,
  { numParameters: optional(positiveInteger, 1) },
  declareOptions<ModReLUOptions>({ init: optional(number(), 0) }),
);

/**
 * max(|z| + b, 0) · z/|z| with a learned real b (Arjovsky et al. 2016), for complex tensors of any
 * shape, or [N, channels, …] with a b for each channel. At 0 it is 0, and so is its derivative.
 *
 * @throws {ArgandError} if the input is not complex or has other channels.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.ModReLU(1, { init: -2.5 }).apply(complex([3], [4])).item();
 * assert(Math.abs(y.re - 1.5) < 1e-6 && Math.abs(y.im - 2) < 1e-6);
 * ```
 */
export class ModReLU extends Layer {
  /** The shift of the modulus, real [numParameters]. */
  readonly bias: RealTensor;

  /** A layer with one b for all (if absent), or one for each of `numParameters` channels. */
  constructor(numParameters?: number, options?: ModReLUOptions) {
    super();
    const { numParameters: count, init } = MOD_RELU.take(this, { numParameters }, options);
    this.bias = parameter(full([count], init), { name: "bias" });
  }

  /** The modulus moved by b, the phase as it is. */
  override apply(z: ComplexTensor): ComplexTensor {
    return modRelu(z, this.bias);
  }
}

/**
 * z where its phase is in [0, π/2], else 0 (Guberman 2016), for complex tensors of any shape.
 *
 * @throws {ArgandError} if the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const y = new nn.ZReLU().apply(complex([1, 1], [2, -2]));
 * assertEquals([...await y.data()], [1, 2, 0, 0]);
 * ```
 */
export class ZReLU extends Layer {
  /** z or 0. */
  override apply(z: ComplexTensor): ComplexTensor {
    return zRelu(z);
  }
}

/**
 * ½ (1 + cos arg z) z (Virtue et al. 2017), for complex tensors of any shape.
 *
 * @throws {ArgandError} if the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await new nn.Cardioid().apply(complex([0], [2])).item(), { re: 0, im: 1 });
 * ```
 */
export class Cardioid extends Layer {
  /** z, the smaller the further its phase is from 0. */
  override apply(z: ComplexTensor): ComplexTensor {
    return cardioid(z);
  }
}

/**
 * tanh |z| · e^{i arg z} (Hirose 2006), for complex tensors of any shape.
 *
 * @throws {ArgandError} if the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.PolarTanh().apply(complex([0], [-1])).item();
 * assert(y.re === 0 && Math.abs(y.im + Math.tanh(1)) < 1e-6);
 * ```
 */
export class PolarTanh extends Layer {
  /** The modulus squeezed below 1, the phase as it is. */
  override apply(z: ComplexTensor): ComplexTensor {
    return polarTanh(z);
  }
}

const SIG_LOG = declareLayer("a SigLog", () => SigLog, {}, SIG_LOG_OPTIONS);

/**
 * z / (c + |z|/r) (Georgiou and Koutsougeras 1992), for complex tensors of any shape.
 *
 * @throws {ArgandError} if c or r is not above 0, or the input is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = await new nn.SigLog({ r: 5 }).apply(complex([3], [4])).item();
 * assert(Math.abs(y.re - 1.5) < 1e-6 && Math.abs(y.im - 2) < 1e-6);
 * ```
 */
export class SigLog extends Layer {
  readonly #options: Required<SigLogOptions>;

  /** A layer with c = 1 and r = 1, if they are absent. */
  constructor(options?: SigLogOptions) {
    super();
    this.#options = SIG_LOG.take(this, {}, options);
  }

  /** The modulus squeezed below r, the phase as it is. */
  override apply(z: ComplexTensor): ComplexTensor {
    return sigLog(z, this.#options);
  }
}
