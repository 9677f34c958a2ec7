/** Rows chosen by labels, and the adjoint that adds them up. */
import { inexact } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { gather } from "../../gpu/kernels/gathers/gather.ts";
import { scatterAdd } from "../../gpu/kernels/gathers/segment_sum.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import { around } from "../lazy/shape.ts";
import { fillLike } from "./arithmetic.ts";
import { equal, where } from "./compare.ts";
import { iota } from "./indices.ts";
import type { CheckedLabels } from "./labels.ts";
import { expand, reshape, sum } from "./views.ts";

/** The attribute is the axis. */
const TAKE: Primitive<number, CheckedLabels> = {
  name: "gather",
  lowering: {
    kind: "program",
    program: ({ inputs: [x, labels], attrs: axis }) =>
      single(gather, {
        dtype: inexact(x.dtype),
        rows: x.shape[axis],
        picks: labels.shape[0],
        ...around(x.shape, axis),
      }),
  },
  vjp: ({ inputs: [x], attrs: axis, saved }, [g]) => [put(g!, saved, axis, x.shape[axis]), null],
};

const PUT: Primitive<number, CheckedLabels> = {
  name: "scatterAdd",
  lowering: {
    kind: "program",
    program: ({ inputs: [g, order, ...offsets], attrs: axis }) =>
      scatterAdd({
        dtype: inexact(g.dtype),
        picks: order.shape[0],
        segments: offsets.map(({ shape: [count] }) => count - 1),
        ...around(g.shape, axis),
      }),
  },
  vjp: ({ inputs, attrs: axis, saved }, [g]) => [
    take(g!, saved, axis),
    ...inputs.slice(1).map(() => null),
  ],
};

/** x[…, labels[p], …] along an axis. */
export function take(x: Node, labels: CheckedLabels, axis: number): Node {
  const picks = labels.node.shape[0];
  const shape = x.shape.map((n, d) => (d === axis ? picks : n));
  const results = [{ shape, dtype: x.dtype }];
  return new Node(TAKE, [x, labels.node], results, axis, null, undefined, labels);
}

/** The adjoint: the rows of g along an axis, added up in those of `rows` that the labels name. */
function put(g: Node, labels: CheckedLabels, axis: number, rows: number): Node {
  const { order, offsets } = labels.sorted(rows);
  const shape = g.shape.map((n, d) => (d === axis ? rows : n));
  const results = [{ shape, dtype: g.dtype }];
  return new Node(PUT, [g, order, ...offsets], results, axis, null, undefined, labels);
}

/** x[n, labels[n]] of x [N, C]. */
export function pick(x: Node, labels: CheckedLabels): Node {
  const [n, c] = x.shape;
  const column = expand(iota([c]), [n, c]);
  const label = expand(reshape(labels.node, [n, 1]), [n, c]);
  return sum(where(equal(column, label), x, fillLike(x, 0)), 1);
}
