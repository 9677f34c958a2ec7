/** Tensors and their values on the host. */
import { hostNode, type Node } from "../lazy/graph.ts";
import type { Shape } from "../lazy/shape.ts";
import type { DType, HostArray } from "../../gpu/contract/dtype.ts";
import { type ComplexTensor, type Tensor, wrap } from "./tensor.ts";

/** The node whose elements a node has in the same order under another shape, or that itself. */
function aliased(node: Node): Node {
  while (node.stored === null) {
    const { lowering } = node.primitive;
    if (lowering.kind !== "view" || !lowering.alias || node.inputs.length !== 1) break;
    [node] = node.inputs;
  }
  return node;
}

const hostOf = (node: Node): HostArray | null => aliased(node).stored?.host ?? null;

/** The values of a tensor where the host has them, which must not be changed; else null. */
export function hostValues(x: Tensor): HostArray | null {
  return hostOf(x.node);
}

/** Whether all elements are views of a constant or of one value of the host that is 0. */
function isZero(node: Node): boolean {
  while (node.stored === null && node.primitive.lowering.kind === "view") [node] = node.inputs;
  if (node.stored === null && node.primitive.lowering.kind === "fill") {
    return node.params!.every((word) => word === 0);
  }
  const host = node.stored?.host;
  return host?.length === 1 && host[0] === 0;
}

/** The interleaved values of a recipe that makes a complex tensor of parts of the host; else null. */
export function hostPairs(x: ComplexTensor): HostArray | null {
  const z = wrap(aliased(x.node)) as ComplexTensor;
  if (z.node.stored !== null) return null;
  const re = hostOf(z.real.node); // without running anything: a recipe of two parts has them
  if (re?.length !== z.size) return null;
  const part = z.node.inputs.length === 1 ? null : z.imag.node;
  const im = part && hostOf(part);
  if (part && im?.length !== z.size && !isZero(part)) return null;
  const pairs = new (re.constructor as Float32ArrayConstructor)(2 * re.length);
  for (let k = 0; k < re.length; k++) {
    pairs[2 * k] = re[k];
    if (im?.length === re.length) pairs[2 * k + 1] = im[k];
  }
  return pairs;
}

/** Whether a tensor has values, on the host or on a device, and not only a recipe. */
export function hasValues(x: Tensor): boolean {
  return x.node.stored !== null;
}

/** A tensor of values that the caller has copied. */
export function hostTensor(values: HostArray, shape: Shape, dtype: DType): Tensor {
  return wrap(hostNode(values, shape, dtype));
}
