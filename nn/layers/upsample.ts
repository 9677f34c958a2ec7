/** Upsampling layers. */
import type { ComplexTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { checkResize, UPSAMPLE_OPTIONS, type UpsampleOptions } from "../functional/resize.ts";
import { polarUpsample, upsample } from "../functional/upsample.ts";
import { declareLayer } from "../declare/declaration.ts";
import { EitherLayer, Layer } from "../layer.ts";

const brief = { brief: true };
const UPSAMPLE = declareLayer("an Upsample", () => Upsample, {}, UPSAMPLE_OPTIONS, brief);
const POLAR_UPSAMPLE = declareLayer(
  "a PolarUpsample",
  () => PolarUpsample,
  {},
  UPSAMPLE_OPTIONS,
  brief,
);

/**
 * Upsampling by the nearest element or by linear interpolation along each axis, for [N, C, H, W] or
 * [N, C, L] of either kind; see `functional.upsample` for the positions.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, not one of `size` and `scaleFactor`
 * is given, or the input has not the axes of the mode.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const up = new nn.Upsample({ scaleFactor: 2, mode: "bilinear" });
 * assert(up.apply(randnComplex([1, 3, 4, 5])).shape.join() === "1,3,8,10");
 * ```
 */
export class Upsample extends EitherLayer {
  readonly #options: UpsampleOptions;

  /** A layer that resizes its inputs as the options say. */
  constructor(options: UpsampleOptions) {
    super();
    this.#options = checkResize(UPSAMPLE.what, options);
    UPSAMPLE.take(this, {}, options);
  }

  /** z in the new size. */
  apply<T extends Tensor>(z: T): T {
    return upsample(z, this.#options);
  }
}

/**
 * Modulus and phase upsampled apart and put together, from complex [N, C, H, W] or [N, C, L]
 * (complexPyTorch's `complex_upsample2`); see `functional.polarUpsample`.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, not one of `size` and `scaleFactor`
 * is given, or the input has not the axes of the mode.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const up = new nn.PolarUpsample({ size: [7, 9], mode: "bilinear" });
 * assert(up.apply(randnComplex([1, 3, 4, 5])).shape.join() === "1,3,7,9");
 * ```
 */
export class PolarUpsample extends Layer {
  readonly #options: UpsampleOptions;

  /** A layer that resizes its inputs as the options say. */
  constructor(options: UpsampleOptions) {
    super();
    this.#options = checkResize(POLAR_UPSAMPLE.what, options);
    POLAR_UPSAMPLE.take(this, {}, options);
  }

  /** z in the new size. */
  override apply(z: ComplexTensor): ComplexTensor {
    return polarUpsample(z, this.#options);
  }
}
