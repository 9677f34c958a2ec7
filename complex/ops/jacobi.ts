/** Pieces shared by the SVD and the Hermitian eigendecomposition: rotations, sorting, safe quotients. */
import { jacobi } from "../../gpu/kernels/factorisations/jacobi.ts";
import { inexact } from "../../gpu/contract/dtype.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import { fill, fillLike, mul } from "./arithmetic.ts";
import { equal, greater, less, lessEqual, where } from "./compare.ts";
import { reciprocal } from "./elementwise.ts";
import { embedDiagonal } from "./diagonal.ts";
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

/** Matrices [batch, m, n] scaled to a norm near 1, and what they were divided by, [batch, 1, 1]. */
export function unitSize(a: Node): { unit: Node; size: Node; finite: Node } {
  const norm = euclidean(a, [1, 2]);
  const size = scaleOf(norm);
  return {
    unit: mul(a, reciprocal(size)),
    size,
    finite: lessEqual(norm, fill(norm.shape, 3e38)),
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

/** x / y for real y; where y is 0, it is 0 if x is too, else NaN. */
export function quotient(x: Node, y: Node): Node {
  const zero = equal(y, fill(y.shape, 0));
  const one = fill(y.shape, 1);
  const lost = where(equal(x, fillLike(x, 0)), fillLike(x, 0), fillLike(x, NaN));
  return where(zero, lost, mul(x, reciprocal(where(zero, one, y))));
}

/** x_jk / y_jk off the diagonal, and 0 on it; see {@link quotient}. */
export function offDiagonal(x: Node, y: Node): Node {
  const n = x.shape.at(-1)!;
  const one = expand(embedDiagonal(fill([n], 1), n, n), y.shape);
  return quotient(where(one, fillLike(x, 0), x), where(one, fill(y.shape, 1), y));
}

/** Values [… n] as a row that broadcasts over the rows of matrices: one value a column. */
export const asColumns = (x: Node): Node =>
  reshape(x, [...x.shape.slice(0, -1), 1, x.shape.at(-1)!]);

/** Values [… n] as a column that broadcasts over the columns of matrices: one value a row. */
export const asRows = (x: Node): Node => reshape(x, [...x.shape, 1]);

/**
 * Gives a value that was computed without derivatives its derivative with respect to `a`. The nodes from
 * which the rule computes it, the origin, are saved and not inputs: they run only where someone
 * differentiates.
 */
export function derived<Origin>(
  name: string,
  vjp: (call: Node, g: Node, origin: Origin) => Node,
): (value: Node, a: Node, origin: Origin) => Node {
  const primitive: Primitive<null, Origin> = {
    name,
    lowering: { kind: "view", alias: true, source: (at) => ({ at }) },
    vjp: (call, [g]) => [null, vjp(call, g!, call.saved)],
  };
  return (value, a, origin) => {
    if (!a.tracked) return value;
    const { shape, dtype } = value;
    return new Node(primitive, [value, a], [{ shape, dtype }], null, null, undefined, origin);
  };
}
