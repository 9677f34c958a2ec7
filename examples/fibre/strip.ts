/** Rows of small pictures in one, for a page that shows a single image. */
import type { Picture } from "@argand/argand";

/** How many pixels wide and high a pixel becomes. */
const ENLARGED = 3;
/** Pixels between two pictures. */
const GAP = 6;

/** Pictures in rows and columns, each enlarged and in the middle of its place, on a clear ground. */
export function stripOf(rows: readonly (readonly Picture[])[]): Picture {
  const place = ENLARGED * Math.max(...rows.flat().flatMap(({ width, height }) => [width, height]));
  const columns = Math.max(...rows.map((row) => row.length));
  const [width, height] = [columns, rows.length].map((count) => count * (place + GAP) - GAP);
  const strip = { width, height, rgba: new Uint8ClampedArray(4 * width * height) };
  rows.forEach((row, y) => {
    row.forEach((picture, x) => paste(picture, strip, x * (place + GAP), y * (place + GAP), place));
  });
  return strip;
}

/** Puts a picture into the middle of a square of another. */
function paste(
  { width, height, rgba }: Picture,
  on: Picture,
  left: number,
  top: number,
  side: number,
): void {
  const x0 = left + Math.floor((side - ENLARGED * width) / 2);
  const y0 = top + Math.floor((side - ENLARGED * height) / 2);
  for (let y = 0; y < ENLARGED * height; y++) {
    for (let x = 0; x < ENLARGED * width; x++) {
      const from = 4 * (Math.floor(y / ENLARGED) * width + Math.floor(x / ENLARGED));
      on.rgba.set(rgba.subarray(from, from + 4), 4 * ((y0 + y) * on.width + x0 + x));
    }
  }
}
