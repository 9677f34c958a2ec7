/**
 * Recurrences: gated recurrent units and long short-term memories. Their formulas hold for real and
 * for complex numbers; σ and tanh act on real and imaginary part each by itself.
 */
import { isComplex } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../../complex/lazy/describe.ts";
import type { Node } from "../../complex/lazy/graph.ts";
import { add, complex, imag, mul, real, sub } from "../../complex/ops/arithmetic.ts";
import * as functions from "../../complex/ops/elementwise.ts";
import { matmul } from "../../complex/ops/matmul.ts";
import { embed, permute, reshape, slice } from "../../complex/ops/views.ts";
import { sameShape, type Shape, show } from "../../complex/lazy/shape.ts";
import { checkTensor, type ComplexTensor, Tensor, wrap } from "../../complex/tensor/tensor.ts";
import { withDefaults } from "../checks.ts";

/** The weights of one layer of a recurrence, in one direction; all real or all complex. */
export interface RecurrentWeights<T extends Tensor = ComplexTensor> {
  /** Of the input, [gates·hidden, in]. */
  readonly weightIh: T;
  /** Of the hidden state, [gates·hidden, hidden]. */
  readonly weightHh: T;
  /** Joins the products of the input, [gates·hidden], or null. */
  readonly biasIh: T | null;
  /** Joins the products of the hidden state, [gates·hidden], or null. */
  readonly biasHh: T | null;
}

/** Options of {@link gru} and {@link lstm}. */
export interface RecurrenceOptions {
  /** Whether it starts at the last step and goes back to the first; false, if absent. */
  readonly reverse?: boolean;
}

/** Products for the reset gate, the update gate and the candidate. */
export type GruGates<T extends Tensor = ComplexTensor> = readonly [
  reset: T,
  update: T,
  candidate: T,
];

/** One step: from the products of the input and of the hidden state (its first), the next state. */
interface Step {
  readonly name: string;
  readonly gates: number;
  next(x: Node, u: Node, state: readonly Node[]): readonly Node[];
}

/** A real function of real and imaginary part each by itself. */
function byParts(z: Node, f: (part: Node) => Node): Node {
  return isComplex(z.dtype) ? complex(f(real(z)), f(imag(z))) : f(z);
}

const sigmoid = (z: Node): Node => byParts(z, functions.sigmoid);
const tanh = (z: Node): Node => byParts(z, functions.tanh);

/** Consecutive parts of the last axis, which holds `gates` of one size; of so many gates each. */
function gatesOf(x: Node, gates: number, sizes: readonly number[]): Node[] {
  const hidden = x.shape.at(-1)! / gates;
  const lead = x.shape.slice(0, -1);
  let end = 0;
  return sizes.map((n) => {
    const start = [...lead.map(() => 0), end * hidden];
    end += n;
    return slice(x, start, [...lead, n * hidden], x.shape.map(() => 1));
  });
}

const GRU: Step = {
  name: "run a GRU",
  gates: 3,
  next(x, u, [h]) {
    // Both gates at once, so that they are one kernel.
    const [xs, xn] = gatesOf(x, 3, [2, 1]);
    const [us, un] = gatesOf(u, 3, [2, 1]);
    const [r, z] = gatesOf(sigmoid(add(xs, us)), 2, [1, 1]);
    return [mixed(z, tanh(add(xn, mul(r, un))), h)];
  },
};

/** (1 − z)∘n + z∘h */
function mixed(z: Node, n: Node, h: Node): Node {
  return add(n, mul(z, sub(h, n)));
}

const LSTM: Step = {
  name: "run an LSTM",
  gates: 4,
  next(x, u, [, c]) {
    const [both, forCell, forOutput] = gatesOf(add(x, u), 4, [2, 1, 1]);
    const [i, f] = gatesOf(sigmoid(both), 2, [1, 1]);
    const cell = add(mul(f, c), mul(i, tanh(forCell)));
    return [mul(sigmoid(forOutput), tanh(cell)), cell];
  },
};

/** As many as one kernel puts together. */
const FEW = 7;

/** How many of n come in one part, if there are few parts: the largest power of FEW below n. */
function share(n: number): number {
  let count = 1;
  while (count * FEW < n) count *= FEW;
  return count;
}

/**
 * x[0], x[1], …, cut in rounds of a few, so that the gradients are put together in rounds too: L
 * gradients of single steps are then written log L times and not L times.
 */
