/** Pooling layers. */
import type { Tensor } from "../../complex/tensor/tensor.ts";
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  type AvgPool1dOptions,
  avgPool2d,
  maxPool1d,
  type MaxPool1dOptions,
  maxPool2d,
  type MaxPool2dOptions,
} from "../functional/pool.ts";
import {
  type AdaptiveSize,
  AVG_POOL1D_OPTIONS,
  AVG_POOL2D_OPTIONS,
  type AvgPool2dOptions,
  avgWindow,
  KERNEL,
  MAX_POOL1D_OPTIONS,
  MAX_POOL2D_OPTIONS,
  maxWindow,
  OUTPUT,
} from "../functional/windows.ts";
import { copyOf, type Size2d } from "../checks.ts";
import { declareLayer } from "../declare/declaration.ts";
import { EitherLayer } from "../layer.ts";

const [line, plane] = [{ kernel: KERNEL[1] }, { kernel: KERNEL[2] }];
const brief = { brief: true };
const MAX_POOL1D = declareLayer("a MaxPool1d", () => MaxPool1d, line, MAX_POOL1D_OPTIONS, brief);
const MAX_POOL2D = declareLayer("a MaxPool2d", () => MaxPool2d, plane, MAX_POOL2D_OPTIONS, brief);
const AVG_POOL1D = declareLayer("an AvgPool1d", () => AvgPool1d, line, AVG_POOL1D_OPTIONS, brief);
const AVG_POOL2D = declareLayer("an AvgPool2d", () => AvgPool2d, plane, AVG_POOL2D_OPTIONS, brief);
const ADAPTIVE_AVG_POOL1D = declareLayer("an AdaptiveAvgPool1d", () => AdaptiveAvgPool1d, {
  size: OUTPUT[1],
});
const ADAPTIVE_AVG_POOL2D = declareLayer("an AdaptiveAvgPool2d", () => AdaptiveAvgPool2d, {
  size: OUTPUT[2],
});

/**
 * The element of largest modulus, of real numbers the greatest, of each window, from [N, C, L] of
 * either kind to [N, C, L′].
 * `functional.maxPool1d` gives the places, too.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, the input has other axes, or
 * the window is larger than the padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const pool = new nn.MaxPool1d(3, { stride: 2 });
 * assert(pool.apply(randnComplex([1, 3, 9])).shape.join() === "1,3,4");
 * ```
 */
export class MaxPool1d extends EitherLayer {
  readonly #kernel: number;
  readonly #options: MaxPool1dOptions;

  /** A pool with windows of size `kernel`, by default side by side. */
  constructor(kernel: number, options?: MaxPool1dOptions) {
    super();
    MAX_POOL1D.take(this, { kernel }, options);
    maxWindow(MAX_POOL1D.what, 1, kernel, options);
    this.#kernel = copyOf(kernel);
    this.#options = copyOf(options ?? {});
  }

  /** The largest element of each window. */
  apply<T extends Tensor>(z: T): T {
    return maxPool1d(z, this.#kernel, this.#options);
  }
}

/**
 * The element of largest modulus, of real numbers the greatest, of each window, from [N, C, H, W] of
 * either kind to [N, C, H′, W′].
 * `functional.maxPool2d` gives the places, too.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, the input has other axes, or
 * the window is larger than the padded input.
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
export class MaxPool2d extends EitherLayer {
  readonly #kernel: Size2d;
  readonly #options: MaxPool2dOptions;

  /** A pool with windows of size `kernel`, by default side by side. */
  constructor(kernel: Size2d, options?: MaxPool2dOptions) {
    super();
    MAX_POOL2D.take(this, { kernel }, options);
    maxWindow(MAX_POOL2D.what, 2, kernel, options);
    this.#kernel = copyOf(kernel);
    this.#options = copyOf(options ?? {});
  }

