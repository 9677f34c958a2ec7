/** What Deno's notebooks show of a tensor. */
import type { HostArray } from "../../gpu/contract/kernel.ts";
import { compose, type Plan, planDrawing } from "./mosaic.ts";
import { formatTensor } from "../tensor/print.ts";
import { type Shape, sizeOf } from "../lazy/shape.ts";

/** Elements up to which a tensor that is the result of a cell is read and shown. */
const MOST_SHOWN = 2 ** 20;

/** The longest side of a picture that is shown by itself. */
const LONGEST = 4096;

/** A drawing's plan; null for what has no picture that a page could hold. */
function planOf(shape: Shape, isComplex: boolean): Plan | null {
  const [width, height] = [shape.at(-1) ?? 1, shape.at(-2) ?? 1];
  if (sizeOf(shape) < 2 || shape.length > 4 || Math.max(width, height) > LONGEST) return null;
  const plan = planDrawing("show a tensor", shape, isComplex);
  const { size } = plan.page;
  return Math.max(size.width, size.height) > LONGEST ? null : plan;
}

/** The values as text and, where the shape has a drawing, as a picture; by kind of content. */
export async function display(
  kind: string,
  shape: Shape,
  isComplex: boolean,
  read: () => Promise<HostArray>,
): Promise<Record<string, string>> {
  if (sizeOf(shape) > MOST_SHOWN) {
    const why = `more than the ${MOST_SHOWN} elements that are shown by themselves`;
    return { "text/plain": `${kind} [${shape.join(", ")}] (${why}; slice() gives a part)` };
  }
  const data = await read();
  const text = formatTensor(kind, shape, data);
  const plan = planOf(shape, isComplex);
  if (!plan) return { "text/plain": text };
  return { "text/plain": text, "image/png": compose(plan, data).base64() };
}
