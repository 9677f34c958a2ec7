/** Concatenation and padding. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "../lazy/graph.ts";
import { checkAxis, type Shape, show } from "../lazy/shape.ts";
import { fill, promoted } from "./arithmetic.ts";
import { less, where } from "./compare.ts";
import { fromIndex, iota } from "./indices.ts";
import { embed, expand, reshape } from "./views.ts";

/** The index along one axis of a shape, as a real number. */
function coordinate(shape: Shape, axis: number): Node {
  const line = shape.map((n, d) => (d === axis ? n : 1));
  return expand(fromIndex(reshape(iota([shape[axis]]), line)), shape);
}

/** How many tensors one kernel can read; more are joined in several rounds. */
const FEW = 7;

/** Tensors one after the other along an axis. */
export function concat(list: readonly Node[], axis: number): Node {
  const what = "concat";
  if (list.length === 0) throw cannot(what, "there are no tensors");
  const all = promoted(list);
  const first = all[0].shape;
  const at = checkAxis(what, axis, first);
  for (const { shape } of all) {
    if (shape.length !== first.length || shape.some((n, d) => d !== at && n !== first[d])) {
      throw cannot(what, `shapes ${show(first)} and ${show(shape)} differ outside axis ${at}`);
    }
  }
  let parts = all;
  while (parts.length > FEW) {
    const groups = Math.ceil(parts.length / FEW);
    parts = Array.from({ length: groups }, (_, k) => join(parts.slice(k * FEW, (k + 1) * FEW), at));
  }
  return join(parts, at);
}

/** The same for a few tensors of one dtype whose shapes fit. */
function join(parts: readonly Node[], axis: number): Node {
  if (parts.length === 1) return parts[0];
  const total = parts.reduce((n, x) => n + x.shape[axis], 0);
  const shape = parts[0].shape.map((n, d) => (d === axis ? total : n));
  const at = coordinate(shape, axis);
  let end = total;
  let result: Node | null = null;
  for (const x of [...parts].reverse()) {
    const start = end - x.shape[axis];
    const put = embed(x, shape, shape.map((_, d) => (d === axis ? start : 0)));
    result = result ? where(less(at, fill(shape, end)), put, result) : put;
    end = start;
  }
  return result!;
}

/** Zeros (or `value`) around x: `before` and `after` elements along each axis. */
export function pad(
  x: Node,
  before: readonly number[],
  after: readonly number[],
  value: number,
): Node {
  const shape = x.shape.map((n, d) => before[d] + n + after[d]);
  const put = embed(x, shape, before);
  if (value === 0) return put;
  const inside = embed(fill(x.shape, 1), shape, before);
  return where(inside, put, fill(shape, value));
}
