/**
 * Rearrangements of elements, and the sum that is the adjoint of repetition: linear maps whose
 * derivatives are one another. They move no data themselves; the kernels that read through them do.
 */
import {
  add as addIndex,
  constant,
  div,
  type Index,
  join,
  mod,
  mul,
  reverse,
  shift,
  split,
} from "../../gpu/contract/indexing.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { reduce } from "../../gpu/kernels/reductions/reduce.ts";
import { Node, type Primitive, type Source, type Vjp } from "../lazy/graph.ts";
import { type Axes, broadcastShapes, checkAxes, sameShape, type Shape } from "../lazy/shape.ts";

/** A view that keeps the order of the elements. */
function alias(name: string, vjp?: Vjp): Primitive {
  return { name, lowering: { kind: "view", alias: true, source: (at) => ({ at }) }, vjp };
}

/** A view given by a map of coordinates. */
function coordinateView<Attrs = null>(
  name: string,
  map: (
    coords: Index[],
    call: Node<Attrs>,
    param: (word: number, max: number) => Index,
  ) => { coords: Index[]; guards?: Source["guards"] },
  vjp: Vjp<Attrs>,
): Primitive<Attrs> {
  return {
    name,
    lowering: {
      kind: "view",
      source(at, call, param) {
        const { coords, guards } = map(split(at, call.shape), call, param);
        return { at: join(coords, call.inputs[0].shape), guards };
      },
    },
    vjp,
  };
}

function apply<Attrs>(
  primitive: Primitive<Attrs>,
  x: Node,
  shape: Shape,
  attrs: NoInfer<Attrs>,
  params?: readonly number[],
): Node {
  return new Node(primitive, [x], [{ shape, dtype: x.dtype }], attrs, params ?? null);
}

const IDENTITY = alias("identity", (_, [g]) => [g]);
const DETACH = alias("detach");

/** The same values as a node of its own, with respect to which one can differentiate. */
export function variable(x: Node): Node {
  return new Node(IDENTITY, [x], [{ shape: x.shape, dtype: x.dtype }], null, null, true);
}

/** The same values; derivatives do not pass through. */
export function detach(x: Node): Node {
  return new Node(DETACH, [x], [{ shape: x.shape, dtype: x.dtype }], null, null, false);
}

const RESHAPE = alias("reshape", (c, [g]) => [reshape(g!, c.inputs[0].shape)]);

/** The same elements in row-major order, in another shape of the same size. */
export function reshape(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const from = x.primitive === RESHAPE && !x.stored ? x.inputs[0] : x;
  if (from !== x && sameShape(from.shape, shape)) return from;
  return apply(RESHAPE, from, shape, null);
}

const PERMUTE = coordinateView<readonly number[]>("permute", (coords, { attrs }) => {
  const from: Index[] = [];
  attrs.forEach((axis, d) => from[axis] = coords[d]);
  return { coords: from };
}, (c, [g]) => {
  const inverse: number[] = [];
  c.attrs.forEach((axis, d) => inverse[axis] = d);
  return [permute(g!, inverse)];
});

/** Axis d of the result is axis `axes[d]` of x. */
export function permute(x: Node, axes: readonly number[]): Node {
  if (axes.every((axis, d) => axis === d)) return x;
  return apply(PERMUTE, x, axes.map((axis) => x.shape[axis]), axes);
}

/** The axes that `permute` was given, if x is its result. */
export function permutation(x: Node): readonly number[] | null {
  return x.primitive === PERMUTE && !x.stored ? x.attrs as readonly number[] : null;
}

const EXPAND = coordinateView("expand", (coords, { inputs: [x] }) => ({
  coords: coords.map((c, d) => (x.shape[d] === 1 ? constant(0) : c)),
}), (c, [g]) => [sumTo(g!, c.inputs[0].shape)]);

/** Repeats x along axes of size 1, and along new leading axes, up to `shape`. */
export function expand(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const lead = Array<number>(shape.length - x.shape.length).fill(1);
  return apply(EXPAND, reshape(x, [...lead, ...x.shape]), shape, null);
}

/** The axes of a reduction. */
export interface FoldAttrs {
  readonly axes: readonly number[];
}

const SUM: Primitive<FoldAttrs> = {
  name: "sum",
  lowering: {
    kind: "reduce",
    axes: ({ attrs }) => attrs.axes,
    reduce: (spec) => reduce({ ...spec, fold: "sum" }),
  },
  vjp: (c, [g]) => [expand(g!, c.inputs[0].shape)],
};

/** The sum over axes, which stay with size 1. */
export function sumKeep(x: Node, axes: readonly number[]): Node {
  const long = axes.filter((d) => x.shape[d] !== 1);
  if (long.length === 0) return x;
  return apply(SUM, x, x.shape.map((n, d) => (long.includes(d) ? 1 : n)), { axes: long });
}

