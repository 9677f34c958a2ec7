/** The detector at the end of an optical network. */
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import {
  type Detector,
  detectorOptions,
  intensity,
  INTENSITY_OPTIONS,
  type IntensityOptions,
} from "../functional/intensity.ts";
import { declareLayer } from "../declare/declaration.ts";
import { Module } from "../module.ts";
import { joined } from "../pairs.ts";

const INTENSITY = declareLayer("an Intensity", () => Intensity, {}, INTENSITY_OPTIONS, {
  brief: true,
});

/**
 * The intensity |z|² that a square-law detector measures, from complex [N, …, H, W] to real [N, …,
 * H / bin, W / bin], with photon and read noise if asked for; see `nn.functional.intensity` for the
 * formula. Noise belongs to the measurement: it is there in training and in evaluation, new at every
 * call. Its output is real, so it is not a {@link Layer}.
 *
 * @throws {ArgandError} if an option is unknown or out of range, the input is not complex or its axes
 * are not multiples of bin.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const camera = new nn.Intensity({ bin: 4, photons: 1000, readNoise: 2 });
 * assertEquals(camera.apply(randnComplex([3, 32, 32])).shape, [3, 8, 8]);
 * ```
 */
export class Intensity extends Module {
  readonly #options: Detector;

  /** A detector without noise and of the field's own pixels, if the options are absent. */
  constructor(options?: IntensityOptions) {
    super();
    this.#options = detectorOptions(INTENSITY.what, options);
    INTENSITY.take(this, {}, options);
  }

  /** |z|², as measured. */
  apply(z: ComplexTensor): RealTensor {
    return intensity(z, this.#options);
  }

  /** xr² + xi², as measured. */
  forward(xr: RealTensor, xi: RealTensor): RealTensor {
    return this.apply(joined("apply Intensity", xr, xi));
  }
}
