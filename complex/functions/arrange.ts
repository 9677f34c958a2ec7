/** Functions that join tensors, split them and rearrange their elements. */
import { cannot } from "../../gpu/contract/errors.ts";
import { checkLabels, type Labels } from "../ops/labels.ts";
import * as joins from "../ops/join.ts";
import * as rows from "../ops/take.ts";
import { type Axes, checkAxis, checkInteger, checkList, sameShape, show } from "../lazy/shape.ts";
import { checkTensor, type RealTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/** The kind of several tensors joined: real only if all are. */
export type Joined<L extends readonly Tensor[]> = L extends readonly RealTensor[] ? RealTensor
  : [Extract<L[number], RealTensor>] extends [never] ? L[number]
  : Tensor;

/**
 * Joins tensors along an axis; the result is complex if one of them is.
 *
 * @throws {ArgandError} if there are no tensors, or their shapes differ outside that axis.
 *
 * @example
 * ```ts
 * import { concat, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await concat([tensor([1, 2]), tensor([3])]).toArray(), [1, 2, 3]);
 * ```
 */
export function concat<L extends readonly Tensor[]>(tensors: L, axis = 0): Joined<L> {
  const nodes = checkList("concat", "tensors", tensors).map((x) => checkTensor("concat", x).node);
  return wrap(joins.concat(nodes, axis)) as Joined<L>;
}

/**
 * Joins tensors of one shape along a new axis; the result is complex if one of them is.
 *
 * @throws {ArgandError} if there are no tensors, or their shapes differ.
 *
 * @example
 * ```ts
 * import { stack, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await stack([tensor([1, 2]), tensor([3, 4])], 1).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function stack<L extends readonly Tensor[]>(tensors: L, axis = 0): Joined<L> {
  const what = "stack";
  if (checkList(what, "tensors", tensors).length === 0) {
    throw cannot(what, "there are no tensors");
  }
  const { shape } = checkTensor(what, tensors[0]);
  const at = checkAxis(what, axis, [...shape, 1]);
  const nodes = tensors.map((x) => {
    if (!sameShape(checkTensor(what, x).shape, shape)) {
      throw cannot(what, `shapes ${show(shape)} and ${show(x.shape)} differ`);
    }
    return x.unsqueeze(at).node;
  });
  return wrap(joins.concat(nodes, at)) as Joined<L>;
}

/**
 * Splits a tensor into consecutive parts of these sizes along an axis: views, which cost nothing.
 *
 * @throws {ArgandError} if the sizes do not add up to the axis.
 *
 * @example
 * ```ts
 * import { arange, split } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const [head, tail] = split(arange(5), [2, 3]);
 * assertEquals(await head.toArray(), [0, 1]);
 * assertEquals(await tail.toArray(), [2, 3, 4]);
 * ```
 */
export function split<T extends Tensor>(x: T, sizes: readonly number[], axis = 0): T[] {
  const what = "split";
  const { shape } = checkTensor(what, x);
  const at = checkAxis(what, axis, shape);
  for (const n of checkList(what, "sizes", sizes)) checkInteger(what, "a size", n, 1);
  const total = sizes.reduce((a, n) => a + n, 0);
  if (total !== shape[at]) {
    throw cannot(what, `sizes ${show(sizes)} add up to ${total} and axis ${at} has ${shape[at]}`);
  }
  let end = 0;
  return sizes.map((n) => {
    const range = [end, end += n] as const;
    return x.slice(...shape.map((_, d) => (d === at ? range : null)));
  });
}

/**
 * Reverses the order of the elements along axes (all, if absent).
 *
 * @throws {ArgandError} if an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { arange, flip } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await flip(arange(3)).toArray(), [2, 1, 0]);
 * ```
 */
export function flip<T extends Tensor>(x: T, axes?: Axes): T {
  return checkTensor("flip", x).flip(axes) as T;
}

/**
 * Shifts elements by `shift` along axes, wrapping around: y[k] = x[k − shift].
 *
 * @throws {ArgandError} if an axis does not exist, or there are not as many shifts as axes.
 *
 * @example
 * ```ts
 * import { arange, roll } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await roll(arange(4), 1, 0).toArray(), [3, 0, 1, 2]);
 * ```
 */
export function roll<T extends Tensor>(
  x: T,
  shift: number | readonly number[],
  axes: Axes,
): T {
  return checkTensor("roll", x).roll(shift, axes) as T;
}

/**
 * Pads x with `value`: `[before, after]` elements along each axis.
 *
 * @throws {ArgandError} if there are not as many pairs as axes, or a width is negative.
 *
 * @example
 * ```ts
 * import { pad, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await pad(tensor([1, 2]), [[1, 2]]).toArray(), [0, 1, 2, 0, 0]);
 * ```
 */
export function pad<T extends Tensor>(
  x: T,
  widths: readonly (readonly [number, number])[],
  value = 0,
): T {
  return checkTensor("pad", x).pad(widths, value) as T;
}

/**
 * The rows `labels` of x along an axis: y[…, p, …] = x[…, labels[p], …]. A row may be taken several
 * times; its gradients add up.
 *
 * @param labels Integers below the axis's size.
 * @throws {ArgandError} if a label is not one of them, or the axis does not exist.
 *
 * @example
 * ```ts
 * import { take, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assertEquals(await take(x, [1, 1, 0]).toArray(), [[3, 4], [3, 4], [1, 2]]);
 * ```
 */
export function take<T extends Tensor>(x: T, labels: Labels, axis = 0): T {
  const { node, shape } = checkTensor("take rows", x);
  const at = checkAxis("take rows", axis, shape);
  return wrap(rows.take(node, checkLabels("take rows", labels, shape[at]), at)) as Tensor as T;
}

/**
 * One element of each row: y[n] = x[n, labels[n]], [N, C] → [N]. With log-probabilities in x this is
 * what a classifier's loss needs.
 *
 * @param labels N integers below C.
 * @throws {ArgandError} if x is not a matrix, the number of labels is not N, or a label is out of range.
 *
 * @example
 * ```ts
 * import { pick, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * assertEquals(await pick(x, [2, 0]).toArray(), [3, 4]);
 * ```
 */
export function pick<T extends Tensor>(x: T, labels: Labels): T {
  const { node, shape } = checkTensor("pick", x);
  if (shape.length !== 2) throw cannot("pick", `it takes a matrix, got shape ${show(shape)}`);
  return wrap(rows.pick(node, checkLabels("pick", labels, shape[1], shape[0]))) as Tensor as T;
}
