/** Losses: real numbers that say how far a prediction is off. */
import { cannot } from "../../gpu/errors.ts";
import { labelNode, type Labels } from "../../complex/labels.ts";
import { pick } from "../../complex/ops/join.ts";
import { sameShape, show } from "../../complex/shape.ts";
import {
  checkReal,
  checkTensor,
  ComplexTensor,
  type RealTensor,
  type Tensor,
  wrapReal,
} from "../../complex/tensor.ts";
import { checkWord, withDefaults } from "../options.ts";
import { logSoftmax } from "./softmax.ts";

/** How the losses of single items become one: their mean (if absent), their sum, or not at all. */
export type Reduction = "mean" | "sum" | "none";

/** Options of the losses. */
export interface LossOptions {
  /** How the losses of single items become one. */
  readonly reduction?: Reduction;
}

function reduce(what: string, items: RealTensor, options?: LossOptions): RealTensor {
  const { reduction } = withDefaults<Required<LossOptions>>(what, options, { reduction: "mean" });
  checkWord(what, "reduction", reduction, ["mean", "sum", "none"]);
  if (reduction === "none") return items;
  return reduction === "mean" ? items.mean() : items.sum();
}

function checkRows(what: string, x: Tensor): void {
  if (x.rank !== 2) throw cannot(what, `it takes [N, classes], got ${show(x.shape)}`);
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
  const [a, b] = [checkTensor(what, prediction), checkTensor(what, target)];
  if (!sameShape(a.shape, b.shape)) {
    throw cannot(what, `the prediction is ${show(a.shape)} and the target ${show(b.shape)}`);
  }
  const difference = (a as ComplexTensor).sub(b as ComplexTensor);
  return reduce(what, difference.absSquared(), options);
}

/**
 * Negative log likelihood, the mean of −x[n, label[n]].
 *
 * @param logProbabilities Real [N, classes], for instance from {@link logSoftmax}.
 * @param labels N whole numbers on the host, copied.
 * @returns A real number, or with reduction `"none"` N of them.
 * @throws {ArgandError} if a label is no class, or there is not one for each row.
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
  const chosen = wrapReal(pick(x.node, labelNode(what, labels, x.shape[1], x.shape[0])));
  return reduce(what, chosen.neg(), options);
}

/**
 * Cross-entropy with class labels, the mean of −log softmax(x)[n, label[n]]; of complex logits the
 * moduli count.
 *
 * @param logits Real or complex [N, classes].
 * @param labels N whole numbers on the host, copied.
 * @returns A real number, or with reduction `"none"` N of them.
 * @throws {ArgandError} if a label is no class, or there is not one for each row.
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
