/** Golden cases of layers: complexPyTorch's parameters as ours, and both as plain numbers. */
import { complexTensor, tensor } from "../../complex/create/create.ts";
import { loadSafetensors, type SafetensorsEntry } from "../../complex/files/safetensors.ts";
import { sizeOf } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import type { Layer } from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
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

/** A smooth real number that depends on every element in its own way. */
export function mixed(y: ComplexTensor): RealTensor {
  const w = random([...y.shape], 77);
  return y.mul(w).real.square().sum().add(y.mul(w).imag.mul(y.real).sum());
}

/** |∂L/∂inputs|², whose derivative needs second derivatives of the layer. */
export const slopes = (f: (...args: Tensor[]) => RealTensor) => (...args: Tensor[]): RealTensor => {
  const [, gradients] = valueAndGrad(f)(...args);
  return gradients.map((g) => g.absSquared().sum()).reduce((a, b) => a.add(b));
};

/** PyTorch's options with our names. */
// deno-lint-ignore no-explicit-any
export function optionsOf(g: Golden): any {
  const named = Object.entries(JSON.parse(g.meta.options)).map(([name, value]) => [
    name.replace(/_(.)/g, (_, c) => c.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(named);
}

/** Output and gradients of a layer against the case. */
export async function compare(g: Golden, layer: Layer): Promise<void> {
  const gy = complexOf(g, "gy");
  let y!: ComplexTensor;
  const [, [gx]] = valueAndGrad((x: ComplexTensor) => {
    y = layer.apply(x);
    return against(y, gy);
  })(complexOf(g, "x"));
  assertClose(await y.data(), g.complex("y").data, 1e-5, "y");
  assertClose(await gx.data(), g.complex("gx").data, 1e-5, "gx");
}

/** The gradients of A and B in the way of ours: ∂L/∂W = ∂L/∂A + i ∂L/∂B. */
export async function compareGradients(
  g: Golden,
  layer: { weight: ComplexTensor; bias: ComplexTensor | null },
  apply: (x: ComplexTensor) => ComplexTensor,
  name: string,
): Promise<void> {
  against(apply(complexOf(g, "x")), complexOf(g, "gy")).backward();
  const weight = interleave(
    g.real(`grad.${name}_r.weight`).data,
    g.real(`grad.${name}_i.weight`).data,
  );
  assertClose(await layer.weight.grad!.data(), weight, 1e-5, "weight.grad");
  if (!layer.bias) return;
  // With b = (b_A − b_B) + i (b_A + b_B): ∂L/∂b_A = Re + Im and ∂L/∂b_B = Im − Re of ours.
  const ours = await layer.bias.grad!.data();
  const a = g.real(`grad.${name}_r.bias`).data;
  const b = g.real(`grad.${name}_i.bias`).data;
  assertClose(a.map((_, k) => ours[2 * k] + ours[2 * k + 1]), a, 1e-5, "bias of A");
  assertClose(b.map((_, k) => ours[2 * k + 1] - ours[2 * k]), b, 1e-5, "bias of B");
}

/** The golden case's parameters and buffers under their names in complexPyTorch's state dict. */
export async function stateOf(name: string): Promise<Map<string, SafetensorsEntry>> {
  const { tensors } = await loadSafetensors(`tests/golden/${name}.safetensors`);
  const state = [...tensors].flatMap(([key, entry]): [string, SafetensorsEntry][] => {
    const own = /^(?:param|buffer)\.(.*)$/.exec(key)?.[1];
    return own ? [[own, entry]] : [];
  });
  return new Map(state);
}
