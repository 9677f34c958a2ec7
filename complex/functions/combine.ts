/**
 * Elementwise functions of two operands: arithmetic, comparison and selection. Shapes broadcast by
 * NumPy's rule; the type of the result is real only where the types of both operands are.
 */
import { isReal } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import type { Node } from "../lazy/graph.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as compare from "../ops/compare.ts";
import * as functions from "../ops/elementwise.ts";
import { type Complex, isComplexNumber } from "../tensor/nested.ts";
import {
  checkReal,
  type ComplexOperand,
  type ComplexTensor,
  type RealOperand,
  type RealTensor,
  Tensor,
  wrap,
  wrapReal,
} from "../tensor/tensor.ts";

/** A tensor or a number, real or complex. */
export type Operand = Tensor | Complex | number;

/** The kind of a combination: real if both operands are, complex if one is. */
export type Combined<A extends Operand, B extends Operand> = [A, B] extends
  [RealOperand, RealOperand] ? RealTensor
  : A extends ComplexOperand ? ComplexTensor
  : B extends ComplexOperand ? ComplexTensor
  : Tensor;

function operand(what: string, x: unknown): Node {
  if (x instanceof Tensor) return x.node;
  if (typeof x === "number") return arithmetic.fill([], x);
  if (isComplexNumber(x)) return arithmetic.fill([], x.re, x.im);
  throw cannot(what, `it takes tensors and numbers, got ${describe(x)}`);
}

function combine<A extends Operand, B extends Operand>(
  what: string,
  operation: (a: Node, b: Node) => Node,
  a: A,
  b: B,
): Combined<A, B> {
  return wrap(operation(operand(what, a), operand(what, b))) as Combined<A, B>;
}

/** Refuses complex operands, which have no order. */
function ordered(
  what: string,
  operation: (a: Node, b: Node) => Node,
  a: RealOperand,
  b: RealOperand,
): RealTensor {
  const nodes = [operand(what, a), operand(what, b)] as const;
  if (nodes.some((n) => !isReal(n.dtype))) throw cannot(what, "complex numbers have no order");
  return wrapReal(operation(...nodes));
}

/**
 * a + b.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { add, complex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await add(1, complex(2, 3)).item(), { re: 3, im: 3 });
 * ```
 */
export function add<A extends Operand, B extends Operand>(a: A, b: B): Combined<A, B> {
  return combine("add", arithmetic.add, a, b);
}

/**
 * a − b.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { sub, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await sub(1, tensor([1, 2])).toArray(), [0, -1]);
 * ```
 */
export function sub<A extends Operand, B extends Operand>(a: A, b: B): Combined<A, B> {
  return combine("subtract", arithmetic.sub, a, b);
}

/**
 * a · b, element by element; for matrices see `matmul`. On the CPU engine a complex product whose parts
 * both come out as NaN, though a factor is infinite, is infinite, as Annex G of C has it.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { complex, mul } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const i = complex(0, 1);
 * assertEquals(await mul(i, i).item(), { re: -1, im: 0 });
 * ```
 */
export function mul<A extends Operand, B extends Operand>(a: A, b: B): Combined<A, B> {
  return combine("multiply", arithmetic.mul, a, b);
}

/**
 * a / b; complex operands are scaled first, so that the quotient does not overflow or underflow early.
 * z/∞ is 0, and z/0 infinite or NaN, as Annex G of C has it.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { complex, div } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await div(complex(0, 4), complex(0, 2)).item(), { re: 2, im: 0 });
 * ```
 */
export function div<A extends Operand, B extends Operand>(a: A, b: B): Combined<A, B> {
  return combine("divide", arithmetic.div, a, b);
}

/**
 * a to the power b: for complex numbers the principal value exp(b log a), for reals NaN where the base is
 * negative and the exponent is not an integer. a⁰ is 1, and so is 1ᵇ of reals, even if the other is NaN.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { complex, pow } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const i = complex(0, 1); // iⁱ = e^(−π/2)
 * assertAlmostEquals((await pow(i, i).item()).re, Math.exp(-Math.PI / 2), 1e-6);
 * ```
 */
export function pow<A extends Operand, B extends Operand>(a: A, b: B): Combined<A, B> {
  if (b === 2 && a instanceof Tensor) return a.square() as Tensor as Combined<A, B>;
  return combine("raise to a power", functions.pow, a, b);
}

