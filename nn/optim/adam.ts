/** Adam. */
import { add, div, mul, sub } from "../../complex/combine.ts";
import { complex } from "../../complex/create.ts";
import { checkReal, ComplexTensor, type RealTensor, type Tensor } from "../../complex/tensor.ts";
import { cannot } from "../../gpu/errors.ts";
import { checkNumber } from "../options.ts";
import { type Moments, Optimizer, type OptimizerParameters } from "./optimizer.ts";

/** Options of {@link Adam}. */
export interface AdamOptions {
  /** The learning rate; 1e-3, if absent. */
  lr: number;
  /** How much of both moments stays, β₁ and β₂; 0.9 and 0.999, if absent. */
  betas: readonly [number, number];
  /** Added to the root of the second moment; 1e-8, if absent. */
  eps: number;
  /** The factor of w that is added to its gradient, λ; 0, if absent. */
  weightDecay: number;
}

/** f of real tensors, or of both parts of complex ones. */
function byParts(f: (...parts: RealTensor[]) => RealTensor, ...all: Tensor[]): Tensor {
  const parts = (take: (z: ComplexTensor) => RealTensor) =>
    f(...all.map((x) => x instanceof ComplexTensor ? take(x) : checkReal("update", x)));
  if (!all.some((x) => x instanceof ComplexTensor)) return parts((z) => z.real);
  return complex(parts((z) => z.real), parts((z) => z.imag));
}

/**
 * Adam (Kingma and Ba 2015) with PyTorch's formulas: g ← g + λw; m ← β₁m + (1 − β₁)g;
 * v ← β₂v + (1 − β₂)g²; w ← w − lr·m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps). Of complex parameters the
 * parts count as two real numbers each, as in PyTorch (`view_as_real`).
 *
 * @throws {ArgandError} if an option is unknown or no fitting number, or something is no parameter.
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
  /** An optimiser of parameters, or of groups `{ params, lr, … }` with options of their own. */
  constructor(parameters: OptimizerParameters<AdamOptions>, options?: Partial<AdamOptions>) {
    super(parameters, options, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 });
  }

  /** Refuses numbers out of range. */
  protected check(what: string, { lr, betas, eps, weightDecay }: AdamOptions): void {
    checkNumber(what, "lr", lr);
    checkNumber(what, "eps", eps);
    checkNumber(what, "weightDecay", weightDecay);
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw cannot(what, `betas must be two numbers, got ${JSON.stringify(betas)}`);
    }
    for (const beta of betas) checkNumber(what, "a beta", beta, 0, 1, true);
  }

  /** One step of Adam. */
  protected update(
    w: Tensor,
    gradient: Tensor,
    moments: Moments,
    { lr, betas: [beta1, beta2], eps, weightDecay }: AdamOptions,
  ): Tensor {
    const { step } = moments;
    const g = weightDecay === 0 ? gradient : add(gradient, mul(w, weightDecay));
    const blend = (name: string, beta: number, fresh: Tensor): Tensor => {
      const before = moments.get(name);
      const part = mul(fresh, 1 - beta);
      const now = before ? add(mul(before, beta), part) : part;
      moments.set(name, now);
      return now;
    };
    const m = blend("first moment", beta1, g);
    const v = blend("second moment", beta2, byParts((x) => x.square(), g));
    const root = 1 / Math.sqrt(1 - beta2 ** step);
    const direction = byParts(
      (m, v) => div(m, add(mul(v.sqrt(), root), eps)),
      m,
      v,
    );
    return sub(w, mul(direction, lr / (1 - beta1 ** step)));
  }
}
