/** Flattening as a layer. */
import { checkTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { declareLayer } from "../declare/declaration.ts";
import { integer, optional } from "../declare/field.ts";
import { EitherLayer } from "../layer.ts";

const FLATTEN = declareLayer("a Flatten", () => Flatten, {
  start: optional(integer(), 1),
  end: optional(integer(), -1),
});

/**
 * One axis in place of the axes from `start` to `end`: by default from [N, …] to [N, features]. For
 * tensors of either kind.
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
export class Flatten extends EitherLayer {
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
  apply<T extends Tensor>(x: T): T {
    return checkTensor("apply Flatten", x).flatten(this.#start, this.#end) as T;
  }
}
