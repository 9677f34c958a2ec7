/** Derivatives as functions of functions, recording without them, and evaluation. */
import { cannot } from "../../gpu/contract/errors.ts";
import { gradients } from "../ops/autograd.ts";
import { describe } from "../lazy/describe.ts";
import { withoutGradients } from "../lazy/graph.ts";
import { fillLike } from "../ops/arithmetic.ts";
import { variable } from "../ops/views.ts";
import { run } from "../lazy/realize.ts";
import { checkScalar } from "../lazy/shape.ts";
import { checkReal, checkTensor, type RealTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/** Refuses what is not a function. */
function checkFunction(what: string, f: unknown): void {
  if (typeof f !== "function") throw cannot(what, `it takes a function, got ${describe(f)}`);
}

/** The gradients, one for each argument, of its kind and shape. */
export type Gradients<A extends readonly Tensor[]> = { [K in keyof A]: A[K] };

/**
 * A function that returns the value of `f` and its gradients with respect to every argument. For a real L
 * and z = x + iy, the gradient is ∂L/∂x + i ∂L/∂y, as in PyTorch. The gradients are tensors like any
 * others and can be differentiated again.
 *
 * @throws {ArgandError} where `f` does not return one real number.
 *
 * @example
 * ```ts
 * import { complex, type ComplexTensor, valueAndGrad } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [value, [g]] = valueAndGrad((z: ComplexTensor) => z.absSquared().sum())(complex(3, 4));
 * assert(await value.item() === 25);
 * assert((await g.item()).im === 8);
 * ```
 */
export function valueAndGrad<A extends readonly Tensor[]>(
  f: (...args: A) => RealTensor,
): (...args: A) => [value: RealTensor, gradients: Gradients<A>] {
  checkFunction("differentiate", f);
  return (...args) => {
    const inputs = args.map((x) => variable(checkTensor("differentiate", x).node));
    const value = checkReal("differentiate", f(...inputs.map(wrap) as unknown as A));
    checkScalar("differentiate", value.shape);
    const found = gradients(value.node, fillLike(value.node, 1), inputs);
    const list = inputs.map((x) => wrap(found.get(x) ?? fillLike(x, 0)));
    return [value, list as unknown as Gradients<A>];
  };
}

/**
 * A function that returns the gradient of `f` with respect to its first argument; see
 * {@link valueAndGrad} for the convention and for several arguments.
 *
 * @example
 * ```ts
 * import { grad, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const cube = (x: typeof a) => x.pow(3).sum();
 * const a = tensor([2]);
 * const second = grad((x: typeof a) => grad(cube)(x).sum());
 * assert(Math.abs(await second(a).item() - 12) < 1e-4);
 * ```
 */
export function grad<T extends Tensor, R extends readonly Tensor[]>(
  f: (first: T, ...rest: R) => RealTensor,
): (first: T, ...rest: R) => T {
  checkFunction("differentiate", f);
  return (first, ...rest) => valueAndGrad((x: T) => f(x, ...rest))(first)[1][0];
}

/**
 * Runs `work` without recording what derivatives would need, and returns its result.
 *
 * @example
 * ```ts
 * import { noGrad, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const w = parameter(tensor([1]));
 * const y = noGrad(() => w.mul(2));
 * assert(await y.item() === 2);
 * ```
 */
export function noGrad<T>(work: () => T): T {
  checkFunction("run without gradients", work);
  return withoutGradients(work);
}

/**
 * Computes tensors now, in one schedule, and keeps their values on the device. It returns without
 * waiting; `await x.data()` reads. Nothing has to be freed: in `psi = step(psi)` with an `evaluate` each
 * time the earlier values are given back. Evaluate together whatever the next step starts from: tensors
 * that are not evaluated stay recipes, and are computed again from their own beginnings.
 *
 * @example
 * ```ts
 * import { evaluate, ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * let psi = ones([4]);
 * for (let k = 0; k < 10; k++) {
 *   psi = psi.mul(0.5);
 *   evaluate(psi);
 * }
 * assert((await psi.data())[0] === 2 ** -10);
 * ```
 */
export function evaluate(...tensors: Tensor[]): void {
  if (tensors.length === 0) throw cannot("evaluate", "there is no tensor");
  run(tensors.map((x) => checkTensor("evaluate", x).node), true);
}
