/** Perceptually uniform colours: hue for phases, brightness for moduli, grey for real numbers. */
import { checkNumber } from "../lazy/shape.ts";

/** Red, green and blue in 0..255. */
export type Colour = [red: number, green: number, blue: number];

/** The OKLCH hue of phase 0: positive numbers are red, i is olive green, −1 cyan, −i violet. */
const HUE_OF_ONE = 25 / 180 * Math.PI;
/** Lightness and chroma of full brightness: the brightest at which all hues lie within sRGB. */
const LIGHTNESS = 0.76;
const CHROMA = 0.125;

/** The sRGB byte of a linear intensity in 0..1. */
function srgb(x: number): number {
  const v = Math.min(1, Math.max(0, x));
  return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
}

/** The sRGB bytes of an OKLab colour (B. Ottosson, "A perceptual color space", 2020). */
function fromOklab(lightness: number, a: number, b: number): Colour {
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
 * The brightness, in 0..1, of a modulus relative to full scale: linear, or logarithmic over `decades`
 * powers of ten.
 */
export function brightness(r: number, decades?: number): number {
  const b = decades === undefined ? r : r > 0 ? 1 + Math.log10(r) / decades : 0;
  return Math.min(1, Math.max(0, b));
}

/** The colour of a phase in radians, from black at brightness 0 to full colour at 1. */
export function phaseColour(phase: number, bright: number): Colour {
  const hue = phase + HUE_OF_ONE;
  const chroma = CHROMA * bright;
  return fromOklab(LIGHTNESS * bright, chroma * Math.cos(hue), chroma * Math.sin(hue));
}

/** Grey, from black at brightness 0 to white at 1. */
export function grey(bright: number): Colour {
  const byte = Math.round(255 * bright);
  return [byte, byte, byte];
}

/**
 * The colour of z = re + i im as red, green and blue in 0..255. Its OKLCH hue is arg z; lightness
 * and chroma grow with |z| / scale, from black at 0 to full colour at 1 and above. OKLCH is
 * perceptually uniform: equal steps of phase look equal, and no phase looks brighter than another.
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
  for (const [name, x] of [["re", re], ["im", im], ["scale", scale]] as const) {
    checkNumber("find a colour", name, x);
  }
  return phaseColour(Math.atan2(im, re), brightness(Math.hypot(re, im) / scale));
}
