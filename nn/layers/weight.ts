/** Weight and bias of linear layers and convolutions, of either kind. */
import { full, parameter } from "../../complex/create/create.ts";
import { type Shape, sizeOf } from "../../complex/lazy/shape.ts";
import { checkComplex, checkReal, type Tensor } from "../../complex/tensor/tensor.ts";
import { brief, optional, word } from "../declare/field.ts";
import { complexGlorot, kaimingUniform } from "../init.ts";
import type { LayerKind, TensorOf } from "../layer.ts";

/** The option that says of which kind a layer is. */
export const kindField = brief(optional(word("complex", "real"), "complex"));

/** Refuses a tensor of another kind. */
export function checkOfKind(what: string, kind: LayerKind, x: Tensor): void {
  if (kind === "real") checkReal(what, x);
  else checkComplex(what, x);
}

/** What a layer multiplies with, and adds. */
export interface WeightAndBias<K extends LayerKind> {
  readonly weight: TensorOf<K>;
  readonly bias: TensorOf<K> | null;
}

/**
 * A weight [out, in, …] and a bias for `outputs`: complex ones start as complex Glorot and as 0, real
 * ones as PyTorch's, between ±1/√fanIn.
 */
export function weightAndBias<K extends LayerKind>(
  kind: K,
  shape: Shape,
  outputs: number,
  bias: boolean,
): WeightAndBias<K> {
  const isReal = kind === "real";
  const fanIn = sizeOf(shape) / shape[0];
  const weight = parameter(isReal ? kaimingUniform(shape) : complexGlorot(shape), {
    name: "weight",
  });
  const first = () =>
    isReal ? kaimingUniform([outputs], { fanIn }) : full([outputs], { re: 0, im: 0 });
  return {
    weight: weight as unknown as TensorOf<K>,
    bias: bias ? parameter(first(), { name: "bias" }) as unknown as TensorOf<K> : null,
  };
}
