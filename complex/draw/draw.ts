/** Tensors as pictures: hue for the phase, brightness for the modulus. */
import { isComplex } from "../../gpu/contract/dtype.ts";
import type { Drawing } from "./drawing.ts";
import { compose, type DrawOptions, sketch } from "./mosaic.ts";
import { checkTensor, type Tensor } from "../tensor/tensor.ts";

/**
 * Draws a tensor, one pixel or small square an element, with a legend beside it.
 *
 * Complex numbers are coloured by {@link domainColour}: the OKLCH hue is the phase, the brightness
 * the modulus, and the legend is a wheel. Real numbers of one sign are grey, from black at 0 to white;
 * where some are negative, they are coloured as complex numbers. Non-finite numbers are transparent.
 *
 * A matrix [H, W] is one field, and a vector one row. [N, H, W] is N fields side by side, [N, C, H, W] N
 * rows of C fields.
 *
 * @param z A real or complex tensor of at most 4 axes.
 * @returns The drawing: `png()` gives the bytes of a file, `svg()` the text of one, and notebooks show it.
 * @throws {ArgandError} if there are more axes, the picture would have more than 2²⁴ pixels, or an
 * option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { complex, draw, linspace, meshgrid } from "@argand/argand";
 *
 * const [y, x] = meshgrid(linspace(2, -2, 128), linspace(-2, 2, 128));
 * const z = complex(x, y);
 * const drawing = await draw(z.square().sub(1).div(z.square().add(1)), {
 *   percentile: 95,
 *   title: "Two zeros, two poles",
 * });
 * await Deno.mkdir("out", { recursive: true });
 * await Deno.writeFile("out/zeros_and_poles.png", drawing.png());
 * await Deno.writeTextFile("out/zeros_and_poles.svg", drawing.svg());
 * ```
 */
export async function draw(z: Tensor, options?: DrawOptions): Promise<Drawing> {
  const what = "draw a tensor";
  const { shape, dtype } = checkTensor(what, z);
  const drawn = sketch(what, shape, isComplex(dtype), options);
  return compose(drawn, await z.data());
}
