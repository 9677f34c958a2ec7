/** Legends, which say what number a colour stands for. */
import { type Colour, grey, phaseColour } from "./colour.ts";
import type { Label, Layout } from "./drawing.ts";
import { LETTER_HEIGHT, letteringWidth } from "./lettering.ts";
import { drawColourWheel, paint } from "./pictures.ts";

/** In pixels: the diameter of the wheel, the scale of real numbers, and the gap between parts. */
const WHEEL = 72;
const RAMP = { width: 14, height: 96 };
const ROOM = 4;

/** A number in three digits. */
const short = (x: number): string => String(Number(x.toPrecision(3)));

/** Centres a text at `x`. */
function centred(text: string, x: number, top: number): Label {
  return { text, left: Math.round(x - letteringWidth(text) / 2), top };
}

/** The wheel of complex numbers up to a modulus of `scale`, from black `decades` below it or at 0. */
export function wheelLegend(scale: number, decades?: number): Layout {
  const sides = letteringWidth("-1") + ROOM;
  const moduli = decades === undefined
    ? `|z| = ${short(scale)}`
    : `|z| = ${short(scale / 10 ** decades)} .. ${short(scale)}`;
  const width = Math.max(WHEEL + 2 * sides, letteringWidth(moduli));
  const [left, top] = [Math.round((width - WHEEL) / 2), LETTER_HEIGHT + ROOM];
  const below = top + WHEEL + ROOM;
  const beside = top + (WHEEL - LETTER_HEIGHT) / 2;
  return {
    width,
    height: below + 2 * LETTER_HEIGHT + ROOM,
    panels: [{ picture: drawColourWheel(WHEEL), left, top, width: WHEEL, height: WHEEL }],
    labels: [
      centred("i", left + WHEEL / 2, 0),
      { text: "-1", left: left - sides, top: Math.round(beside) },
      { text: "1", left: left + WHEEL + ROOM, top: Math.round(beside) },
      centred("-i", left + WHEEL / 2, below),
      centred(moduli, width / 2, below + LETTER_HEIGHT + ROOM),
    ],
  };
}

/** A bar of colours with the numbers at its ends, the first at the bottom, and others between. */
function ramp(numbers: readonly number[], colour: (part: number) => Colour): Layout {
  const texts = numbers.map(short);
  const last = RAMP.height - 1;
  return {
    width: RAMP.width + ROOM + Math.max(...texts.map(letteringWidth)),
    height: RAMP.height,
    panels: [{
      picture: paint(1, RAMP.height, (k) => colour(1 - k / last)),
      left: 0,
      top: 0,
      ...RAMP,
    }],
    labels: texts.map((text, k) => ({
      text,
      left: RAMP.width + ROOM,
      top: Math.round((1 - k / (texts.length - 1)) * (RAMP.height - LETTER_HEIGHT)),
    })),
  };
}

/** The greys of real numbers from `low` to `high`. */
export function greyLegend(low: number, high: number): Layout {
  return ramp([low, high], grey);
}

/** The colours of real numbers of both signs: those of the complex plane along its real axis. */
export function signedLegend(scale: number): Layout {
  return ramp(
    [-scale, 0, scale],
    (part) => phaseColour(part < 0.5 ? Math.PI : 0, Math.abs(2 * part - 1)),
  );
}
