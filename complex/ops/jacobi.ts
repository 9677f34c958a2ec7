/** Pieces shared by the SVD and the Hermitian eigendecomposition: rotations, sorting, differences. */
import { jacobi } from "../../gpu/kernels/factorisations/jacobi.ts";
import { inexact, type Precision, precisionOf } from "../../gpu/contract/dtype.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import { fill, fillLike, mul, scale, sub } from "./arithmetic.ts";
import { equal, greater, less, lessEqual, where } from "./compare.ts";
import { reciprocal } from "./elementwise.ts";
import { embedDiagonal } from "./diagonal.ts";
import { adjoint } from "./matrices.ts";
import { fromIndex, iota } from "./indices.ts";
import { matmul } from "./matmul.ts";
import { euclidean, scaleOf } from "./norm.ts";
import { expand, reshape, sum } from "./views.ts";

const JACOBI: Primitive<number> = {
  name: "jacobi",
  lowering: {
    kind: "program",
    program({ shape: [batch, rows, length], dtype, attrs: measured }) {
      return jacobi({ dtype: inexact(dtype), batch, rows, length, measured });
    },
  },
};

/** Rotates rows [batch, n, length] until they are orthogonal over their first `measured` elements. */
export function orthogonalRows(x: Node, measured: number): Node {
  return new Node(JACOBI, [x], [{ shape: x.shape, dtype: x.dtype }], measured);
}

/** The largest finite norm. */
const LARGEST: Readonly<Record<Precision, number>> = { single: 3e38, double: Number.MAX_VALUE };

/** Matrices [batch, m, n] scaled to a norm near 1, and what they were divided by, [batch, 1, 1]. */
export function unitSize(a: Node): { unit: Node; size: Node; finite: Node } {
  const norm = euclidean(a, [1, 2]);
  const size = scaleOf(norm);
  return {
    unit: mul(a, reciprocal(size)),
    size,
    finite: lessEqual(norm, fill(norm.shape, LARGEST[precisionOf(norm.dtype)])),
  };
}

/** The values, and NaN for each matrix that had a non-finite element. */
export function orNaN(finite: Node, x: Node): Node {
  const lead = reshape(finite, [finite.size, ...x.shape.slice(1).map(() => 1)]);
  return where(lead, x, fillLike(x, NaN));
}

/** Sorts values [batch, n], the largest first (or last), and rows [batch, n, length] with them. */
export function sortRows(values: Node, rows: Node | null, largest: "first" | "last"): {
  values: Node;
  rows: Node | null;
} {
  const [batch, n] = values.shape;
  const square = [batch, n, n];
  const own = expand(reshape(values, [batch, n, 1]), square);
  const other = expand(reshape(values, [batch, 1, n]), square);
  const count = fromIndex(iota([n]));
  const column = expand(reshape(count, [n, 1]), [n, n]);
  const row = expand(count, [n, n]);
  const ahead = largest === "first" ? greater(other, own) : less(other, own);
  const before = where(equal(other, own), expand(less(row, column), square), ahead);
  const rank = expand(reshape(sum(before, 2), [batch, 1, n]), square);
  // Products with this permutation matrix are exact.
  const order = equal(rank, expand(column, square));
  return {
    values: reshape(matmul(order, reshape(values, [batch, n, 1])), [batch, n]),
    rows: rows && matmul(order, rows),
  };
}

/** Values [… n] as a row that broadcasts over the rows of matrices: one value a column. */
export const asColumns = (x: Node): Node =>
  reshape(x, [...x.shape.slice(0, -1), 1, x.shape.at(-1)!]);

/** Values [… n] as a column that broadcasts over the columns of matrices: one value a row. */
export const asRows = (x: Node): Node => reshape(x, [...x.shape, 1]);

/** Columns' lengths [… m, n] → [… 1, n]. */
export const lengths = (x: Node): Node => euclidean(x, [x.shape.length - 2]);

/** (X − Xᴴ) / 2 */
export const skew = (x: Node): Node => scale(sub(x, adjoint(x)), 0.5);

/** x with zeros on the diagonal. */
export function offDiagonal(x: Node): Node {
  const n = x.shape.at(-1)!;
  const one = expand(embedDiagonal(fill([n], 1), n, n), x.shape);
  return where(one, fillLike(x, 0), x);
}
