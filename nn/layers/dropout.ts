/** Dropout as layers. */
import { checkTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { dropout, dropout2d } from "../functional/dropout.ts";
import { declareLayer } from "../declare/declaration.ts";
import { number, optional } from "../declare/field.ts";
import { EitherLayer } from "../layer.ts";

const probability = { p: optional(number(0, 1), 0.5) };
const DROPOUT = declareLayer("a Dropout", () => Dropout, probability);
const DROPOUT2D = declareLayer("a Dropout2d", () => Dropout2d, probability);

/**
 * In training, z·m/(1 − p), each m 0 with probability p, else 1, the same for both parts (Srivastava
 * et al. 2014); otherwise z. For tensors of either kind and any shape. Masks come from the seeded generator.
 *
 * @throws {ArgandError} if p is not in [0, 1].
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const drop = new nn.Dropout(0.2).eval();
 * const z = randnComplex([4]);
 * assert(drop.apply(z) === z);
 * ```
 */
export class Dropout extends EitherLayer {
  readonly #p: number;

  /** A layer that drops with probability `p`; 0.5, if absent. */
  constructor(p?: number) {
    super();
    this.#p = DROPOUT.take(this, { p }).p;
  }

  /** z with some elements dropped, in training. */
  apply<T extends Tensor>(z: T): T {
    return dropout(checkTensor("apply Dropout", z) as T, this.training ? this.#p : 0);
  }
}

/**
 * In training, whole channels dropped: z[n, c]·m[n, c]/(1 − p), each m 0 with probability p, else 1,
 * the same for both parts (Tompson et al. 2015); otherwise z. For [N, C, H, W] or [N, C, L] of either kind.
 * Masks come from the seeded generator.
 *
 * @throws {ArgandError} if p is not in [0, 1], or the input has other axes.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const drop = new nn.Dropout2d(0.2).eval();
 * const z = randnComplex([1, 8, 4, 4]);
 * assert(drop.apply(z) === z);
 * ```
 */
export class Dropout2d extends EitherLayer {
  readonly #p: number;

  /** A layer that drops channels with probability `p`; 0.5, if absent. */
  constructor(p?: number) {
    super();
    this.#p = DROPOUT2D.take(this, { p }).p;
  }

  /** z with some channels zero, in training. */
  apply<T extends Tensor>(z: T): T {
    return dropout2d(checkTensor("apply Dropout2d", z) as T, this.training ? this.#p : 0);
  }
}