/**
 * The larger of two real numbers; where they are equal, each gets half of the gradient.
 *
 * @throws {ArgandError} if an operand is complex, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { maximum, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await maximum(tensor([1, 3]), 2).toArray(), [2, 3]);
 * ```
 */
export function maximum(a: RealOperand, b: RealOperand): RealTensor {
  return ordered("take the maximum", functions.maximum, a, b);
}

/**
 * The smaller of two real numbers; where they are equal, each gets half of the gradient.
 *
 * @throws {ArgandError} if an operand is complex, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { minimum, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await minimum(tensor([1, 3]), 2).toArray(), [1, 2]);
 * ```
 */
export function minimum(a: RealOperand, b: RealOperand): RealTensor {
  return ordered("take the minimum", functions.minimum, a, b);
}

/**
 * The angle in [−π, π] of the point (x, y), in radians, with signed zeros as NumPy's `arctan2`.
 *
 * @throws {ArgandError} if an operand is complex, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { atan2, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(await atan2(tensor(1), -1).item(), 3 * Math.PI / 4, 1e-6);
 * ```
 */
export function atan2(y: RealOperand, x: RealOperand): RealTensor {
  return ordered("take atan2", functions.atan2, y, x);
}

/**
 * 1 where a < b, else 0.
 *
 * @throws {ArgandError} if an operand is complex, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { less, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await less(tensor([1, 2]), 2).toArray(), [1, 0]);
 * ```
 */
export function less(a: RealOperand, b: RealOperand): RealTensor {
  return ordered("compare", compare.less, a, b);
}

/**
 * 1 where a ≤ b, else 0.
 *
 * @throws {ArgandError} if an operand is complex, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { lessEqual, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await lessEqual(tensor([1, 2, 3]), 2).toArray(), [1, 1, 0]);
 * ```
 */
export function lessEqual(a: RealOperand, b: RealOperand): RealTensor {
  return ordered("compare", compare.lessEqual, a, b);
}

/**
 * 1 where a > b, else 0.
 *
 * @throws {ArgandError} if an operand is complex, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { greater, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await greater(tensor([1, 2, 3]), 2).toArray(), [0, 0, 1]);
 * ```
 */
export function greater(a: RealOperand, b: RealOperand): RealTensor {
  return ordered("compare", compare.greater, a, b);
}

/**
 * 1 where a ≥ b, else 0.
 *
 * @throws {ArgandError} if an operand is complex, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { greaterEqual, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await greaterEqual(tensor([1, 2, 3]), 2).toArray(), [0, 1, 1]);
 * ```
 */
export function greaterEqual(a: RealOperand, b: RealOperand): RealTensor {
  return ordered("compare", compare.greaterEqual, a, b);
}

/**
 * 1 where a = b (for complex numbers, in both parts), else 0.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { complex, equal } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await equal(complex([1, 1], [0, 2]), 1).toArray(), [1, 0]);
 * ```
 */
export function equal(a: Operand, b: Operand): RealTensor {
  return wrapReal(compare.equal(operand("compare", a), operand("compare", b)));
}

/**
 * 1 where a ≠ b (for complex numbers, in either part), else 0.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { notEqual, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await notEqual(tensor([1, 2]), 1).toArray(), [0, 1]);
 * ```
 */
export function notEqual(a: Operand, b: Operand): RealTensor {
  return wrapReal(compare.notEqual(operand("compare", a), operand("compare", b)));
}

/**
 * a where the condition is not 0, else b. Only the operand that was chosen gets the gradient: an
 * infinite or undefined slope of the other (√x at 0, 1/x, log x) puts no NaN into it.
 *
 * @param condition A real tensor, such as the result of a comparison.
 * @throws {ArgandError} if the condition is not real, or the three shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { tensor, where } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-2, 3]);
 * assertEquals(await where(x.less(0), 0, x).toArray(), [0, 3]);
 * ```
 */
export function where<A extends Operand, B extends Operand>(
  condition: RealTensor,
  a: A,
  b: B,
): Combined<A, B> {
  const { node } = checkReal("choose", condition);
  return combine("choose", (x, y) => compare.where(node, x, y), a, b);
}
