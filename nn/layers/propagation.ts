/** The way through a homogeneous medium as a layer. */
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { PerShape, planeOf } from "../functional/light.ts";
import {
  filtered,
  PROPAGATION_OPTIONS,
  type PropagationOptions,
  transferOf,
} from "../functional/propagation.ts";
import type { Transfer } from "../functional/transfer.ts";
import { declareLayer } from "../declare/declaration.ts";
import { Layer } from "../layer.ts";

const PROPAGATION = declareLayer("a Propagation", () => Propagation, {}, PROPAGATION_OPTIONS);

/**
 * Light on its way over `distance` through a homogeneous medium, from complex […, H, W] to the same
 * pixels further on, by the angular spectrum (band-limited: Matsushima and Shimobaba, Opt. Express 17,
 * 19662, 2009) or by Fresnel's approximation (Goodman, "Introduction to Fourier Optics"); see
 * `nn.functional.propagate` for the formulas. Lengths are in metres. It has no parameters and keeps
 * its transfer function for each shape.
 *
 * @throws {ArgandError} if a length is out of range, the input has fewer than two axes, or light
 * leaves a long narrow field along one axis alone.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = { wavelength: 633e-9, pitch: 8e-6 };
 * const hologram = new nn.Sequential(
 *   new nn.PhaseMask([64, 64]),
 *   new nn.Propagation({ ...pixels, distance: 0.02 }),
 * );
 * assertEquals(hologram.apply(randnComplex([2, 64, 64])).shape, [2, 64, 64]);
 * ```
 */
export class Propagation extends Layer {
  readonly #options: Required<PropagationOptions>;
  readonly #transfers = new PerShape<Transfer>();

  /** The way over a distance; lengths in metres. */
  constructor(options: PropagationOptions) {
    super();
    this.#options = PROPAGATION.take(this, {}, options);
  }

  /** The field at the other end. */
  override apply(z: ComplexTensor): ComplexTensor {
    const what = "apply Propagation";
    const plane = planeOf(what, z);
    const transfer = this.#transfers.get(
      plane,
      z.dtype,
      () => transferOf(what, plane, this.#options, z.dtype),
    );
    return filtered(z, transfer);
  }
}
