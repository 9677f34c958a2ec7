/** Pooling of images: each window's largest element, of complex numbers by modulus, or its mean. */
import {
  avgPool2d as average,
  avgPool2dScatter,
  maxPool2d as largest,
  maxPool2dPick,
  maxPool2dScatter,
} from "../../gpu/kernels/windows/pool2d.ts";
import type { Pool2dSpec } from "../../gpu/kernels/windows/windows.ts";
import { inexact } from "../../gpu/contract/dtype.ts";
import { Node, parts, type Primitive } from "../lazy/graph.ts";
import type { Shape } from "../lazy/shape.ts";
import { checkWindow, type HeightWidth, type Movement, windowSteps } from "./window.ts";

/** The window and how it moves; the caller has checked the numbers. */
export interface PoolGeometry extends Movement {
  readonly kernel: HeightWidth;
  /** Whether output sizes are rounded up, so that a last window may reach past the padded input. */
  readonly ceilMode: boolean;
}

interface Attrs extends PoolGeometry {
  readonly x: Shape;
  readonly y: Shape;
}

interface AvgAttrs extends Attrs {
  readonly countIncludePad: boolean;
  readonly divisor: number | null;
}

function spec({ x, y, kernel, stride, padding, dilation }: Attrs): Pool2dSpec {
  return {
    planes: x[0] * x[1],
    inHeight: x[2],
    inWidth: x[3],
    outHeight: y[2],
    outWidth: y[3],
    kernel,
    stride,
    padding,
    dilation,
  };
}

/**
 * The output's shape, of x [N, C, H, W], by PyTorch's rule: in ceil mode the last window may reach
 * past the padded input, if it starts inside the input or the padding before it.
 */
function pooled(what: string, x: Node, g: PoolGeometry): Shape {
  checkWindow(what, g.kernel, g);
  const { kernel, stride, padding, dilation, ceilMode } = g;
  const size: HeightWidth = [x.shape[2], x.shape[3]];
  const out = kernel.map((taps, d) => {
    const room = size[d] + 2 * padding[d] + (ceilMode ? stride[d] - 1 : 0);
    const n = Math.floor((room - dilation[d] * (taps - 1) - 1) / stride[d]) + 1;
    return ceilMode && (n - 1) * stride[d] >= size[d] + padding[d] ? n - 1 : n;
  });
  if (out.some((n) => n < 1)) windowSteps(what, size, kernel, g); // names what does not fit
  return [x.shape[0], x.shape[1], out[0], out[1]];
}

const MAX_POOL: Primitive<Attrs> = {
  name: "maxPool2d",
  lowering: {
    kind: "program",
    program: (node) => largest({ ...spec(node.attrs), dtype: inexact(node.dtype) }),
  },
  vjp: (call, [g]) => g ? [scatter(g, parts(call)[1], call.attrs)] : [null],
};
const MAX_SCATTER: Primitive<Attrs> = {
  name: "maxPool2dScatter",
  lowering: {
    kind: "program",
    program: (node) => maxPool2dScatter({ ...spec(node.attrs), dtype: inexact(node.dtype) }),
  },
  vjp: (call, [g]) => [chosen(g!, call.inputs[1], call.attrs), null],
};
const MAX_PICK: Primitive<Attrs> = {
  name: "maxPool2dPick",
  lowering: {
    kind: "program",
    program: (node) => maxPool2dPick({ ...spec(node.attrs), dtype: inexact(node.dtype) }),
  },
  vjp: (call, [g]) => [scatter(g!, call.inputs[1], call.attrs), null],
};

function scatter(g: Node, indices: Node, attrs: Attrs): Node {
  return new Node(MAX_SCATTER, [g, indices], [{ shape: attrs.x, dtype: g.dtype }], attrs);
}

function chosen(v: Node, indices: Node, attrs: Attrs): Node {
  return new Node(MAX_PICK, [v, indices], [{ shape: attrs.y, dtype: v.dtype }], attrs);
}

/** The largest element of each window, and its index in the plane. */
export function maxPool2d(x: Node, geometry: PoolGeometry): [values: Node, indices: Node] {
  const y = pooled("max-pool", x, geometry);
  const results = [{ shape: y, dtype: x.dtype }, { shape: y, dtype: "uint32" as const }];
  const attrs: Attrs = { x: x.shape, y, ...geometry };
  const [values, indices] = parts(new Node(MAX_POOL, [x], results, attrs));
  return [values, indices];
}

const avgSpec = ({ attrs, dtype }: Node<AvgAttrs>) => {
  const { countIncludePad, divisor } = attrs;
  return { ...spec(attrs), countIncludePad, divisor, dtype: inexact(dtype) };
};
const AVG_POOL: Primitive<AvgAttrs> = {
  name: "avgPool2d",
  lowering: { kind: "program", program: (node) => average(avgSpec(node)) },
  vjp: (call, [g]) => [
    new Node(AVG_SCATTER, [g!], [{ shape: call.attrs.x, dtype: g!.dtype }], call.attrs),
  ],
};
const AVG_SCATTER: Primitive<AvgAttrs> = {
  name: "avgPool2dScatter",
  lowering: { kind: "program", program: (node) => avgPool2dScatter(avgSpec(node)) },
  vjp: (call, [g]) => [
    new Node(AVG_POOL, [g!], [{ shape: call.attrs.y, dtype: g!.dtype }], call.attrs),
  ],
};

/** The mean of each window. */
export function avgPool2d(
  x: Node,
  geometry: PoolGeometry,
  countIncludePad: boolean,
  divisor: number | null,
): Node {
  const y = pooled("average-pool", x, geometry);
  const attrs: AvgAttrs = { x: x.shape, y, ...geometry, countIncludePad, divisor };
  return new Node(AVG_POOL, [x], [{ shape: y, dtype: x.dtype }], attrs);
}
