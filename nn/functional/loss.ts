/** Losses: real numbers that say how far a prediction is off. */
import { where } from "../../complex/functions/combine.ts";
import { type Axes, checkAxes } from "../../complex/lazy/shape.ts";
import {
  checkReal,
  checkTensor,
  ComplexTensor,
  type RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";
import { checkPositive, checkWord, withDefaults } from "../checks.ts";
import { type Labels, pickLabels } from "../nodes.ts";
import { checkAlike, checkRows, cosine, difference, orOne } from "./fields.ts";
import { logSoftmax } from "./softmax.ts";

/** How the losses of single items become one: their mean (if absent), their sum, or not at all. */
export type Reduction = "mean" | "sum" | "none";

/** Options of the losses. */
export interface LossOptions {
  /** How the losses of single items become one; "mean", if absent. */
  readonly reduction?: Reduction;
}

function reduce(what: string, items: RealTensor, options?: LossOptions): RealTensor {
  const { reduction } = withDefaults<Required<LossOptions>>(what, options, { reduction: "mean" });
  checkWord(what, "reduction", reduction, ["mean", "sum", "none"]);
  if (reduction === "none") return items;
  return reduction === "mean" ? items.mean() : items.sum();
}

/**
 * Mean squared error, the mean of |a − b|².
 *
 * @param prediction Real or complex, of any shape.
 * @param target Real or complex, of the same shape.
 * @returns A real number, or with reduction `"none"` the |a − b|².
 * @throws {ArgandError} if the shapes differ.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const loss = nn.mse(complex([3, 0], [4, 0]), complex([0, 0]));
 * assert(await loss.item() === 12.5);
 * ```
 */
export function mse(prediction: Tensor, target: Tensor, options?: LossOptions): RealTensor {
  const what = "take the mean squared error";
  return reduce(what, difference(...checkAlike(what, prediction, target)).absSquared(), options);
}

/**
 * Mean absolute error, the mean of |a − b|. Where a = b its derivative is 0.
 *
 * @param prediction Real or complex, of any shape.
 * @param target Real or complex, of the same shape.
 * @returns A real number, or with reduction `"none"` the |a − b|.
 * @throws {ArgandError} if the shapes differ.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const loss = nn.l1(complex([3, 0], [4, 0]), complex([0, 0]));
 * assert(await loss.item() === 2.5);
 * ```
 */
export function l1(prediction: Tensor, target: Tensor, options?: LossOptions): RealTensor {
  const what = "take the mean absolute error";
  return reduce(what, difference(...checkAlike(what, prediction, target)).abs(), options);
}

/** Options of {@link huber}. */
export interface HuberOptions extends LossOptions {
  /** The |a − b| from which on it grows linearly, above 0; 1, if absent. */
  readonly delta?: number;
}

/**
 * Huber's loss, the mean of ½ d² for d = |a − b| up to δ, and of δ (d − δ/2) beyond.
 *
 * @param prediction Real or complex, of any shape.
 * @param target Real or complex, of the same shape.
 * @returns A real number, or with reduction `"none"` one for each element.
 * @throws {ArgandError} if the shapes differ, or δ is not above 0.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = nn.huber(complex([3, 1], [4, 0]), complex([0, 0]), { reduction: "none" });
 * assertEquals(await loss.toArray(), [4.5, 0.5]);
 * ```
 */
export function huber(prediction: Tensor, target: Tensor, options?: HuberOptions): RealTensor {
  const what = "take the Huber loss";
  const { delta, reduction } = withDefaults<Required<HuberOptions>>(what, options, {
    delta: 1,
    reduction: "mean",
  });
  checkPositive(what, "delta", delta);
  const d = difference(...checkAlike(what, prediction, target));
  const r = d.abs();
  const items = where(
    r.lessEqual(delta),
    d.absSquared().mul(0.5),
    r.sub(delta / 2).mul(delta),
  );
  return reduce(what, items, { reduction });
}

/** Options of {@link cosineSimilarity}. */
export interface CosineOptions {
  /**
   * The axes of one field; if absent all but the first, which counts the fields, and of a vector its
   * only one.
   */
  readonly axis?: Axes;
}

/** The axes of one field. */
function fieldAxes(what: string, x: Tensor, axis?: Axes): number[] {
  if (axis === undefined && x.rank > 1) return x.shape.map((_, d) => d).slice(1);
  return checkAxes(what, axis, x.shape);
}

/**
 * The cosine similarity of fields, |⟨a, b⟩| / (‖a‖ ‖b‖) with ⟨a, b⟩ = Σ conj(a) b: 1 where they differ
 * by a complex factor, 0 where they are orthogonal or one is 0. It does not depend on either's scale.
 *
 * @param a Real or complex, of any shape: fields along the first axis, or as `axis` says.
 * @param b Real or complex, of the same shape.
 * @returns Real in [0, 1], one number for each field.
 * @throws {ArgandError} if the shapes differ, or an axis does not exist.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const a = complex([1, 2], [0, 1]);
 * const c = nn.cosineSimilarity(a, a.mul({ re: 0, im: 3 }));
 * assert(Math.abs(await c.item() - 1) < 1e-6);
 * ```
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options?: CosineOptions): RealTensor {
  return similarity("take the cosine similarity", a, b, options);
}

function similarity(what: string, a: Tensor, b: Tensor, options?: CosineOptions): RealTensor {
  const { axis } = withDefaults<CosineOptions>(what, options, { axis: undefined });
  const [x, y] = checkAlike(what, a, b);
  return cosine(x, y, fieldAxes(what, x, axis)).abs();
}

/** Options of {@link cosineLoss}. */
export interface CosineLossOptions extends LossOptions, CosineOptions {}

/**
 * The mean of 1 − |⟨a, b⟩| / (‖a‖ ‖b‖) over fields: how far they are from one another but for a
 * complex factor; see {@link cosineSimilarity}.
 *
 * @param prediction Real or complex, of any shape: fields along the first axis, or as `axis` says.
 * @param target Real or complex, of the same shape.
 * @returns A real number, or with reduction `"none"` one for each field.
 * @throws {ArgandError} if the shapes differ, or an axis does not exist.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const loss = nn.cosineLoss(complex([[1, 0], [1, 0]]), complex([[0, 2], [3, 0]]));
 * assert(Math.abs(await loss.item() - 0.5) < 1e-6);
 * ```
 */
export function cosineLoss(
  prediction: Tensor,
  target: Tensor,
  options?: CosineLossOptions,
): RealTensor {
  const what = "take the cosine loss";
  const { axis, reduction } = withDefaults<CosineLossOptions>(what, options, {
    axis: undefined,
    reduction: "mean",
  });
  const items = similarity(what, prediction, target, { axis }).neg().add(1);
  return reduce(what, items, { reduction });
}

/** Options of {@link phaseLoss}. */
export interface PhaseLossOptions extends LossOptions {
  /** Whether elements count in proportion to |target|, over its mean; false, if absent. */
  readonly weighted?: boolean;
}

/**
 * The mean of 1 − cos(arg a − arg b): it depends on phases only, with no jump at ±π, and is δ²/2 for
 * small differences δ. Where a or b is 0 there is no phase, and the element counts as 1 with a
 * derivative of 0.
 *
 * @param prediction Real or complex, of any shape.
 * @param target Real or complex, of the same shape.
 * @returns A real number, or with reduction `"none"` one for each element.
 * @throws {ArgandError} if the shapes differ.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const loss = nn.phaseLoss(complex([3, 0], [0, 1]), complex([1, 2]));
 * assert(Math.abs(await loss.item() - 0.5) < 1e-6);
 * ```
 */
export function phaseLoss(
  prediction: Tensor,
  target: Tensor,
  options?: PhaseLossOptions,
): RealTensor {
  const what = "take the phase loss";
  const { weighted, reduction } = withDefaults<Required<PhaseLossOptions>>(what, options, {
    weighted: false,
    reduction: "mean",
  });
  const [a, b] = checkAlike(what, prediction, target);
  const [s, t] = [a.sgn(), b.sgn()];
  const without = s.equal(0).maximum(t.equal(0));
  // ½ |s − t|² is 1 − cos δ without its cancellation at small δ.
  const items = where(without, 1, difference(s, t).absSquared().mul(0.5));
  if (!weighted) return reduce(what, items, { reduction });
  const size = b.abs();
  return reduce(what, items.mul(size.div(orOne(size.mean()))), { reduction });
}

/**
 * Negative log likelihood, the mean of −x[n, label[n]].
 *
 * @param logProbabilities Real [N, classes], for instance from {@link logSoftmax}.
 * @param labels N integers on the host, copied.
 * @returns A real number, or with reduction `"none"` N of them.
 * @throws {ArgandError} if a label is not a class, or there is not one for each row.
 *
 * @example
 * ```ts
 * import { nn, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const loss = nn.nll(tensor([[-1, -2], [-3, -4]]), [0, 1]);
 * assert(await loss.item() === 2.5);
 * ```
 */
export function nll(
  logProbabilities: RealTensor,
  labels: Labels,
  options?: LossOptions,
): RealTensor {
  return likelihood("take the negative log likelihood", logProbabilities, labels, options);
}

function likelihood(
  what: string,
  x: RealTensor,
  labels: Labels,
  options?: LossOptions,
): RealTensor {
  checkRows(what, checkReal(what, x));
  const chosen = pickLabels(what, x, labels);
  return reduce(what, chosen.neg(), options);
}

/**
 * Cross-entropy with class labels, the mean of −log softmax(x)[n, label[n]]; of complex logits the
 * moduli count.
 *
 * @param logits Real or complex [N, classes].
 * @param labels N integers on the host, copied.
 * @returns A real number, or with reduction `"none"` N of them.
 * @throws {ArgandError} if a label is not a class, or there is not one for each row.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const loss = nn.crossEntropy(complex([[1, 0]], [[0, 1]]), [0]);
 * assert(Math.abs(await loss.item() - Math.LN2) < 1e-6);
 * ```
 */
export function crossEntropy(logits: Tensor, labels: Labels, options?: LossOptions): RealTensor {
  const what = "take the cross-entropy";
  checkRows(what, checkTensor(what, logits));
  const real = logits instanceof ComplexTensor ? logits.abs() : logits as RealTensor;
  return likelihood(what, logSoftmax(real, 1), labels, options);
}
