/** Golden cases of layers: complexPyTorch's parameters as ours, and both as plain numbers. */
import { complexTensor, tensor } from "../../complex/create.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor.ts";
import type { Golden, GoldenArray } from "../support/golden.ts";

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

/** Repeatable numbers in (−1, 1). */
export function randoms(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A complex tensor of them. */
export function random(shape: number[], seed: number): ComplexTensor {
  return complexTensor(randoms(2 * shape.reduce((a, n) => a * n, 1), seed), shape);
}
