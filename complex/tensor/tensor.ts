/**
 * Tensors: RealTensor (float32) and ComplexTensor (complex64, interleaved). They are recipes until
 * somebody looks at them, and views of one another cost nothing. The three classes share a file because
 * each returns the others.
 */
import { nameClass } from "../../gpu/contract/class_names.ts";
import {
  type ComplexDType,
  type InexactArray,
  type InexactDType,
  isComplex,
  isReal,
  precisionOf,
  type RealDType,
} from "../../gpu/contract/dtype.ts";
import { range } from "../../gpu/contract/collections.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { type Node, withoutGradients } from "../lazy/graph.ts";
import { gradients } from "../ops/autograd.ts";
import { describe } from "../lazy/describe.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as compare from "../ops/compare.ts";
import * as functions from "../ops/elementwise.ts";
import * as joins from "../ops/join.ts";
import * as products from "../ops/matmul.ts";
import * as reductions from "../ops/reduce.ts";
import * as views from "../ops/views.ts";
import { noteLoss } from "../lazy/losses.ts";
import {
  type Complex,
  isComplexNumber,
  nest,
  type NestedComplex,
  type NestedReal,
} from "./nested.ts";
import { guide, TENSOR_AS_LIST, TENSOR_HABITS } from "./habits.ts";
import { awaited } from "./awaited.ts";
import { formatTensor } from "./print.ts";
import { read } from "../lazy/realize.ts";
import {
  type Axes,
  checkAxes,
  checkAxis,
  checkFlag,
  checkInteger,
  checkList,
  checkScalar,
  checkShape,
  resolveShape,
  sameShape,
  type Shape,
  show,
} from "../lazy/shape.ts";
import { State } from "../lazy/state.ts";
import { checkDtype } from "../lazy/precision.ts";
import { assign } from "../lazy/updates.ts";

/** Part of an axis: `[from, to)`, or `[from, to, step]` for NumPy's `from:to:step`; null for all of it. */
export type Range = readonly [number, number] | readonly [number, number, number] | null;

/** An operand that keeps results with real tensors real. */
export type RealOperand = RealTensor | number;

/** An operand with complex values. */
export type ComplexOperand = ComplexTensor | Complex;

/** The node of an operand; numbers take the shape of `like`. */
function operand(what: string, x: unknown, like: Node): Node {
  if (x instanceof Tensor) return x.node;
  if (typeof x === "number") return arithmetic.fill(like.shape, x);
  if (isComplexNumber(x)) return arithmetic.fill(like.shape, x.re, x.im);
  throw cannot(what, `it takes a tensor or a number, got ${describe(x)}`);
}

/** The error of `structuredClone` shows these words. */
const STAYS = Symbol("a tensor; send its values, await x.data(), and x.shape");

/** The tensor of a node. */
export function wrap(node: Node): Tensor {
  return isComplex(node.dtype) ? new ComplexTensor(node) : new RealTensor(node);
}

/** The tensor of a state. */
export function wrapState(state: State): Tensor {
  return isComplex(state.dtype) ? new ComplexTensor(state) : new RealTensor(state);
}

/** The tensor of a state's present version, whatever is assigned to the state later. */
export function wrapPresent({ current }: State): Tensor {
  return wrap(current);
}

/** The real tensor of a node that is known to be real. */
export function wrapReal(node: Node): RealTensor {
  return new RealTensor(node);
}

/** The complex tensor of a node that is known to be complex. */
export function wrapComplex(node: Node): ComplexTensor {
  return new ComplexTensor(node);
}

/**
 * The base of real and complex tensors.
 *
 * @example
 * ```ts
 * import { complex, ones, type Tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = (x: Tensor) => x.shape[0];
 * assertEquals([rows(ones([2, 3])), rows(complex([1, 2, 3]))], [2, 3]);
 * ```
 */
export abstract class Tensor {
  readonly #source: Node | State;
  /**
   * Refuses `structuredClone` and `postMessage`, which would send an object without values.
   * @internal
   */
  protected readonly uncloneable: symbol = STAYS;

