/** Texts in NumPy's files, of its kinds U (letters of four bytes) and S (of one). */
import { count } from "./array.ts";
import { type NpyOutline, type Refuse, reordered, swap } from "./npy.ts";

/** An array of texts in a file. */
export interface NpyText {
  /** Its sizes, empty for a single text. */
  readonly shape: readonly number[];
  /** The texts in row-major order. */
  readonly data: readonly string[];
}

/** Letters of a piece of a text; a call takes no more arguments than this. */
const PIECE = 4096;

/** Bytes of a letter and letters of a text, by the name of the elements; null for others. */
function widths(descr: string): { letter: 1 | 4; letters: number } | null {
  const found = /^[<>|]([US])([1-9]\d{0,9})$/.exec(descr);
  return found && { letter: found[1] === "U" ? 4 : 1, letters: Number(found[2]) };
}

/** Whether the elements are texts. */
export const isText = (descr: string): boolean => widths(descr) !== null;

/** The text of letters up to the zeros that fill it. */
function textOf(letters: Uint32Array | Uint8Array, refuse: Refuse): string {
  let end = letters.length;
  while (end > 0 && letters[end - 1] === 0) end--;
  let text = "";
  for (let at = 0; at < end; at += PIECE) {
    const piece = letters.subarray(at, Math.min(at + PIECE, end));
    const wrong = piece.find((x) => x > 0x10ffff);
    if (wrong !== undefined) throw refuse(`it has a letter of number ${wrong}`);
    text += String.fromCodePoint(...piece);
  }
  return text;
}

/** The texts of a file with this header, whose elements have these bytes. */
export function npyText(
  elements: Uint8Array<ArrayBuffer>,
  { descr, fortranOrder, shape }: NpyOutline,
  refuse: Refuse,
): NpyText {
  const { letter, letters } = widths(descr)!;
  const [total, each] = [count(shape), letters * letter];
  if (total * each !== elements.length) {
    throw refuse(
      `${descr} of shape [${shape.join(", ")}] takes ${total * each} bytes, not ${elements.length}`,
    );
  }
  if (descr.startsWith(">") && letter > 1) swap(elements, letter);
  const { buffer } = fortranOrder ? reordered(elements, shape, each, false) : elements;
  const all = letter === 4 ? new Uint32Array(buffer) : new Uint8Array(buffer);
  const data = Array.from(
    { length: total },
    (_, k) => textOf(all.subarray(k * letters, (k + 1) * letters), refuse),
  );
  return { shape, data };
}
