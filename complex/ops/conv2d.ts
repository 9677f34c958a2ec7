/** 2-D cross-correlation. Its two gradients are bilinear too, and the gradients of all three are again these. */
import {
  conv2d as forward,
  conv2dInputGradient,
  type Conv2dSpec,
  conv2dWeightGradient,
} from "../../gpu/kernels/convolutions/conv2d.ts";
import { type DType, inexact } from "../../gpu/contract/dtype.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { Node, type Primitive, type Vjp } from "../lazy/graph.ts";
import type { Shape } from "../lazy/shape.ts";
import { conj } from "./arithmetic.ts";
import { sum } from "./views.ts";
import type { HeightWidth, Movement } from "./window.ts";

/** How the kernel moves, and how many independent groups of channels there are. */
export interface Conv2dGeometry extends Movement {
  readonly groups: number;
}

interface Attrs extends Conv2dGeometry {
  readonly x: Shape;
  readonly w: Shape;
}

function spec(attrs: Attrs, y: Shape, dtype: DType, bias: boolean): Conv2dSpec {
  const { x, w, stride, padding, dilation, groups } = attrs;
  return {
    dtype: inexact(dtype),
    batch: x[0],
    inChannels: x[1],
    outChannels: w[0],
    inHeight: x[2],
    inWidth: x[3],
    outHeight: y[2],
    outWidth: y[3],
    kernel: [w[2], w[3]],
    stride,
    padding,
    dilation,
    groups,
    bias,
  };
}

function primitive(
  name: string,
  program: (call: Node<Attrs>) => Program,
  vjp: Vjp<Attrs>,
): Primitive<Attrs> {
  return { name, lowering: { kind: "program", epilogue: true, program }, vjp };
}

const CONV = primitive(
  "conv2d",
  (node) => forward(spec(node.attrs, node.shape, node.dtype, node.inputs.length > 2)),
  (call, [g]) => {
    const [x, w, bias] = call.inputs;
    const list = [
      x.tracked ? inputGradient(g!, w, call.attrs) : null,
      w.tracked ? weightGradient(x, g!, call.attrs) : null,
    ];
    return bias ? [...list, sum(g!, [0, 2, 3])] : list;
  },
);

const INPUT_GRADIENT = primitive(
  "conv2dInputGradient",
  (node) => conv2dInputGradient(spec(node.attrs, node.inputs[0].shape, node.dtype, false)),
  (call, [c]) => {
    const [g, w] = call.inputs;
    return [
      g.tracked ? apply(c!, w, call.attrs, g.shape) : null,
      w.tracked ? weightGradient(c!, g, call.attrs) : null,
    ];
  },
);

const WEIGHT_GRADIENT = primitive(
  "conv2dWeightGradient",
  (node) => conv2dWeightGradient(spec(node.attrs, node.inputs[1].shape, node.dtype, false)),
  (call, [c]) => {
    const [x, g] = call.inputs;
    return [
      x.tracked ? inputGradient(g, c!, call.attrs) : null,
      g.tracked ? apply(x, c!, call.attrs, g.shape) : null,
    ];
  },
);

function apply(x: Node, w: Node, attrs: Attrs, shape: Shape, bias?: Node): Node {
  return new Node(CONV, bias ? [x, w, bias] : [x, w], [{ shape, dtype: x.dtype }], attrs);
}

function inputGradient(g: Node, w: Node, attrs: Attrs): Node {
  return new Node(INPUT_GRADIENT, [g, w], [{ shape: attrs.x, dtype: g.dtype }], attrs);
}

function weightGradient(x: Node, g: Node, attrs: Attrs): Node {
  return new Node(WEIGHT_GRADIENT, [x, g], [{ shape: attrs.w, dtype: g.dtype }], attrs);
}

function attrsOf(geometry: Conv2dGeometry, x: Shape, w: Shape): Attrs {
  const { stride, padding, dilation, groups } = geometry;
  return { x, w, stride, padding, dilation, groups };
}

/**
 * y[n, o] = bias[o] + Σ w[o, c] ⋆ x[n, c] of height and width `size`, for x [N, C, H, W] and
 * w [O, C / groups, h, w] that the caller has checked.
 */
export function conv2d(
  x: Node,
  w: Node,
  bias: Node | null,
  geometry: Conv2dGeometry,
  size: HeightWidth,
): Node {
  const shape = [x.shape[0], w.shape[0], ...size];
  return apply(x, w, attrsOf(geometry, x.shape, w.shape), shape, bias ?? undefined);
}

/**
 * The adjoint of x ↦ conv2d(x, conj w), of height and width `size`, for g [N, C, H, W] and
 * w [C, O / groups, h, w] that the caller has checked.
 */
export function conv2dTransposed(
  g: Node,
  w: Node,
  geometry: Conv2dGeometry,
  size: HeightWidth,
): Node {
  const shape = [g.shape[0], w.shape[1] * geometry.groups, ...size];
  return inputGradient(g, conj(w), attrsOf(geometry, shape, w.shape));
}
