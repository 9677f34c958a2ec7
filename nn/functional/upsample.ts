/** Upsampling of images and sequences. */
import { polar } from "../../complex/create/create.ts";
import {
  checkComplex,
  checkTensor,
  type ComplexTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";
import { checkResize, resize, type UpsampleOptions } from "./resize.ts";

/**
 * Upsampling (or downsampling) by the nearest element or by linear interpolation along each axis,
 * with the same real weights for both parts of complex numbers. With s = in / out (or 1 / scaleFactor, where that is
 * given) output j is
 *
 * - "nearest": input ⌊j·s⌋;
 * - "bilinear", "linear": interpolated at max((j + ½)·s − ½, 0), or at j·(in − 1)/(out − 1) with
 *   `alignCorners`; beyond the last element, that element.
 *
 * These are PyTorch's rules. There is no filter: strong downsampling passes over elements.
 *
 * @param x [N, C, H, W] or [N, C, L] of either kind.
 * @param options Either `size` or `scaleFactor`, and how.
 * @returns [N, C, H′, W′] or [N, C, L′] of the same kind, where a factor makes n to ⌊n·factor⌋.
 * @throws {ArgandError} if x has other axes or not those of the mode, not one of `size` and
 * `scaleFactor` is given, an option does not fit, or the output would be empty.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = complex([[[0, 4]]], [[[2, 0]]]);
 * const y = nn.functional.upsample(x, { scaleFactor: 2, mode: "linear" });
 * assertEquals(await y.real.toArray(), [[[0, 1, 3, 4]]]);
 * assertEquals(await y.imag.toArray(), [[[2, 1.5, 0.5, 0]]]);
 * ```
 */
export function upsample<T extends Tensor>(x: T, options: UpsampleOptions): T {
  const what = "upsample";
  return resize(what, checkTensor(what, x) as T, checkResize(what, options));
}

/**
 * Modulus and phase upsampled apart and put together: |y| and arg y are those of x by the rules of
 * {@link upsample}, the phase taken in (−π, π] (complexPyTorch's `complex_upsample2`). A phase that
 * jumps from π to −π is interpolated through 0.
 *
 * @param x Complex [N, C, H, W] or [N, C, L].
 * @param options Either `size` or `scaleFactor`, and how.
 * @returns Complex [N, C, H′, W′] or [N, C, L′].
 * @throws {ArgandError} as {@link upsample} does.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = complex([[[1, 0]]], [[[0, 1]]]); // 1 and i
 * const y = nn.functional.polarUpsample(x, { size: 3, mode: "linear", alignCorners: true });
 * assert(Math.abs((await y.abs().data())[1] - 1) < 1e-6); // half way it is still on the circle
 * ```
 */
export function polarUpsample(x: ComplexTensor, options: UpsampleOptions): ComplexTensor {
  const what = "upsample modulus and phase";
  checkComplex(what, x);
  const full = checkResize(what, options);
  return polar(resize(what, x.abs(), full), resize(what, x.angle(), full));
}
