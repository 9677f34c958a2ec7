/** Convolutions over one, two and three axes, and their transposes, all carried out in two dimensions. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "../lazy/graph.ts";
import { checkInteger, type Shape, show, sizeOf } from "../lazy/shape.ts";
import { add, promoted } from "./arithmetic.ts";
import { conv2d, type Conv2dGeometry, conv2dTransposed } from "./conv2d.ts";
import { fold, type Line, unfold } from "./unfold.ts";
import { permute, reshape } from "./views.ts";
import { checkWindow, extent, type HeightWidth, type Movement, windowSteps } from "./window.ts";

/** How the kernel moves along each axis, and how many independent groups of channels there are. */
export interface ConvGeometry extends Movement<readonly number[]> {
  readonly groups: number;
}

/** The same for a transposed convolution. */
export interface ConvTransposeGeometry extends ConvGeometry {
  /** Elements added at the end of each axis, whose number the stride leaves open. */
  readonly outputPadding: readonly number[];
}

const AXES: Readonly<Record<number, readonly [x: string, w: string]>> = {
  1: ["L", "l"],
  2: ["H, W", "h, w"],
  3: ["D, H, W", "d, h, w"],
};

/** Checks what both directions share; channels of the weight are [outer, inner / groups]. */
function checkOperands(
  what: string,
  axes: number,
  [x, w, bias]: readonly [Node, Node, Node | null],
  geometry: ConvGeometry,
  transposed: boolean,
): void {
  const [image, kernel] = AXES[axes];
  if (x.shape.length !== axes + 2 || w.shape.length !== axes + 2) {
    throw cannot(
      what,
      `it takes x [N, C, ${image}] and a weight [${transposed ? "C, O" : "O, C"}, ${kernel}], ` +
        `got ${show(x.shape)} and ${show(w.shape)}`,
    );
  }
  const { groups } = geometry;
  checkInteger(what, "groups", groups, 1);
  checkWindow(what, w.shape.slice(2), geometry);
  const [outer, inner] = [w.shape[0], w.shape[1] * groups];
  const [from, to] = transposed ? [outer, inner] : [inner, outer];
  if (x.shape[1] !== from) {
    const inGroups = `the weight ${show(w.shape)} with ${groups} groups takes ${from}`;
    throw cannot(what, `x ${show(x.shape)} has ${x.shape[1]} channels and ${inGroups}`);
  }
  if (outer % groups !== 0) {
    const side = transposed ? "input" : "output";
    throw cannot(what, `${outer} ${side} channels do not split into ${groups} groups`);
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== to)) {
    throw cannot(what, `the bias must have shape [${to}], got ${show(bias.shape)}`);
  }
}

/** All complex if one is. */
function alike(x: Node, w: Node, bias: Node | null): [Node, Node, Node | null] {
  if (x.dtype === w.dtype && (!bias || bias.dtype === x.dtype)) return [x, w, bias];
  const [one, other, third = null] = promoted(bias ? [x, w, bias] : [x, w]);
  return [one, other, third];
}

/** The numbers for height and width out of those for each axis; a single axis is the width. */
function plane(list: readonly number[], height: number): HeightWidth {
  return list.length === 1 ? [height, list[0]] : [list.at(-2)!, list.at(-1)!];
}

/** A line of pixels as an image of height 1. */
function asImage(x: Node): Node {
  const [a, b, ...pixels] = x.shape;
  return pixels.length === 1 ? reshape(x, [a, b, 1, ...pixels]) : x;
}

/** The part of a convolution that runs along height and width. */
function across({ stride, padding, dilation, groups }: ConvGeometry): Conv2dGeometry {
  return {
    stride: plane(stride, 1),
    padding: plane(padding, 0),
    dilation: plane(dilation, 1),
    groups,
  };
}

/** The part of a convolution in space that runs along depth. */
function along(geometry: ConvGeometry, length: number, taps: number, count: number): Line {
  const { padding, dilation, stride } = geometry;
  return { length, taps, count, padding: padding[0], dilation: dilation[0], stride: stride[0] };
}