function rows(x: Node): Node[] {
  const [n, ...rest] = x.shape;
  if (n === 1) return [reshape(x, rest)];
  const count = share(n);
  const ones = x.shape.map(() => 1);
  const parts: Node[] = [];
  for (let k = 0; k < n; k += count) {
    const start = x.shape.map((_, d) => (d === 0 ? k : 0));
    parts.push(...rows(slice(x, start, [Math.min(count, n - k), ...rest], ones)));
  }
  return parts;
}

/** Undoes {@link rows}. As a sum of padded parts, its gradients are views. */
function rejoin(parts: readonly Node[]): Node {
  const n = parts.length;
  if (n === 1) return reshape(parts[0], [1, ...parts[0].shape]);
  const shape = [n, ...parts[0].shape];
  const count = share(n);
  let sum: Node | null = null;
  for (let k = 0; k < n; k += count) {
    const start = shape.map((_, d) => (d === 0 ? k : 0));
    const put = embed(rejoin(parts.slice(k, k + count)), shape, start);
    sum = sum ? add(sum, put) : put;
  }
  return sum!;
}

function checkShaped(what: string, name: string, x: Tensor, like: Tensor, shape: Shape): Node {
  if (!(x instanceof Tensor)) {
    throw cannot(what, `the ${name} must be a tensor, got ${describe(x)}`);
  }
  const { node } = x;
  if (node.dtype === like.node.dtype && sameShape(node.shape, shape)) return node;
  const kind = like.dtype === x.dtype ? "" : `${like.dtype} `;
  const got = kind && `${x.dtype} `;
  throw cannot(what, `the ${name} must be ${kind}${show(shape)}, got ${got}${show(node.shape)}`);
}

/** All steps in order; the states after the last one, and the hidden state after each. */
function recur<T extends Tensor>(
  { name: what, gates, next }: Step,
  x: T,
  state: readonly T[],
  weights: RecurrentWeights<T>,
  options: RecurrenceOptions | undefined,
): { output: T; state: T[] } {
  const { reverse } = withDefaults<Required<RecurrenceOptions>>(what, options, { reverse: false });
  if (checkTensor(what, x).rank !== 3) {
    throw cannot(what, `it takes [steps, N, features], got ${show(x.shape)}`);
  }
  if (typeof weights !== "object" || weights === null) {
    throw cannot(what, `the weights must be an object of tensors, got ${describe(weights)}`);
  }
  const [steps, n, features] = x.shape;
  const hidden = checkTensor(what, state[0]).shape.at(-1) ?? 0;
  const check = (of: string, given: T, shape: Shape) => checkShaped(what, of, given, x, shape);
  const wide = gates * hidden;
  const weightIh = check("weight of the input", weights.weightIh, [wide, features]);
  const weightHh = permute(
    check("weight of the hidden state", weights.weightHh, [wide, hidden]),
    [1, 0],
  );
  const bias = (b: T | null) => (b === null ? undefined : check("bias", b, [wide]));
  const [biasIh, biasHh] = [bias(weights.biasIh), bias(weights.biasHh)];
  let states: readonly Node[] = state.map((s) => check("state", s, [n, hidden]));
  const products = rows(matmul(x.node, permute(weightIh, [1, 0]), biasIh));
  const outputs: Node[] = [];
  for (let k = 0; k < steps; k++) {
    const t = reverse ? steps - 1 - k : k;
    states = next(products[t], matmul(states[0], weightHh, biasHh), states);
    outputs[t] = states[0];
  }
  return { output: wrap(rejoin(outputs)) as T, state: states.map((s) => wrap(s) as T) };
}

/**
 * The elementwise part of a gated recurrent unit (Cho et al. 2014): from the products x of the input
 * and u of the hidden state, r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r∘u_n) and
 * h′ = (1 − z)∘n + z∘h. All ∘ are products of (complex) elements.
 *
 * @param x Products of the input, of one shape [N, hidden].
 * @param u Products of the hidden state, of the same shape.
 * @param h The hidden state [N, hidden].
 * @param normalize What is applied to the candidate before its tanh; nothing, if absent.
 * @returns The next hidden state [N, hidden].
 * @throws {ArgandError} if the shapes or kinds differ.
 *
 * @example
 * ```ts
 * import { nn, ones, zeros } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const none = zeros([1, 2]);
 * const h = nn.functional.gruUpdate([none, none, none], [none, none, none], ones([1, 2]));
 * assert((await h.data())[0] === 0.5);
 * ```
 */
