/** Recurrences along sequences: gated recurrent units and long short-term memories. */
import { classNameOf } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { concat, split, stack } from "../../complex/functions/arrange.ts";
import { complex, full, zeros } from "../../complex/create/create.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { sameShape, type Shape, show } from "../../complex/lazy/shape.ts";
import {
  checkComplex,
  type ComplexTensor,
  type RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";
import { MOST_LAYERS } from "../checks.ts";
import { dropout } from "../functional/dropout.ts";
import { gru, lstm, type RecurrentWeights } from "../functional/recurrent.ts";
import { declarationOf, declareLayer, declareOptions } from "../declare/declaration.ts";
import { flag, integer, number, optional, positiveInteger, word } from "../declare/field.ts";
import { Layer } from "../layer.ts";
import {
  complexInitial,
  type Initial,
  realInitial,
  RecurrentParameters,
} from "./recurrent_parameters.ts";

/** How a recurrence of complex numbers is made; see {@link GRU}. */
export type RecurrentForm = "complex" | "split";

/** Options of {@link GRU} and {@link LSTM}. */
export interface RecurrentOptions {
  /** Layers, each on the output of the one before; 1, if absent. */
  readonly layers?: number;
  /** Whether each layer also runs from the last step to the first; false, if absent. */
  readonly bidirectional?: boolean;
  /** Whether sequences are [N, steps, features]; false, if absent: [steps, N, features]. */
  readonly batchFirst?: boolean;
  /** The probability to drop elements between layers, in training; 0, if absent. */
  readonly dropout?: number;
  /** Whether there are biases; true, if absent. */
  readonly bias?: boolean;
  /** One complex recurrence, if absent, or two real ones put together; see {@link GRU}. */
  readonly form?: RecurrentForm;
}

/** The arguments of a recurrence, beside its options. */
interface RecurrentSizes {
  readonly inFeatures: number;
  readonly hidden: number;
}

const sizes = { inFeatures: positiveInteger, hidden: positiveInteger };
const RECURRENT_OPTIONS = declareOptions<RecurrentOptions>({
  bias: optional(flag, true),
  layers: optional(integer(1, MOST_LAYERS), 1),
  bidirectional: optional(flag, false),
  batchFirst: optional(flag, false),
  dropout: optional(number(0, 1), 0),
  form: optional(word("complex", "split"), "complex"),
});
declareLayer("a GRU", () => GRU, sizes, RECURRENT_OPTIONS);
declareLayer("an LSTM", () => LSTM, sizes, RECURRENT_OPTIONS);

/**
 * The base of {@link GRU} and {@link LSTM}: layers, directions and both forms. S is the kind of state.
 *
 * @example
 * ```ts
 * import { type ComplexTensor, nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer: nn.Recurrent<ComplexTensor> = new nn.GRU(4, 8, { layers: 2, bidirectional: true });
 * const { output, state } = layer.unroll(randnComplex([5, 3, 4]));
 * assertEquals([output.shape, state.shape], [[5, 3, 16], [4, 3, 8]]);
 * ```
 */
export abstract class Recurrent<S> extends Layer {
  /** Complex weights, of each layer forwards and then backwards; none in the split form. */
  readonly cells: readonly RecurrentParameters<ComplexTensor>[];
  /** Real weights of the split form's recurrence `re`, in the same order. */
  readonly re: readonly RecurrentParameters<RealTensor>[];
  /** Real weights of the split form's recurrence `im`. */
  readonly im: readonly RecurrentParameters<RealTensor>[];
  readonly #features: number;
  readonly #hidden: number;
  /** Two, if it is bidirectional, else one. */
  readonly directions: 1 | 2;
  readonly #batchFirst: boolean;
  readonly #dropout: number;
  readonly #form: RecurrentForm;

  /** Layers with random weights; see `manualSeed`. */
  constructor(gates: number, inFeatures: number, hidden: number, options?: RecurrentOptions) {
    super();
    const declared = declarationOf<RecurrentSizes, RecurrentOptions>(new.target);
    const given = declared.take(this, { inFeatures, hidden }, options);
    this.#features = inFeatures;
    this.#hidden = hidden;
    this.directions = given.bidirectional ? 2 : 1;
    this.#batchFirst = given.batchFirst;
    this.#dropout = given.dropout;
    this.#form = given.form;
    const all = <T extends Tensor>(
      initial: Initial<T>,
    ) =>
      Array.from({ length: given.layers * this.directions }, (_, k) => {
        const fanIn = k < this.directions ? inFeatures : hidden * this.directions;
        return new RecurrentParameters(initial(gates * hidden, fanIn, hidden, given.bias));
      });
    this.cells = given.form === "complex" ? all<ComplexTensor>(complexInitial) : [];
    this.re = given.form === "split" ? all<RealTensor>(realInitial) : [];
    this.im = given.form === "split" ? all<RealTensor>(realInitial) : [];
  }

  /** One layer in one direction: the output sequence, and the states after its last step. */
  protected abstract run<T extends Tensor>(
    x: T,
    state: readonly T[],
    weights: RecurrentWeights<T>,
    reverse: boolean,
  ): [output: T, state: T[]];

  /** The tensors of a state, each [layers·directions, N, hidden]. */
  protected abstract tensors(what: string, state: S): ComplexTensor[];

  /** The state of these tensors. */
  protected abstract state(tensors: ComplexTensor[]): S;

  /** How many tensors a state has. */
  protected abstract readonly count: number;

  /** The output of the last layer at every step. */
  override apply(z: ComplexTensor): ComplexTensor {
    return this.unroll(z).output;
  }

  /**
   * The output of the last layer at every step, and the state after the last step. In the split form
   * the state is that of the four real recurrences put together like the output, from which they
   * can't be told apart: there no first state can be given.
   *
   * A long sequence can be learned in pieces: `state = next.detach()` cuts the derivatives, and `evaluate`
   * of it before the optimiser's step computes it with the weights that it belongs to.
   *
   * @param z Complex [steps, N, in], or [N, steps, in] with batchFirst.
   * @param state The first state; zeros, if absent.
   * @returns The output, like z with features hidden (twice that, if bidirectional: forwards first), and
   * the state. A state's tensors are [layers·directions, N, hidden].
   * @throws {ArgandError} if the input has other features, or the state another shape.
   */
  unroll(z: ComplexTensor, state?: S): { output: ComplexTensor; state: S } {
    const what = `apply ${classNameOf(this)}`;
    const axes = this.#batchFirst ? "N, steps" : "steps, N";
    if (checkComplex(what, z).rank !== 3 || z.shape[2] !== this.#features) {
      throw cannot(what, `it takes [${axes}, ${this.#features}], got ${show(z.shape)}`);
    }
    const x = this.#batchFirst ? z.transpose(0, 1) : z;
    const first = state === undefined ? null : this.#checked(what, state, x.shape[1]);
    const [output, last] = this.#form === "complex" ? this.#complex(x, first) : this.#split(x);
    return {
      output: this.#batchFirst ? output.transpose(0, 1) : output,
      state: this.state(last),
    };
  }

  #checked(what: string, state: S, n: number): ComplexTensor[] {
    if (this.#form === "split") {
      throw cannot(what, "a first state has 4 real parts in the split form, and a complex one 2");
    }
    const shape = [this.cells.length, n, this.#hidden];
    return this.tensors(what, state).map((s) => {
      if (sameShape(checkComplex(what, s).shape, shape)) return s;
      throw cannot(what, `the first state must be ${show(shape)}, got ${show(s.shape)}`);
    });
  }

  #complex(x: ComplexTensor, first: ComplexTensor[] | null): [ComplexTensor, ComplexTensor[]] {
    const zero = (shape: Shape) => full(shape, { re: 0, im: 0 }, { dtype: x.dtype });
    return this.#layers(
      x,
      this.cells,
      (k) => first ? first.map((s) => s.at(k)) : this.#blank(x.shape[1], zero),
    );
  }

  /** re(x_r) − im(x_i) + i (re(x_i) + im(x_r)); both parts of x are one batch. */
  #split(x: ComplexTensor): [ComplexTensor, ComplexTensor[]] {
    const n = x.shape[1];
    const both = concat([x.real, x.imag], 1);
    const [[re, reStates], [im, imStates]] = [this.re, this.im].map((weights) =>
      this.#layers(
        both,
        weights,
        () => this.#blank(2 * n, (shape) => zeros(shape, { dtype: both.dtype })),
      )
    );
    const whole = (a: RealTensor, b: RealTensor) => {
      const [ofReal, ofImag] = [a, b].map((t) => split(t, [n, n], 1));
      return complex(ofReal[0].sub(ofImag[1]), ofReal[1].add(ofImag[0]));
    };
    return [whole(re, im), reStates.map((s, k) => whole(s, imStates[k]))];
  }

  #blank<T extends Tensor>(n: number, zero: (shape: Shape) => T): T[] {
    return Array.from({ length: this.count }, () => zero([n, this.#hidden]));
  }

  /** All layers, both directions; the states as [layers·directions, N, hidden]. */
  #layers<T extends Tensor>(
    x: T,
    weights: readonly RecurrentWeights<T>[],
    first: (k: number) => T[],
  ): [output: T, state: T[]] {
    const states: T[][] = [];
    for (let k = 0; k < weights.length; k += this.directions) {
      if (k > 0 && this.training) x = dropout(x, this.#dropout);
      const outputs = weights.slice(k, k + this.directions).map((w, direction) => {
        const [output, state] = this.run(x, first(k + direction), w, direction === 1);
        states.push(state);
        return output;
      });
      x = outputs.length === 1 ? outputs[0] : concat(outputs, 2) as Tensor as T;
    }
    const last = states[0].map((_, part) => stack(states.map((s) => s[part])) as Tensor as T);
    return [x, last];
  }
}

/**
 * Gated recurrent units along sequences (Cho et al. 2014, as PyTorch has them): at every step
 * r = σ(W_r x + R_r h), z = σ(W_z x + R_z h), n = tanh(W_n x + r∘R_n h), h′ = (1 − z)∘n + z∘h, with a
 * bias at each product. From complex [steps, N, in] to [steps, N, hidden], or [N, steps, …] with
 * `batchFirst`; with `bidirectional` the output has 2·hidden features, forwards first.
 *
 * Form `"complex"`, the default, is one recurrence: W and R are complex, ∘ is the product of complex
 * elements, σ and tanh act on real and imaginary part each by itself. A gate's modulus reaches √2, so
 * unlike a real one such a recurrence can let its state grow. Form `"split"` is
 * complexPyTorch's: two real recurrences `re` and `im`, put together once at the end,
 * y = re(x_r) − im(x_i) + i (re(x_i) + im(x_r)). There no recurrence ever sees the part that another
 * one holds: nothing in its state can depend on the phase or the modulus of an input, which take both
 * parts, and what it makes of the two parts is a sum. In the complex form they meet in every product.
 * Both forms multiply equally many real numbers: a complex product is four real ones, and the split
 * form applies two recurrences to two parts.
 *
 * Parameters: in the complex form `cells`, of each layer forwards and then backwards, complex
 * `weightIh` [3·hidden, in], `weightHh` [3·hidden, hidden], `biasIh`, `biasHh` [3·hidden], their rows
 * those of r, z and n. At first `weightIh` is complex Glorot of a single gate, `weightHh` complex normal
 * of the variance of PyTorch's, E|w|² = 1/(3·hidden), and biases are 0. In the split form `re` and `im`
 * with the same real ones, which start as PyTorch's.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or the input has other features.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.GRU(3, 8, { batchFirst: true });
 * const { output, state } = layer.unroll(randnComplex([5, 20, 3]));
 * assertEquals([output.shape, state.shape], [[5, 20, 8], [1, 5, 8]]);
 * const more = layer.unroll(randnComplex([5, 20, 3]), state); // goes on where that ended
 * ```
 */
export class GRU extends Recurrent<ComplexTensor> {
  /** How many tensors a state has. */
  protected readonly count = 1;

  /** Layers with random weights; see `manualSeed`. */
  constructor(inFeatures: number, hidden: number, options?: RecurrentOptions) {
    super(3, inFeatures, hidden, options);
  }

  /** One layer in one direction. */
  protected run<T extends Tensor>(
    x: T,
    [h]: readonly T[],
    weights: RecurrentWeights<T>,
    reverse: boolean,
  ): [output: T, state: T[]] {
    const { output, hidden } = gru(x, h, weights, { reverse });
    return [output, [hidden]];
  }

  /** The hidden state. */
  protected tensors(_: string, state: ComplexTensor): ComplexTensor[] {
    return [state];
  }

  /** The hidden state. */
  protected state([hidden]: ComplexTensor[]): ComplexTensor {
    return hidden;
  }
}

/** The state of an {@link LSTM}. */
export interface LSTMState {
  /** The hidden states of all layers and directions, complex [layers·directions, N, hidden]. */
  readonly hidden: ComplexTensor;
  /** The cell states, of the same shape. */
  readonly cell: ComplexTensor;
}

/**
 * Long short-term memories along sequences (Hochreiter and Schmidhuber 1997, as PyTorch has them): at
 * every step i = σ(W_i x + R_i h), f = σ(W_f x + R_f h), g = tanh(W_g x + R_g h), o = σ(W_o x + R_o h),
 * c′ = f∘c + i∘g, h′ = o∘tanh(c′), with a bias at each product. Shapes, options and the two forms are
 * those of {@link GRU}; the rows of a weight [4·hidden, …] are those of i, f, g and o.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or the input has other features.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.LSTM(3, 8, { layers: 2 });
 * const { output, state } = layer.unroll(randnComplex([20, 5, 3]));
 * assertEquals([output.shape, state.cell.shape], [[20, 5, 8], [2, 5, 8]]);
 * ```
 */
export class LSTM extends Recurrent<LSTMState> {
  /** How many tensors a state has. */
  protected readonly count = 2;

  /** Layers with random weights; see `manualSeed`. */
  constructor(inFeatures: number, hidden: number, options?: RecurrentOptions) {
    super(4, inFeatures, hidden, options);
  }

  /** One layer in one direction. */
  protected run<T extends Tensor>(
    x: T,
    [h, c]: readonly T[],
    weights: RecurrentWeights<T>,
    reverse: boolean,
  ): [output: T, state: T[]] {
    const { output, hidden, cell } = lstm(x, h, c, weights, { reverse });
    return [output, [hidden, cell]];
  }

  /** Hidden and cell state. */
  protected tensors(what: string, state: LSTMState): ComplexTensor[] {
    if (typeof state === "object" && state !== null && "hidden" in state && "cell" in state) {
      return [state.hidden, state.cell];
    }
    throw cannot(what, `the first state must be { hidden, cell }, got ${describe(state)}`);
  }

  /** Hidden and cell state. */
  protected state([hidden, cell]: ComplexTensor[]): LSTMState {
    return { hidden, cell };
  }
}
