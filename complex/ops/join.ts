/** Concatenation, and rows chosen by labels. */
import { type DType, inexact, isComplex } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { MOST_ROUNDS } from "../../gpu/kernels/costs.ts";
import {
  gather as gatherKernel,
  type GatherSpec,
  scatterAdd,
} from "../../gpu/kernels/elementwise/gather.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { Node, type Primitive, type Vjp } from "../lazy/graph.ts";
import { around, checkAxis, type Shape, show } from "../lazy/shape.ts";
import { add, fill, fillLike, toComplex } from "./arithmetic.ts";
import { equal, less, where } from "./compare.ts";
import { fromIndex, iota } from "./indices.ts";
import { embed, expand, narrow, reshape, sum } from "./views.ts";

/** The index along one axis of a shape, as a real number. */
function coordinate(shape: Shape, axis: number): Node {
  const line = shape.map((n, d) => (d === axis ? n : 1));
  return expand(fromIndex(reshape(iota([shape[axis]]), line)), shape);
}

/** How many tensors one kernel can read; more are joined in several rounds. */
const FEW = 7;

/** Tensors one after the other along an axis. */
export function concat(list: readonly Node[], axis: number): Node {
  const what = "concat";
  if (list.length === 0) throw cannot(what, "there are no tensors");
  const complex = list.some((x) => isComplex(x.dtype));
  const all = complex ? list.map(toComplex) : [...list];
  const first = all[0].shape;
  const at = checkAxis(what, axis, first);
  for (const { shape } of all) {
    if (shape.length !== first.length || shape.some((n, d) => d !== at && n !== first[d])) {
      throw cannot(what, `shapes ${show(first)} and ${show(shape)} differ outside axis ${at}`);
    }
  }
  let parts = all;
  while (parts.length > FEW) {
    const groups = Math.ceil(parts.length / FEW);
    parts = Array.from({ length: groups }, (_, k) => join(parts.slice(k * FEW, (k + 1) * FEW), at));
  }
  return join(parts, at);
}

/** The same for a few tensors of one dtype whose shapes fit. */
function join(parts: readonly Node[], axis: number): Node {
  if (parts.length === 1) return parts[0];
  const total = parts.reduce((n, x) => n + x.shape[axis], 0);
  const shape = parts[0].shape.map((n, d) => (d === axis ? total : n));
  const at = coordinate(shape, axis);
  let end = total;
  let result: Node | null = null;
  for (const x of parts.toReversed()) {
    const start = end - x.shape[axis];
    const put = embed(x, shape, shape.map((_, d) => (d === axis ? start : 0)));
    result = result ? where(less(at, fill(shape, end)), put, result) : put;
    end = start;
  }
  return result!;
}

/** Zeros (or `value`) around x: `before` and `after` elements along each axis. */
export function pad(
  x: Node,
  before: readonly number[],
  after: readonly number[],
  value: number,
): Node {
  const shape = x.shape.map((n, d) => before[d] + n + after[d]);
  const put = embed(x, shape, before);
  if (value === 0) return put;
  const inside = embed(fill(x.shape, 1), shape, before);
  return where(inside, put, fill(shape, value));
}

const specOf = (
  x: Shape,
  dtype: DType,
  axis: number,
  rows: number,
  picks: number,
): GatherSpec => ({
  dtype: inexact(dtype),
  rows,
  picks,
  ...around(x, axis),
});

interface LabelAttrs {
  readonly axis: number;
  /** The size of the axis from which rows are chosen. */
  readonly rows: number;
  /** How many labels there are. */
  readonly picks: number;
}

function labelled(
  name: string,
  kernel: typeof gatherKernel,
  vjp: Vjp<LabelAttrs>,
): Primitive<LabelAttrs> {
  return {
    name,
    lowering: {
      kind: "program",
      program: ({ inputs: [x], attrs: { axis, rows, picks } }) =>
        single(kernel, specOf(x.shape, x.dtype, axis, rows, picks)),
    },
    vjp,
  };
}

const TAKE: Primitive<LabelAttrs> = labelled("gather", gatherKernel, (call, [g]) => {
  const [x, labels] = call.inputs;
  const { axis, picks } = call.attrs;
  const put = (from: number, count: number): Node => {
    const part = count === picks ? g! : narrow(g!, axis, from, count);
    const some = count === picks ? labels : narrow(labels, 0, from, count);
    const result = { shape: x.shape, dtype: x.dtype };
    return new Node(PUT, [part, some], [result], { ...call.attrs, picks: count });
  };
  const starts = Array.from({ length: Math.ceil(picks / MOST_ROUNDS) }, (_, k) => k * MOST_ROUNDS);
  return [starts.map((k) => put(k, Math.min(MOST_ROUNDS, picks - k))).reduce(add), null];
});

const PUT: Primitive<LabelAttrs> = labelled("scatterAdd", scatterAdd, (call, [g]) => {
  const [x, labels] = call.inputs;
  return [new Node(TAKE, [g!, labels], [{ shape: x.shape, dtype: x.dtype }], call.attrs), null];
});

/** x[…, labels[p], …] along an axis; the labels are indices that the caller has checked. */
export function take(x: Node, labels: Node, axis: number): Node {
  const picks = labels.shape[0];
  const shape = x.shape.map((n, d) => (d === axis ? picks : n));
  const attrs = { axis, rows: x.shape[axis], picks };
  return new Node(TAKE, [x, labels], [{ shape, dtype: x.dtype }], attrs);
}

/** x[n, labels[n]] of x [N, C]; the labels are indices that the caller has checked. */
export function pick(x: Node, labels: Node): Node {
  const [n, c] = x.shape;
  const column = expand(iota([c]), [n, c]);
  const label = expand(reshape(labels, [n, 1]), [n, c]);
  return sum(where(equal(column, label), x, fillLike(x, 0)), 1);
}
