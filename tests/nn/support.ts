/** Golden cases of layers: complexPyTorch's parameters as ours, and both as plain numbers. */
import { complexTensor, tensor } from "../../complex/create.ts";
import { sizeOf } from "../../complex/shape.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor.ts";
import type { Golden, GoldenArray } from "../support/golden.ts";
import { randoms } from "../support/seeded.ts";

/** The case's complex array as a tensor. */
export function complexOf(g: Golden, name: string): ComplexTensor {
  const { data, shape } = g.complex(name);
  return complexTensor(data, shape);
}

/** Two real arrays as one interleaved complex one. */
export function interleave(re: ArrayLike<number>, im: ArrayLike<number>): Float32Array {
  const out = new Float32Array(2 * re.length);
  for (let k = 0; k < re.length; k++) out.set([re[k], im[k]], 2 * k);
  return out;
}

/** Of two real layers A and B as one complex: W = A + iB. */
export function weightOf(g: Golden, path: string, layer: string): GoldenArray {
  const a = g.real(`${path}${layer}_r.weight`);
  const b = g.real(`${path}${layer}_i.weight`);
  return { shape: a.shape, data: interleave(a.data, b.data) };
}

/** Both add their own bias: (b_A − b_B) + i (b_A + b_B). */
export function biasOf(g: Golden, path: string, layer: string): GoldenArray {
  const a = g.real(`${path}${layer}_r.bias`);
  const b = g.real(`${path}${layer}_i.bias`);
  return {
    shape: a.shape,
    data: interleave(a.data.map((x, k) => x - b.data[k]), a.data.map((x, k) => x + b.data[k])),
  };
}

/** Sets a complex parameter or buffer. */
export function setComplex(to: ComplexTensor | null, { data, shape }: GoldenArray): void {
  to!.assign(complexTensor(data, shape));
}

/** Sets a real parameter or buffer. */
export function setReal(to: RealTensor | null, { data, shape }: GoldenArray): void {
  to!.assign(tensor(data, shape));
}

/** Σ (Re y Re g + Im y Im g). */
export function against(y: ComplexTensor, g: ComplexTensor): RealTensor {
  return y.mul(g.conj()).sum().real;
}

/** A complex tensor of repeatable numbers, parts in (−1, 1). */
export function random(shape: number[], seed: number): ComplexTensor {
  return complexTensor(randoms(2 * sizeOf(shape), seed), shape);
}
