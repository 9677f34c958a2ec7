/** Linear systems and inverses, by LU factorisation. */
import {
  eliminate,
  NOT_FINITE,
  SINGULAR,
  upper,
} from "../../gpu/kernels/factorisations/eliminate.ts";
import { substitute } from "../../gpu/kernels/factorisations/substitute.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { inexact } from "../../gpu/contract/dtype.ts";
import { Node, parts, type Primitive } from "../lazy/graph.ts";
import { broadcastShapes, sameShape, show, sizeOf } from "../lazy/shape.ts";
import { full, neg, promoted } from "./arithmetic.ts";
import { embedDiagonal } from "./diagonal.ts";
import { adjoint, checkSquare, stackOf } from "./matrices.ts";
import { matmul } from "./matmul.ts";
import { expand, permute, reshape } from "./views.ts";

/** A with its factorisation: L and U in one matrix, and the order of the rows with the status. */
export interface Factored {
  readonly a: Node;
  readonly lu: Node;
  readonly order: Node;
}

const ELIMINATE: Primitive = {
  name: "eliminate",
  lowering: {
    kind: "program",
    program: ({ dtype, shape }) =>
      eliminate({ dtype: inexact(dtype), batch: stackOf(shape), n: shape.at(-1)! }),
  },
};

const UPPER: Primitive = {
  name: "upper triangle",
  lowering: {
    kind: "program",
    program: ({ inputs: [{ dtype, shape }] }) =>
      upper({ dtype: inexact(dtype), batch: stackOf(shape), n: shape.at(-1)! }),
  },
};

/** Derivatives don't pass through the factors: what is computed from them has its own, with respect to A. */
export function factor(a: Node): Factored {
  const order = [...a.shape.slice(0, -2), a.shape.at(-1)! + 1];
  const results = [{ shape: a.shape, dtype: a.dtype }, { shape: order, dtype: "uint32" }] as const;
  const [lu, rows] = parts(new Node(ELIMINATE, [a], results, null, null, false));
  return { a, lu, order: rows };
}

/** Which system is solved. */
export interface SolveAttrs {
  /** Solves with Aᴴ in place of A. */
  readonly adjoint: boolean;
  /** Whether A is upper triangular, and its own factor. */
  readonly upper: boolean;
  /** The statuses of the factorisation for which the result is NaN. */
  readonly refused: number;
}

const SOLVE: Primitive<SolveAttrs> = {
  name: "solve",
  lowering: {
    kind: "program",
    program({ dtype, shape, attrs }) {
      const [n, columns] = shape.slice(-2);
      return substitute({
        dtype: inexact(dtype),
        batch: stackOf(shape),
        n,
        columns,
        ...attrs,
      });
    },
  },
  vjp(x, [g]) {
    const { inputs: [lu, order, , a], attrs } = x;
    // X = A⁻¹B: the gradients are A⁻ᴴg for B and −A⁻ᴴg·Xᴴ for A; with Aᴴ, that of A is its adjoint.
    const gb = applySolve({ a, lu, order }, g!, { ...attrs, adjoint: !attrs.adjoint });
    if (!a.tracked) return [null, null, gb, null];
    const ga = attrs.adjoint ? matmul(x, adjoint(gb)) : matmul(gb, adjoint(x));
    return [null, null, gb, neg(ga)];
  },
};

/** A⁻¹B or A⁻ᴴB, for B with the batch axes of A. */
export function applySolve({ a, lu, order }: Factored, b: Node, attrs: SolveAttrs): Node {
  // A is an input for its derivative; the kernels read its factors.
  return new Node(SOLVE, [lu, order, b, a], [{ shape: b.shape, dtype: b.dtype }], attrs);
}

/** A⁻¹B, NaN where A is singular. */
export const PLAIN: SolveAttrs = { adjoint: false, upper: false, refused: SINGULAR | NOT_FINITE };

/** X with A·X = B, with PyTorch's rule for shapes: B is a vector, a stack of them, or matrices. */
export function solve(a: Node, b: Node): Node {
  const what = "solve";
  checkSquare(what, a);
  if (a.dtype !== b.dtype) [a, b] = promoted([a, b]);
  const n = a.shape.at(-1)!;
  const isVector = b.shape.length === 1 || sameShape(b.shape, a.shape.slice(0, -1));
  const rhs = isVector ? reshape(b, [...b.shape, 1]) : b;
  if (rhs.shape.length < 2 || rhs.shape.at(-2) !== n) {
    const shapes = `shapes ${show(a.shape)} and ${show(b.shape)}`;
    throw cannot(what, `${shapes} do not fit: ${n} equations meet ${rhs.shape.at(-2) ?? 1} rows`);
  }
  const own = a.shape.slice(0, -2);
  const batch = broadcastShapes(what, own, rhs.shape.slice(0, -2), [a.shape, b.shape]);
  const x = sizeOf(own) === 1
    ? solveOne(reshape(a, [n, n]), expand(rhs, [...batch, ...rhs.shape.slice(-2)]))
    : applySolve(
      factor(expand(a, [...batch, n, n])),
      expand(rhs, [...batch, ...rhs.shape.slice(-2)]),
      PLAIN,
    );
  return isVector ? reshape(x, x.shape.slice(0, -1)) : x;
}

/** One matrix [n, n] with a stack of right-hand sides, which are laid side by side. */
function solveOne(a: Node, b: Node): Node {
  const [n, columns] = b.shape.slice(-2);
  const stack = stackOf(b.shape);
  if (stack === 1) return reshape(applySolve(factor(a), reshape(b, [n, columns]), PLAIN), b.shape);
  const side = reshape(permute(reshape(b, [stack, n, columns]), [1, 0, 2]), [n, stack * columns]);
  const x = applySolve(factor(a), side, PLAIN);
  return reshape(permute(reshape(x, [n, stack, columns]), [1, 0, 2]), b.shape);
}

/** U⁻¹B for upper triangular U, whose zeros below the diagonal are stored, and B with its batch axes. */
export function solveUpper(u: Node, b: Node): Node {
  const order = [...u.shape.slice(0, -2), u.shape.at(-1)! + 1];
  const rows = new Node(UPPER, [u], [{ shape: order, dtype: "uint32" }], null, null, false);
  return applySolve({ a: u, lu: u, order: rows }, b, { ...PLAIN, upper: true });
}

/** A⁻¹ */
export function inverse(a: Node): Node {
  checkSquare("invert", a);
  const n = a.shape.at(-1)!;
  const line = a.shape.slice(0, -1);
  const ones = full(line, inexact(a.dtype), 1);
  return applySolve(factor(a), embedDiagonal(ones, n, n), PLAIN);
}
