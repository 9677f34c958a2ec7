/** A thin lens as a layer. */
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { LENS_OPTIONS, lensMask, type LensOptions } from "../functional/lens.ts";
import { checkLength, PerShape, planeOf } from "../functional/light.ts";
import { declareLayer } from "../declare/declaration.ts";
import { Layer } from "../layer.ts";

const LENS = declareLayer("a Lens", () => Lens, {}, LENS_OPTIONS);

/**
 * A thin lens, z·e^{−iπr²/(λf)} on complex […, H, W] (Goodman, "Introduction to Fourier Optics",
 * chapter 5); see `nn.functional.lens`. Lengths are in metres, r from the pixel [⌊H/2⌋, ⌊W/2⌋]. A
 * focal length behind it a beam of waist w has a focus of waist λf/(πw), a round aperture D an Airy
 * disc with its first dark ring at 1.22 λf/D. It has no parameters and keeps its phases for each
 * shape.
 *
 * @throws {ArgandError} if a length is out of range, the input has fewer than two axes, or its pixels
 * within the aperture are too coarse for the phase.
 *
 * @example
 * ```ts
 * import { complex, nn, ones } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const lens = new nn.Lens({
 *   focalLength: 0.05,
 *   wavelength: 633e-9,
 *   pitch: 10e-6,
 *   aperture: 400e-6,
 * });
 * assertEquals(lens.apply(complex(ones([2, 64, 64]))).shape, [2, 64, 64]);
 * ```
 */
export class Lens extends Layer {
  readonly #options: Required<LensOptions>;
  readonly #masks = new PerShape<ComplexTensor>();

  /** A lens; lengths in metres. */
  constructor(options: LensOptions) {
    super();
    this.#options = LENS.take(this, {}, options);
    checkLength(LENS.what, "focalLength", options.focalLength);
  }

  /** The field behind the lens. */
  override apply(z: ComplexTensor): ComplexTensor {
    const what = "apply Lens";
    const plane = planeOf(what, z);
    return z.mul(
      this.#masks.get(plane, z.dtype, () => lensMask(what, plane, this.#options, z.dtype)),
    );
  }
}
