/** Softmax and its logarithm. */
import { checkAxis } from "../../complex/lazy/shape.ts";
import { checkReal, type RealTensor } from "../../complex/tensor/tensor.ts";

/** x − max x along an axis, through which the softmax's derivatives are the same. */
function shifted(what: string, x: RealTensor, axis: number): [RealTensor, number] {
  const d = checkAxis(what, axis, checkReal(what, x).shape);
  return [x.sub(x.max(d, true).detach()), d];
}

/**
 * softmax(x)ₖ = e^{xₖ} / Σⱼ e^{xⱼ} along an axis, without overflow.
 *
 * @param x Real, of any shape.
 * @param axis The axis; the last, if absent.
 * @returns Real, like x.
 * @throws {ArgandError} if x is not real (take `z.abs()`) or has no such axis.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const p = await nn.softmax(tensor([0, 0])).data();
 * assert(p[0] === 0.5);
 * ```
 */
export function softmax(x: RealTensor, axis = -1): RealTensor {
  const [above, d] = shifted("take the softmax", x, axis);
  const e = above.exp();
  return e.div(e.sum(d, true));
}

/**
 * log softmax(x)ₖ = xₖ − log Σⱼ e^{xⱼ} along an axis, without overflow.
 *
 * @param x Real, of any shape.
 * @param axis The axis; the last, if absent.
 * @returns Real, like x.
 * @throws {ArgandError} if x is not real (take `z.abs()`) or has no such axis.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const p = await nn.logSoftmax(tensor([0, 0])).data();
 * assert(Math.abs(p[0] + Math.LN2) < 1e-6);
 * ```
 */
export function logSoftmax(x: RealTensor, axis = -1): RealTensor {
  const [above, d] = shifted("take the log softmax", x, axis);
  return above.sub(above.exp().sum(d, true).log());
}
