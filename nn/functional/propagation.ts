/** The propagation of light through a homogeneous medium. */
import type { ComplexDType } from "../../gpu/contract/dtype.ts";
import { fft2, ifft2 } from "../../complex/fft/fft.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { declareOptions } from "../declare/declaration.ts";
import { flag, number, optional, word } from "../declare/field.ts";
import { lightFields, lightOf, type LightOptions, planeOf } from "./light.ts";
import { exactTransfer, fresnelTransfer, type Transfer } from "./transfer.ts";

/** Options of {@link propagate} and `Propagation`. */
export interface PropagationOptions extends LightOptions {
  /** How far, in metres; below 0 back to where the light came from. */
  readonly distance: number;
  /** `"angularSpectrum"` for exact scalar waves, `"fresnel"` for small angles; the former, if absent. */
  readonly method?: "angularSpectrum" | "fresnel";
  /**
   * Whether it is dark around the field, which is then computed on twice the height and width; without,
   * the field repeats itself beyond its edges, as gratings do. true, if absent.
   */
  readonly padding?: boolean;
  /**
   * Whether, with padding, the angular spectrum leaves out the waves that leave the grid, whose phases
   * are too fast for it (Matsushima and Shimobaba 2009); true, if absent.
   */
  readonly bandLimit?: boolean;
}

/** Metres whose square float64 holds. */
const FARTHEST = 1e100;

export const PROPAGATION_OPTIONS = declareOptions<PropagationOptions>({
  ...lightFields,
  distance: number(-FARTHEST, FARTHEST),
  method: optional(word("angularSpectrum", "fresnel"), "angularSpectrum"),
  padding: optional(flag, true),
  bandLimit: optional(flag, true),
});

/** The transfer of the way, for fields on [H, W] pixels. */
export function transferOf(
  what: string,
  plane: readonly [number, number],
  options: Required<PropagationOptions>,
  dtype: ComplexDType,
): Transfer {
  const { distance, padding, bandLimit, method } = options;
  const way = { ...lightOf(options), distance, padding, bandLimit, dtype };
  return method === "fresnel" ? fresnelTransfer(plane, way) : exactTransfer(what, plane, way);
}

/** The field times the factors in the domain of frequencies. */
export function filtered(z: ComplexTensor, { sizes, factors }: Transfer): ComplexTensor {
  const spectrum = fft2(z, { size: sizes });
  const field = ifft2(factors.reduce((s, factor) => s.mul(factor), spectrum));
  const outer = z.shape.slice(0, -2).map(() => null);
  const [h, w] = z.shape.slice(-2);
  return field.slice(...outer, [0, h], [0, w]);
}

/**
 * The field after `distance` in a homogeneous medium, for light that varies in time as e^{−iωt}. With
 * λ the wavelength in the medium, w = √(λ⁻² − fx² − fy²) and Z the Fourier transform of z:
 *
 * - `"angularSpectrum"`: Z·e^{2πiwd}, exact for scalar waves (Goodman, "Introduction to Fourier
 *   Optics", section 3.10). Evanescent waves, of imaginary w, decay over d > 0 and are left out for
 *   d < 0. With `bandLimit` so are waves that leave the padded grid (Matsushima and Shimobaba, Opt.
 *   Express 17, 19662, 2009). Over distances beyond size/tan θ, sin θ = λ/(2·pitch), over which the
 *   steepest waves cross the field, it is the convolution with Rayleigh and Sommerfeld's impulse
 *   response d/(2πr²)·(1/r − 2πi/λ)·e^{2πir/λ}, which is then what the grid can sample.
 * - `"fresnel"`: Z·e^{2πid/λ}·e^{−iπλd(fx² + fy²)}, for small angles (Goodman, section 4.2); beyond
 *   2·size·pitch/λ the convolution with e^{2πid/λ}·e^{iπ(x² + y²)/(λd)}/(iλd).
 *
 * Without padding there is no such distance, and the energy of propagating waves is conserved; with
 * padding some of it leaves the window. Phases are worked out in float64 on the host, at every call:
 * the layer `Propagation` keeps them.
 *
 * @param z Complex […, H, W].
 * @param options Lengths in metres.
 * @returns A field like z on the same pixels.
 * @throws {ArgandError} if there are fewer than two axes, a length is out of range, or light leaves a
 * long narrow field so far along one axis alone that exact waves would take more than 4 times the grid.
 *
 * @example
 * ```ts
 * import { complex, nn, ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * // A plane wave over a quarter of its wavelength: e^{iπ/2} = i.
 * const wave = complex(ones([8, 8]));
 * const options = { wavelength: 1e-6, pitch: 1e-6, distance: 0.25e-6, padding: false };
 * const { re, im } = await nn.functional.propagate(wave, options).slice([0, 1], [0, 1]).item();
 * assert(Math.abs(re) < 1e-6 && Math.abs(im - 1) < 1e-6);
 * ```
 */
export function propagate(z: ComplexTensor, options: PropagationOptions): ComplexTensor {
  const what = "propagate a field";
  const full = PROPAGATION_OPTIONS.complete(what, options);
  return filtered(z, transferOf(what, planeOf(what, z), full, z.dtype));
}
