/** Intensities as a detector measures them. */
import { cannot } from "../../gpu/contract/errors.ts";
import { poisson, randn } from "../../complex/create/random.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor, type RealTensor } from "../../complex/tensor/tensor.ts";
import { type Size2d, spread } from "../checks.ts";
import { declareOptions } from "../declare/declaration.ts";
import {
  either,
  listOfOne,
  nullable,
  number,
  optional,
  pairOf,
  positiveInteger,
  positiveNumber,
} from "../declare/field.ts";

/** Options of {@link intensity} and `Intensity`. */
export interface IntensityOptions {
  /**
   * Pixels of the field in a pixel of the detector, which sums over them: b for b×b pixels of the last
   * two axes, or [along height, along width]; [b] for the last axis alone. 1, if absent.
   */
  readonly bin?: Size2d | readonly [number];
  /**
   * Mean photons counted where |z|² sums to 1 in a pixel of the detector: exposure times quantum
   * efficiency. null, if absent: no noise.
   */
  readonly photons?: number | null;
  /** Standard deviation of the read noise in counts, for each pixel of the detector; 0, if absent. */
  readonly readNoise?: number;
}

/** Options of a detector with their defaults, checked. */
export type Detector = Required<IntensityOptions>;

export const INTENSITY_OPTIONS = declareOptions<IntensityOptions>({
  bin: optional(either(pairOf(positiveInteger), listOfOne(positiveInteger)), 1),
  photons: optional(nullable(positiveNumber), null),
  readNoise: optional(number(0), 0),
});

/** The options with their defaults, checked. */
export function detectorOptions(what: string, options?: IntensityOptions): Detector {
  const full = INTENSITY_OPTIONS.complete(what, options);
  const { photons, readNoise } = full;
  if (readNoise > 0 && photons === null) {
    throw cannot(what, `readNoise is ${readNoise} counts, which need photons for their unit`);
  }
  return full;
}

/** Sums over blocks of the last axes. */
function binned(what: string, x: RealTensor, bin: Detector["bin"]): RealTensor {
  const axes = typeof bin === "number" ? 2 : bin.length;
  const blocks = spread(bin, axes);
  if (blocks.every((b) => b === 1)) return x;
  const outer = x.shape.slice(0, -axes);
  const sizes = x.shape.slice(-axes);
  if (x.rank < axes || sizes.some((n, d) => n % blocks[d] !== 0)) {
    throw cannot(what, `the input ${show(x.shape)} is not made of pixels of ${blocks.join("×")}`);
  }
  const split = sizes.flatMap((n, d) => [n / blocks[d], blocks[d]]);
  const inner = sizes.map((_, d) => outer.length + 2 * d + 1);
  return x.reshape([...outer, ...split]).sum(inner);
}

/**
 * The intensity I = |z|² that a square-law detector measures, summed over bin×bin pixels. With
 * `photons` n it is counted: y = (Poisson(n·I) + readNoise·ε) / n with ε standard normal, so that the
 * mean of y is I and its variance I/n + (readNoise/n)². Its unit is that of |z|² summed over a pixel
 * of the detector. The noise comes from the seeded generator.
 *
 * The derivative with noise is that of I (Poisson counts pass gradients to their mean, see
 * `poisson`).
 *
 * @param z Complex, [N, …, H, W] or of any other shape.
 * @returns Real [N, …, H / bin, W / bin].
 * @throws {ArgandError} if the axes are not multiples of bin, a number is out of range, or there is
 * read noise without photons.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const field = complex([[1, 2], [0, 0]], [[0, 0], [3, 1]]);
 * assertEquals(await nn.functional.intensity(field, { bin: 2 }).toArray(), [[15]]);
 * ```
 */
export function intensity(z: ComplexTensor, options?: IntensityOptions): RealTensor {
  const what = "measure an intensity";
  const { bin, photons, readNoise } = detectorOptions(what, options);
  const mean = binned(what, checkComplex(what, z).absSquared(), bin);
  if (photons === null) return mean;
  const counts = poisson(mean.mul(photons));
  const read = readNoise > 0 ? counts.add(randn(mean.shape).mul(readNoise)) : counts;
  return read.div(photons);
}
