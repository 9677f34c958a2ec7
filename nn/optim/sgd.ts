/** Stochastic gradient descent. */
import { add, mul, sub } from "../../complex/functions/combine.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { checkNumber } from "../checks.ts";
import type { OptimizerParameters } from "./groups.ts";
import { type Moments, Optimizer } from "./optimizer.ts";
import { descended } from "./rules.ts";

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** The learning rate; 1e-3, if absent. */
  lr: number;
  /** How much of the last update stays, μ; 0, if absent. */
  momentum: number;
  /** How little of the gradient joins the momentum, τ; 0, if absent. */
  dampening: number;
  /** The factor of w that is added to its gradient, λ; 0, if absent. */
  weightDecay: number;
  /** Whether to look ahead along the momentum (Nesterov); false, if absent. */
  nesterov: boolean;
  /** Whether to ascend; false, if absent. */
  maximize: boolean;
}

/**
 * Stochastic gradient descent with PyTorch's formulas, for real and complex parameters:
 * g ← g + λw; b ← μb + (1 − τ)g (at first b = g); w ← w − lr·b, or with `nesterov` w − lr·(g + μb). With `maximize` g is the opposite of the
 * gradient; weights decay all the same.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or something is not a parameter.
 *
 * @example
 * ```ts
 * import { complex, nn, parameter } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = parameter(complex([1], [1]));
 * const optimizer = new nn.SGD([w], { lr: 0.25 });
 * const loss = w.absSquared().sum();
 * loss.backward();
 * optimizer.step();
 * assert(await loss.item() === 2);
 * assert((await w.item()).re === 0.5); // 1 − 0.25·2
 * ```
 */
export class SGD extends Optimizer<SGDOptions> {
  static {
    nameClass(this, "SGD");
  }

  /** An optimiser of parameters, or of groups `{ params, lr, … }` with options of their own. */
  constructor(parameters: OptimizerParameters<SGDOptions>, options?: Partial<SGDOptions>) {
    super(parameters, options, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
    });
  }

  /** Refuses numbers out of range. */
  protected check(what: string, options: SGDOptions): void {
    const { lr, momentum, dampening, weightDecay, nesterov } = options;
    checkNumber(what, "lr", lr);
    checkNumber(what, "momentum", momentum);
    checkNumber(what, "dampening", dampening);
    checkNumber(what, "weightDecay", weightDecay);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw cannot(
        what,
        `nesterov needs a momentum and no dampening, got ${momentum} and ${dampening}`,
      );
    }
  }

  /** The last update of each parameter, where momentum needs it. */
  protected override moments({ momentum }: SGDOptions): readonly string[] {
    return momentum === 0 ? [] : ["momentum"];
  }

  /** One step of descent. */
  protected update(w: Tensor, gradient: Tensor, moments: Moments, options: SGDOptions): Tensor {
    const { lr, momentum, dampening, nesterov } = options;
    const g = descended(w, gradient, options);
    if (momentum === 0) return sub(w, mul(g, lr));
    const before = moments.get("momentum");
    const b = before ? add(mul(before, momentum), mul(g, 1 - dampening)) : g;
    moments.set("momentum", b);
    return sub(w, mul(nesterov ? add(g, mul(b, momentum)) : b, lr));
  }
}
