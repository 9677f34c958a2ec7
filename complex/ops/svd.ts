/** The singular value decomposition by one-sided Jacobi rotations, and its derivative. */
import { isComplex } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "../lazy/graph.ts";
import { sizeOf } from "../lazy/shape.ts";
import { add, complex, conj, fill, fillLike, imag, mul, real, sub } from "./arithmetic.ts";
import { greater, less, where } from "./compare.ts";
import { diagonal, embedDiagonal } from "./diagonal.ts";
import { reciprocal } from "./elementwise.ts";
import { concat } from "./join.ts";
import {
  asColumns,
  asRows,
  derived,
  offDiagonal,
  orNaN,
  orthogonalRows,
  quotient,
  sortRows,
  unitSize,
} from "./jacobi.ts";
import { adjoint, checkMatrices, columns, transpose } from "./matrices.ts";
import { matmul } from "./matmul.ts";
import { euclidean } from "./norm.ts";
import { qr } from "./qr.ts";
import { detach, expand, reshape, slice } from "./views.ts";

/** A = U·diag(S)·Vh. */
export interface Decomposition {
  readonly u: Node;
  readonly s: Node;
  readonly vh: Node;
}

/** The factors without derivatives, and the matrices they belong to. */
interface Origin extends Decomposition {
  readonly a: Node;
}

/** Singular values below this fraction of the largest count as 0 where U is divided by them. */
const TINY = 2 ** -49;

/** Completes columns that are orthonormal except for the last ones, which may be zero. */
function completed(x: Node): Node {
  const { q, r } = qr(x, "reduced");
  const signs = real(diagonal(r));
  const sign = where(
    less(signs, fill(signs.shape, 0)),
    fillLike(signs, -1),
    fillLike(signs, 1),
  );
  return mul(q, reshape(sign, [sign.shape[0], 1, sign.shape[1]]));
}

/** A stack [batch, m, n] with m ≥ n after the rotations. */
interface Rotated {
  /** Q of the QR decomposition that leaves n rows; absent for square matrices. */
  readonly q?: Node;
  /** The singular values [batch, n], the largest first; `unit` are those of the scaled matrices. */
  readonly s: Node;
  readonly unit: Node;
  /** For each singular value a row: σu and, with `vectors`, v behind it. */
  readonly rows: Node | null;
  readonly finite: Node;
}

function rotate(a: Node, vectors: boolean): Rotated {
  const [batch, m, n] = a.shape;
  const { unit, size, finite } = unitSize(a);
  const first = m > n ? qr(unit, "reduced") : null;
  const lines = transpose(first ? first.r : unit);
  const one = embedDiagonal(fill([batch, n], 1), n, n);
  const rotated = orthogonalRows(vectors ? concat([lines, one], 2) : lines, n);
  const lengths = reshape(euclidean(columns(rotated, 0, n), [2]), [batch, n]);
  const { values, rows } = sortRows(lengths, vectors ? rotated : null, "first");
  const s = orNaN(finite, mul(values, reshape(size, [batch, 1])));
  return { q: first?.q, s, unit: values, rows, finite };
}

/** The factors of a stack [batch, m, n] with m ≥ n. */
function tall(a: Node): Decomposition {
  const [batch, , n] = a.shape;
  const { q, s, unit, rows, finite } = rotate(a, true);
  const seen = greater(unit, fill([batch, n], TINY));
  const inverse = reciprocal(where(seen, unit, fill([batch, n], 1)));
  const over = reshape(where(seen, inverse, fill([batch, n], 0)), [batch, n, 1]);
  const u = completed(transpose(mul(columns(rows!, 0, n), over)));
  return {
    u: orNaN(finite, q ? matmul(q, u) : u),
    s,
    vh: orNaN(finite, conj(columns(rows!, n, 2 * n))),
  };
}

/** Matrices as one stack [batch, m, n] with m ≥ n: the adjoints of wide ones. */
function stacked(a: Node): Node {
  const [m, n] = a.shape.slice(-2);
  const stack = reshape(detach(a), [sizeOf(a.shape) / (m * n), m, n]);
  return m >= n ? stack : adjoint(stack);
}

