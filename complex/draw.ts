/**
 * Pictures of complex fields: hue for the phase, brightness for the modulus.
 * @module
 */
import { encode } from "fast-png";
import { cannot } from "../gpu/errors.ts";

/** A picture of width × height pixels. */
export interface Picture {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Pixels in rows from the top, 4 bytes each: red, green, blue, opacity. */
  readonly rgba: Uint8ClampedArray;
}

/** The OKLCH hue of phase 0: positive numbers are red, i is olive green, −1 cyan, −i violet. */
const HUE_OF_ONE = 25 / 180 * Math.PI;
/** Lightness and chroma of modulus `scale`: the brightest at which all hues lie within sRGB. */
const LIGHTNESS = 0.76;
const CHROMA = 0.125;

/** The sRGB byte of a linear intensity in 0..1. */
function srgb(x: number): number {
  const v = Math.min(1, Math.max(0, x));
  return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
}

/** The sRGB bytes of an OKLab colour (B. Ottosson, "A perceptual color space", 2020). */
function fromOklab(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    srgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    srgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    srgb(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/**
 * The colour of z = re + i im as red, green and blue in 0..255. Its OKLCH hue is arg z; lightness
 * and chroma grow with |z| / scale, from black at 0 to full colour at 1 and above. OKLCH is even to
 * the eye: equal steps of phase look equal, and no phase looks brighter than another.
 *
 * @example
 * ```ts
 * import { domainColour } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(domainColour(0, 0), [0, 0, 0]);
 * ```
 */
export function domainColour(re: number, im: number, scale = 1): [number, number, number] {
  const r = Math.min(1, Math.hypot(re, im) / scale);
  const hue = Math.atan2(im, re) + HUE_OF_ONE;
  return fromOklab(LIGHTNESS * r, CHROMA * r * Math.cos(hue), CHROMA * r * Math.sin(hue));
}

function checkSize(length: number, numbers: number, height: number, width: number): void {
  if (!(height > 0 && width > 0 && length === numbers * height * width)) {
    const kind = numbers === 2 ? "complex" : "real";
    throw cannot(`draw a ${kind} ${height}×${width} field`, `it was given ${length} numbers`);
  }
}

/**
 * Draws a height × width field of interleaved complex numbers, one pixel each, by
 * {@link domainColour}. Numbers that are not finite stay transparent.
 *
 * @param options.scale The modulus of full brightness; by itself the largest there is.
 * @throws {ArgandError} if the data do not fill height × width.
 *
 * @example
 * ```ts
 * import { complex, drawComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const field = complex([[1, 0]], [[0, 1]]);
 * const { rgba } = drawComplex(await field.data(), 1, 2);
 * assertEquals(rgba.length, 8);
 * ```
 */
export function drawComplex(
  data: ArrayLike<number>,
  height: number,
  width: number,
  options: { readonly scale?: number } = {},
): Picture {
  checkSize(data.length, 2, height, width);
  const n = height * width;
  let scale = options.scale ?? 0;
  if (options.scale === undefined) {
    for (let k = 0; k < n; k++) {
      const r = Math.hypot(data[2 * k], data[2 * k + 1]);
      if (r < Infinity) scale = Math.max(scale, r);
    }
  }
  const rgba = new Uint8ClampedArray(4 * n);
  for (let k = 0; k < n; k++) {
    const re = data[2 * k];
    const im = data[2 * k + 1];
    if (!Number.isFinite(re) || !Number.isFinite(im)) continue;
    rgba.set(domainColour(re, im, scale || 1), 4 * k);
    rgba[4 * k + 3] = 255;
  }
  return { width, height, rgba };
}

/**
 * Draws a height × width field of real numbers in grey, black at `low` and white at `high`, which
 * are by themselves 0 and 1. Numbers that are not finite stay transparent.
 *
 * @throws {ArgandError} if the data do not fill height × width.
 *
 * @example
 * ```ts
 * import { drawReal } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...drawReal([1, NaN], 1, 2).rgba], [255, 255, 255, 255, 0, 0, 0, 0]);
 * ```
 */
export function drawReal(
  data: ArrayLike<number>,
  height: number,
  width: number,
  options: { readonly low?: number; readonly high?: number } = {},
): Picture {
  checkSize(data.length, 1, height, width);
  const { low = 0, high = 1 } = options;
  const rgba = new Uint8ClampedArray(4 * height * width);
  for (let k = 0; k < height * width; k++) {
    if (!Number.isFinite(data[k])) continue;
    rgba.fill(Math.round(255 * (data[k] - low) / (high - low)), 4 * k, 4 * k + 3);
    rgba[4 * k + 3] = 255;
  }
  return { width, height, rgba };
}

/**
 * The legend of {@link drawComplex}: the disc |z| ≤ 1, with a smooth rim on a transparent ground.
 *
 * @example
 * ```ts
 * import { drawColourWheel } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(drawColourWheel(64).rgba[3], 0); // the corner is outside the disc
 * ```
 */
export function drawColourWheel(size: number): Picture {
  const rgba = new Uint8ClampedArray(4 * size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const re = (2 * column + 1) / size - 1;
      const im = 1 - (2 * row + 1) / size;
      const k = 4 * (row * size + column);
      rgba.set(domainColour(re, im), k);
      rgba[k + 3] = Math.round(255 * Math.min(1, Math.max(0, (1 - Math.hypot(re, im)) * size / 2)));
    }
  }
  return { width: size, height: size, rgba };
}

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
  let binary = "";
  for (const byte of encodePng(picture)) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}
