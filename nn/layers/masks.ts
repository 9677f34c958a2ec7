/** Trainable thin elements: phase masks and masks of phase and amplitude. */
import { full, parameter, zeros } from "../../complex/create/create.ts";
import { rand } from "../../complex/create/random.ts";
import type { Shape } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import {
  COMPLEX_MASK_OPTIONS,
  complexMask,
  type ComplexMaskOptions,
  phaseMask,
} from "../functional/masks.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { list, optional, positiveInteger, word } from "../declare/field.ts";
import { Layer } from "../layer.ts";

/** Options of {@link PhaseMask}. */
export interface PhaseMaskOptions {
  /** The phases at first: all 0, or uniform in [0, 2π); `"zeros"`, if absent. */
  readonly init?: "zeros" | "uniform";
}

const ofPixels = { shape: list(positiveInteger) };
const PHASE_MASK = declareLayer(
  "a PhaseMask",
  () => PhaseMask,
  ofPixels,
  declareOptions<PhaseMaskOptions>({ init: optional(word("zeros", "uniform"), "zeros") }),
);
const COMPLEX_MASK = declareLayer(
  "a ComplexMask",
  () => ComplexMask,
  ofPixels,
  COMPLEX_MASK_OPTIONS,
);

/**
 * z·e^{iφ} with a learned real phase φ in radians for each pixel, such as a spatial light modulator or
 * a diffractive surface; for complex […, H, W], with the mask's [H, W] (or other axes). It keeps |z|.
 *
 * @throws {ArgandError} if the shape is none, or the input does not end in it.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const modulator = new nn.PhaseMask([32, 32], { init: "uniform" });
 * assertEquals(modulator.apply(randnComplex([5, 32, 32])).shape, [5, 32, 32]);
 * ```
 */
export class PhaseMask extends Layer {
  /** φ in radians, real. */
  readonly phase: RealTensor;

  /** A mask for fields that end in the axes `shape`. */
  constructor(shape: Shape, options?: PhaseMaskOptions) {
    super();
    const { init } = PHASE_MASK.take(this, { shape }, options);
    const initial = init === "zeros" ? zeros(shape) : rand(shape, 0, 2 * Math.PI);
    this.phase = parameter(initial, { name: "phase" });
  }

  /** z·e^{iφ}. */
  override apply(z: ComplexTensor): ComplexTensor {
    return phaseMask(z, this.phase);
  }
}

/**
 * z·t with a learned complex transmission t for each pixel, 1 at first; for complex […, H, W], with
 * the mask's [H, W] (or other axes). With `passive` |t| ≤ 1: t = w / max(1, |w|) of the parameter w.
 *
 * @throws {ArgandError} if the shape is none, or the input does not end in it.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const mask = new nn.ComplexMask([8, 8], { passive: true });
 * assertEquals(mask.apply(randnComplex([5, 8, 8])).shape, [5, 8, 8]);
 * ```
 */
export class ComplexMask extends Layer {
  /** t, or w with `passive`: complex, without unit. */
  readonly mask: ComplexTensor;
  readonly #options: Required<ComplexMaskOptions>;

  /** A mask for fields that end in the axes `shape`. */
  constructor(shape: Shape, options?: ComplexMaskOptions) {
    super();
    const { passive } = COMPLEX_MASK.take(this, { shape }, options);
    this.#options = { passive };
    this.mask = parameter(full(shape, { re: 1, im: 0 }), { name: "mask" });
  }

  /** z·t. */
  override apply(z: ComplexTensor): ComplexTensor {
    return complexMask(z, this.mask, this.#options);
  }
}
