/** Windows along one axis, laid side by side, and the adjoint that sums them back. */
import type { Node } from "../lazy/graph.ts";
import { embed, expand, narrow, reshape, slice, sumKeep } from "./views.ts";

/** How a window of `taps` elements moves along an axis of `length` elements. */
export interface Line {
  readonly length: number;
  /** Zeros before and after. */
  readonly padding: number;
  readonly taps: number;
  readonly dilation: number;
  readonly stride: number;
  /** The number of windows. */
  readonly count: number;
}

/**
 * The padded axis is repeated and cut anew into rows that are `dilation` longer, so that each row starts
 * that much later on the axis than the one before it, and row t holds tap t of every window.
 */
function rowsOf({ length, padding, taps, dilation }: Line) {
  const size = length + 2 * padding;
  const row = size + dilation;
  return { size, row, repeats: Math.ceil(taps * row / size) };
}

/** x [outer, length, inner] → [outer, taps, count, inner]: tap t of window k is x[k·stride + t·dilation − padding]. */
export function unfold(x: Node, line: Line): Node {
  const [outer, , inner] = x.shape;
  const { padding, taps, stride, count } = line;
  const { size, row, repeats } = rowsOf(line);
  const padded = embed(x, [outer, size, inner], [0, padding, 0]);
  const repeated = expand(reshape(padded, [outer, 1, size, inner]), [outer, repeats, size, inner]);
  const long = reshape(repeated, [outer, repeats * size, inner]);
  const cut = narrow(long, 1, 0, taps * row);
  const rows = reshape(cut, [outer, taps, row, inner]);
  return slice(rows, [0, 0, 0, 0], [outer, taps, count, inner], [1, 1, stride, 1]);
}

/** The adjoint of {@link unfold}: y [outer, taps, count, inner] → [outer, length, inner]. */
export function fold(y: Node, line: Line): Node {
  const [outer, , , inner] = y.shape;
  const { length, padding, taps, stride } = line;
  const { size, row, repeats } = rowsOf(line);
  const rows = embed(y, [outer, taps, row, inner], [0, 0, 0, 0], [1, 1, stride, 1]);
  const cut = reshape(rows, [outer, taps * row, inner]);
  const long = embed(cut, [outer, repeats * size, inner], [0, 0, 0]);
  const padded = sumKeep(reshape(long, [outer, repeats, size, inner]), [1]);
  const whole = reshape(padded, [outer, size, inner]);
  return narrow(whole, 1, padding, length);
}
