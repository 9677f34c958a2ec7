/** Patches of a tensor at positions, and their sum. */
import { cannot } from "../../gpu/contract/errors.ts";
import { checkBindable } from "../ops/bindable.ts";
import { cutPatches, sumOfPatches } from "../ops/patches.ts";
import { checkPositions, type Positions } from "../ops/positions.ts";
import { checkList, checkShape, type Shape, show } from "../lazy/shape.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";

export type { Positions } from "../ops/positions.ts";

/** How many axes patches have at most. */
const MOST_AXES = 3;

/** Checks sizes along the last axes of a tensor of `rank` axes that has `more` of them in front. */
function checkSizes(what: string, name: string, sizes: Shape, shape: Shape, more: number): void {
  if (checkList(what, "sizes", sizes).length < 1 || sizes.length > MOST_AXES) {
    throw cannot(what, `${name} must have 1 to ${MOST_AXES} numbers, got ${sizes.length}`);
  }
  checkShape(what, sizes);
  if (shape.length < sizes.length + more) {
    const axes = sizes.length + more;
    throw cannot(what, `the tensor must have at least ${axes} axes, got ${show(shape)}`);
  }
}

/**
 * The patches of a tensor at positions, such as the parts of an object that a probe illuminates:
 * y[…, p, i, j] = x[…, yₚ + i, xₚ + j] for a `size` of two axes, [ …, H, W] → […, P, h, w], and likewise
 * along the last one or three axes. Patches may overlap; their gradients are added up by
 * {@link addPatches}, in the order of the patches.
 *
 * Positions are integers of the host. A position between elements is a rounded one, and a shift by the
 * rest in the Fourier domain. Patches that leave the tensor are refused: `pad` it first.
 *
 * @param positions The first element of each patch: `[[y, x], …]`, or `[y, x, y, x, …]` in one array.
 * An array that is passed again is compared with what it was, and sorted only if it has changed.
 * @param size The sizes of a patch along the last one to three axes.
 * @throws {ArgandError} if there are no positions, one is not an integer, or a patch leaves the tensor.
 *
 * @example
 * ```ts
 * import { arange, patches } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = arange(12).reshape([3, 4]); // 0 to 3, 4 to 7, 8 to 11
 * const y = patches(x, [[0, 0], [1, 2]], [2, 2]);
 * assertEquals(await y.toArray(), [[[0, 1], [4, 5]], [[6, 7], [10, 11]]]);
 * ```
 */
export function patches<T extends Tensor>(x: T, positions: Positions, size: Shape): T {
  const what = "cut patches";
  const { node, shape } = checkTensor(what, x);
  checkSizes(what, "size", size, shape, 0);
  const canvas = shape.slice(-size.length);
  const checked = checkPositions(what, positions, canvas, size);
  return wrap(cutPatches(node, checked, [...size])) as Tensor as T;
}

/**
 * The sum of patches on a canvas of zeros, the adjoint of {@link patches}: with two axes
 * z[…, yₚ + i, xₚ + j] = Σₚ y[…, p, i, j], […, P, h, w] → […, H, W]. Divided by the same sum of ones it is
 * the mean of the patches that cover an element.
 *
 * @param positions Where each patch begins, as {@link patches} takes them.
 * @param shape The sizes of the canvas along the last one to three axes.
 * @throws {ArgandError} if the number of positions is not that of the patches, or a patch leaves the
 * canvas.
 *
 * @example
 * ```ts
 * import { addPatches, ones } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const covered = addPatches(ones([2, 2, 2]), [[0, 0], [1, 1]], [3, 3]);
 * assertEquals(await covered.toArray(), [[1, 1, 0], [1, 2, 1], [0, 1, 1]]);
 * ```
 */
export function addPatches<T extends Tensor>(x: T, positions: Positions, shape: Shape): T {
  const what = "add patches";
  const { node, shape: own } = checkTensor(what, x);
  checkSizes(what, "shape", shape, own, 1);
  const axes = shape.length;
  const checked = checkPositions(what, positions, shape, own.slice(-axes));
  const count = own[own.length - axes - 1];
  if (checked.count !== count) {
    throw cannot(what, `there are ${checked.count} positions for ${count} patches`);
  }
  checkBindable(what, { shape: [...own.slice(0, -axes - 1), ...shape], dtype: node.dtype });
  return wrap(sumOfPatches(node, checked, [...shape])) as Tensor as T;
}