/** Removes axes, which must have size 1. */
export function squeeze(x: Node, axes: readonly number[]): Node {
  return reshape(x, x.shape.filter((_, d) => !axes.includes(d)));
}

/** The sum over axes. */
export function sum(x: Node, axes?: Axes, keepDims = false): Node {
  const list = checkAxes("sum", axes, x.shape);
  const kept = sumKeep(x, list);
  return keepDims ? kept : squeeze(kept, list);
}

/** The adjoint of broadcasting from `shape`: sums what it repeated. */
export function sumTo(x: Node, shape: Shape): Node {
  const lead = x.shape.length - shape.length;
  const axes = x.shape.map((_, d) => d).filter((d) => d < lead || shape[d - lead] === 1);
  return reshape(sumKeep(x, axes), shape);
}

/** Both nodes repeated to the shape they broadcast to. */
export function broadcast(what: string, a: Node, b: Node): [Node, Node] {
  if (sameShape(a.shape, b.shape)) return [a, b];
  const shape = broadcastShapes(what, a.shape, b.shape);
  return [expand(a, shape), expand(b, shape)];
}

interface SliceAttrs {
  readonly step: readonly number[];
}

const SLICE = coordinateView<SliceAttrs>("slice", (coords, node, param) => {
  const { step } = node.attrs;
  const { shape } = node.inputs[0];
  return {
    coords: coords.map((c, d) => {
      if (node.shape[d] === shape[d]) return c;
      return addIndex(mul(c, step[d]), param(d, shape[d] - 1));
    }),
  };
}, (c, [g]) => {
  const { step } = c.attrs;
  return [embed(g!, c.inputs[0].shape, c.params!, step)];
});

/** Every `step[d]`-th element from `start[d]` on, `shape[d]` of them. Starts are not part of the structure. */
export function slice(
  x: Node,
  start: readonly number[],
  shape: Shape,
  step: readonly number[],
): Node {
  if (sameShape(x.shape, shape)) return x;
  for (let d = 0; d < start.length; d++) {
    if (start[d] < 2 ** 32) continue;
    throw cannot("slice", `it begins at ${start[d]} along axis ${d}, and starts have 32 bits`);
  }
  return apply(SLICE, x, shape, { step }, [...start]);
}

/** `length` elements of one axis, from `start` on. */
export function narrow(x: Node, axis: number, start: number, length: number): Node {
  return slice(
    x,
    x.shape.map((_, d) => (d === axis ? start : 0)),
    x.shape.map((n, d) => (d === axis ? length : n)),
    x.shape.map(() => 1),
  );
}

interface EmbedAttrs extends SliceAttrs {
  readonly start: readonly number[];
}

const EMBED = coordinateView<EmbedAttrs>("pad", (coords, node) => {
  const { start, step } = node.attrs;
  const guards: { index: Index; low: number; size: number }[] = [];
  const from = coords.map((c, d) => {
    const n = node.inputs[0].shape[d];
    if (n === node.shape[d]) return c;
    const size = (n - 1) * step[d] + 1;
    const moved = shift(c, start[d], size);
    guards.push({ index: c, low: start[d], size });
    if (step[d] > 1) guards.push({ index: mod(moved, step[d]), low: 0, size: 1 });
    return div(moved, step[d]);
  });
  return { coords: from, guards };
}, (c, [g]) => {
  const { start, step } = c.attrs;
  return [slice(g!, start, c.inputs[0].shape, step)];
});

/** Zeros of shape `shape` into which x is written, to every `step`-th element from `start` on. */
export function embed(
  x: Node,
  shape: Shape,
  start: readonly number[],
  step: readonly number[] = shape.map(() => 1),
): Node {
  if (sameShape(x.shape, shape)) return x;
  return apply(EMBED, x, shape, { start, step });
}

const FLIP = coordinateView<readonly number[]>("flip", (coords, node) => ({
  coords: coords.map((c, d) => node.attrs.includes(d) ? reverse(c, node.shape[d]) : c),
}), (c, [g]) => [flip(g!, c.attrs)]);

/** The order of the elements along axes reversed. */
export function flip(x: Node, axes: readonly number[]): Node {
  return apply(FLIP, x, x.shape, axes);
}

const ROLL = coordinateView<readonly number[]>("roll", (coords, node) => ({
  coords: coords.map((c, d) => {
    const by = node.attrs[d];
    const n = node.shape[d];
    return by === 0 ? c : mod(addIndex(c, constant(n - by)), n);
  }),
}), (c, [g]) => [roll(g!, c.attrs.map((by) => -by))]);

/** Shifts elements by `shifts[d]` along axis d, wrapping around. */
export function roll(x: Node, shifts: readonly number[]): Node {
  return apply(
    ROLL,
    x,
    x.shape,
    shifts.map((by, d) => ((by % x.shape[d]) + x.shape[d]) % x.shape[d]),
  );
}
