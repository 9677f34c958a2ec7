/** Norms of vectors and matrices. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import type { Node } from "../lazy/graph.ts";
import { matrixNorm } from "../ops/matrix_norm.ts";
import { euclidean, vectorNorm } from "../ops/norm.ts";
import { squeeze } from "../ops/views.ts";
import { withDefaults } from "../ops/options.ts";
import { type Axes, checkAxes, checkAxis, show } from "../lazy/shape.ts";
import { checkTensor, type RealTensor, type Tensor, wrapReal } from "../tensor/tensor.ts";

/** Options of {@link norm}. */
export interface NormOptions {
  /**
   * Which norm. For vectors, a number p: (Σ|x|ᵖ)^(1/p), where ±Infinity is the largest or smallest modulus
   * and 0 the number of nonzero entries. For matrices, `"fro"` (√Σ|x|²), `"nuc"` (the sum of singular
   * values), 2 and −2 (the largest and smallest of them), 1 and −1 (the largest and smallest column sum of
   * moduli) and ±Infinity (of rows). If absent √Σ|x|² over all `axes`.
   */
  readonly ord?: number | "fro" | "nuc";
  /** One axis: norms of vectors; two: of matrices. If absent all, of which there may be two with `ord`. */
  readonly axes?: Axes;
  /** Whether the axes are kept with size 1; false, if absent. */
  readonly keepDims?: boolean;
}

/**
 * Norms of vectors and matrices, PyTorch's `torch.linalg.norm`. Without options it is √Σ|x|² over all
 * of x. Intermediate values do not overflow or underflow near the ends of float32, and the derivative at
 * 0 is 0.
 *
 * @param x A real or complex tensor.
 * @throws {ArgandError} if the norm does not exist for as many axes, or an axis does not.
 *
 * @example
 * ```ts
 * import { complex, norm } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const z = complex([[3, 0], [0, 5]], [[4, 0], [0, 12]]);
 * assertEquals(await norm(z, { axes: 1 }).toArray(), [5, 13]);
 * assertEquals(await norm(z, { ord: 1 }).item(), 13);
 * ```
 */
export function norm(x: Tensor, options?: NormOptions): RealTensor {
  const what = "take a norm";
  const { node, shape } = checkTensor(what, x);
  const { ord, axes, keepDims } = withDefaults<
    { ord: NormOptions["ord"]; axes: Axes | undefined; keepDims: boolean }
  >(what, options, { ord: undefined, axes: undefined, keepDims: false });
  if (
    ord !== undefined && ord !== "fro" && ord !== "nuc" &&
    (typeof ord !== "number" || Number.isNaN(ord))
  ) {
    throw cannot(what, `ord must be a number, "fro" or "nuc", got ${describe(ord)}`);
  }
  const list = checkAxes(what, axes, shape);
  // The first of two named axes runs along columns, whatever their order in the shape.
  const order = Array.isArray(axes) ? axes.map((d) => checkAxis(what, d, shape)) : list;
  let kept: Node;
  if (ord === undefined) kept = euclidean(node, list);
  else if (list.length === 2) kept = matrixNorm(what, node, ord, order);
  else if (list.length !== 1) {
    const which = axes === undefined ? `the axes of shape ${show(shape)}` : `axes [${list}]`;
    throw cannot(what, `ord ${ord} is for one axis or two, not for ${which}`);
  } else if (typeof ord === "string") {
    throw cannot(what, `"${ord}" is a norm of matrices, and there is one axis`);
  } else kept = vectorNorm(node, ord, list);
  return wrapReal(keepDims ? kept : squeeze(kept, list));
}
