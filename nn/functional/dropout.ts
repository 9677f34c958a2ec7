/** Dropout. */
import { rand } from "../../complex/random.ts";
import { checkTensor, type ComplexTensor, type Tensor } from "../../complex/tensor.ts";
import { checkNumber } from "../options.ts";

/**
 * Drops elements: y = x·m/(1 − p), each m 0 with probability p, else 1, and the same for both parts
 * of a complex number (Srivastava et al. 2014). The mask comes from the seeded generator.
 *
 * @param x A tensor of any shape.
 * @param p The probability to drop, from 0 to 1.
 * @returns A tensor like x.
 * @throws {ArgandError} if p is not in [0, 1].
 *
 * @example
 * ```ts
 * import { nn, ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.dropout(ones([1000]), 0.5); // zeros and twos
 * assert(await y.max().item() === 2);
 * ```
 */
export function dropout<T extends Tensor>(x: T, p = 0.5): T {
  const what = "drop elements";
  checkTensor(what, x);
  checkNumber(what, "the probability p", p, 0, 1);
  if (p === 0) return x;
  const kept = rand(x.shape).greaterEqual(p).mul(p === 1 ? 0 : 1 / (1 - p));
  return (x as unknown as ComplexTensor).mul(kept) as unknown as T;
}
