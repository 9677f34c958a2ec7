/** Attention. */
import { cannot } from "../../gpu/contract/errors.ts";
import { where } from "../../complex/functions/combine.ts";
import { arange } from "../../complex/create/create.ts";
import { broadcastShapes, type Shape, show } from "../../complex/lazy/shape.ts";
import {
  checkComplex,
  checkReal,
  type ComplexTensor,
  type RealTensor,
} from "../../complex/tensor/tensor.ts";
import { checkNumber, checkWord, withDefaults } from "../checks.ts";
import { dropout as drop } from "./dropout.ts";
import { softmax } from "./softmax.ts";

/** The part of the complex scores that the softmax compares: their real parts or their moduli. */
export type AttentionScores = "real" | "modulus";

/** Limits which keys a query attends to. */
export interface AttentionMask {
  /**
   * Real, added to the scores, of a shape that broadcasts to theirs: 0 where a query attends to a key,
   * −Infinity where it does not. None, if absent.
   */
  readonly mask?: RealTensor | null;
  /** Whether query k attends to the keys 0 … k only; false, if absent. */
  readonly causal?: boolean;
}

/** Options of {@link scaledDotProductAttention}. */
export interface AttentionOptions extends AttentionMask {
  /** The part of the scores that the softmax compares; the real parts, if absent. */
  readonly scores?: AttentionScores;
  /** The probability to drop a weight; 0, if absent. Out of training it must be 0. */
  readonly dropout?: number;
  /** The factor of the scores; 1/√E, if absent. */
  readonly scale?: number | null;
}

/** Masks from here on downwards mean: not at all. */
const NEVER = -1e30;

/** softmax over the keys; where nothing may be attended to, all weights are 0. */
function weigh(what: string, s: RealTensor, { mask, causal }: Required<AttentionMask>): RealTensor {
  const [queries, keys] = s.shape.slice(-2);
  let allowed: RealTensor | null = null;
  if (mask !== null) {
    const shape = checkReal(what, mask).shape;
    const fits = shape.every((n, d) => n === 1 || n === s.shape[s.rank - shape.length + d]);
    if (!fits) {
      throw cannot(
        what,
        `the mask ${show(shape)} does not broadcast to the scores ${show(s.shape)}`,
      );
    }
    allowed = mask.greater(NEVER);
    s = s.add(mask.maximum(NEVER));
  }
  if (causal) {
    const past = arange(keys).lessEqual(arange(queries).unsqueeze(1));
    allowed = allowed ? allowed.mul(past) : past;
  }
  if (allowed === null) return softmax(s);
  // Infinities have no place in shaders: a score that does not count is as low as no other one is.
  return softmax(where(allowed, s, NEVER)).mul(allowed);
}

/**
 * Scaled dot-product attention of complex numbers: S = q kᴴ / √E, y = softmax(Re S) v, or
 * softmax(|S|) v. The weights are real, so y keeps the phases of v. Scores by the real part: Yang et
 * al., "Complex Transformer" (2020), and Eilers and Jiang, "Building blocks for a complex-valued
 * transformer architecture" (2023), who also compare moduli, which no phase of a query or key changes.
 *
 * A mask is added to what the softmax compares, as PyTorch's real masks are: 0 where a query attends
 * to a key, −Infinity (anything from −1e30 on downwards) where it does not. A query that attends to
 * nothing gets 0.
 *
 * @param q Queries, complex […, L, E].
 * @param k Keys, complex […, S, E].
 * @param v Values, complex […, S, V].
 * @returns Complex […, L, V].
 * @throws {ArgandError} if the shapes do not fit, or an option is unknown or does not fit.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const [q, k, v] = [[2, 5, 4], [2, 7, 4], [2, 7, 3]].map((shape) => randnComplex(shape));
 * const y = nn.functional.scaledDotProductAttention(q, k, v, { scores: "modulus" });
 * assertEquals(y.shape, [2, 5, 3]);
 * ```
 */
export function scaledDotProductAttention(
  q: ComplexTensor,
  k: ComplexTensor,
  v: ComplexTensor,
  options?: AttentionOptions,
): ComplexTensor {
  const what = "attend";
  const { scores, mask, dropout, scale, causal } = withDefaults<Required<AttentionOptions>>(
    what,
    options,
    { scores: "real", mask: null, dropout: 0, scale: null, causal: false },
  );
  checkWord(what, "scores", scores, ["real", "modulus"]);
  checkNumber(what, "dropout", dropout, 0, 1);
  if (scale !== null) checkNumber(what, "scale", scale, -Infinity);
  const shapes = [q, k, v].map((x) => checkComplex(what, x).shape);
  checkSizes(what, shapes);
  const s = q.matmul(k.H).mul(scale ?? 1 / Math.sqrt(q.shape.at(-1)!));
  const weights = weigh(what, scores === "real" ? s.real : s.abs(), { mask, causal });
  return drop(weights, dropout).matmul(v);
}

function checkSizes(what: string, shapes: readonly Shape[]): void {
  const [q, k, v] = shapes;
  const all = `queries ${show(q)}, keys ${show(k)} and values ${show(v)}`;
  if (shapes.some((shape) => shape.length < 2)) {
    throw cannot(what, `${all} do not all end in [rows, features]`);
  }
  if (q.at(-1) !== k.at(-1)) {
    throw cannot(what, `${all}: queries of ${q.at(-1)} features meet keys of ${k.at(-1)}`);
  }
  if (k.at(-2) !== v.at(-2)) {
    throw cannot(what, `${all}: there are ${k.at(-2)} keys and ${v.at(-2)} values`);
  }
  const [a, b, c] = shapes.map((shape) => shape.slice(0, -2));
  broadcastShapes(what, broadcastShapes(what, a, b, [q, k]), c, [q, v]);
}
