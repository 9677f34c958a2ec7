/** Patches cut from a canvas, and their sum on one: the adjoint. */
import { inexact } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { MOST_ROUNDS } from "../../gpu/kernels/costs.ts";
import { addPatches, patches, type Sizes } from "../../gpu/kernels/gathers/patches.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import { type Shape, sizeOf } from "../lazy/shape.ts";
import { add } from "./arithmetic.ts";
import { type CheckedPositions, threeAxes } from "./positions.ts";
import { narrow } from "./views.ts";

/** The shapes of a call: the canvas [outer, …canvas] and its patches [outer, count, …size]. */
function specOf(canvas: Node, cut: Node, axes: number) {
  return {
    dtype: inexact(cut.dtype),
    outer: sizeOf(canvas.shape.slice(0, -axes)),
    canvas: threeAxes(canvas.shape.slice(-axes)),
    count: cut.shape.at(-axes - 1)!,
    size: threeAxes(cut.shape.slice(-axes)),
  };
}

/** The attribute is how many axes are cut. */
const PATCHES: Primitive<number, CheckedPositions> = {
  name: "patches",
  lowering: {
    kind: "program",
    program: (call) => single(patches, specOf(call.inputs[0], call, call.attrs)),
  },
  vjp: ({ inputs: [x], attrs: axes, saved }, [g]) => [
    sumOfPatches(g!, saved, x.shape.slice(-axes)),
    null,
  ],
};

interface SumAttrs {
  readonly axes: number;
  readonly tile: Sizes;
}

const ADD_PATCHES: Primitive<SumAttrs, CheckedPositions> = {
  name: "addPatches",
  lowering: {
    kind: "program",
    program: (call) => {
      const { axes, tile } = call.attrs;
      return single(addPatches, { ...specOf(call, call.inputs[0], axes), tile });
    },
  },
  vjp: ({ inputs: [x], attrs: { axes }, saved }, [g]) => [
    cutPatches(g!, saved, x.shape.slice(-axes)),
    null,
    null,
    null,
  ],
};

/** x […, …canvas] → […, count, …size], the patches of that size at the positions. */
export function cutPatches(x: Node, positions: CheckedPositions, size: Shape): Node {
  const axes = size.length;
  const starts = positions.starts(x.shape.slice(-axes));
  const shape = [...x.shape.slice(0, -axes), positions.count, ...size];
  const results = [{ shape, dtype: x.dtype }];
  return new Node(PATCHES, [x, starts], results, axes, null, undefined, positions);
}

/** The adjoint: x […, count, …size] → […, …canvas], zeros to which patches are added at the positions. */
export function sumOfPatches(x: Node, positions: CheckedPositions, canvas: Shape): Node {
  const axes = canvas.length, { count } = positions;
  if (count > MOST_ROUNDS) {
    const axis = x.shape.length - axes - 1;
    const [head, tail] = positions.halves();
    return add(
      sumOfPatches(narrow(x, axis, 0, head.count), head, canvas),
      sumOfPatches(narrow(x, axis, head.count, tail.count), tail, canvas),
    );
  }
  const size = x.shape.slice(-axes);
  const { tile, offsets, lists } = positions.tiles(canvas, size);
  const shape = [...x.shape.slice(0, -axes - 1), ...canvas];
  const results = [{ shape, dtype: x.dtype }];
  const inputs = [x, positions.starts(canvas), offsets, lists];
  return new Node(ADD_PATCHES, inputs, results, { axes, tile }, null, undefined, positions);
}
