/** Adagrad. */
import { nameClass } from "../../gpu/contract/class_names.ts";
import { add, div, mul, sub } from "../../complex/functions/combine.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { checkNumber } from "../checks.ts";
import type { OptimizerParameters } from "./groups.ts";
import { type Moments, Optimizer } from "./optimizer.ts";
import { byParts, descended } from "./rules.ts";

/** Options of {@link Adagrad}. */
export interface AdagradOptions {
  /** The learning rate; 0.01, if absent. */
  lr: number;
  /** How fast the learning rate falls, η: lr/(1 + (t − 1)η) in step t; 0, if absent. */
  lrDecay: number;
  /** The factor of w that is added to its gradient, λ; 0, if absent. */
  weightDecay: number;
  /** Where the sums of squares begin; 0, if absent. */
  initialAccumulatorValue: number;
  /** Added to the root of the sum; 1e-10, if absent. */
  eps: number;
  /** Whether to ascend; false, if absent. */
  maximize: boolean;
}

/**
 * Adagrad (Duchi, Hazan and Singer 2011) with PyTorch's formulas: g ← g + λw; s ← s + g²;
 * w ← w − lr/(1 + (t − 1)η) · g/(√s + eps). Of complex parameters the parts count as two real numbers
 * each, as in PyTorch.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or something is not a parameter.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = parameter(tensor([1]));
 * const optimizer = new nn.Adagrad([w], { lr: 0.5 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * assert(Math.abs(await w.item() - 0.5) < 1e-6);
 * ```
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  static {
    nameClass(this, "Adagrad");
  }

  /** An optimiser of parameters, or of groups `{ params, lr, … }` with options of their own. */
  constructor(parameters: OptimizerParameters<AdagradOptions>, options?: Partial<AdagradOptions>) {
    super(parameters, options, {
      lr: 0.01,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
    });
  }

  /** Refuses numbers out of range. */
  protected check(what: string, options: AdagradOptions): void {
    for (
      const name of ["lr", "lrDecay", "weightDecay", "initialAccumulatorValue", "eps"] as const
    ) checkNumber(what, name, options[name]);
  }

  /** The sum of squares of each parameter. */
  protected override moments(): readonly string[] {
    return ["sumOfSquares"];
  }

  /** One step of Adagrad. */
  protected update(w: Tensor, gradient: Tensor, moments: Moments, options: AdagradOptions): Tensor {
    const { lr, lrDecay, initialAccumulatorValue, eps } = options;
    const g = descended(w, gradient, options);
    const before = moments.get("sumOfSquares");
    const s = before
      ? add(before, byParts((x) => x.square(), g))
      : byParts((x) => x.square().add(initialAccumulatorValue), g);
    moments.set("sumOfSquares", s);
    const direction = byParts((g, s) => div(g, s.sqrt().add(eps)), g, s);
    return sub(w, mul(direction, lr / (1 + (moments.step - 1) * lrDecay)));
  }
}
