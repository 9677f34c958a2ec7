/** Pooling layers. */
import { cannot } from "../../gpu/errors.ts";
import type { ComplexTensor } from "../../complex/tensor.ts";
import {
  avgPool2d,
  type AvgPool2dOptions,
  maxPool2d,
  type MaxPool2dOptions,
} from "../functional/pool.ts";
import { Layer } from "../layer.ts";
import { checkWhole } from "../../complex/shape.ts";
import { type Pair, pair, withDefaults } from "../options.ts";

/** Checks what both pools share, before there is an input. */
function checkWindow(
  what: string,
  kernel: Pair,
  options: { stride: Pair | null; padding: Pair; dilation?: Pair },
): void {
  const size = pair(what, "kernel size", kernel, 1);
  pair(what, "stride", options.stride ?? kernel, 1);
  pair(what, "padding", options.padding, 0).forEach((n, d) => {
    if (2 * n <= size[d]) return;
    throw cannot(what, `padding ${n} is more than half the kernel size ${size[d]}`);
  });
  if (options.dilation !== undefined) pair(what, "dilation", options.dilation, 1);
}

/**
 * The element of largest modulus of each window, from complex [N, C, H, W] to [N, C, H′, W′].
 *
 * @throws {ArgandError} if an option is unknown or no fitting number, or the window is larger than the
 * padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const pool = new nn.MaxPool2d(2);
 * assert(pool.apply(randnComplex([1, 3, 8, 8])).shape.join() === "1,3,4,4");
 * ```
 */
export class MaxPool2d extends Layer {
  readonly #kernel: Pair;
  readonly #options: Required<MaxPool2dOptions>;

  /** A pool with windows of size `kernel`, by default side by side. */
  constructor(kernel: Pair, options?: MaxPool2dOptions) {
    super();
    const what = "make a MaxPool2d";
    const defaults = { stride: null, padding: 0, dilation: 1, ceilMode: false };
    this.#kernel = kernel;
    this.#options = withDefaults<Required<MaxPool2dOptions>>(what, options, defaults);
    checkWindow(what, kernel, this.#options);
  }

  /** The largest element of each window. */
  override apply(z: ComplexTensor): ComplexTensor {
    return maxPool2d(z, this.#kernel, this.#options);
  }
}

/**
 * The mean of each window, from complex [N, C, H, W] to [N, C, H′, W′].
 *
 * @throws {ArgandError} if an option is unknown or no fitting number, or the window is larger than the
 * padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const pool = new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false });
 * assert(pool.apply(randnComplex([1, 3, 8, 8])).shape.join() === "1,3,4,4");
 * ```
 */
export class AvgPool2d extends Layer {
  readonly #kernel: Pair;
  readonly #options: Required<AvgPool2dOptions>;

  /** A pool with windows of size `kernel`, by default side by side. */
  constructor(kernel: Pair, options?: AvgPool2dOptions) {
    super();
    const what = "make an AvgPool2d";
    this.#kernel = kernel;
    this.#options = withDefaults<Required<AvgPool2dOptions>>(what, options, {
      stride: null,
      padding: 0,
      ceilMode: false,
      countIncludePad: true,
      divisorOverride: null,
    });
    checkWindow(what, kernel, this.#options);
    const { divisorOverride } = this.#options;
    if (divisorOverride !== null) checkWhole(what, "divisorOverride", divisorOverride, 1);
  }

  /** The mean of each window. */
  override apply(z: ComplexTensor): ComplexTensor {
    return avgPool2d(z, this.#kernel, this.#options);
  }
}
