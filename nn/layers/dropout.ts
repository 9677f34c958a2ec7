/** Dropout as a layer. */
import { checkComplex, type ComplexTensor } from "../../complex/tensor.ts";
import { dropout } from "../functional/dropout.ts";
import { Layer } from "../layer.ts";
import { checkNumber } from "../options.ts";

/**
 * In training, z·m/(1 − p), each m 0 with probability p, else 1, the same for both parts (Srivastava
 * et al. 2014); otherwise z. For complex tensors of any shape. Masks come from the seeded generator.
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
export class Dropout extends Layer {
  readonly #p: number;

  /** A layer that drops with probability `p`; 0.5, if absent. */
  constructor(p = 0.5) {
    super();
    checkNumber("make a Dropout", "the probability p", p, 0, 1);
    this.#p = p;
  }

  /** z with some elements dropped, in training. */
  override apply(z: ComplexTensor): ComplexTensor {
    checkComplex("apply Dropout", z);
    return this.training ? dropout(z, this.#p) : z;
  }
}
