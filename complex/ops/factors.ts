/**
 * Factors of matrices, such as eigenvectors, that are computed without derivatives and get them
 * together: where values coincide, the derivative of the vectors depends on that of the values.
 */
import { inexact } from "../../gpu/contract/dtype.ts";
import { copied, Node, type Primitive, recordsGradients } from "../lazy/graph.ts";
import { fillLike, mul } from "./arithmetic.ts";
import { gradientsOfResults, type Limit } from "./autograd.ts";
import { sum } from "./views.ts";

/** Computes the factors, values before vectors; called where they are needed. */
type Factors = () => readonly Node[];

/** The call that stands between a matrix and its factors, for derivatives alone. */
export type Call = Node<null, Factors>;

/** The gradient of the matrix, given the call and the gradients of its factors. */
type Rule = (call: Call, gradients: readonly (Node | null)[]) => Node;

/** Its attribute says which factor it is. */
const FACTOR: Primitive<number> = {
  name: "factor",
  lowering: {
    kind: "view",
    alias: true,
    source: (at) => ({ at }),
    index: ({ attrs }) => attrs,
  },
};

/** A kind of factors with the rule for their derivatives. */
export class Decomposition {
  readonly #primitive: Primitive<null, Factors>;
  /** Values and vectors that are asked for one after the other belong together all the same. */
  readonly #calls = new WeakMap<Node, Call>();

  constructor(name: string, rule: Rule) {
    this.#primitive = {
      name,
      lowering: { kind: "view", alias: true, source: (at) => ({ at }) },
      vjp: (call, gradients) => [rule(call, gradients)],
    };
  }

  /** The call for the factors of `a`, which are computed from `input`; null where nothing records it. */
  call(a: Node, input: Node, factors: Factors): Call | null {
    if (!a.tracked || !recordsGradients()) return null;
    const known = this.#calls.get(a);
    if (known) return known;
    let found: readonly Node[] | undefined;
    const once = () => found ??= factors();
    const { shape, dtype } = input;
    const made = new Node(this.#primitive, [input], [{ shape, dtype }], null, null, true, once);
    this.#calls.set(a, made);
    return made;
  }
}

/** A value as a factor of the call. */
export function asFactor(value: Node, call: Call | null, index: number): Node {
  if (call === null) return value;
  return new Node(FACTOR, [value, call], [{ shape: value.shape, dtype: value.dtype }], index);
}

/** All factors, with derivatives. */
export function factorsOf(call: Call): Node[] {
  return call.saved().map((value, k) => asFactor(value, call, k));
}

/** A longer way from the factors to the result is too costly to be differentiated twice. */
const LIMIT: Limit = { nodes: 512, elements: 512 };

/** Whether a walk is going on: none begins within it. */
let walking = false;

/** Numbers between 0.5 and 1.5 for so many values, in their dtype: neighbours are far apart. */
export function spread({ shape, dtype }: Node): Node {
  const n = shape.at(-1)!, golden = (Math.sqrt(5) - 1) / 2;
  return copied(Array.from({ length: n }, (_, k) => 0.5 + (k * golden) % 1), [n], inexact(dtype));
}

/** The gradients of a call's factors when the values, the first of them, grow by t·c. */
export class Growth {
  readonly #call: Call;
  readonly #by: Node;
  readonly #first: readonly (Node | null)[] | null;
  #second: readonly (Node | null)[] | null | undefined;

  /** `gradient` is that of the values; `by` is c. */
  constructor(call: Call, gradient: Node | null | undefined, by: Node) {
    this.#call = call;
    this.#by = by;
    this.#first = this.#derivative(gradient);
  }

  /** Their first derivatives by t: null for one that stays, and null in all where that is not known. */
  get first(): readonly (Node | null)[] | null {
    return this.#first;
  }

  /** Their second derivatives. */
  get second(): readonly (Node | null)[] | null {
    return this.#second ??= this.#first && this.#derivative(this.#first[0]);
  }

  #derivative(gradient: Node | null | undefined): readonly (Node | null)[] | null {
    if (!gradient) return [];
    if (walking || !recordsGradients()) return null;
    walking = true;
    try {
      // ∂²F/∂λ∂V is symmetric: it is the derivative of Σ c·∂F/∂λ for V.
      const root = sum(mul(gradient, this.#by));
      const limit = { ...LIMIT, elements: LIMIT.elements * this.#call.size };
      return gradientsOfResults(root, fillLike(root, 1), this.#call, limit);
    } catch {
      return null; // it can't be differentiated again
    } finally {
      walking = false;
    }
  }
}
