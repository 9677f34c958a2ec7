/** Reductions over axes, and running sums. */
import type { Axes } from "../lazy/shape.ts";
import { checkReal, checkTensor, type RealTensor, type Tensor } from "../tensor/tensor.ts";

/**
 * The sum Σ x over axes (all, if absent).
 *
 * @param axes The axes to sum over.
 * @param keepDims Whether they stay, with size 1; false, if absent.
 * @throws {ArgandError} if an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { sum, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assertEquals(await sum(x, 0).toArray(), [4, 6]);
 * ```
 */
export function sum<T extends Tensor>(x: T, axes?: Axes, keepDims = false): T {
  return checkTensor("sum", x).sum(axes, keepDims) as T;
}

/**
 * The mean over axes (all, if absent).
 *
 * @param axes The axes to take the mean over.
 * @param keepDims Whether they stay, with size 1; false, if absent.
 * @throws {ArgandError} if an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { complex, mean } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await mean(complex([1, 3], [2, 4])).item(), { re: 2, im: 3 });
 * ```
 */
export function mean<T extends Tensor>(x: T, axes?: Axes, keepDims = false): T {
  return checkTensor("take the mean", x).mean(axes, keepDims) as T;
}

/**
 * The product Π x over axes (all, if absent). Its derivatives are right also where entries are zero.
 *
 * @param axes The axes to multiply along.
 * @param keepDims Whether they stay, with size 1; false, if absent.
 * @throws {ArgandError} if an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { prod, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await prod(tensor([2, 3, 4])).item(), 24);
 * ```
 */
export function prod<T extends Tensor>(x: T, axes?: Axes, keepDims = false): T {
  return checkTensor("take the product", x).prod(axes, keepDims) as T;
}

/**
 * The largest value over axes (all, if absent); equal values share the gradient. NaN if one of
 * the values is NaN: always on the CPU engine, and on WebGPU as far as the adapter keeps NaN.
 *
 * @param axes The axes to search.
 * @param keepDims Whether they stay, with size 1; false, if absent.
 * @throws {ArgandError} if x is complex, or an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { max, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await max(tensor([[1, 5], [3, 2]]), 1).toArray(), [5, 3]);
 * ```
 */
export function max(x: RealTensor, axes?: Axes, keepDims = false): RealTensor {
  return checkReal("take the max", x).max(axes, keepDims);
}

/**
 * The smallest value over axes (all, if absent); equal values share the gradient. NaN if one of
 * the values is NaN: always on the CPU engine, and on WebGPU as far as the adapter keeps NaN.
 *
 * @param axes The axes to search.
 * @param keepDims Whether they stay, with size 1; false, if absent.
 * @throws {ArgandError} if x is complex, or an axis does not exist or is named twice.
 *
 * @example
 * ```ts
 * import { min, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await min(tensor([[1, 5], [3, 2]]), 1).toArray(), [1, 2]);
 * ```
 */
export function min(x: RealTensor, axes?: Axes, keepDims = false): RealTensor {
  return checkReal("take the min", x).min(axes, keepDims);
}

/**
 * The index of the first largest value along an axis, as a real number; without an axis, the index in
 * x flattened in row-major order.
 *
 * @throws {ArgandError} if x is complex, or the axis does not exist.
 *
 * @example
 * ```ts
 * import { argmax, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const scores = tensor([[0.1, 0.9], [0.8, 0.2]]);
 * assertEquals(await argmax(scores, 1).toArray(), [1, 0]);
 * ```
 */
export function argmax(x: RealTensor, axis?: number, keepDims = false): RealTensor {
  return checkReal("take the argmax", x).argmax(axis, keepDims);
}

/**
 * The index of the first smallest value along an axis, as a real number; without an axis, the index in
 * x flattened in row-major order.
 *
 * @throws {ArgandError} if x is complex, or the axis does not exist.
 *
 * @example
 * ```ts
 * import { argmin, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await argmin(tensor([3, 1, 1])).item(), 1);
 * ```
 */
export function argmin(x: RealTensor, axis?: number, keepDims = false): RealTensor {
  return checkReal("take the argmin", x).argmin(axis, keepDims);
}

/**
 * The running sum y_k = x_0 + … + x_k along an axis.
 *
 * @throws {ArgandError} if the axis does not exist.
 *
 * @example
 * ```ts
 * import { cumsum, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await cumsum(tensor([1, 2, 3]), 0).toArray(), [1, 3, 6]);
 * ```
 */
export function cumsum<T extends Tensor>(x: T, axis: number): T {
  return checkTensor("take a running sum", x).cumsum(axis) as T;
}
