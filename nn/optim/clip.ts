/** Bounds on gradients, between backward() and the step. */
import { concat } from "../../complex/functions/arrange.ts";
import { minimum, mul } from "../../complex/functions/combine.ts";
import { tensor } from "../../complex/create/create.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { withoutGradients } from "../../complex/lazy/graph.ts";
import { norm } from "../../complex/linalg/norm.ts";
import { noteLoss } from "../../complex/lazy/losses.ts";
import type { State } from "../../complex/lazy/state.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkTensor, type RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { isIterable } from "../../gpu/contract/collections.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { checkNumber, checkPositive, withDefaults } from "../checks.ts";
import { byParts } from "./rules.ts";

/** Options of {@link clipGradNorm}. */
export interface ClipGradNormOptions {
  /** p of the norm (Σ|g|ᵖ)^(1/p), or Infinity for the largest modulus; 2, if absent. */
  readonly normType?: number;
}

/** Keeps the norm from dividing by 0; PyTorch's number. */
const EPS = 1e-6;

/** Those parameters that have a gradient, each once. */
function withGradient(what: string, parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : parameters;
  if (!isIterable(list)) throw cannot(what, `it takes parameters, got ${describe(list)}`);
  const found = new Map<State, Tensor>();
  for (const item of list) {
    const { state, requiresGrad, shape, grad } = checkTensor(what, item);
    if (!state || !requiresGrad) {
      throw cannot(what, `a tensor of shape ${show(shape)} is not a parameter with a gradient`);
    }
    if (grad !== null) found.set(state, item);
  }
  return [...found.values()];
}

/**
 * Scales the gradients of parameters so that the norm of all together is at most `maxNorm`:
 * g ← g · min(1, maxNorm/(N + 10⁻⁶)), N = (Σ|g|ᵖ)^(1/p), of complex gradients with their moduli
 * (Pascanu, Mikolov and Bengio 2013; PyTorch's `clip_grad_norm_`). Nothing is read back: it all
 * becomes part of the step's schedule.
 *
 * @returns N, a recipe that the optimiser's step computes: read it after the step, as the loss.
 * @throws {ArgandError} if `maxNorm` is negative, `normType` not above 0, or something is not a parameter.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = parameter(tensor([3, 4]));
 * const optimizer = new nn.SGD([w], { lr: 1 });
 * w.square().sum().div(2).backward();
 * const norm = nn.clipGradNorm([w], 1);
 * optimizer.step();
 * assert(await norm.item() === 5);
 * assert(Math.abs((await w.data())[0] - 2.4) < 1e-5); // 3 − 3/5
 * ```
 */
export function clipGradNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options?: ClipGradNormOptions,
): RealTensor {
  const what = "clip gradients by their norm";
  const { normType } = withDefaults(what, options, { normType: 2 });
  checkNumber(what, "maxNorm", maxNorm);
  if (normType !== Infinity) checkPositive(what, "normType", normType);
  const found = withGradient(what, parameters);
  if (found.length === 0) return tensor(0);
  return withoutGradients(() => {
    const lengths = found.map(({ grad }) =>
      norm(grad!.reshape([-1]), { ord: normType, axes: 0, keepDims: true })
    );
    const all = concat(lengths) as RealTensor;
    const total = norm(all, { ord: normType, axes: 0 });
    const factor = minimum(total.add(EPS).reciprocal().mul(maxNorm), 1);
    for (const p of found) {
      p.grad = mul(p.grad!, factor);
      noteLoss(p.state!, total.node); // so that the step computes it, with the gradients as they are now
    }
    return total;
  });
}

/** Multiplies the gradients of parameters that have one. */
export function scaleGradients(parameters: Iterable<Tensor>, factor: number): void {
  withoutGradients(() => {
    for (const p of withGradient("scale gradients", parameters)) p.grad = mul(p.grad!, factor);
  });
}

/**
 * Brings every entry of the gradients of parameters into [−clipValue, clipValue], of complex ones
 * each part by itself (PyTorch's `clip_grad_value_`). Nothing is read back.
 *
 * @throws {ArgandError} if `clipValue` is negative or something is not a parameter.
 *
 * @example
 * ```ts
 * import { complex, nn, parameter } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = parameter(complex([3], [0.5]));
 * w.absSquared().sum().backward();
 * nn.clipGradValue([w], 2);
 * const { re, im } = await w.grad!.item();
 * assert(re === 2 && im === 1);
 * ```
 */
export function clipGradValue(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  const what = "clip gradients by value";
  checkNumber(what, "clipValue", clipValue);
  const found = withGradient(what, parameters);
  withoutGradients(() => {
    for (const p of found) {
      p.grad = byParts((x) => x.minimum(clipValue).maximum(-clipValue), p.grad!);
    }
  });
}
