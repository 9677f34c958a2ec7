/** Eigenvalues and eigenvectors of Hermitian matrices by one-sided Jacobi rotations. */
import type { Node } from "../lazy/graph.ts";
import { sizeOf } from "../lazy/shape.ts";
import { add, conj, fill, fillLike, mul, real, scale, sub } from "./arithmetic.ts";
import { embedDiagonal } from "./diagonal.ts";
import { abs, maximum, pow, reciprocal } from "./elementwise.ts";
import { Decomposition, factorsOf, Growth, spread } from "./factors.ts";
import {
  asColumns,
  asRows,
  lengths,
  offDiagonal,
  orNaN,
  orthogonalRows,
  skew,
  sortRows,
  unitSize,
} from "./jacobi.ts";
import { movedBy, slopeOf, type Turn } from "./levels.ts";
import { adjoint, checkSquare, transpose } from "./matrices.ts";
import { matmul } from "./matmul.ts";
import { euclidean } from "./norm.ts";
import { max } from "./reduce.ts";
import { detach, expand, reshape, sum } from "./views.ts";

/** A·V = V·diag(values), the values in ascending order. */
export interface Eigen {
  readonly values: Node;
  readonly vectors: Node;
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

/** How two eigenvectors turn, given the gradient of the vectors and the values. */
function turnOf(vectors: Node, g: Node, values: Node): Turn {
  const inner = skew(matmul(adjoint(vectors), g));
  return { x: inner, y: expand(sub(asColumns(values), asRows(values)), inner.shape) };
}

const EIGH = new Decomposition("eigh", (call, [gValues, gVectors]) => {
  const [values, vectors] = factorsOf(call);
  const n = call.shape.at(-1)!;
  let inner = gValues ? embedDiagonal(gValues, n, n) : null;
  if (gVectors) {
    const by = spread(values);
    const turn = (g: Node, values: Node) => turnOf(vectors, g, values);
    const growth = new Growth(call, gValues, by);
    const moved = movedBy(growth, ([, g]) => (g ? turn(g, by) : null));
    const size = lengths(gVectors);
    const slopes = offDiagonal(slopeOf(
      turn(gVectors, values),
      max(asRows(abs(values)), -2, true),
      add(size, transpose(size)),
      moved,
    ));
    inner = inner ? add(inner, slopes) : slopes;
  }
  return matmul(matmul(vectors, inner!), adjoint(vectors));
});

/** Eigenvalues [… n] and, as columns, eigenvectors [… n, n] of the Hermitian part of a. */
export function eigh(what: string, a: Node): Eigen {
  checkSquare(what, a);
  const hermitian = scale(add(a, adjoint(a)), 0.5);
  const n = a.shape.at(-1)!;
  const factors = () => {
    const found = decompose(reshape(detach(hermitian), [sizeOf(a.shape) / n / n, n, n]));
    return [reshape(found.values, a.shape.slice(0, -1)), reshape(found.vectors, a.shape)];
  };
  const call = EIGH.call(a, hermitian, factors);
  const [values, vectors] = call ? factorsOf(call) : factors();
  return { values, vectors };
}
