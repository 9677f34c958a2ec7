/** Pictures as PNG files. */
import { encode } from "fast-png";
import type { Picture } from "./pictures.ts";

/**
 * The bytes of a picture as a PNG file.
 *
 * @example
 * ```ts
 * import { drawColourWheel, encodePng } from "@argand/argand";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await Deno.writeFile("out/wheel.png", encodePng(drawColourWheel(64)));
 * ```
 */
export function encodePng(picture: Picture): Uint8Array {
  const { width, height, rgba } = picture;
  return encode({ width, height, data: rgba, channels: 4, depth: 8 });
}

/** The bytes of {@link encodePng} in base64. */
export function base64Png(picture: Picture): string {
  let binary = "";
  for (const byte of encodePng(picture)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * A picture as a `data:` address, for the `src` of an image in a self-contained page.
 *
 * @example
 * ```ts
 * import { drawReal, pngDataUrl } from "@argand/argand";
 * import { assertStringIncludes } from "@std/assert";
 *
 * assertStringIncludes(pngDataUrl(drawReal([0, 1], 1, 2)), "data:image/png;base64,");
 * ```
 */
export function pngDataUrl(picture: Picture): string {
  return `data:image/png;base64,${base64Png(picture)}`;
}
