/** What Deno's notebooks show of a tensor. */
import type { HostArray } from "../gpu/kernel.ts";
import { compose, planDrawing } from "./mosaic.ts";
import { formatTensor } from "./print.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** Elements up to which a tensor that is the result of a cell is read and shown. */
const MOST_SHOWN = 2 ** 20;

/** The values as text and, where the shape has a drawing, as a picture; by kind of content. */
export async function display(
  kind: string,
  shape: Shape,
  isComplex: boolean,
  read: () => Promise<HostArray>,
): Promise<Record<string, string>> {
  const size = sizeOf(shape);
  if (size > MOST_SHOWN) {
    const why = `more than the ${MOST_SHOWN} elements that are shown by themselves`;
    return { "text/plain": `${kind} [${shape.join(", ")}] (${why}; slice() gives a part)` };
  }
  const data = await read();
  const text = formatTensor(kind, shape, data);
  if (size < 2 || shape.length > 4) return { "text/plain": text };
  const drawing = compose(planDrawing("show a tensor", shape, isComplex), data);
  return { "text/plain": text, "image/png": drawing.base64() };
}
