/** The parameters of recurrences, and their first values. */
import { full, parameter } from "../../complex/create/create.ts";
import { rand, randnComplex } from "../../complex/create/random.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import type { RecurrentWeights } from "../functional/recurrent.ts";
import { complexGlorot } from "../init.ts";
import { Module } from "../module.ts";

/**
 * The weights of one layer in one direction, complex or real, as parameters.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const [weights]: readonly nn.RecurrentParameters[] = new nn.GRU(4, 8).cells;
 * assertEquals([weights.weightIh.shape, weights.weightHh.shape], [[24, 4], [24, 8]]);
 * ```
 */
export class RecurrentParameters<T extends Tensor = ComplexTensor> extends Module
  implements RecurrentWeights<T> {
  /** Of the input, [gates·hidden, in]. */
  readonly weightIh: T;
  /** Of the hidden state, [gates·hidden, hidden]. */
  readonly weightHh: T;
  /** Joins the products of the input, [gates·hidden], or null. */
  readonly biasIh: T | null;
  /** Joins the products of the hidden state, [gates·hidden], or null. */
  readonly biasHh: T | null;

  /** Parameters with the values of `initial`. */
  constructor({ weightIh, weightHh, biasIh, biasHh }: RecurrentWeights<T>) {
    super();
    this.weightIh = parameter(weightIh, { name: "weightIh" });
    this.weightHh = parameter(weightHh, { name: "weightHh" });
    this.biasIh = biasIh && parameter(biasIh, { name: "biasIh" });
    this.biasHh = biasHh && parameter(biasHh, { name: "biasHh" });
  }
}

/** First weights of `wide` rows, those of all gates together. */
export type Initial<T extends Tensor> = (
  wide: number,
  inFeatures: number,
  hidden: number,
  bias: boolean,
) => RecurrentWeights<T>;

/**
 * First weights for a hidden state, [rows, hidden]: complex normal of the variance of
 * PyTorch's, E|w|² = 1/(3·hidden). With that of complex Glorot, 1/hidden, small differences between
 * the states of a GRU grow from step to step.
 */
export function recurrentNormal(rows: number, hidden: number): ComplexTensor {
  return randnComplex([rows, hidden]).mul(1 / Math.sqrt(3 * hidden));
}

/** Complex Glorot of a single gate for the input, complex normal for the state; biases are 0. */
export const complexInitial: Initial<ComplexTensor> = (wide, inFeatures, hidden, bias) => {
  const zero = () => (bias ? full([wide], { re: 0, im: 0 }) : null);
  return {
    weightIh: complexGlorot([wide, inFeatures], { fanIn: inFeatures, fanOut: hidden }),
    weightHh: recurrentNormal(wide, hidden),
    biasIh: zero(),
    biasHh: zero(),
  };
};

/** Uniform to ±1/√hidden, as PyTorch. */
export const realInitial: Initial<RealTensor> = (wide, inFeatures, hidden, bias) => {
  const draw = (...shape: number[]) => rand(shape, -1 / Math.sqrt(hidden), 1 / Math.sqrt(hidden));
  return {
    weightIh: draw(wide, inFeatures),
    weightHh: draw(wide, hidden),
    biasIh: bias ? draw(wide) : null,
    biasHh: bias ? draw(wide) : null,
  };
};
