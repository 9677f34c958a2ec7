/** Tensors and their values on the host. */
import { hostNode } from "../lazy/graph.ts";
import type { Shape } from "../lazy/shape.ts";
import type { DType, HostArray } from "../../gpu/contract/dtype.ts";
import { type Tensor, wrap } from "./tensor.ts";

/** The values of a tensor where the host has them, which must not be changed; else null. */
export function hostValues(x: Tensor) {
  return x.node.stored?.host ?? null;
}

/** Whether a tensor has values, on the host or on a device, and not only a recipe. */
export function hasValues(x: Tensor): boolean {
  return x.node.stored !== null;
}

/** A tensor of values that the caller has copied. */
export function hostTensor(values: HostArray, shape: Shape, dtype: DType): Tensor {
  return wrap(hostNode(values, shape, dtype));
}
