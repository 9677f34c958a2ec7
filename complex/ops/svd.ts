/** The singular value decomposition by one-sided Jacobi rotations, and its derivative. */
import { isComplex } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "../lazy/graph.ts";
import { sizeOf } from "../lazy/shape.ts";
import { add, conj, fill, fillLike, mul, neg, real, sub } from "./arithmetic.ts";
import { greater, less, where } from "./compare.ts";
import { diagonal, embedDiagonal } from "./diagonal.ts";
import { reciprocal } from "./elementwise.ts";
import { asFactor, Decomposition, factorsOf, Growth, spread } from "./factors.ts";
import { concat } from "./join.ts";
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
import { type Gradients, movedBy, slopeOf, type Turn } from "./levels.ts";
import { adjoint, checkMatrices, columns, transpose } from "./matrices.ts";
import { matmul } from "./matmul.ts";
import { euclidean } from "./norm.ts";
import { qr } from "./qr.ts";
import { max } from "./reduce.ts";
import { detach, expand, reshape, slice } from "./views.ts";

/** A = U·diag(S)·Vh. */
export interface Svd {
  readonly u: Node;
  readonly s: Node;
  readonly vh: Node;
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
function tall(a: Node): Svd {
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

/** S, U and Vh of `[… m, n]`, without derivatives. */
function decompose(a: Node): readonly [s: Node, u: Node, vh: Node] {
  const lead = a.shape.slice(0, -2);
  const [m, n] = a.shape.slice(-2);
  const k = Math.min(m, n);
  const { u, s, vh } = tall(stacked(a));
  const [left, right] = m >= n ? [u, vh] : [adjoint(vh), adjoint(u)];
  return [
    reshape(s, [...lead, k]),
    reshape(left, [...lead, m, k]),
    reshape(right, [...lead, k, n]),
  ];
}

/** What turns singular vectors, given the gradients of U and of V as columns. */
interface Turns {
  /** Those of both sides alike, through the differences of the values. */
  readonly alike: Turn;
  /** Those of the sides against one another, through the sums of the values. */
  readonly against: Turn;
  /** Those of a side out of the space of its vectors, through the values. */
  readonly out: readonly (Turn | null)[];
}

/** The part of g that is not in the space of the orthonormal columns of x, if there is more space. */
function outOf(x: Node, g: Node | null, inner: Node | null, s: Node): Turn | null {
  const [m, k] = x.shape.slice(-2);
  if (!g || m === k) return null;
  return { x: sub(g, matmul(x, inner!)), y: expand(asColumns(s), g.shape) };
}

function turnsOf(u: Node, v: Node, gu: Node | null, gv: Node | null, s: Node): Turns {
  const ofU = gu && matmul(adjoint(u), gu);
  const ofV = gv && matmul(adjoint(v), gv);
  const sum = ofU && ofV ? add(ofU, ofV) : (ofU ?? ofV)!;
  const difference = ofU && ofV ? sub(ofU, ofV) : (ofU ?? neg(ofV!));
  const [row, column] = [asRows(s), asColumns(s)];
  const { shape } = sum;
  return {
    alike: { x: skew(sum), y: expand(sub(column, row), shape) },
    against: { x: skew(difference), y: expand(add(column, row), shape) },
    out: [outOf(u, gu, ofU, s), outOf(v, gv, ofV, s)],
  };
}

// Wan and Zhang, arXiv:1909.02659, with the gradients of U and V together; it is PyTorch's gradient.
const SVD = new Decomposition("svd", (call, [gs, gu, gvh]) => {
  const [s, u, vh] = factorsOf(call);
  const k = s.shape.at(-1)!;
  const diagonal = gs ? embedDiagonal(gs, k, k) : null;
  if (!gu && !gvh) return matmul(matmul(u, diagonal!), vh);
  const v = adjoint(vh);
  const sides = [gu ?? null, gvh ? adjoint(gvh) : null] as const;
  const turns = turnsOf(u, v, ...sides, s);
  const by = spread(s);
  const growth = new Growth(call, gs, by);
  const largest = max(asRows(s), -2, true);
  const sizes = sides.map((g) => g && lengths(g));
  const size = sizes[0] && sizes[1] ? add(sizes[0], sizes[1]) : (sizes[0] ?? sizes[1])!;
  const known = new Map<Gradients, Turns | null>();
  const later = (gradients: Gradients): Turns | null => {
    const found = known.get(gradients);
    if (found !== undefined) return found;
    const [, gu, gvh] = gradients;
    const made = gu || gvh ? turnsOf(u, v, gu ?? null, gvh ? adjoint(gvh) : null, by) : null;
    known.set(gradients, made);
    return made;
  };
  const slope = (size: Node, pick: (turns: Turns) => Turn | null) => {
    const moved = movedBy(growth, (gradients) => {
      const turns = later(gradients);
      return turns && pick(turns);
    });
    return slopeOf(pick(turns)!, largest, size, moved);
  };
  const both = add(size, transpose(size));
  const against = slope(both, (turns) => turns.against);
  let inner = add(
    offDiagonal(slope(both, (turns) => turns.alike)),
    // The phases of two vectors turn against one another, too.
    isComplex(u.dtype) ? against : offDiagonal(against),
  );
  if (diagonal) inner = add(inner, diagonal);
  const [fromU, fromV] = turns.out.map((turn, k) =>
    turn && slope(sizes[k]!, (turns) => turns.out[k])
  );
  const left = matmul(u, inner);
  const g = matmul(fromU ? add(left, fromU) : left, vh);
  return fromV ? add(g, matmul(u, adjoint(fromV))) : g;
});

/** U [… m, k], S [… k] and Vh [… k, n] with k = min(m, n). */
export function svd(a: Node): Svd {
  checkMatrices("take the singular value decomposition", a);
  const call = SVD.call(a, a, () => decompose(a));
  const [s, u, vh] = call ? factorsOf(call) : decompose(a);
  return { u, s, vh };
}

/** The singular values alone, [… k]. */
export function svdvals(a: Node): Node {
  checkMatrices("take singular values", a);
  const { s } = rotate(stacked(a), false);
  const values = reshape(s, [...a.shape.slice(0, -2), s.shape[1]]);
  return asFactor(values, SVD.call(a, a, () => decompose(a)), 0);
}

const FULL = new Decomposition("svd", () => {
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
  const given = asFactor(more, FULL.call(a, a, () => [more]), 0);
  return concat([u, given], u.shape.length - 1);
}