/** A weight [O, C, d, h, w] with its taps along depth as channels, [O, C·d, h, w]. */
function depthAsChannels(w: Node): Node {
  const [outer, inner, d, ...rest] = w.shape;
  return reshape(w, [outer, inner * d, ...rest]);
}

/** Exchanges channels and depth: [N, C, D, H, W] and [N, D, C, H, W]. */
function exchanged(x: Node): Node {
  return permute(x, [0, 2, 1, 3, 4]);
}

/**
 * y[n, o] = bias[o] + Σ w[o, c] ⋆ x[n, c] for x [N, C, …] and w [O, C / groups, …] with one, two or
 * three axes of pixels. In three the taps along depth become channels, [N, C, D, H, W] →
 * [N·D′, C·d, H, W], and the rest is two-dimensional.
 */
export function conv(
  what: string,
  axes: number,
  operands: readonly [x: Node, w: Node, bias: Node | null],
  geometry: ConvGeometry,
): Node {
  checkOperands(what, axes, operands, geometry, false);
  const [x, w, bias] = alike(...operands);
  const out = windowSteps(what, x.shape.slice(2), w.shape.slice(2), geometry)
    .map((steps) => Math.floor(steps) + 1);
  const [n, c, depth, ...sides] = x.shape;
  const o = w.shape[0];
  const size = plane(out, 1);
  if (axes < 3) {
    const y = conv2d(asImage(x), asImage(w), bias, across(geometry), size);
    return reshape(y, [n, o, ...out]);
  }
  const [count, taps] = [out[0], w.shape[2]];
  const lines = reshape(x, [n * c, depth, sizeOf(sides)]);
  const windows = unfold(lines, along(geometry, depth, taps, count));
  const sorted = exchanged(reshape(windows, [n, c * taps, count, ...sides]));
  const images = reshape(sorted, [n * count, c * taps, ...sides]);
  const y = conv2d(images, depthAsChannels(w), bias, across(geometry), size);
  return exchanged(reshape(y, [n, count, o, ...size]));
}

/**
 * The transpose of x ↦ conv(x, w) plus bias, for x [N, C, …] and w [C, O / groups, …]: each pixel
 * adds the kernel to the result, `stride` apart.
 */
export function convTranspose(
  what: string,
  axes: number,
  operands: readonly [x: Node, w: Node, bias: Node | null],
  geometry: ConvTransposeGeometry,
): Node {
  checkOperands(what, axes, operands, geometry, true);
  const [x, w, bias] = alike(...operands);
  const out = transposedSize(what, x.shape.slice(2), w.shape.slice(2), geometry);
  const [n, c, depth, ...sides] = x.shape;
  const o = w.shape[1] * geometry.groups;
  const size = plane(out, 1);
  let y: Node;
  if (axes < 3) {
    const images = conv2dTransposed(asImage(x), asImage(w), across(geometry), size);
    y = reshape(images, [n, o, ...out]);
  } else {
    const taps = w.shape[2];
    const images = reshape(exchanged(x), [n * depth, c, ...sides]);
    const laid = conv2dTransposed(images, depthAsChannels(w), across(geometry), size);
    const sorted = exchanged(reshape(laid, [n, depth, o * taps, ...size]));
    const windows = reshape(sorted, [n * o, taps, depth, sizeOf(size)]);
    y = reshape(fold(windows, along(geometry, out[0], taps, depth)), [n, o, ...out]);
  }
  return bias ? add(y, reshape(bias, [o, ...out.map(() => 1)])) : y;
}

/** (H − 1)·stride − 2·padding + dilation·(h − 1) + 1 + outputPadding along each axis. */
function transposedSize(
  what: string,
  size: Shape,
  kernel: Shape,
  geometry: ConvTransposeGeometry,
): number[] {
  const { stride, padding, dilation, outputPadding } = geometry;
  return size.map((n, d) => {
    const covered = (n - 1) * stride[d] + extent(kernel[d], dilation[d]) +
      outputPadding[d];
    if (covered > 2 * padding[d]) return covered - 2 * padding[d];
    throw cannot(
      what,
      `nothing is left of the ${covered} elements along axis ${d + 2} without the padding ${
        padding[d]
      } on either side`,
    );
  });
}
