/** Dropout of elements and of whole channels. */
import { cannot } from "../../gpu/contract/errors.ts";
import { rand } from "../../complex/create/random.ts";
import { type Shape, show } from "../../complex/lazy/shape.ts";
import { checkTensor, type ComplexTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { checkNumber } from "../checks.ts";

/** x times a mask of shape `mask` that is broadcast over it, scaled so that the mean stays. */
function masked<T extends Tensor>(x: T, p: number, mask: Shape): T {
  if (p === 0) return x;
  const kept = rand(mask).greaterEqual(p).mul(p === 1 ? 0 : 1 / (1 - p));
  return (x as unknown as ComplexTensor).mul(kept) as unknown as T;
}

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
  checkNumber(what, "p", p, 0, 1);
  return masked(x, p, x.shape);
}

/**
 * Drops whole channels: y[n, c] = x[n, c]·m[n, c]/(1 − p), each m 0 with probability p, else 1, and
 * the same for both parts of a complex number (Tompson et al. 2015). The mask comes from the seeded
 * generator.
 *
 * @param x A tensor [N, C, H, W] or [N, C, L].
 * @param p The probability to drop, from 0 to 1.
 * @returns A tensor like x.
 * @throws {ArgandError} if x has other axes, or p is not in [0, 1].
 *
 * @example
 * ```ts
 * import { nn, ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const y = nn.functional.dropout2d(ones([1, 50, 3, 3]), 0.5); // planes of zeros and of twos
 * const [least, most] = [y.min([2, 3]), y.max([2, 3])];
 * assert(await least.equal(most).min().item() === 1);
 * ```
 */
export function dropout2d<T extends Tensor>(x: T, p = 0.5): T {
  const what = "drop channels";
  const { rank, shape } = checkTensor(what, x);
  checkNumber(what, "p", p, 0, 1);
  if (rank !== 3 && rank !== 4) {
    throw cannot(what, `it takes [N, C, H, W] or [N, C, L], got ${show(shape)}`);
  }
  return masked(x, p, shape.map((n, d) => (d < 2 ? n : 1)));
}