export function gruUpdate<T extends Tensor>(
  x: GruGates<T>,
  u: GruGates<T>,
  h: T,
  normalize?: (candidate: T) => T,
): T {
  const what = "update a GRU";
  const { shape } = checkTensor(what, h);
  const check = (of: string, list: GruGates<T>) => {
    if (!Array.isArray(list) || list.length !== 3) {
      throw cannot(
        what,
        `it takes 3 ${of}, got ${Array.isArray(list) ? list.length : describe(list)}`,
      );
    }
    return list.map((gate: T) => checkShaped(what, of, gate, h, shape));
  };
  if (normalize !== undefined && typeof normalize !== "function") {
    throw cannot(what, `normalize must be a function, got ${describe(normalize)}`);
  }
  const [xr, xz, xn] = check("products of the input", x);
  const [ur, uz, un] = check("products of the state", u);
  const [r, z] = [sigmoid(add(xr, ur)), sigmoid(add(xz, uz))];
  const candidate = wrap(add(xn, mul(r, un))) as T;
  return wrap(mixed(z, tanh((normalize?.(candidate) ?? candidate).node), h.node)) as T;
}

/**
 * A gated recurrent unit along a sequence, in one direction (Cho et al. 2014, as PyTorch has it):
 * r = σ(W_r x + R_r h), z = σ(W_z x + R_z h), n = tanh(W_n x + r∘R_n h), h′ = (1 − z)∘n + z∘h, with a
 * bias at each product. Of complex numbers the products are complex, and σ and tanh act on both parts
 * by themselves.
 *
 * @param x Real or complex [steps, N, in].
 * @param h The first hidden state [N, hidden], of the same kind.
 * @param weights Rows of r, z and n one after the other, [3·hidden, …].
 * @returns The hidden states after each step [steps, N, hidden], and after the last one [N, hidden].
 * @throws {ArgandError} if the shapes or kinds do not fit.
 *
 * @example
 * ```ts
 * import { full, nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const { output, hidden } = nn.functional.gru(
 *   randnComplex([7, 2, 3]),
 *   full([2, 5], { re: 0, im: 0 }),
 *   { weightIh: randnComplex([15, 3]), weightHh: randnComplex([15, 5]), biasIh: null, biasHh: null },
 * );
 * assertEquals([output.shape, hidden.shape], [[7, 2, 5], [2, 5]]);
 * ```
 */
export function gru<T extends Tensor>(
  x: T,
  h: T,
  weights: RecurrentWeights<T>,
  options?: RecurrenceOptions,
): { output: T; hidden: T } {
  const { output, state } = recur(GRU, x, [h], weights, options);
  return { output, hidden: state[0] };
}

/**
 * A long short-term memory along a sequence, in one direction (Hochreiter and Schmidhuber 1997, as
 * PyTorch has it): i, f, o = σ(W x + R h), g = tanh(W_g x + R_g h), c′ = f∘c + i∘g, h′ = o∘tanh(c′),
 * with a bias at each product. Of complex numbers the products are complex, and σ and tanh act on both
 * parts by themselves.
 *
 * @param x Real or complex [steps, N, in].
 * @param h The first hidden state [N, hidden], of the same kind.
 * @param c The first cell state [N, hidden].
 * @param weights Rows of i, f, g and o one after the other, [4·hidden, …].
 * @returns The hidden states after each step [steps, N, hidden], and hidden and cell state after the
 * last one [N, hidden].
 * @throws {ArgandError} if the shapes or kinds do not fit.
 *
 * @example
 * ```ts
 * import { nn, randn, zeros } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const { output, cell } = nn.functional.lstm(
 *   randn([7, 2, 3]),
 *   zeros([2, 5]),
 *   zeros([2, 5]),
 *   { weightIh: randn([20, 3]), weightHh: randn([20, 5]), biasIh: null, biasHh: null },
 * );
 * assertEquals([output.shape, cell.shape], [[7, 2, 5], [2, 5]]);
 * ```
 */
export function lstm<T extends Tensor>(
  x: T,
  h: T,
  c: T,
  weights: RecurrentWeights<T>,
  options?: RecurrenceOptions,
): { output: T; hidden: T; cell: T } {
  const { output, state } = recur(LSTM, x, [h, c], weights, options);
  return { output, hidden: state[0], cell: state[1] };
}
