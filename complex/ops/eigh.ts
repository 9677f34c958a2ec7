/** Eigenvalues and eigenvectors of Hermitian matrices by one-sided Jacobi rotations. */
import type { Node } from "../lazy/graph.ts";
import { sizeOf } from "../lazy/shape.ts";
import { add, conj, fill, fillLike, mul, real, scale, sub } from "./arithmetic.ts";
import { embedDiagonal } from "./diagonal.ts";
import { maximum, pow, reciprocal } from "./elementwise.ts";
import {
  asColumns,
  asRows,
  derived,
  offDiagonal,
  orNaN,
  orthogonalRows,
  sortRows,
  unitSize,
} from "./jacobi.ts";
import { adjoint, checkSquare, transpose } from "./matrices.ts";
import { matmul } from "./matmul.ts";
import { euclidean } from "./norm.ts";
import { detach, expand, reshape, sum } from "./views.ts";

/** A·V = V·diag(values), the values in ascending order. */
export interface Eigen {
  readonly values: Node;
  readonly vectors: Node;
}

/** Both without derivatives, and the matrices they belong to. */
interface Origin extends Eigen {
  readonly a: Node;
}

/** The decomposition of Hermitian matrices [batch, n, n], without derivatives. */
function decompose(a: Node): Eigen {
  const [batch, n] = a.shape;
  const { unit, size, finite } = unitSize(a);
  // With c well above |λ|, A + c is positive definite with a small condition number, and its left
  // singular vectors are its eigenvectors. The largest |λ| is at most ‖A⁸‖ to the power 1/8.
  const square = (x: Node) => matmul(x, x);
  const power = euclidean(square(square(square(unit))), [1, 2]);
  const bound = pow(maximum(power, fill(power.shape, 1e-30)), fill(power.shape, 1 / 8));
  const shift = mul(
    expand(embedDiagonal(fillLike(fill([n], 1), 1.5), n, n), unit.shape),
    bound,
  );
  const rotated = orthogonalRows(transpose(add(unit, shift)), n);
  const rows = mul(rotated, reciprocal(euclidean(rotated, [2])));
  // Rayleigh quotients vᴴAv are more accurate than the lengths.
  const images = matmul(rows, transpose(unit));
  const values = reshape(sum(real(mul(conj(rows), images)), 2), [batch, n]);
  const sorted = sortRows(values, rows, "last");
  return {
    values: orNaN(finite, mul(sorted.values, reshape(size, [batch, 1]))),
    vectors: orNaN(finite, transpose(sorted.rows!)),
  };
}

const VALUES = derived("eigh", (_, g, origin: Origin) => {
  const { vectors } = attached(origin);
  return matmul(mul(vectors, asColumns(g)), adjoint(vectors));
});

const VECTORS = derived("eigh", (vectors, g, origin: Origin) => {
  const { values } = attached(origin);
  const inner = matmul(adjoint(vectors), g);
  const middle = offDiagonal(inner, sub(asColumns(values), asRows(values)));
  return matmul(matmul(vectors, middle), adjoint(vectors));
});

/** Both, with their derivatives. */
function attached(origin: Origin): Eigen {
  const { a, values, vectors } = origin;
  return { values: VALUES(values, a, origin), vectors: VECTORS(vectors, a, origin) };
}

/** Eigenvalues [… n] and, as columns, eigenvectors [… n, n] of the Hermitian part of a. */
export function eigh(what: string, a: Node): Eigen {
  checkSquare(what, a);
  const hermitian = scale(add(a, adjoint(a)), 0.5);
  const n = a.shape.at(-1)!;
  const { values, vectors } = decompose(
    reshape(detach(hermitian), [sizeOf(a.shape) / n / n, n, n]),
  );
  return attached({
    a: hermitian,
    values: reshape(values, a.shape.slice(0, -1)),
    vectors: reshape(vectors, a.shape),
  });
}
