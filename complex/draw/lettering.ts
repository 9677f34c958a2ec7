/** The few characters of legends, drawn as strokes. */
import type { Picture } from "./pictures.ts";

/** The grey of legends, readable on white and on black. */
export const LETTER_COLOUR = "#7d8590";
const LETTER_RGB = [0x7d, 0x85, 0x90];

/** Polylines on a grid 4 wide and 8 high, from the top: two digits a point, x and y. */
const STROKES: Readonly<Record<string, readonly string[]>> = {
  "0": ["103041473818070110"],
  "1": ["022028"],
  "2": ["01103041430848"],
  "3": ["01103041433414344547381807"],
  "4": ["38300646"],
  "5": ["40000313334447381807"],
  "6": ["413010010718384745341405"],
  "7": ["004018"],
  "8": ["103041433414030110", "1405071838474534"],
  "9": ["071838474130100103143443"],
  "e": ["05454433130407183847"],
  "i": ["2428", "2121"],
  "z": ["03430848"],
  "|": ["2029"],
  "-": ["0444"],
  "+": ["0444", "2226"],
  "=": ["0343", "0646"],
  ".": ["1818"],
  " ": [],
};

/** A stroke from (x0, y0) to (x1, y1), in grid units. */
type Stroke = readonly [x0: number, y0: number, x1: number, y1: number];

function strokesOf(character: string): Stroke[] {
  return (STROKES[character] ?? STROKES["-"]).flatMap((line) => {
    const digits = [...line].map(Number);
    const points = digits.length / 2;
    return Array.from({ length: points - 1 }, (_, k): Stroke => [
      digits[2 * k],
      digits[2 * k + 1],
      digits[2 * k + 2],
      digits[2 * k + 3],
    ]);
  });
}

/** How far (x, y) is from a stroke. */
function distance(x: number, y: number, [x0, y0, x1, y1]: Stroke): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

/** The height of a text and the distance between its characters, in pixels. */
export const LETTER_HEIGHT = 13;
const UNIT = 1.15;
const ADVANCE = 7;
const STROKE = 1.3;

/** The width of a text in pixels. */
export const letteringWidth = (text: string): number => ADVANCE * text.length + 1;

/** A text on a transparent background. */
export function drawLettering(text: string): Picture {
  const width = letteringWidth(text);
  const rgba = new Uint8ClampedArray(4 * width * LETTER_HEIGHT);
  [...text].forEach((character, position) => {
    const strokes = strokesOf(character);
    for (let row = 0; row < LETTER_HEIGHT; row++) {
      for (let column = 0; column <= ADVANCE; column++) {
        const [x, y] = [(column - 0.7) / UNIT, (row - 1.4) / UNIT];
        const off = UNIT * Math.min(...strokes.map((stroke) => distance(x, y, stroke)));
        const cover = Math.min(1, Math.max(0, STROKE / 2 + 0.5 - off));
        const k = 4 * (row * width + ADVANCE * position + column);
        rgba.set(LETTER_RGB, k);
        rgba[k + 3] = Math.max(rgba[k + 3], Math.round(255 * cover));
      }
    }
  });
  return { width, height: LETTER_HEIGHT, rgba };
}
