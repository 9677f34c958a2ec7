/** Thin elements that multiply a field pixel by pixel. */
import { cannot } from "../../gpu/contract/errors.ts";
import { polar } from "../../complex/create/create.ts";
import { type Shape, show } from "../../complex/lazy/shape.ts";
import {
  checkComplex,
  checkReal,
  type ComplexTensor,
  type RealTensor,
} from "../../complex/tensor/tensor.ts";
import { declareOptions } from "../declare/declaration.ts";
import { flag, optional } from "../declare/field.ts";

/** Refuses fields whose last axes are not the pixels of the mask. */
function checkPixels(what: string, z: ComplexTensor, mask: Shape): void {
  const { shape } = checkComplex(what, z);
  if (mask.length > 0 && shape.slice(-mask.length).join() === mask.join()) return;
  throw cannot(what, `the field ${show(shape)} does not end in the pixels ${show(mask)}`);
}

/**
 * z·e^{iφ}: a thin element that delays the field, such as a spatial light modulator or a diffractive
 * surface (Goodman, "Introduction to Fourier Optics"). It keeps |z|.
 *
 * @param z Complex […, H, W]: a field that ends in the axes of the mask.
 * @param phase φ in radians, real [H, W] or of other axes.
 * @returns A field like z.
 * @throws {ArgandError} if the field does not end in the axes of the mask.
 *
 * @example
 * ```ts
 * import { complex, nn, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const y = nn.functional.phaseMask(complex([2]), tensor([Math.PI / 2]));
 * assertAlmostEquals((await y.item()).im, 2, 1e-6);
 * ```
 */
export function phaseMask(z: ComplexTensor, phase: RealTensor): ComplexTensor {
  const what = "apply a phase mask";
  checkPixels(what, z, checkReal(what, phase).shape);
  return z.mul(polar(1, phase));
}

/** Options of {@link complexMask} and `ComplexMask`. */
export interface ComplexMaskOptions {
  /** Whether the mask may not amplify: t = w / max(1, |w|), so that |t| ≤ 1; false, if absent. */
  readonly passive?: boolean;
}

export const COMPLEX_MASK_OPTIONS = declareOptions<ComplexMaskOptions>({
  passive: optional(flag, false),
});

/**
 * z·t: a thin element of complex transmission t, amplitude and phase (Goodman, "Introduction to
 * Fourier Optics"). With `passive` t is the mask w drawn back to the unit disc, w / max(1, |w|).
 *
 * @param z Complex […, H, W]: a field that ends in the axes of the mask.
 * @param mask Complex [H, W] or of other axes, without unit.
 * @returns A field like z.
 * @throws {ArgandError} if the field does not end in the axes of the mask.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const mask = complex([0, 0], [0.5, 2]);
 * const y = nn.functional.complexMask(complex([4, 4]), mask, { passive: true });
 * assertEquals(await y.imag.toArray(), [2, 4]);
 * ```
 */
export function complexMask(
  z: ComplexTensor,
  mask: ComplexTensor,
  options?: ComplexMaskOptions,
): ComplexTensor {
  const what = "apply a mask";
  const { passive } = COMPLEX_MASK_OPTIONS.complete(what, options);
  checkPixels(what, z, checkComplex(what, mask).shape);
  return z.mul(passive ? mask.div(mask.abs().maximum(1)) : mask);
}
