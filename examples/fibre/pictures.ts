/** The pictures of a study of a fibre: digits, light, matrices. */
import {
  type ComplexTensor,
  complexTensor,
  drawComplex,
  drawReal,
  type InexactArray,
  matmul,
  type Picture,
  pngDataUrl,
} from "@argand/argand";
import { mnistDigits } from "../mnist/data.ts";
import { escape } from "../support/page.ts";
import type { Done } from "../support/runs/kind.ts";
import { mean } from "../support/statistics.ts";
import { type Fibre, splitBends } from "./bends.ts";
import { bytesOf, floatsOf } from "./bytes.ts";
import { SHOWN } from "./imaging.ts";
import { modeLimited, project, sideOf, slideImages } from "./optics.ts";
import type { ImagingResult, ImagingRun, Result, RetrievalResult, Run, Shown } from "./plan.ts";
import { stripOf } from "./strip.ts";
import { imagingOf } from "./summary.ts";

/** This fraction of a matrix's elements is shown by brightness, the rest in full colour. */
const BRIGHT = 0.97;
/** Light is shown in full colour from this fraction of the brightest pixel's modulus on. */
const FULL_COLOUR = 0.5;

/** A picture as an image of a page. */
export const image = (picture: Picture, alt: string): string =>
  `<img alt="${escape(alt)}" src="${pngDataUrl(picture)}">`;

/** A picture and the text that replaces it. */
export interface Shot {
  readonly picture: Picture;
  readonly alt: string;
}

/** The largest modulus of numbers that have `parts` parts each. */
function largest(data: InexactArray, parts: 1 | 2): number {
  let found = 0;
  for (let k = 0; k < data.length; k += parts) {
    found = Math.max(found, parts === 2 ? Math.hypot(data[k], data[k + 1]) : data[k]);
  }
  return found;
}

/** Rows of a plane [count, side²], drawn one by one. */
function planes(
  data: InexactArray,
  side: number,
  complex: boolean,
  alt: (k: number) => string,
): Shot[] {
  const size = side * side * (complex ? 2 : 1);
  return Array.from({ length: data.length / size }, (_, k) => {
    const part = data.subarray(k * size, (k + 1) * size);
    const picture = complex
      ? drawComplex(part, side, side, { scale: FULL_COLOUR * largest(part, 2) })
      : drawReal(part, side, side, { high: largest(part, 1) || 1 });
    return { picture, alt: alt(k) };
  });
}

/** The field on the output plane of light [N, channels], in its first polarisation. */
const outside = (light: ComplexTensor, { modesOut }: Fibre): ComplexTensor =>
  matmul(light.slice(null, [0, modesOut.shape[0]]), modesOut);

/** The digits that are shown, and the same as far as the modes carry them. */
export async function digitRows(fibre: Fibre, tests: number): Promise<[Shot[], Shot[]]> {
  const count = Math.min(SHOWN, tests);
  const side = sideOf(fibre.modesIn);
  const digits = mnistDigits("testing", count);
  const shown = slideImages(digits, 0, count, side);
  const truth = modeLimited(project(shown.toComplex(), fibre.modesIn), fibre.modesIn);
  const label = (k: number) => `a ${digits.labels[k]}`;
  return [
    planes(await shown.data(), side, false, label),
    planes(await truth.data(), side, false, (k) => `${label(k)}, limited to the modes`),
  ];
}

/** The light behind a bend, as a field on the output plane. */
export async function lightRow({ light }: Shown, fibre: Fibre): Promise<Shot[]> {
  const data = floatsOf(light);
  const channels = fibre.bends[0].matrix.shape[0];
  const fields = outside(complexTensor(data, [data.length / (2 * channels), channels]), fibre);
  return planes(await fields.data(), sideOf(fibre.modesOut), true, () => "speckle");
}

/** The images that a network recovered. */
export function recoveredRow({ images }: Shown, fibre: Fibre): Shot[] {
  const side = sideOf(fibre.modesIn);
  const bytes = bytesOf(images);
  return Array.from({ length: bytes.length / (side * side) }, (_, k) => {
    const part = bytes.subarray(k * side * side, (k + 1) * side * side);
    return { picture: drawReal(part, side, side, { high: 255 }), alt: "recovered digit" };
  });
}

/** The measured and the learned matrix, and their difference enlarged, by the same colours. */
export interface MatrixPictures {
  readonly measured: string;
  readonly learned: string;
  readonly difference: string;
  /** The modulus of full colour, and the factor of the difference. */
  readonly scale: number;
  readonly factor: number;
}

/** Pictures of a matrix [channels, modes] and of one that was learned. */
export async function matrixPictures(
  matrix: ComplexTensor,
  learned: string,
): Promise<MatrixPictures> {
  const [height, width] = matrix.shape;
  const [a, b] = [await matrix.data(), floatsOf(learned)];
  const moduli = (z: InexactArray) =>
    Float32Array.from({ length: height * width }, (_, k) => Math.hypot(z[2 * k], z[2 * k + 1]))
      .sort();
  const brightest = (z: InexactArray) => moduli(z)[Math.floor(BRIGHT * (height * width - 1))];
  const off = b.map((x, k) => x - a[k]);
  const scale = brightest(a);
  const factor = 10 ** Math.max(0, Math.floor(Math.log10(scale / brightest(off))));
  const draw = (data: InexactArray, alt: string) =>
    image(drawComplex(data, height, width, { scale }), alt);
  return {
    measured: draw(a, "the measured matrix"),
    learned: draw(b, "the learned matrix"),
    difference: draw(off.map((x) => x * factor), "their difference"),
    scale,
    factor,
  };
}

/** √share of the light in each channel (across) when it is focused in each (down). */
export function focusPicture({ shares, ratios }: RetrievalResult["focusing"]): string {
  const channels = ratios.length;
  const bytes = bytesOf(shares);
  const high = bytes.reduce((a, b) => Math.max(a, b), 1);
  const picture = drawReal(bytes, channels, channels, { high });
  return image(picture, "shares of light, focus by focus");
}

/**
 * Digits, their light behind an unseen bend, and the digits that the best network recovers from it;
 * null if no network was trained.
 */
export async function fibrePicture(
  done: readonly Done<Run, Result>[],
  fibre: Fibre,
  tests: number,
): Promise<Picture | null> {
  const quality = ({ result: { correlations } }: Done<ImagingRun, ImagingResult>) =>
    mean(splitBends(correlations.length).unseen.map((k) => correlations[k]));
  const runs = imagingOf(done).filter(({ run }) => run.input === "amplitudes")
    .sort((a, b) => quality(b) - quality(a));
  if (runs.length === 0) return null;
  const { unseen } = runs[0].result.shown;
  const [digits] = await digitRows(fibre, tests);
  const rows = [digits, await lightRow(unseen, fibre), recoveredRow(unseen, fibre)];
  return stripOf(rows.map((row) => row.map(({ picture }) => picture)));
}
