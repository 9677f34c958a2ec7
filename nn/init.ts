/**
 * Initial values of weights. Of complex ones (Trabelsi et al., "Deep Complex Networks", 2018) the modulus
 * is Rayleigh distributed and the phase uniform, which is a circular normal distribution.
 */
import { cannot } from "../gpu/contract/errors.ts";
import { checkBindable } from "../complex/ops/bindable.ts";
import { checkInteger, checkShape, type Shape, show, sizeOf } from "../complex/lazy/shape.ts";
import { rand, randnComplex } from "../complex/create/random.ts";
import type { ComplexTensor, RealTensor } from "../complex/tensor/tensor.ts";
import { checkNumber, withDefaults } from "./checks.ts";

/** Options of {@link complexGlorot} and {@link complexHe}. */
export interface InitOptions {
  /** Inputs of each output; the product of all axes but the first, if absent. */
  readonly fanIn?: number | null;
  /** Outputs of each input; the product of all axes but the second, if absent. */
  readonly fanOut?: number | null;
}

function fans(
  what: string,
  shape: Shape,
  options?: InitOptions,
): { fanIn: number; fanOut: number } {
  checkShape(what, shape);
  checkBindable(what, { shape, dtype: "complex64" }); // before numbers are drawn
  const given = withDefaults<Required<InitOptions>>(what, options, { fanIn: null, fanOut: null });
  if (shape.length < 2 && (given.fanIn === null || given.fanOut === null)) {
    throw cannot(what, `a weight of shape ${show(shape)} has no fans: it needs two axes`);
  }
  const fanIn = given.fanIn ?? sizeOf(shape) / shape[0];
  const fanOut = given.fanOut ?? sizeOf(shape) / shape[1];
  checkInteger(what, "fanIn", fanIn, 1);
  checkInteger(what, "fanOut", fanOut, 1);
  return { fanIn, fanOut };
}

/** Random numbers with a modulus of Rayleigh parameter σ: E|z|² = 2σ². */
function rayleigh(shape: Shape, sigma: number): ComplexTensor {
  return randnComplex(shape).mul(sigma * Math.SQRT2);
}

/**
 * Complex Glorot: |w| Rayleigh with σ = 1/√(fanIn + fanOut), so E|w|² = 2/(fanIn + fanOut); the phase
 * uniform. Keeps variances through linear layers, forwards and backwards on average.
 *
 * @param shape The weight's shape [out, in, …].
 * @param options Fans, where they are not those of the shape.
 * @throws {ArgandError} if the shape has fewer than two axes and no fans are given.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = nn.init.complexGlorot([300, 100]);
 * const power = await w.absSquared().mean().item();
 * assert(Math.abs(power * 400 / 2 - 1) < 0.1);
 * ```
 */
export function complexGlorot(shape: Shape, options?: InitOptions): ComplexTensor {
  const { fanIn, fanOut } = fans("initialise with complexGlorot", shape, options);
  return rayleigh(shape, 1 / Math.sqrt(fanIn + fanOut));
}

/**
 * Complex He: |w| Rayleigh with σ = 1/√fanIn, so E|w|² = 2/fanIn; the phase uniform. Keeps variances
 * through layers followed by CReLU, which halves them.
 *
 * @param shape The weight's shape [out, in, …].
 * @param options Fans, where they are not those of the shape.
 * @throws {ArgandError} if the shape has fewer than two axes and no fans are given.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = nn.init.complexHe([300, 100]);
 * const power = await w.absSquared().mean().item();
 * assert(Math.abs(power * 100 / 2 - 1) < 0.1);
 * ```
 */
export function complexHe(shape: Shape, options?: InitOptions): ComplexTensor {
  const { fanIn } = fans("initialise with complexHe", shape, options);
  return rayleigh(shape, 1 / Math.sqrt(fanIn));
}

/** Options of {@link kaimingUniform}. */
export interface KaimingUniformOptions {
  /** The slope below 0 of the leaky ReLU that follows; √5 if absent, as PyTorch's layers have it. */
  readonly a?: number;
  /** Inputs of each output; the product of all axes but the first, if absent. */
  readonly fanIn?: number | null;
}

/**
 * Kaiming's uniform initial values of real weights (He et al. 2015): between ±√(6 / ((1 + a²) fanIn)),
 * which is ±1/√fanIn with the a = √5 of PyTorch's linear layers and convolutions.
 *
 * @param shape The weight's shape [out, in, …].
 * @throws {ArgandError} if the shape has fewer than two axes and no fan is given.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = nn.init.kaimingUniform([300, 100]);
 * assert(await w.abs().max().item() <= 0.1);
 * ```
 */
export function kaimingUniform(shape: Shape, options?: KaimingUniformOptions): RealTensor {
  const what = "initialise with kaimingUniform";
  const given = withDefaults<Required<KaimingUniformOptions>>(what, options, {
    a: Math.sqrt(5),
    fanIn: null,
  });
  checkNumber(what, "a", given.a);
  const { fanIn } = fans(what, shape, { fanIn: given.fanIn, fanOut: 1 });
  const bound = Math.sqrt(6 / ((1 + given.a ** 2) * fanIn));
  return rand(shape).mul(2 * bound).sub(bound);
}
