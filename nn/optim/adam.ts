/** Adam. */
import { nameClass } from "../../gpu/contract/class_names.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { ADAM_DEFAULTS, adamMoments, type AdamOptions, adamStep, checkAdam } from "./adam_rule.ts";
import type { OptimizerParameters } from "./groups.ts";
import { type Moments, Optimizer } from "./optimizer.ts";
import { descended } from "./rules.ts";

/**
 * Adam (Kingma and Ba 2015) with PyTorch's formulas: g ← g + λw; m ← β₁m + (1 − β₁)g;
 * v ← β₂v + (1 − β₂)g²; w ← w − lr·m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps). With `amsgrad` (Reddi, Kale
 * and Kumar 2018) the largest v so far stands in place of v. Of complex parameters the parts count as
 * two real numbers each, as in PyTorch (`view_as_real`).
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or something is not a parameter.
 *
 * @example
 * ```ts
 * import { complex, nn, parameter } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = parameter(complex([1], [1]));
 * const optimizer = new nn.Adam([w], { lr: 0.1 });
 * const loss = w.absSquared().sum();
 * loss.backward();
 * optimizer.step();
 * assert(Math.abs((await w.item()).im - 0.9) < 1e-6);
 * ```
 */
export class Adam extends Optimizer<AdamOptions> {
  static {
    nameClass(this, "Adam");
  }

  /** An optimiser of parameters, or of groups `{ params, lr, … }` with options of their own. */
  constructor(parameters: OptimizerParameters<AdamOptions>, options?: Partial<AdamOptions>) {
    super(parameters, options, ADAM_DEFAULTS);
  }

  /** Refuses numbers out of range. */
  protected check(what: string, options: AdamOptions): void {
    checkAdam(what, options);
  }

  /** The moments of each parameter. */
  protected override moments(options: AdamOptions): readonly string[] {
    return adamMoments(options);
  }

  /** One step of Adam. */
  protected update(w: Tensor, g: Tensor, moments: Moments, options: AdamOptions): Tensor {
    return adamStep(w, descended(w, g, options), moments, options);
  }
}
