/** Pieces that the rules of several optimisers share. */
import { add, mul } from "../../complex/functions/combine.ts";
import { complex } from "../../complex/create/create.ts";
import {
  checkReal,
  ComplexTensor,
  type RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";
import type { Moments } from "./optimizer.ts";

/** f of real tensors, or of both parts of complex ones. */
export function byParts(f: (...parts: RealTensor[]) => RealTensor, ...all: Tensor[]): Tensor {
  const parts = (take: (z: ComplexTensor) => RealTensor) =>
    f(...all.map((x) => x instanceof ComplexTensor ? take(x) : checkReal("update", x)));
  if (!all.some((x) => x instanceof ComplexTensor)) return parts((z) => z.real);
  return complex(parts((z) => z.real), parts((z) => z.imag));
}

/** The direction to descend along: the gradient (its opposite to `maximize`) and λw. */
export function descended(
  w: Tensor,
  gradient: Tensor,
  { weightDecay, maximize }: { readonly weightDecay: number; readonly maximize: boolean },
): Tensor {
  const g = maximize ? gradient.neg() : gradient;
  return weightDecay === 0 ? g : add(g, mul(w, weightDecay));
}

/** A running mean: β of the moment so far, 0 at first, and 1 − β of the fresh value. */
export function blend(moments: Moments, name: string, beta: number, fresh: Tensor): Tensor {
  const before = moments.get(name);
  const part = mul(fresh, 1 - beta);
  const now = before ? add(mul(before, beta), part) : part;
  moments.set(name, now);
  return now;
}
