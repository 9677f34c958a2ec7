/** Stacks of matrices [… m, n]: their checks, adjoints, and parts. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "../lazy/graph.ts";
import { type Shape, show, sizeOf } from "../lazy/shape.ts";
import { conj } from "./arithmetic.ts";
import { narrow, permute } from "./views.ts";

/** How many matrices there are. */
export const stackOf = (shape: Shape): number => sizeOf(shape.slice(0, -2));

/** Refuses what has fewer than two axes. */
export function checkMatrices(what: string, { shape }: Node): void {
  if (shape.length < 2) throw cannot(what, `it takes matrices [… m, n], got shape ${show(shape)}`);
}

/** Refuses what is not a square matrix or a stack of them. */
export function checkSquare(what: string, { shape }: Node): void {
  if (shape.length >= 2 && shape.at(-1) === shape.at(-2)) return;
  throw cannot(what, `it takes square matrices [… n, n], got shape ${show(shape)}`);
}

/** The transpose over the last two axes. */
export function transpose(x: Node): Node {
  const rank = x.shape.length;
  return permute(x, x.shape.map((_, d) => (d < rank - 2 ? d : 2 * rank - 3 - d)));
}

/** The conjugate transpose. */
export function adjoint(x: Node): Node {
  return transpose(conj(x));
}

/** The columns `[from, to)`. */
export function columns(x: Node, from: number, to: number): Node {
  return narrow(x, x.shape.length - 1, from, to - from);
}
