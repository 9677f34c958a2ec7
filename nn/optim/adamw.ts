/** AdamW. */
import { nameClass } from "../../gpu/contract/class_names.ts";
import { mul } from "../../complex/functions/combine.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { ADAM_DEFAULTS, adamMoments, type AdamOptions, adamStep, checkAdam } from "./adam_rule.ts";
import type { OptimizerParameters } from "./groups.ts";
import { type Moments, Optimizer } from "./optimizer.ts";

/**
 * AdamW (Loshchilov and Hutter 2019): the parameters decay by themselves, w ← (1 − lr·λ)w, and then
 * make a step of Adam whose moments know nothing of it. Of complex parameters the parts count as two
 * real numbers each, as in PyTorch.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or something is not a parameter.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = parameter(tensor([1]));
 * const optimizer = new nn.AdamW([w], { lr: 0.1, weightDecay: 0.5 });
 * w.sum().backward();
 * optimizer.step();
 * assert(Math.abs(await w.item() - 0.85) < 1e-6); // 0.95 − 0.1
 * ```
 */
export class AdamW extends Optimizer<AdamOptions> {
  static {
    nameClass(this, "AdamW");
  }

  /** An optimiser of parameters, or of groups `{ params, lr, … }` with options of their own. */
  constructor(parameters: OptimizerParameters<AdamOptions>, options?: Partial<AdamOptions>) {
    super(parameters, options, { ...ADAM_DEFAULTS, weightDecay: 0.01 });
  }

  /** Refuses numbers out of range. */
  protected check(what: string, options: AdamOptions): void {
    checkAdam(what, options);
  }

  /** The moments of each parameter. */
  protected override moments(options: AdamOptions): readonly string[] {
    return adamMoments(options);
  }

  /** One step of AdamW. */
  protected update(w: Tensor, g: Tensor, moments: Moments, options: AdamOptions): Tensor {
    const { lr, weightDecay, maximize } = options;
    const decayed = weightDecay === 0 ? w : mul(w, 1 - lr * weightDecay);
    return adamStep(decayed, maximize ? g.neg() : g, moments, options);
  }
}