  /** The largest element of each window. */
  apply<T extends Tensor>(z: T): T {
    return maxPool2d(z, this.#kernel, this.#options);
  }
}

/**
 * The mean of each window, from [N, C, L] of either kind to [N, C, L′].
 *
 * @throws {ArgandError} if an option is unknown or does not fit, the input has other axes, or
 * the window is larger than the padded input.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const pool = new nn.AvgPool1d(3, { padding: 1, stride: 1 });
 * assert(pool.apply(randnComplex([1, 3, 8])).shape.join() === "1,3,8");
 * ```
 */
export class AvgPool1d extends EitherLayer {
  readonly #kernel: number;
  readonly #options: AvgPool1dOptions;

  /** A pool with windows of size `kernel`, by default side by side. */
  constructor(kernel: number, options?: AvgPool1dOptions) {
    super();
    AVG_POOL1D.take(this, { kernel }, options);
    avgWindow(AVG_POOL1D.what, 1, kernel, options);
    this.#kernel = copyOf(kernel);
    this.#options = copyOf(options ?? {});
  }

  /** The mean of each window. */
  apply<T extends Tensor>(z: T): T {
    return avgPool1d(z, this.#kernel, this.#options);
  }
}

/**
 * The mean of each window, from [N, C, H, W] of either kind to
 * [N, C, H′, W′].
 *
 * @throws {ArgandError} if an option is unknown or does not fit, the input has other axes, or
 * the window is larger than the padded input.
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
export class AvgPool2d extends EitherLayer {
  readonly #kernel: Size2d;
  readonly #options: AvgPool2dOptions;

  /** A pool with windows of size `kernel`, by default side by side. */
  constructor(kernel: Size2d, options?: AvgPool2dOptions) {
    super();
    AVG_POOL2D.take(this, { kernel }, options);
    avgWindow(AVG_POOL2D.what, 2, kernel, options);
    this.#kernel = copyOf(kernel);
    this.#options = copyOf(options ?? {});
  }

  /** The mean of each window. */
  apply<T extends Tensor>(z: T): T {
    return avgPool2d(z, this.#kernel, this.#options);
  }
}

/**
 * The means of as many windows as asked for, from [N, C, L] of either kind to [N, C, size]: window j
 * reaches from ⌊j·L/size⌋ up to ⌈(j + 1)·L/size⌉.
 *
 * @throws {ArgandError} if the size is not a positive integer, or the input has other axes.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const pool = new nn.AdaptiveAvgPool1d(4);
 * assert(pool.apply(randnComplex([1, 3, 10])).shape.join() === "1,3,4");
 * ```
 */
export class AdaptiveAvgPool1d extends EitherLayer {
  readonly #size: number;

  /** A pool with an output of that length. */
  constructor(size: number) {
    super();
    ADAPTIVE_AVG_POOL1D.take(this, { size });
    this.#size = size;
  }

  /** The mean of each window. */
  apply<T extends Tensor>(z: T): T {
    return adaptiveAvgPool1d(z, this.#size);
  }
}

/**
 * The means of as many windows as asked for, from [N, C, H, W] of either kind to [N, C, H′, W′]:
 * along an axis, window j of m over n elements reaches from ⌊j·n/m⌋ up to ⌈(j + 1)·n/m⌉.
 *
 * @throws {ArgandError} if the size is not a positive integer, or the input has other axes.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const pool = new nn.AdaptiveAvgPool2d([2, null]);
 * assert(pool.apply(randnComplex([1, 3, 7, 5])).shape.join() === "1,3,2,5");
 * ```
 */
export class AdaptiveAvgPool2d extends EitherLayer {
  readonly #size: AdaptiveSize;

  /** A pool with an output of that size: a number for both axes, or [height, width]; null keeps
   * the input's. */
  constructor(size: AdaptiveSize) {
    super();
    ADAPTIVE_AVG_POOL2D.take(this, { size });
    this.#size = copyOf(size);
  }

  /** The mean of each window. */
  apply<T extends Tensor>(z: T): T {
    return adaptiveAvgPool2d(z, this.#size);
  }
}
