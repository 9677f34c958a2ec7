/** Images, their light, and its way through a fibre. */
import {
  abs,
  type ComplexTensor,
  complexTensor,
  matmul,
  nn,
  noGrad,
  randnComplex,
  type RealTensor,
  tensor,
} from "@argand/argand";
import { type Digits, SIDE } from "../mnist/data.ts";

/** Images per piece, since all at once would take too much memory. */
const PIECE = 500;

/** The side of a square plane in pixels. */
export const sideOf = (plane: ComplexTensor): number => Math.round(Math.sqrt(plane.shape[1]));

/** The amplitudes of fields [N, pixels] in modes: c = f·conj(M)ᵀ, scaled to Σ|c|² = 1. */
export function project(fields: ComplexTensor, modes: ComplexTensor): ComplexTensor {
  const c = matmul(fields, modes.H);
  return c.div(c.absSquared().sum(1, true).sqrt());
}

/** The image as far as a fibre's modes carry it: |c·M|, in units of its root mean square. */
export const modeLimited = (c: ComplexTensor, modes: ComplexTensor): RealTensor =>
  abs(matmul(c, modes)).mul(Math.sqrt(modes.shape[1]));

/**
 * The light that leaves bends of a fibre, y = T c + noise: [K·n, channels] of n fields for each of K
 * bends.
 *
 * @param c Amplitudes [K, n, modes].
 * @param bends Matrices [K, channels, modes].
 * @param noise The noise's root mean square, as a fraction of that of random fields behind the fibre.
 */
export function transmit(c: ComplexTensor, bends: ComplexTensor, noise: number): ComplexTensor {
  const y = matmul(c, bends.T).reshape([-1, bends.shape[1]]);
  return noise > 0 ? y.add(randnComplex(y.shape).mul(noise)) : y;
}

/** Amplitudes of digits, on the host. */
export interface Slides {
  readonly count: number;
  readonly modes: number;
  /** count × modes interleaved complex amplitudes. */
  readonly amplitudes: Float32Array;
}

/** Digits as a projector shows them at the fibre's input: dark paper, ink of amplitude 1. */
export function slideImages(digits: Digits, from: number, count: number, side: number): RealTensor {
  const pixels = SIDE * SIDE;
  const part = digits.images.subarray(from * pixels, (from + count) * pixels);
  const images = tensor(part, [count, 1, SIDE, SIDE]).toComplex();
  const shown = nn.functional.upsample(images, { size: side, mode: "bilinear" });
  return shown.real.reshape([count, side * side]);
}

/** The amplitudes of digits in the modes of the input plane. */
export async function slides(digits: Digits, modes: ComplexTensor): Promise<Slides> {
  const [many] = modes.shape;
  const amplitudes = new Float32Array(digits.count * many * 2);
  for (let from = 0; from < digits.count; from += PIECE) {
    const count = Math.min(PIECE, digits.count - from);
    const c = noGrad(() =>
      project(slideImages(digits, from, count, sideOf(modes)).toComplex(), modes)
    );
    amplitudes.set(await c.data(), from * many * 2);
  }
  return { count: digits.count, modes: many, amplitudes };
}

/** The slides `order[from]` to `order[from + count]`, as [count, modes]. */
export function slideBatch(
  { modes, amplitudes }: Slides,
  order: Uint32Array,
  from: number,
  count: number,
): ComplexTensor {
  const chosen = new Float32Array(count * modes * 2);
  for (let k = 0; k < count; k++) {
    const at = order[from + k] * modes * 2;
    chosen.set(amplitudes.subarray(at, at + modes * 2), k * modes * 2);
  }
  return complexTensor(chosen, [count, modes]);
}
