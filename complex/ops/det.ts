/** Determinants and their logarithms, by LU factorisation. */
import { determinant } from "../../gpu/kernels/factorisations/determinant.ts";
import { NOT_FINITE } from "../../gpu/kernels/factorisations/eliminate.ts";
import { inexact, isComplex, realOf } from "../../gpu/contract/dtype.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { Node, parts, type Primitive } from "../lazy/graph.ts";
import { add, complex, conj, fill, fillLike, imag, mul, scale } from "./arithmetic.ts";
import { equal, where } from "./compare.ts";
import { diagonal, embedDiagonal } from "./diagonal.ts";
import { abs } from "./elementwise.ts";
import { max } from "./reduce.ts";
import { checkSquare, stackOf } from "./matrices.ts";
import { applySolve, factor, type Factored, PLAIN } from "./solve.ts";
import { expand, reshape } from "./views.ts";

/** The kernel, which reads the factors (the first two inputs). */
function program({ inputs: [lu], dtype }: Node, form: "det" | "log"): Program {
  const [batch, n] = [stackOf(lu.shape), lu.shape.at(-1)!];
  return determinant({ dtype: inexact(dtype), batch, n, form });
}

/** w·A⁻ᴴ of each matrix, with one number w a matrix. */
function weighted(factors: Factored, w: Node, refused: number): Node {
  const { shape } = factors.a;
  const n = shape.at(-1)!;
  const line = expand(reshape(w, [...w.shape, 1]), shape.slice(0, -1));
  return applySolve(factors, embedDiagonal(line, n, n), { adjoint: true, upper: false, refused });
}

/** The value that replaces a zero pivot, relative to the largest pivot. */
const TINY = 2 ** -40;

/**
 * The factors with zero pivots replaced by tiny ones. Their det(A)·A⁻¹ equals that of A up to rounding
 * where one pivot was zero, and is nearly zero where several were, as it must be.
 */
function regular({ a, lu, order }: Factored): Factored {
  const n = lu.shape.at(-1)!;
  const pivots = diagonal(lu);
  const sizes = abs(pivots);
  const largest = max(sizes, -1, true);
  const none = equal(largest, fillLike(largest, 0));
  const tiny = scale(where(none, fillLike(largest, 1), largest), TINY);
  const added = where(equal(sizes, fillLike(sizes, 0)), tiny, fillLike(sizes, 0));
  return { a, lu: add(lu, embedDiagonal(added, n, n)), order };
}

const DET: Primitive = {
  name: "det",
  lowering: { kind: "program", program: (node) => program(node, "det") },
  vjp(call, [g]) {
    const [lu, order, a] = call.inputs;
    // g·conj(det A)·A⁻ᴴ, which is finite also where det A = 0.
    const factors = regular({ a, lu, order });
    return [null, null, weighted(factors, mul(g!, conj(applyDet(factors))), NOT_FINITE)];
  },
};

function applyDet({ a, lu, order }: Factored): Node {
  return new Node(DET, [lu, order, a], [{ shape: a.shape.slice(0, -2), dtype: a.dtype }]);
}

/** det A of each matrix. */
export function det(a: Node): Node {
  checkSquare("take the determinant", a);
  return applyDet(factor(a));
}

const SLOGDET: Primitive = {
  name: "slogdet",
  lowering: { kind: "program", program: (node) => program(node, "log") },
  vjp(call, [gSign, gLog]) {
    const [lu, order, a] = call.inputs;
    const [sign] = parts(call);
    // d ln det A = tr(A⁻¹ dA): the real part belongs to ln|det A|, the imaginary part to the phase of the sign.
    let w = gLog;
    if (isComplex(a.dtype)) {
      const none = fill(sign.shape, 0);
      w = complex(gLog ?? none, gSign ? imag(mul(conj(sign), gSign)) : none);
    }
    return [null, null, w && weighted({ a, lu, order }, w, PLAIN.refused)];
  },
};

/** det A / |det A| and ln |det A| of each matrix. */
export function slogdet(a: Node): { sign: Node; logAbs: Node } {
  checkSquare("take the logarithm of the determinant", a);
  const { lu, order } = factor(a);
  const shape = a.shape.slice(0, -2);
  const results = [{ shape, dtype: a.dtype }, { shape, dtype: realOf(a.dtype) }];
  const [sign, logAbs] = parts(new Node(SLOGDET, [lu, order, a], results));
  return { sign, logAbs };
}
