/** Flattening as a layer. */
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";
import { Layer } from "../layer.ts";
import { madeWith } from "../made.ts";
import { checkInteger } from "../../complex/lazy/shape.ts";

/**
 * One axis in place of the axes from `start` to `end`: by default from [N, …] to [N, features].
 *
 * @throws {ArgandError} if the input has no such axes.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(new nn.Flatten().apply(randnComplex([2, 3, 4, 4])).shape.join() === "2,48");
 * ```
 */
export class Flatten extends Layer {
  readonly #start: number;
  readonly #end: number;

  /** Axes count from the end where negative. */
  constructor(start = 1, end = -1) {
    super();
    checkInteger("make a Flatten", "the first axis", start, -Infinity);
    checkInteger("make a Flatten", "the last axis", end, -Infinity);
    this.#start = start;
    this.#end = end;
    madeWith(this, { start, end });
  }

  /** The same elements with fewer axes. */
  override apply(z: ComplexTensor): ComplexTensor {
    return checkComplex("apply Flatten", z).flatten(this.#start, this.#end);
  }
}
