/** A thin lens. */
import type { ComplexDType } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { complexTensor } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { declareOptions } from "../declare/declaration.ts";
import { nullable, number, optional, positiveNumber, word } from "../declare/field.ts";
import {
  centred,
  checkLength,
  lightFields,
  lightOf,
  type LightOptions,
  planeOf,
  setPhasor,
} from "./light.ts";

/** Options of {@link lens} and `Lens`. */
export interface LensOptions extends LightOptions {
  /** The focal length in metres; below 0 the lens diverges. */
  readonly focalLength: number;
  /** The diameter in metres of a round aperture, dark outside; null, if absent: none. */
  readonly aperture?: number | null;
  /**
   * `"paraxial"` for the phase −πr²/(λf), `"exact"` for −(2π/λ)(√(r² + f²) − |f|) by the sign of f,
   * which makes a plane wave a sphere about the focus; `"paraxial"`, if absent.
   */
  readonly form?: "paraxial" | "exact";
}

export const LENS_OPTIONS = declareOptions<LensOptions>({
  ...lightFields,
  focalLength: number(),
  aperture: optional(nullable(positiveNumber), null),
  form: optional(word("paraxial", "exact"), "paraxial"),
});

/** The transmission of a lens on [H, W] pixels. */
export function lensMask(
  what: string,
  plane: readonly [number, number],
  options: Required<LensOptions>,
  dtype: ComplexDType,
): ComplexTensor {
  const { focalLength: f, aperture, form } = options;
  const { wavelength, pitch } = lightOf(options);
  const rim = aperture === null ? Infinity : aperture / 2;
  const [ys, xs] = plane.map((n, d) => centred(n).map((k) => k * pitch[d]));
  [ys, xs].forEach((axis, d) => {
    const reach = Math.min(rim, Math.abs(axis[0]));
    const focus = form === "exact" ? Math.hypot(f, reach) : Math.abs(f);
    const turns = pitch[d] * reach / (wavelength * focus);
    if (turns <= 0.5 + 1e-9) return;
    throw cannot(
      what,
      `${reach} m from its middle the phase of a lens of focal length ${f} m moves by ` +
        `${turns.toPrecision(3)} turns from pixel to pixel, and more than 0.5 can't be told from ` +
        "less: take a smaller pitch or aperture, or a longer focal length",
    );
  });
  const values = new Float64Array(2 * ys.length * xs.length);
  ys.forEach((y, i) =>
    xs.forEach((x, j) => {
      const r2 = x * x + y * y;
      if (r2 > rim * rim) return;
      // √(r² + f²) − |f| without the difference of two large numbers.
      const path = form === "exact"
        ? Math.sign(f) * r2 / (Math.sqrt(r2 + f * f) + Math.abs(f))
        : r2 / (2 * f);
      setPhasor(values, i * xs.length + j, -path / wavelength);
    })
  );
  return complexTensor(values, plane, { dtype });
}

/**
 * A thin lens: z·e^{−iπr²/(λf)} (Goodman, "Introduction to Fourier Optics", chapter 5), with r from
 * the pixel [⌊H/2⌋, ⌊W/2⌋] and λ the wavelength in the medium. Fields vary in time as e^{−iωt}, as
 * those of `propagate`. Within its aperture it keeps |z|.
 *
 * @param z Complex […, H, W].
 * @param options Lengths in metres.
 * @returns A field like z.
 * @throws {ArgandError} if there are fewer than two axes, a length is out of range, or pixels within
 * the aperture are too coarse for the phase (more than half a turn from one to the next).
 *
 * @example
 * ```ts
 * import { complex, nn, ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const plane = complex(ones([64, 64]));
 * const y = nn.functional.lens(plane, { focalLength: 0.05, wavelength: 633e-9, pitch: 10e-6 });
 * const { re, im } = await y.slice([32, 33], [42, 43]).item(); // 100 µm beside the axis
 * const expected = -Math.PI * 100e-6 ** 2 / (633e-9 * 0.05);
 * assert(Math.abs(Math.atan2(im, re) - expected) < 1e-5);
 * ```
 */
export function lens(z: ComplexTensor, options: LensOptions): ComplexTensor {
  const what = "apply a lens";
  const full = LENS_OPTIONS.complete(what, options);
  checkLength(what, "focalLength", full.focalLength);
  const mask = lensMask(what, planeOf(what, z), full, z.dtype);
  return z.mul(mask);
}
