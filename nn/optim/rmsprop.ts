/** RMSprop. */
import { nameClass } from "../../gpu/contract/class_names.ts";
import { add, div, mul, sub } from "../../complex/functions/combine.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { checkNumber } from "../checks.ts";
import type { OptimizerParameters } from "./groups.ts";
import { type Moments, Optimizer } from "./optimizer.ts";
import { blend, byParts, descended } from "./rules.ts";

/** Options of {@link RMSprop}. */
export interface RMSpropOptions {
  /** The learning rate; 0.01, if absent. */
  lr: number;
  /** How much of the mean square stays, α; 0.99, if absent. */
  alpha: number;
  /** Added to the root of the mean square; 1e-8, if absent. */
  eps: number;
  /** The factor of w that is added to its gradient, λ; 0, if absent. */
  weightDecay: number;
  /** How much of the last update stays, μ; 0, if absent. */
  momentum: number;
  /** Whether to divide by the deviation about the mean gradient; false, if absent. */
  centered: boolean;
  /** Whether to ascend; false, if absent. */
  maximize: boolean;
}

/**
 * RMSprop (Tieleman and Hinton 2012; centred: Graves 2013) with PyTorch's formulas: g ← g + λw;
 * v ← αv + (1 − α)g²; b ← μb + g/(√v + eps); w ← w − lr·b. With `centered` also a ← αa + (1 − α)g,
 * and √max(v − a², 0) in place of √v. Of complex parameters the parts count as two real numbers
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
 * const optimizer = new nn.RMSprop([w], { lr: 0.01, alpha: 0.75 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * assert(Math.abs(await w.item() - 0.98) < 1e-6); // 1 − 0.01·3/√(9/4)
 * ```
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  static {
    nameClass(this, "RMSprop");
  }

  /** An optimiser of parameters, or of groups `{ params, lr, … }` with options of their own. */
  constructor(parameters: OptimizerParameters<RMSpropOptions>, options?: Partial<RMSpropOptions>) {
    super(parameters, options, {
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    });
  }

  /** Refuses numbers out of range. */
  protected check(what: string, options: RMSpropOptions): void {
    const { lr, alpha, eps, weightDecay, momentum } = options;
    checkNumber(what, "lr", lr);
    checkNumber(what, "alpha", alpha, 0, 1);
    checkNumber(what, "eps", eps);
    checkNumber(what, "weightDecay", weightDecay);
    checkNumber(what, "momentum", momentum);
  }

  /** The mean square, and what `momentum` and `centered` need. */
  protected override moments({ momentum, centered }: RMSpropOptions): readonly string[] {
    return [
      "meanSquare",
      ...(centered ? ["meanGradient"] : []),
      ...(momentum === 0 ? [] : ["momentum"]),
    ];
  }

  /** One step of RMSprop. */
  protected update(w: Tensor, gradient: Tensor, moments: Moments, options: RMSpropOptions): Tensor {
    const { lr, alpha, eps, momentum, centered } = options;
    const g = descended(w, gradient, options);
    let v = blend(moments, "meanSquare", alpha, byParts((x) => x.square(), g));
    if (centered) {
      const mean = blend(moments, "meanGradient", alpha, g);
      // Rounding could bring the difference below 0, whose root is not a number.
      v = byParts((v, a) => v.sub(a.square()).maximum(0), v, mean);
    }
    const fresh = byParts((g, v) => div(g, v.sqrt().add(eps)), g, v);
    if (momentum === 0) return sub(w, mul(fresh, lr));
    const before = moments.get("momentum");
    const b = before ? add(mul(before, momentum), fresh) : fresh;
    moments.set("momentum", b);
    return sub(w, mul(b, lr));
  }
}
