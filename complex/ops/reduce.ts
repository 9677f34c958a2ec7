/** Reductions over axes other than the sum, and running sums. */
import { argmax as argmaxProgram } from "../../gpu/kernels/reductions/argmax.ts";
import { reduce } from "../../gpu/kernels/reductions/reduce.ts";
import { scan } from "../../gpu/kernels/reductions/scan.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { inexact } from "../../gpu/contract/dtype.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import {
  around,
  type Axes,
  checkAxes,
  checkAxis,
  type Shape,
  show,
  sizeOf,
} from "../lazy/shape.ts";
import { div, mul, neg, scale } from "./arithmetic.ts";
import { equal } from "./compare.ts";
import {
  expand,
  type FoldAttrs,
  narrow,
  permute,
  reshape,
  squeeze,
  sum,
  sumKeep,
} from "./views.ts";
import { concat } from "./join.ts";

/** The mean over axes. */
export function mean(x: Node, axes?: Axes, keepDims = false): Node {
  const list = checkAxes("take the mean", axes, x.shape);
  const total = sum(x, list, keepDims);
  return scale(total, total.size / x.size);
}

const MAX: Primitive<FoldAttrs> = {
  name: "max",
  lowering: {
    kind: "reduce",
    axes: ({ attrs }) => attrs.axes,
    reduce: (spec) => reduce({ ...spec, fold: "max" }),
  },
  vjp(call, [g]) {
    const [x] = call.inputs;
    const winners = equal(x, expand(call, x.shape));
    const shared = div(g!, sumKeep(winners, call.attrs.axes));
    return [mul(winners, expand(shared, x.shape))];
  },
};

function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((n, d) => (axes.includes(d) ? 1 : n));
}

/** The largest value over axes; its gradient is shared among equals. */
export function max(x: Node, axes?: Axes, keepDims = false, what = "take the max"): Node {
  const list = checkAxes(what, axes, x.shape);
  const result = { shape: keptShape(x.shape, list), dtype: x.dtype };
  const kept = new Node(MAX, [x], [result], { axes: list });
  return keepDims ? kept : squeeze(kept, list);
}

/** The smallest value over axes. */
export function min(x: Node, axes?: Axes, keepDims = false): Node {
  return neg(max(neg(x), axes, keepDims, "take the min"));
}

const ARGMAX: Primitive<FoldAttrs> = {
  name: "argmax",
  lowering: { kind: "reduce", axes: ({ attrs }) => attrs.axes, reduce: argmaxProgram },
};

/** The index of the first largest value along an axis, or in all of x flattened. */
export function argmax(
  x: Node,
  axis?: number,
  keepDims = false,
  what = "take the argmax",
): Node {
  const from = axis === undefined ? reshape(x, [x.size]) : x;
  const d = axis === undefined ? 0 : checkAxis(what, axis, x.shape);
  if (from.shape[d] > 2 ** 24) {
    throw cannot(what, `indices among ${from.shape[d]} values are not exact in float32`);
  }
  const result = { shape: keptShape(from.shape, [d]), dtype: x.dtype };
  const kept = new Node(ARGMAX, [from], [result], { axes: [d] });
  if (axis === undefined) return reshape(kept, keepDims ? x.shape.map(() => 1) : []);
  return keepDims ? kept : squeeze(kept, [d]);
}

/** The index of the first smallest value along an axis, or in all of x flattened. */
export function argmin(x: Node, axis?: number, keepDims = false): Node {
  return argmax(neg(x), axis, keepDims, "take the argmin");
}

/** The product over axes, by halving, so that zeros and derivatives of any order are right. */
export function prod(x: Node, axes?: Axes, keepDims = false): Node {
  const list = checkAxes("take the product", axes, x.shape);
  const kept = keptShape(x.shape, list);
  const rest = x.shape.map((_, d) => d).filter((d) => !list.includes(d));
  const run = sizeOf(list.map((d) => x.shape[d]));
  const outer = x.size / run;
  let now = reshape(permute(x, [...rest, ...list]), [outer, run]);
  while (now.shape[1] > 1) {
    const n = now.shape[1];
    const half = Math.floor(n / 2);
    const take = (from: number, count: number) => narrow(now, 1, from, count);
    const folded = mul(take(0, half), take(half, half));
    now = n % 2 === 0 ? folded : concat([folded, take(n - 1, 1)], 1);
  }
  const result = reshape(now, kept);
  return keepDims ? result : squeeze(result, list);
}

const CUMSUM: Primitive<{ readonly axis: number; readonly reverse: boolean }> = {
  name: "cumsum",
  lowering: {
    kind: "program",
    program({ inputs: [x], attrs: { axis, reverse } }) {
      return scan({
        dtype: inexact(x.dtype),
        length: x.shape[axis],
        ...around(x.shape, axis),
        reverse,
      });
    },
  },
  vjp: ({ attrs }, [g]) => [runningSum(g!, attrs.axis, !attrs.reverse)],
};

function runningSum(x: Node, axis: number, reverse: boolean): Node {
  return new Node(CUMSUM, [x], [{ shape: x.shape, dtype: x.dtype }], { axis, reverse });
}

/** The running sum along an axis. */
export function cumsum(x: Node, axis: number): Node {
  if (x.shape.length === 0) {
    throw cannot("take a running sum", `shape ${show(x.shape)} has no axis`);
  }
  return runningSum(x, checkAxis("take a running sum", axis, x.shape), false);
}