/** The factors of `[… m, n]`, without derivatives. */
function decompose(a: Node): Decomposition {
  const lead = a.shape.slice(0, -2);
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const { u, s, vh } = tall(stacked(a));
  const [left, right] = m >= n ? [u, vh] : [adjoint(vh), adjoint(u)];
  return {
    u: reshape(left, [...lead, m, k]),
    s: reshape(s, [...lead, k]),
    vh: reshape(right, [...lead, k, n]),
  };
}

/** (X − Xᴴ)_jk / (s_k² − s_j²), and 0 on the diagonal. */
function overDifferences(x: Node, s: Node): Node {
  const [row, column] = [asRows(s), asColumns(s)];
  const differences = mul(sub(column, row), add(column, row));
  return offDiagonal(sub(x, adjoint(x)), differences);
}

// Wan and Zhang, arXiv:1909.02659; the terms for U, S and Vh add up to PyTorch's gradient.
const VALUES = derived("svd", (_, g, origin: Origin) => {
  const { u, vh } = attached(origin);
  return matmul(mul(u, asColumns(g)), vh);
});

const LEFT = derived("svd", (u, g, origin: Origin) => {
  const { s, vh } = attached(origin);
  const [m, k] = u.shape.slice(-2);
  const inner = matmul(adjoint(u), g);
  let middle = mul(overDifferences(inner, s), asColumns(s));
  if (isComplex(u.dtype)) {
    const phases = quotient(imag(diagonal(inner)), s);
    middle = add(middle, embedDiagonal(complex(fill(phases.shape, 0), phases), k, k));
  }
  let left = matmul(u, middle);
  if (m > k) left = add(left, quotient(sub(g, matmul(u, inner)), expand(asColumns(s), g.shape)));
  return matmul(left, vh);
});

const RIGHT = derived("svd", (vh, g, origin: Origin) => {
  const { u, s } = attached(origin);
  const [k, n] = vh.shape.slice(-2);
  const inner = matmul(vh, adjoint(g));
  let right = matmul(mul(overDifferences(inner, s), asRows(s)), vh);
  if (n > k) {
    const across = sub(g, matmul(adjoint(inner), vh));
    right = add(right, quotient(across, expand(asRows(s), g.shape)));
  }
  return matmul(u, right);
});

/** The three factors, with their derivatives. */
function attached(origin: Origin): Decomposition {
  const { a, u, s, vh } = origin;
  return { u: LEFT(u, a, origin), s: VALUES(s, a, origin), vh: RIGHT(vh, a, origin) };
}

/** U [… m, k], S [… k] and Vh [… k, n] with k = min(m, n). */
export function svd(a: Node): Decomposition {
  checkMatrices("take the singular value decomposition", a);
  return attached({ a, ...decompose(a) });
}

const VALUES_ALONE = derived("svdvals", (_, g, a: Node) => {
  const { u, vh } = svd(a);
  return matmul(mul(u, asColumns(g)), vh);
});

/** The singular values alone, [… k]. */
export function svdvals(a: Node): Node {
  checkMatrices("take singular values", a);
  const { s } = rotate(stacked(a), false);
  return VALUES_ALONE(reshape(s, [...a.shape.slice(0, -2), s.shape[1]]), a, a);
}

const FULL = derived("svd", (): never => {
  throw cannot(
    "differentiate svd with fullMatrices",
    "the vectors beyond the singular ones are not determined; without the option it has a derivative",
  );
});

/** The columns of u [… m, k], completed by m − k more to a unitary matrix. */
export function fullColumns(u: Node, a: Node): Node {
  const [m, k] = u.shape.slice(-2);
  if (m === k) return u;
  const { q } = qr(detach(u), "complete");
  const start = u.shape.map((_, d) => (d === u.shape.length - 1 ? k : 0));
  const more = slice(q, start, [...u.shape.slice(0, -1), m - k], u.shape.map(() => 1));
  return concat([u, FULL(more, a, null)], u.shape.length - 1);
}
