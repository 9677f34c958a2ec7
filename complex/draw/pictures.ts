/** Fields of numbers on the host as pictures, with one pixel a number. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { withDefaults } from "../ops/options.ts";
import { checkInteger } from "../lazy/shape.ts";
import { brightness, type Colour, domainColour, grey, phaseColour } from "./colour.ts";

/** A picture of width × height pixels. */
export interface Picture {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Pixels in rows from the top, 4 bytes each: red, green, blue, opacity. */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** The largest wheel has 2²⁴ pixels. */
const MOST_DIAMETER = 4096;

/** Refuses what is not the numbers of a height × width field, each of so many entries. */
function checkSize(
  data: ArrayLike<number>,
  numbers: number,
  height: number,
  width: number,
): void {
  const kind = numbers === 2 ? "complex" : "real";
  const isList = Array.isArray(data) || (ArrayBuffer.isView(data) && "length" in data);
  if (!isList || typeof data[0] === "bigint") {
    throw cannot(`draw a ${kind} field`, `it takes an array of numbers, got ${describe(data)}`);
  }
  const odd = Array.isArray(data) ? data.findIndex((x) => typeof x !== "number") : -1;
  if (odd >= 0) throw cannot(`draw a ${kind} field`, `entry ${odd} is ${describe(data[odd])}`);
  const whole = Number.isInteger(height) && Number.isInteger(width);
  if (whole && height > 0 && width > 0 && data.length === numbers * height * width) return;
  const size = `${describe(height)}×${describe(width)}`;
  throw cannot(`draw a ${kind} ${size} field`, `it was given ${data.length} numbers`);
}

/** The largest finite modulus of complex numbers (two entries each) or real ones; 0 if there is none. */
export function largestModulus(data: ArrayLike<number>, entries: 1 | 2): number {
  let largest = 0;
  for (let k = 0; k < data.length; k += entries) {
    const r = entries === 2 ? Math.hypot(data[k], data[k + 1]) : Math.abs(data[k]);
    if (r < Infinity) largest = Math.max(largest, r);
  }
  return largest;
}

/** The modulus that `percent` of the finite numbers do not exceed; 0 if there are none. */
export function modulusAt(data: ArrayLike<number>, entries: 1 | 2, percent: number): number {
  const moduli = new Float64Array(data.length / entries);
  let n = 0;
  for (let k = 0; k < data.length; k += entries) {
    const r = entries === 2 ? Math.hypot(data[k], data[k + 1]) : Math.abs(data[k]);
    if (r < Infinity) moduli[n++] = r;
  }
  const sorted = moduli.subarray(0, n).sort();
  return n === 0 ? 0 : sorted[Math.ceil(percent / 100 * n) - 1];
}

/** Colours for all pixels in order; null leaves one transparent. */
export function paint(
  width: number,
  height: number,
  colour: (k: number) => Colour | null,
): Picture {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let k = 0; k < width * height; k++) {
    const found = colour(k);
    if (!found) continue;
    rgba.set(found, 4 * k);
    rgba[4 * k + 3] = 255;
  }
  return { width, height, rgba };
}

/** Options of {@link drawComplex}. */
export interface DrawComplexOptions {
  /** The modulus of full brightness; the largest in the data, if absent. */
  readonly scale?: number;
  /** Brightness by log |z|, black this many powers of ten below `scale`; by |z|, if absent. */
  readonly decades?: number;
}

/**
 * Draws a height × width field of interleaved complex numbers, one pixel each, by
 * {@link domainColour}. Non-finite numbers are transparent.
 *
 * @throws {ArgandError} if the data do not fill height × width, or an option is unknown or out of range.
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
  options: DrawComplexOptions = {},
): Picture {
  const what = "draw a complex field";
  const given = withDefaults<DrawComplexOptions>(what, options, {
    scale: undefined,
    decades: undefined,
  });
  checkSize(data, 2, height, width);
  const { scale = largestModulus(data, 2), decades } = given;
  if (!(Number.isFinite(scale) && scale >= 0)) {
    throw cannot(what, `scale must be a number of at least 0, got ${describe(scale)}`);
  }
  if (decades !== undefined && !(Number.isFinite(decades) && decades > 0)) {
    throw cannot(what, `decades must be a number above 0, got ${describe(decades)}`);
  }
  return paint(width, height, (k) => {
    const [re, im] = [data[2 * k], data[2 * k + 1]];
    if (!Number.isFinite(re) || !Number.isFinite(im)) return null;
    return phaseColour(Math.atan2(im, re), brightness(Math.hypot(re, im) / (scale || 1), decades));
  });
}

/** Options of {@link drawReal}. */
export interface DrawRealOptions {
  /** The number that is black; 0, if absent. */
  readonly low?: number;
  /** The number that is white; 1, if absent. */
  readonly high?: number;
}

/**
 * Draws a height × width field of real numbers in grey, black at `low` and white at `high`. Non-finite
 * numbers are transparent.
 *
 * @throws {ArgandError} if the data do not fill height × width, or `high` is not above `low`.
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
  options: DrawRealOptions = {},
): Picture {
  const what = "draw a real field";
  const { low, high } = withDefaults<Required<DrawRealOptions>>(what, options, { low: 0, high: 1 });
  checkSize(data, 1, height, width);
  for (const [name, x] of Object.entries({ low, high })) {
    if (!Number.isFinite(x)) throw cannot(what, `${name} must be a number, got ${describe(x)}`);
  }
  if (!(high > low)) throw cannot(what, `high must be above low, got ${low} and ${high}`);
  return paint(
    width,
    height,
    (k) => Number.isFinite(data[k]) ? grey((data[k] - low) / (high - low)) : null,
  );
}

/**
 * The legend of {@link drawComplex}: the disc |z| ≤ 1, with a smooth rim on a transparent background;
 * 1 is on the right and i at the top.
 *
 * @param size Its diameter in pixels.
 * @throws {ArgandError} if the diameter is not an integer from 1 to 4096.
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
  const what = "draw a colour wheel";
  checkInteger(what, "the diameter", size, 1);
  if (size > MOST_DIAMETER) throw cannot(what, `the diameter ${size} is above ${MOST_DIAMETER}`);
  const at = (k: number): [number, number] => [
    (2 * (k % size) + 1) / size - 1,
    1 - (2 * Math.floor(k / size) + 1) / size,
  ];
  const wheel = paint(size, size, (k) => domainColour(...at(k)));
  for (let k = 0; k < size * size; k++) {
    const fromRim = (1 - Math.hypot(...at(k))) * size / 2;
    wheel.rgba[4 * k + 3] = Math.round(255 * Math.min(1, Math.max(0, fromRim)));
  }
  return wheel;
}
