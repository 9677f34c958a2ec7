/** Shows tensors in Deno's notebooks. */
import { isComplex } from "../../gpu/contract/dtype.ts";
import { compose, type Sketch, sketch } from "./mosaic.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Shape, sizeOf } from "../lazy/shape.ts";

/** The most elements of a tensor that is read and shown as the result of a cell. */
const MOST_SHOWN = 2 ** 20;

/** The longest side of a picture that is shown by itself. */
const LONGEST = 4096;

/** The sketch of a drawing; null if there is no picture, or it is too large for a page. */
function sketchOf(shape: Shape, isComplex: boolean): Sketch | null {
  const [width, height] = [shape.at(-1) ?? 1, shape.at(-2) ?? 1];
  if (sizeOf(shape) < 2 || shape.length > 4 || Math.max(width, height) > LONGEST) return null;
  const drawn = sketch("show a tensor", shape, isComplex);
  const { size } = drawn.page;
  return Math.max(size.width, size.height) > LONGEST ? null : drawn;
}

/** The values as text and, where the shape has a drawing, as a picture; by kind of content. */
async function display(x: Tensor): Promise<Record<string, string>> {
  const { shape, size } = x;
  if (size > MOST_SHOWN) {
    const why = `more than the ${MOST_SHOWN} elements that are shown by themselves`;
    const kind = x[Symbol.toStringTag];
    return { "text/plain": `${kind} [${shape.join(", ")}] (${why}; slice() gives a part)` };
  }
  const drawn = sketchOf(shape, isComplex(x.dtype));
  if (!drawn) return { "text/plain": await x.format() };
  const [text, data] = await Promise.all([x.format(), x.data()]);
  return { "text/plain": text, "image/png": compose(drawn, data).base64() };
}

// Notebooks look for this method. It is put on tensors from here, since they stand below pictures.
Object.defineProperty(Tensor.prototype, Symbol.for("Jupyter.display"), {
  value(this: Tensor) {
    return display(this);
  },
});
