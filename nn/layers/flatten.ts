/** Flattening as a layer. */
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";
import { declareLayer } from "../declare/declaration.ts";
import { integer, optional } from "../declare/field.ts";
import { Layer } from "../layer.ts";

const FLATTEN = declareLayer("a Flatten", () => Flatten, {
  start: optional(integer(), 1),
  end: optional(integer(), -1),
});

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
  constructor(start?: number, end?: number) {
    super();
    const axes = FLATTEN.take(this, { start, end });
    this.#start = axes.start;
    this.#end = axes.end;
  }

  /** The same elements with fewer axes. */
  override apply(z: ComplexTensor): ComplexTensor {
    return checkComplex("apply Flatten", z).flatten(this.#start, this.#end);
  }
}
