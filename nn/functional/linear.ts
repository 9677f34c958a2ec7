/** The complex linear map. */
import { cannot } from "../../gpu/contract/errors.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";
import { product } from "../nodes.ts";

/**
 * y = x Wᵀ + b (without conjugation).
 *
 * @param x Complex [N, in] (or […, in]).
 * @param weight Complex [out, in].
 * @param bias Complex [out], or nothing.
 * @returns Complex [N, out] (or […, out]).
 * @throws {ArgandError} if the shapes do not fit, or a tensor is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.linear(complex([[1, 2]]), complex([[0, 0]], [[1, 1]]));
 * assert((await y.item()).im === 3);
 * ```
 */
export function linear(
  x: ComplexTensor,
  weight: ComplexTensor,
  bias: ComplexTensor | null = null,
): ComplexTensor {
  const what = "apply a linear map";
  checkComplex(what, x);
  if (checkComplex(what, weight).rank !== 2) {
    throw cannot(what, `the weight must be [out, in], got ${show(weight.shape)}`);
  }
  const [out, features] = weight.shape;
  if (x.rank === 0 || x.shape.at(-1) !== features) {
    throw cannot(
      what,
      `x ${show(x.shape)} does not end in the ${features} features of the weight ${
        show(weight.shape)
      }`,
    );
  }
  if (bias !== null && (checkComplex(what, bias).rank !== 1 || bias.size !== out)) {
    throw cannot(what, `the bias must have shape [${out}], got ${show(bias.shape)}`);
  }
  return product(x, weight.T, bias);
}
