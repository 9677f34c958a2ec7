/** The characters of legends and titles, drawn as strokes; others are a dash. */
import type { Picture } from "./pictures.ts";

/** The grey of legends, readable on white and on black. */
export const LETTER_COLOUR = "#7d8590";
const LETTER_RGB = [0x7d, 0x85, 0x90];

/** Polylines on a grid 4 wide and 9 high, from the top: two digits a point, x and y. */
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
  "A": ["082048", "1535"],
  "B": ["0008", "003041433404", "3445473808"],
  "C": ["4130100107183847"],
  "D": ["0008", "002042462808"],
  "E": ["40000848", "0434"],
  "F": ["400008", "0434"],
  "G": ["41301001071838474424"],
  "H": ["0008", "4048", "0444"],
  "I": ["2028", "1030", "1838"],
  "J": ["4047381807"],
  "K": ["0008", "400448"],
  "L": ["000848"],
  "M": ["0800244048"],
  "N": ["08004840"],
  "O": ["103041473818070110"],
  "P": ["08003041433404"],
  "Q": ["103041473818070110", "2648"],
  "R": ["08003041433404", "2448"],
  "S": ["413010010314344547381807"],
  "T": ["0040", "2028"],
  "U": ["000718384740"],
  "V": ["002840"],
  "W": ["0018243840"],
  "X": ["0048", "4008"],
  "Y": ["002440", "2428"],
  "Z": ["00400848"],
  "a": ["13334448", "45150607183847"],
  "b": ["0008", "0413334447381807"],
  "c": ["4433130407183847"],
  "d": ["4048", "4433130407183847"],
  "e": ["05454433130407183847"],
  "f": ["40302128", "0333"],
  "g": ["43493919", "4433130406173746"],
  "h": ["0008", "0413334448"],
  "i": ["2428", "2121"],
  "j": ["33382919", "3131"],
  "k": ["0008", "430648"],
  "l": ["102028"],
  "m": ["0308", "04132428", "24334448"],
  "n": ["0308", "0413334448"],
  "o": ["133344473818070413"],
  "p": ["0309", "0413334446371706"],
  "q": ["4349", "4433130406173746"],
  "r": ["0308", "04133343"],
  "s": ["4313041536473808"],
  "t": ["20273848", "0343"],
  "u": ["0307183847", "4348"],
  "v": ["032843"],
  "w": ["0318253843"],
  "x": ["0348", "4308"],
  "y": ["0327", "4319"],
  "z": ["03430848"],
  "|": ["2029"],
  "-": ["0444"],
  "+": ["0444", "2226"],
  "=": ["0343", "0646"],
  "*": ["0444", "1236", "3216"],
  "/": ["4008"],
  "%": ["4008", "0101", "4747"],
  "(": ["30222739"],
  ")": ["10222719"],
  "[": ["30202939"],
  "]": ["10202919"],
  "<": ["420446"],
  ">": ["024406"],
  "_": ["0949"],
  "'": ["2022"],
  ":": ["2424", "2828"],
  ",": ["2819"],
  ";": ["2424", "2819"],
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
