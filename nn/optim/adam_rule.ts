/** The rule that Adam and AdamW share. */
import { div, mul, sub } from "../../complex/functions/combine.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { checkNumber } from "../checks.ts";
import type { Moments } from "./optimizer.ts";
import { blend, byParts } from "./rules.ts";

/** Options of Adam and AdamW. */
export interface AdamOptions {
  /** The learning rate; 1e-3, if absent. */
  lr: number;
  /** How much of both moments stays, β₁ and β₂; 0.9 and 0.999, if absent. */
  betas: readonly [number, number];
  /** Added to the root of the second moment; 1e-8, if absent. */
  eps: number;
  /** λ: Adam adds λw to the gradient (0, if absent), AdamW takes lr·λ·w from w (0.01, if absent). */
  weightDecay: number;
  /** Whether to divide by the root of the largest second moment so far; false, if absent. */
  amsgrad: boolean;
  /** Whether to ascend; false, if absent. */
  maximize: boolean;
}

/** Both optimisers' defaults, but for the weight decay. */
export const ADAM_DEFAULTS: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

/** Refuses numbers out of range. */
export function checkAdam(what: string, { lr, betas, eps, weightDecay }: AdamOptions): void {
  checkNumber(what, "lr", lr);
  checkNumber(what, "eps", eps);
  checkNumber(what, "weightDecay", weightDecay);
  if (!Array.isArray(betas) || betas.length !== 2) {
    throw cannot(what, `betas must be two numbers, got ${describe(betas)}`);
  }
  for (const beta of betas) checkNumber(what, "a beta", beta, 0, 1, true);
}

/** The moments of both rules. */
export function adamMoments({ amsgrad }: AdamOptions): string[] {
  const moments = ["firstMoment", "secondMoment"];
  return amsgrad ? [...moments, "largestSecondMoment"] : moments;
}

/** w − lr·m̂ / (√v̂ + eps) with the moments of g. */
export function adamStep(w: Tensor, g: Tensor, moments: Moments, options: AdamOptions): Tensor {
  const { lr, betas: [beta1, beta2], eps, amsgrad } = options;
  const { step } = moments;
  const m = blend(moments, "firstMoment", beta1, g);
  let v = blend(moments, "secondMoment", beta2, byParts((x) => x.square(), g));
  if (amsgrad) {
    const before = moments.get("largestSecondMoment");
    if (before) v = byParts((x, y) => x.maximum(y), before, v);
    moments.set("largestSecondMoment", v);
  }
  const root = 1 / Math.sqrt(1 - beta2 ** step);
  const direction = byParts((m, v) => div(m, v.sqrt().mul(root).add(eps)), m, v);
  return sub(w, mul(direction, lr / (1 - beta1 ** step)));
}
