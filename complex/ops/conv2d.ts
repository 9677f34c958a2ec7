/** 2-D cross-correlation; its two gradients are bilinear too, and the three are closed among them. */
import {
  conv2d as forward,
  conv2dInputGradient,
  type Conv2dSpec,
  conv2dWeightGradient,
} from "../../gpu/kernels/conv2d.ts";
import type { Field, Program } from "../../gpu/kernel.ts";
import { cannot } from "../../gpu/errors.ts";
import { type Derivative, Node, type Primitive } from "../graph.ts";
import { checkWhole, type Shape, show } from "../shape.ts";
import { toComplex } from "./arithmetic.ts";
import { sum } from "./views.ts";
import { checkWindow, type Movement, windowSteps } from "./window.ts";

/** How the kernel moves, and the groups of channels that do not see one another. */
export interface Conv2dGeometry extends Movement {
  readonly groups: number;
}

interface Attrs extends Conv2dGeometry {
  readonly x: Shape;
  readonly w: Shape;
}

function spec(attrs: Attrs, y: Shape, dtype: string, bias: boolean): Conv2dSpec {
  const { x, w, stride, padding, dilation, groups } = attrs;
  return {
    dtype: dtype as Field,
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
  program: (node: Node) => Program,
  derivative: Derivative,
): Primitive {
  return { name, lowering: { kind: "program", program }, derivative };
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

/** y[n, o] = bias[o] + Σ w[o, c] ⋆ x[n, c] for x [N, C, H, W] and w [O, C / groups, h, w]. */
export function conv2d(x: Node, w: Node, bias: Node | null, geometry: Conv2dGeometry): Node {
  const what = "conv2d";
  if (x.shape.length !== 4 || w.shape.length !== 4) {
    throw cannot(
      what,
      `it takes x [N, C, H, W] and a weight [O, C, h, w], got ${show(x.shape)} and ${
        show(w.shape)
      }`,
    );
  }
  const { groups } = geometry;
  checkWhole(what, "groups", groups, 1);
  const [n, c, height, width] = x.shape;
  const [o, perGroup, h, k] = w.shape;
  checkWindow(what, [h, k], geometry);
  if (c !== perGroup * groups) {
    throw cannot(
      what,
      `x ${show(x.shape)} has ${c} channels and the weight ${
        show(w.shape)
      } with ${groups} groups takes ${perGroup * groups}`,
    );
  }
  if (o % groups !== 0) {
    throw cannot(what, `${o} output channels do not split into ${groups} groups`);
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== o)) {
    throw cannot(what, `the bias must have shape [${o}], got ${show(bias.shape)}`);
  }
  if (x.dtype !== w.dtype || (bias && bias.dtype !== x.dtype)) {
    [x, w, bias] = [toComplex(x), toComplex(w), bias && toComplex(bias)];
  }
  const [oh, ow] = windowSteps(what, [height, width], [h, k], geometry)
    .map((steps) => Math.floor(steps) + 1);
  const { stride, padding, dilation } = geometry;
  const attrs: Attrs = { x: x.shape, w: w.shape, stride, padding, dilation, groups };
  return apply(x, w, attrs, [n, o, oh, ow], bias ?? undefined);
}
