/** Pictures as PNG files. */
import { encode } from "fast-png";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { checkInteger } from "../lazy/shape.ts";
import type { Picture } from "./pictures.ts";

/** Refuses what is not a picture. */
function checkPicture(what: string, picture: Picture): void {
  if (typeof picture !== "object" || picture === null) {
    throw cannot(what, `it takes a picture { width, height, rgba }, got ${describe(picture)}`);
  }
  const { width, height, rgba } = picture;
  checkInteger(what, "the width", width, 1);
  checkInteger(what, "the height", height, 1);
  const isBytes = rgba instanceof Uint8ClampedArray || rgba as unknown instanceof Uint8Array;
  if (!isBytes) throw cannot(what, `rgba must be a Uint8ClampedArray, got ${describe(rgba)}`);
  if (rgba.length === 4 * width * height) return;
  throw cannot(
    what,
    `${width}×${height} pixels take ${4 * width * height} bytes, not ${rgba.length}`,
  );
}

/**
 * The bytes of a picture as a PNG file.
 *
 * @throws {ArgandError} if it is not a picture.
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
  checkPicture("make a PNG file", picture);
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
