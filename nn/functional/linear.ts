/** The linear map. */
import { cannot } from "../../gpu/contract/errors.ts";
import { show } from "../../complex/lazy/shape.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { product } from "../nodes.ts";
import { checkKind } from "./kinds.ts";

/**
 * y = x Wᵀ + b (without conjugation).
 *
 * @param x Complex or real [N, in] (or […, in]).
 * @param weight [out, in], of the kind of x.
 * @param bias [out], of that kind, or nothing.
 * @returns [N, out] (or […, out]), of that kind.
 * @throws {ArgandError} if the shapes do not fit, or the kinds differ.
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
export function linear<T extends Tensor>(x: T, weight: T, bias: T | null = null): T {
  const what = "apply a linear map";
  checkKind(what, weight, x, bias);
  if (weight.rank !== 2) {
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
  if (bias !== null && (bias.rank !== 1 || bias.size !== out)) {
    throw cannot(what, `the bias must have shape [${out}], got ${show(bias.shape)}`);
  }
  return product(x, weight.T as T, bias);
}
