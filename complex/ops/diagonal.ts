/** Diagonals of matrices, and matrices made from diagonals: views that invert one another. */
import { add, constant, join, reverse, shift, split } from "../../gpu/contract/indexing.ts";
import { Node, type Primitive } from "../lazy/graph.ts";

/** The row and column where the diagonal `offset` above the main one begins. */
const corner = (offset: number) => [Math.max(0, -offset), Math.max(0, offset)] as const;

/** How many entries the diagonal of an m × n matrix has; below 1 where there is none. */
export function diagonalLength(m: number, n: number, offset: number): number {
  const [row, column] = corner(offset);
  return Math.min(m - row, n - column);
}

/** Its attribute is the offset. */
const DIAGONAL: Primitive<number> = {
  name: "diagonal",
  lowering: {
    kind: "view",
    source(at, node) {
      const coords = split(at, node.shape);
      const [row, column] = corner(node.attrs);
      const k = coords.pop()!;
      coords.push(add(k, constant(row)), add(k, constant(column)));
      return { at: join(coords, node.inputs[0].shape) };
    },
  },
  vjp(call, [g]) {
    const [m, n] = call.inputs[0].shape.slice(-2);
    return [embedDiagonal(g!, m, n, call.attrs)];
  },
};

/** The entries [… i, i + offset] of x over its last two axes: [… m, n] → [… length]. */
export function diagonal(x: Node, offset = 0): Node {
  const [m, n] = x.shape.slice(-2);
  const shape = [...x.shape.slice(0, -2), diagonalLength(m, n, offset)];
  return new Node(DIAGONAL, [x], [{ shape, dtype: x.dtype }], offset);
}

/** Its attribute is the offset. */
const EMBED_DIAGONAL: Primitive<number> = {
  name: "diagonal matrix",
  lowering: {
    kind: "view",
    source(at, node) {
      const coords = split(at, node.shape);
      const offset = node.attrs;
      const length = node.inputs[0].shape.at(-1)!;
      const m = node.shape.at(-2)!;
      const column = coords.pop()!;
      const row = coords.pop()!;
      coords.push(shift(row, corner(offset)[0], length));
      // On the diagonal j + (m − 1 − i) has one value.
      const guards = [{ index: add(column, reverse(row, m)), low: m - 1 + offset, size: 1 }];
      return { at: join(coords, node.inputs[0].shape), guards };
    },
  },
  vjp: (call, [g]) => [diagonal(g!, call.attrs)],
};

/** m × n matrices with x on the diagonal `offset` above the main one, and zeros elsewhere. */
export function embedDiagonal(x: Node, m: number, n: number, offset = 0): Node {
  const shape = [...x.shape.slice(0, -1), m, n];
  return new Node(EMBED_DIAGONAL, [x], [{ shape, dtype: x.dtype }], offset);
}