  /**
   * Tensors are made by functions such as `complex` and `tensor`.
   * @internal
   */
  constructor(source: Node | State) {
    this.#source = source;
  }

  /**
   * The recipe in the graph.
   * @internal
   */
  get node(): Node {
    return this.#source instanceof State ? this.#source.current : this.#source;
  }

  /**
   * The state behind a parameter or buffer; null for every other tensor.
   * @internal
   */
  get state(): State | null {
    return this.#source instanceof State ? this.#source : null;
  }

  /** The dtype of the elements. */
  abstract get dtype(): InexactDType;

  /** The sizes of the axes, outermost first. */
  get shape(): Shape {
    return this.#source.shape;
  }

  /** The number of elements. */
  get size(): number {
    return this.node.size;
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /**
   * A tensor of the same kind.
   * @internal
   */
  protected same(node: Node): this {
    return wrap(node) as this;
  }

  /** The values, computed if necessary; complex ones interleaved. The array belongs to the caller. */
  data(): Promise<InexactArray<ArrayBuffer>> {
    return awaited("data", this.copied());
  }

  /**
   * A copy of the values.
   * @internal
   */
  protected async copied(): Promise<InexactArray<ArrayBuffer>> {
    const [values] = await read([this.node]);
    return values.slice() as InexactArray<ArrayBuffer>;
  }

  /** `RealTensor` or `ComplexTensor`, also where a bundler has renamed the class. */
  get [Symbol.toStringTag](): string {
    return isComplex(this.dtype) ? "ComplexTensor" : "RealTensor";
  }

  /** The values as text, with shape and kind. */
  format(): Promise<string> {
    const text = read([this.node]).then(([values]) =>
      formatTensor(this[Symbol.toStringTag], this.node, values)
    );
    return awaited("format", text);
  }

  /** Kind and shape, and the values if they have been read. */
  toString(): string {
    return formatTensor(this[Symbol.toStringTag], this.node, this.node.stored?.host ?? null);
  }

  /**
   * A string where JavaScript asks for one. A tensor is neither a number nor part of a sum: `x * 2`,
   * `x < 1` or `x + y` would quietly be NaN, false or text.
   *
   * @throws {ArgandError} if JavaScript asks for a number, or for what `+` and `==` take.
   *
   * @example
   * ```ts
   * import { ArgandError, ones } from "@argand/argand";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * const x = ones([2]);
   * assertThrows(() => Number(x), ArgandError, "write x.mul(2)");
   * assertEquals(`${x.shape}`, "2");
   * ```
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw cannot(
      `use ${describe(this)} as a number`,
      "JavaScript's operators do not compute with tensors; write x.mul(2) or x.add(y), or " +
        "(await x.item()) * 2, or `${x}` for a text",
    );
  }

  /**
   * Refuses: JSON would hold no values, since they are read back only on request.
   *
   * @throws {ArgandError} always: write `JSON.stringify(await x.toArray())`.
   *
   * @example
   * ```ts
   * import { ArgandError, ones } from "@argand/argand";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * const x = ones([2]);
   * assertThrows(() => JSON.stringify({ x }), ArgandError, "write await x.toArray()");
   * assertEquals(JSON.stringify({ x: await x.toArray() }), '{"x":[1,1]}');
   * ```
   */
  toJSON(): never {
    throw cannot(
      `write ${describe(this)} as JSON`,
      "its values are read back only on request; write await x.toArray()",
    );
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** The same elements, in row-major order, in another shape; one size may be −1. */
  reshape(shape: Shape): this {
    const full = resolveShape("reshape", shape, this.size);
    return this.same(views.reshape(this.node, full));
  }

  /** Joins the axes from `start` to `end` into one. */
  flatten(start = 0, end = -1): this {
    if (this.rank === 0) return this.reshape([1]);
    const from = checkAxis("flatten", start, this.shape);
    const to = checkAxis("flatten", end, this.shape);
    if (to < from) throw cannot("flatten", `axis ${start} comes after axis ${end}`);
    return this.reshape([...this.shape.slice(0, from), -1, ...this.shape.slice(to + 1)]);
  }

  /** Axis d of the result is axis `axes[d]` of this. */
  permute(axes: readonly number[]): this {
    const list = checkList("permute", "axes", axes).map((axis) =>
      checkAxis("permute", axis, this.shape)
    );
    if (list.length !== this.rank || new Set(list).size !== this.rank) {
      throw cannot("permute", `${show(axes)} does not name each axis of ${show(this.shape)} once`);
    }
    return this.same(views.permute(this.node, list));
  }

  /** Exchanges two axes (the last two, if absent). */
  transpose(a = -2, b = -1): this {
    const from = checkAxis("transpose", a, this.shape);
    const to = checkAxis("transpose", b, this.shape);
    const axes = this.shape.map((_, d) => (d === from ? to : d === to ? from : d));
    return this.same(views.permute(this.node, axes));
  }

  /** The matrix transpose of the last two axes. */
  get T(): this {
    return this.transpose();
  }

  /** Repeats axes of size 1 up to `shape`, as broadcasting does. */
  expand(shape: Shape): this {
    checkShape("expand", shape);
    const [x] = views.broadcast("expand", this.node, arithmetic.fill(shape, 0));
    if (!sameShape(x.shape, shape)) {
      throw cannot("expand", `shape ${show(this.shape)} does not broadcast to ${show(shape)}`);
    }
    return this.same(x);
  }

  /** Removes axes of size 1: all of them, or those named. */
  squeeze(axes?: Axes): this {
    const list = axes === undefined
      ? this.shape.map((_, d) => d).filter((d) => this.shape[d] === 1)
      : checkAxes("squeeze", axes, this.shape);
    for (const d of list) {
      if (this.shape[d] !== 1) throw cannot("squeeze", `axis ${d} of ${show(this.shape)} is not 1`);
    }
    return this.same(views.squeeze(this.node, list));
  }

  /** Adds an axis of size 1 at `axis`. */
  unsqueeze(axis: number): this {
    const d = checkAxis("unsqueeze", axis, [...this.shape, 1]);
    return this.same(
      views.reshape(this.node, [...this.shape.slice(0, d), 1, ...this.shape.slice(d)]),
    );
  }

  /** Part of each axis; negative indices count from the end. Axes without a range stay whole. */
  slice(...ranges: Range[]): this {
    const what = "slice";
    if (ranges.length > this.rank) {
      throw cannot(
        what,
        `${ranges.length} ranges for the ${this.rank} axes of ${show(this.shape)}`,
      );
    }
    const start: number[] = [];
    const step: number[] = [];
    const shape = this.shape.map((n, d) => {
      const range = ranges[d] ?? [0, n];
      if (!Array.isArray(range) || range.length < 2 || range.length > 3) {
        throw cannot(
          what,
          `a range is [from, to], [from, to, step] or null, got ${describe(range)}`,
        );
      }
      const [from, to, by] = [...range, 1];
      checkInteger(what, "a step", by, 1);
      checkInteger(what, "a start", from, -n, n);
      checkInteger(what, "an end", to, -n);
      const first = from < 0 ? from + n : from;
      const last = Math.min(n, to < 0 ? to + n : to);
      if (last <= first) {
        throw cannot(what, `[${from}, ${to}] of axis ${d} in ${show(this.shape)} is empty`);
      }
      start.push(first);
      step.push(by);
      return Math.ceil((last - first) / by);
    });
    return this.same(views.slice(this.node, start, shape, step));
  }

  /**
   * The part at these indices of the first axes, without those axes: `x.at(1)` is row 1, `x.at(1, 2)`
   * element 2 of it, and `x.at(null, 2)` column 2, as NumPy's `x[1]`, `x[1, 2]` and `x[:, 2]`. Negative
   * indices count from the end; null leaves an axis whole.
   */
  at(...index: (number | null)[]): this {
    const what = "take a part";
    if (index.length === 0) throw cannot(what, "there is no index");
    if (index.length > this.rank) {
      throw cannot(
        what,
        `${index.length} indices for the ${this.rank} axes of ${show(this.shape)}`,
      );
    }
    const ranges = Array.from(index, (k, d): Range => {
      if (k === null) return null;
      const n = this.shape[d];
      checkInteger(what, `the index of axis ${d}`, k, -n, n - 1);
      return k < 0 ? [k + n, k + n + 1] : [k, k + 1];
    });
    return this.slice(...ranges).squeeze(range(index.length).filter((d) => index[d] !== null));
  }

  /** Reverses the order of the elements along axes (all, if absent). */
  flip(axes?: Axes): this {
    return this.same(views.flip(this.node, checkAxes("flip", axes, this.shape)));
  }

  /** Shifts elements by `shift` along axes, wrapping around. */
  roll(shift: number | readonly number[], axes: Axes): this {
    const shifts = typeof shift === "number" ? [shift] : shift;
    const list = checkList("roll", "axes", typeof axes === "number" ? [axes] : axes)
      .map((axis) => checkAxis("roll", axis, this.shape));
    if (checkList("roll", "shifts", shifts).length !== list.length) {
      throw cannot("roll", `there are ${shifts.length} shifts for ${list.length} axes`);
    }
    const by = this.shape.map(() => 0);
    list.forEach((d, k) => {
      checkInteger("roll", "a shift", shifts[k], -Infinity);
      by[d] += shifts[k];
    });
    return this.same(views.roll(this.node, by));
  }

  /** Pads with `value`: `[before, after]` elements along each axis. */
  pad(widths: readonly (readonly [number, number])[], value = 0): this {
    if (checkList("pad", "[before, after] pairs", widths).length !== this.rank) {
      throw cannot(
        "pad",
        `${widths.length} pairs for the ${this.rank} axes of ${show(this.shape)}`,
      );
    }
    for (const pair of widths) {
      if (Array.isArray(pair) && pair.length === 2) continue;
      throw cannot("pad", `each axis takes [before, after], got ${describe(pair)}`);
    }
    const [before, after] = [0, 1].map((k) => widths.map((pair) => pair[k]));
    for (const n of [...before, ...after]) checkInteger("pad", "a width", n, 0);
    if (typeof value !== "number") throw cannot("pad", `the value is ${describe(value)}`);
    return this.same(joins.pad(this.node, before, after, value));
  }

  /** The sum over axes (all, if absent). */
  sum(axes?: Axes, keepDims = false): this {
    checkFlag("sum", "keepDims", keepDims);
    return this.same(views.sum(this.node, axes, keepDims));
  }

  /** The mean over axes (all, if absent). */
  mean(axes?: Axes, keepDims = false): this {
    checkFlag("take the mean", "keepDims", keepDims);
    return this.same(reductions.mean(this.node, axes, keepDims));
  }

  /** The product over axes (all, if absent). */
  prod(axes?: Axes, keepDims = false): this {
    checkFlag("take the product", "keepDims", keepDims);
    return this.same(reductions.prod(this.node, axes, keepDims));
  }

  /** The running sum along an axis. */
  cumsum(axis: number): this {
    return this.same(reductions.cumsum(this.node, axis));
  }

  /** −x */
  neg(): this {
    return this.same(arithmetic.neg(this.node));
  }

  /** 1 / x */
  reciprocal(): this {
    return this.same(functions.reciprocal(this.node));
  }

  /** x² */
  square(): this {
    return this.same(functions.square(this.node));
  }

  /** eˣ */
  exp(): this {
    return this.same(functions.exp(this.node));
  }

  /** The natural logarithm; for complex x with its branch cut along the negative real axis, for real x NaN below 0. */
  log(): this {
    return this.same(functions.log(this.node));
  }

  /** The square root; for complex x with non-negative real part, for real x NaN below 0. */
  sqrt(): this {
    return this.same(functions.sqrt(this.node));
  }

  /** sin x */
  sin(): this {
    return this.same(functions.sin(this.node));
  }

  /** cos x */
  cos(): this {
    return this.same(functions.cos(this.node));
  }

  /** tan x */
  tan(): this {
    return this.same(functions.tan(this.node));
  }

  /** sinh x */
  sinh(): this {
    return this.same(functions.sinh(this.node));
  }

  /** cosh x */
  cosh(): this {
    return this.same(functions.cosh(this.node));
  }

  /** tanh x */
  tanh(): this {
    return this.same(functions.tanh(this.node));
  }

  /** z / |z|, and 0 at 0; the sign of a real x. */
  sgn(): this {
    return this.same(functions.sgn(this.node));
  }

  /** max(x, 0); for complex x, separately for real and imaginary part. */
  relu(): this {
    return this.same(functions.relu(this.node));
  }

  /** |x|, without early overflow; its derivative at 0 is 0. */
  abs(): RealTensor {
    return new RealTensor(functions.abs(this.node));
  }

  /** |x|² */
  absSquared(): RealTensor {
    return new RealTensor(functions.absSquared(this.node));
  }

  /** The phase in [−π, π], with signed zeros as NumPy's `angle`: −π at −1 − 0i. */
  angle(): RealTensor {
    return new RealTensor(functions.angle(this.node));
  }

  /** 1 where equal, else 0: a tensor, and as such always true in an `if`. */
  equal(other: RealOperand | ComplexOperand): RealTensor {
    return new RealTensor(compare.equal(this.node, operand("compare", other, this.node)));
  }

  /** 1 where not equal, else 0: a tensor, and as such always true in an `if`. */
  notEqual(other: RealOperand | ComplexOperand): RealTensor {
    return new RealTensor(compare.notEqual(this.node, operand("compare", other, this.node)));
  }

  /** The same values; derivatives do not pass through. */
  detach(): this {
    return this.same(views.detach(this.node));
  }

  /** Whether `backward` leaves a gradient here. */
  get requiresGrad(): boolean {
    return this.state?.requiresGrad ?? false;
  }

  /** The gradient that `backward` left; null before that, and after a step of the optimiser. */
  get grad(): this | null {
    const gradient = this.state?.gradient;
    return gradient ? this.same(gradient) : null;
  }

  set grad(gradient: this | null) {
    const { state } = this;
    if (!state) throw cannot("set a gradient", "only parameters have one");
    if (gradient !== null) {
      const { node } = checkTensor("set a gradient", gradient);
      if (node.dtype !== state.dtype || !sameShape(node.shape, state.shape)) {
        throw cannot(
          "set a gradient",
          `a ${this[Symbol.toStringTag]} ${show(this.shape)} takes its like, got ${
            describe(gradient)
          }`,
        );
      }
    }
    state.gradient = gradient?.node ?? null;
  }

  /** Replaces the value of a parameter or buffer, when the next schedule runs. */
  assign(value: this): void {
    if (!this.state) throw cannot("assign", "only parameters and buffers can be assigned to");
    if (!(value instanceof Tensor)) {
      throw cannot(`assign to ${this.state.name}`, `it takes a tensor, got ${describe(value)}`);
    }
    assign([this.state, value.detach().node]);
  }

  /**
   * Combines with an operand; the result is real only if both are.
   * @internal
   */
  protected combine(
    what: string,
    operation: (a: Node, b: Node) => Node,
    other: unknown,
  ): Tensor {
    return wrap(operation(this.node, operand(what, other, this.node)));
  }
}

guide(Tensor.prototype, TENSOR_HABITS, TENSOR_AS_LIST);

/**
 * A real tensor, float32.
 *
 * @example
 * ```ts
 * import { abs, complex, type RealTensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const r: RealTensor = abs(complex([3, 0], [4, 1]));
 * assertEquals(await r.toArray(), [5, 1]);
 * ```
 */
export class RealTensor extends Tensor {
  static {
    nameClass(this, "RealTensor");
  }

  /** The dtype of the elements. */
  get dtype(): RealDType {
    return this.node.dtype as RealDType;
  }

  /**
   * The same numbers in another precision, or as complex numbers; this itself where nothing changes.
   *
   * @throws {ArgandError} if it is not a dtype, or the engine has no double precision.
   *
   * @example
   * ```ts
   * import { ones } from "@argand/argand";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(ones([2]).to("complex64").dtype, "complex64");
   * ```
   */
  to(dtype: RealDType): RealTensor;
  /** The same numbers as complex ones. */
  to(dtype: ComplexDType): ComplexTensor;
  to(dtype: InexactDType): Tensor {
    const precision = precisionOf(checkDtype("change the dtype", dtype));
    const x = arithmetic.cast(this.node, precision);
    if (isComplex(dtype)) return wrap(arithmetic.toComplex(x));
    return x === this.node ? this : wrap(x);
  }

  /** The single value. */
  item(): Promise<number> {
    return awaited("item", this.#item());
  }

  async #item(): Promise<number> {
    checkScalar("take the item", this.shape);
    return (await this.copied())[0];
  }

  /** The values as numbers nested by axis. */
  toArray(): Promise<NestedReal> {
    const nested = this.copied().then((values) => nest(this.shape, (k) => values[k]));
    return awaited("toArray", nested);
  }

  /** this + other */
  add(other: RealOperand): RealTensor;
  /** this + other */
  add(other: ComplexOperand): ComplexTensor;
  add(other: RealOperand | ComplexOperand): Tensor {
    return this.combine("add", arithmetic.add, other);
  }

  /** this − other */
  sub(other: RealOperand): RealTensor;
  /** this − other */
  sub(other: ComplexOperand): ComplexTensor;
  sub(other: RealOperand | ComplexOperand): Tensor {
    return this.combine("subtract", arithmetic.sub, other);
  }

  /** this · other, element by element */
  mul(other: RealOperand): RealTensor;
  /** this · other, element by element */
  mul(other: ComplexOperand): ComplexTensor;
  mul(other: RealOperand | ComplexOperand): Tensor {
    return this.combine("multiply", arithmetic.mul, other);
  }

  /** this / other */
  div(other: RealOperand): RealTensor;
  /** this / other */
  div(other: ComplexOperand): ComplexTensor;
  div(other: RealOperand | ComplexOperand): Tensor {
    return this.combine("divide", arithmetic.div, other);
  }

  /** this to the power other; NaN for a negative base and a fractional exponent. */
  pow(other: RealOperand): RealTensor;
  /** this to the power other, the principal value. */
  pow(other: ComplexOperand): ComplexTensor;
  pow(other: RealOperand | ComplexOperand): Tensor {
    if (other === 2) return this.square();
    return this.combine("raise to a power", functions.pow, other);
  }

  /** The matrix product over the last two axes, the others broadcast. */
  matmul(other: RealTensor): RealTensor;
  /** The matrix product over the last two axes, the others broadcast. */
  matmul(other: ComplexTensor): ComplexTensor;
  matmul(other: Tensor): Tensor {
    return this.combine("matmul", products.matmul, checkTensor("matmul", other));
  }

  /** x + 0i */
  toComplex(): ComplexTensor {
    return new ComplexTensor(arithmetic.toComplex(this.node));
  }

  /** 1 / (1 + e⁻ˣ) */
  sigmoid(): RealTensor {
    return new RealTensor(functions.sigmoid(this.node));
  }

  /** eˣ − 1, accurate near 0. */
  expm1(): RealTensor {
    return new RealTensor(functions.expm1(this.node));
  }

  /** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
  erf(): RealTensor {
    return new RealTensor(functions.erf(this.node));
  }

  /** The larger of the two. */
  maximum(other: RealOperand): RealTensor {
    return this.both("take the maximum", functions.maximum, other);
  }

  /** The smaller of the two. */
  minimum(other: RealOperand): RealTensor {
    return this.both("take the minimum", functions.minimum, other);
  }

  /** 1 where this < other, else 0. */
  less(other: RealOperand): RealTensor {
    return this.both("compare", compare.less, other);
  }

  /** 1 where this ≤ other, else 0. */
  lessEqual(other: RealOperand): RealTensor {
    return this.both("compare", compare.lessEqual, other);
  }

  /** 1 where this > other, else 0. */
  greater(other: RealOperand): RealTensor {
    return this.both("compare", compare.greater, other);
  }

  /** 1 where this ≥ other, else 0. */
  greaterEqual(other: RealOperand): RealTensor {
    return this.both("compare", compare.greaterEqual, other);
  }

  /** The largest value over axes, and NaN if one is, as `max`; equal values share the gradient. */
  max(axes?: Axes, keepDims = false): RealTensor {
    checkFlag("take the max", "keepDims", keepDims);
    return new RealTensor(reductions.max(this.node, axes, keepDims));
  }

  /** The smallest value over axes, and NaN if one is, as `min`; equal values share the gradient. */
  min(axes?: Axes, keepDims = false): RealTensor {
    checkFlag("take the min", "keepDims", keepDims);
    return new RealTensor(reductions.min(this.node, axes, keepDims));
  }

  /**
   * The index of the first largest value along an axis (in the flattened tensor, if absent), or of the
   * first NaN, as far as the adapter keeps it.
   */
  argmax(axis?: number, keepDims = false): RealTensor {
    checkFlag("take the argmax", "keepDims", keepDims);
    return new RealTensor(reductions.argmax(this.node, axis, keepDims));
  }

  /** The index of the first smallest value along an axis, or of the first NaN, as `argmax`. */
  argmin(axis?: number, keepDims = false): RealTensor {
    checkFlag("take the argmin", "keepDims", keepDims);
    return new RealTensor(reductions.argmin(this.node, axis, keepDims));
  }

  /** Differentiates this real number: adds ∂this/∂parameter to the `grad` of every parameter it depends on. */
  backward(): void {
    const { node } = this;
    checkScalar("differentiate a loss", node.shape);
    if (!node.tracked) {
      throw cannot("differentiate a loss", "it depends on no parameter that requires a gradient");
    }
    const found = gradients(node, arithmetic.fillLike(node, 1));
    let reached = false;
    for (const [at, gradient] of found) {
      const { state } = at;
      if (!(state instanceof State && state.requiresGrad)) continue;
      const before = state.gradient;
      state.gradient = before ? withoutGradients(() => arithmetic.add(before, gradient)) : gradient;
      noteLoss(state, node);
      reached = true;
    }
    if (!reached) {
      throw cannot(
        "differentiate a loss",
        "what lies between it and the parameters has no derivative (comparisons, counts, indices), " +
          "or a step of an optimiser has used it up: compute it again with the new parameters",
      );
    }
  }

  /**
   * Combines with a real operand.
   * @internal
   */
  private both(what: string, operation: (a: Node, b: Node) => Node, other: unknown): RealTensor {
    const node = operand(what, other, this.node);
    if (!isReal(node.dtype)) throw cannot(what, "complex numbers have no order");
    return new RealTensor(operation(this.node, node));
  }
}

/**
 * A complex tensor, complex64: interleaved float32 re, im, re, im, …
 *
 * @example
 * ```ts
 * import { complex, type ComplexTensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const z: ComplexTensor = complex([1, 2], [3, 4]);
 * assertEquals([...await z.data()], [1, 3, 2, 4]);
 * ```
 */
export class ComplexTensor extends Tensor {
  static {
    nameClass(this, "ComplexTensor");
  }

  /** The dtype of the elements. */
  get dtype(): ComplexDType {
    return this.node.dtype as ComplexDType;
  }

  /**
   * The same numbers in another precision; this itself where nothing changes.
   *
   * @throws {ArgandError} if it is not a dtype of complex numbers, or the engine has no double precision.
   *
   * @example
   * ```ts
   * import { complex } from "@argand/argand";
   * import { assertEquals } from "@std/assert";
   *
   * const z = complex([1, 2], [3, 4]);
   * assertEquals(z.to("complex64") === z, true);
   * ```
   */
  to(dtype: ComplexDType): ComplexTensor {
    const what = "change the dtype";
    const precision = precisionOf(checkDtype(what, dtype));
    if (!isComplex(dtype)) {
      throw cannot(what, `${dtype} has no imaginary part; write z.real.to("${dtype}")`);
    }
    const z = arithmetic.cast(this.node, precision);
    return z === this.node ? this : wrapComplex(z);
  }

  /** The single value. */
  item(): Promise<Complex> {
    return awaited("item", this.#item());
  }

  async #item(): Promise<Complex> {
    checkScalar("take the item", this.shape);
    const [re, im] = await this.copied();
    return { re, im };
  }

  /** The values as complex numbers nested by axis. */
  toArray(): Promise<NestedComplex> {
    const nested = this.copied().then((values) =>
      nest(this.shape, (k): Complex => ({ re: values[2 * k], im: values[2 * k + 1] }))
    );
    return awaited("toArray", nested);
  }

  /** The real part: a view. */
  get real(): RealTensor {
    return new RealTensor(arithmetic.real(this.node));
  }

  /** The imaginary part: a view. */
  get imag(): RealTensor {
    return new RealTensor(arithmetic.imag(this.node));
  }

  /** The complex conjugate: a view. */
  conj(): ComplexTensor {
    return new ComplexTensor(arithmetic.conj(this.node));
  }

  /** The conjugate transpose of the last two axes. */
  get H(): ComplexTensor {
    return this.conj().transpose();
  }

  /** This tensor. */
  toComplex(): ComplexTensor {
    return this;
  }

  /** this + other */
  add(other: RealOperand | ComplexOperand): ComplexTensor {
    return this.combine("add", arithmetic.add, other) as ComplexTensor;
  }

  /** this − other */
  sub(other: RealOperand | ComplexOperand): ComplexTensor {
    return this.combine("subtract", arithmetic.sub, other) as ComplexTensor;
  }

  /** this · other, element by element */
  mul(other: RealOperand | ComplexOperand): ComplexTensor {
    return this.combine("multiply", arithmetic.mul, other) as ComplexTensor;
  }

  /** this / other, without early overflow */
  div(other: RealOperand | ComplexOperand): ComplexTensor {
    return this.combine("divide", arithmetic.div, other) as ComplexTensor;
  }

  /** this to the power other, the principal value. */
  pow(other: RealOperand | ComplexOperand): ComplexTensor {
    if (other === 2) return this.square();
    return this.combine("raise to a power", functions.pow, other) as ComplexTensor;
  }

  /** The matrix product over the last two axes, the others broadcast. */
  matmul(other: Tensor): ComplexTensor {
    return this.combine("matmul", products.matmul, checkTensor("matmul", other)) as ComplexTensor;
  }
}

/** Refuses what is not a tensor. */
export function checkTensor(what: string, x: unknown): Tensor {
  if (x instanceof Tensor) return x;
  throw cannot(what, `it takes a tensor, got ${describe(x)}`);
}

/** Refuses what is not a complex tensor. */
export function checkComplex(what: string, x: unknown): ComplexTensor {
  if (x instanceof ComplexTensor) return x;
  throw cannot(what, `it takes a complex tensor, got ${describe(x)}`);
}

/** Refuses what is not a real tensor. */
export function checkReal(what: string, x: unknown): RealTensor {
  if (x instanceof RealTensor) return x;
  throw cannot(what, `it takes a real tensor, got ${describe(x)}`);
}
