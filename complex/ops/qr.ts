/** The QR decomposition and its derivative. */
import { householder } from "../../gpu/kernels/factorisations/householder.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { inexact } from "../../gpu/contract/dtype.ts";
import { Node, parts, type Primitive } from "../lazy/graph.ts";
import { type Shape, show } from "../lazy/shape.ts";
import { add, mul, neg, real, sub } from "./arithmetic.ts";
import { lessEqual } from "./compare.ts";
import { diagonal, embedDiagonal } from "./diagonal.ts";
import { fromIndex, iota } from "./indices.ts";
import { concat } from "./join.ts";
import { adjoint, checkMatrices, columns, stackOf } from "./matrices.ts";
import { matmul } from "./matmul.ts";
import { solveUpper } from "./solve.ts";
import { expand, reshape } from "./views.ts";

/** How many columns Q has: min(m, n), or m. */
export type QrMode = "reduced" | "complete";

/** The upper triangle of square matrices. */
function upper(x: Node): Node {
  const n = x.shape.at(-1)!;
  const line = fromIndex(iota([n]));
  const row = expand(reshape(line, [n, 1]), [n, n]);
  return mul(x, expand(lessEqual(row, expand(line, [n, n])), x.shape));
}

/** T + Tᴴ for T the upper triangle of x, with the real part of its diagonal counted once. */
function hermitian(x: Node): Node {
  const n = x.shape.at(-1)!;
  const t = upper(x);
  return sub(add(t, adjoint(t)), embedDiagonal(real(diagonal(t)), n, n));
}

const QR: Primitive<{ readonly width: number }> = {
  name: "qr",
  lowering: {
    kind: "program",
    program({ inputs: [{ dtype, shape }], attrs: { width } }) {
      const [m, n] = shape.slice(-2);
      return householder({ dtype: inexact(dtype), batch: stackOf(shape), m, n, width });
    },
  },
  vjp(call, [gq, gr]) {
    const { shape } = call.inputs[0];
    const [m, n] = shape.slice(-2);
    if (call.attrs.width > n) {
      throw cannot(
        "differentiate qr",
        `in the mode "complete" the last ${m - n} of the ${m} columns of Q are not determined by ` +
          `the ${n} columns of A, shape ${show(shape)}; the mode "reduced" has a derivative`,
      );
    }
    // Roberts and Roberts (2020), with a real diagonal of R.
    const [q, r] = parts(call);
    const fromR = gr && matmul(gr, adjoint(r));
    const fromQ = gq && neg(matmul(adjoint(q), gq));
    const inner = fromR && fromQ ? add(fromR, fromQ) : (fromR ?? fromQ)!;
    const within = matmul(q, hermitian(inner));
    const outer = gq ? add(within, gq) : within;
    return [adjoint(solveUpper(r, adjoint(outer)))];
  },
};

/** Q with orthonormal columns and an upper triangular R, A = Q·R; see `householder` for the signs. */
export function qr(a: Node, mode: QrMode): { q: Node; r: Node } {
  const { shape, dtype } = a;
  checkMatrices("take the QR decomposition", a);
  const [m, n] = shape.slice(-2);
  if (m < n) {
    // The first m columns determine Q.
    const { q, r } = qr(columns(a, 0, m), mode);
    return { q, r: concat([r, matmul(adjoint(q), columns(a, m, n))], -1) };
  }
  const width = mode === "complete" ? m : n;
  const of = (rows: number, size: number): Shape => [...shape.slice(0, -2), rows, size];
  const results = [{ shape: of(m, width), dtype }, { shape: of(width, n), dtype }];
  const [q, r] = parts(new Node(QR, [a], results, { width }));
  return { q, r };
}
