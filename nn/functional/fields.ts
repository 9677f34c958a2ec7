/** Helpers of losses, metrics and normalize. */
import { precisionOf } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { where } from "../../complex/functions/combine.ts";
import { sameShape, show } from "../../complex/lazy/shape.ts";
import {
  checkTensor,
  ComplexTensor,
  type RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";

/** In double precision. */
const doubled = (x: Tensor): Tensor =>
  x instanceof ComplexTensor ? x.to("complex128") : (x as RealTensor).to("float64");

/** Two tensors of one shape, each real or complex, in double precision if one of them is. */
export function checkAlike(what: string, prediction: Tensor, target: Tensor): [Tensor, Tensor] {
  const [a, b] = [checkTensor(what, prediction), checkTensor(what, target)];
  const mixed = precisionOf(a.dtype) !== precisionOf(b.dtype);
  if (sameShape(a.shape, b.shape)) return mixed ? [doubled(a), doubled(b)] : [a, b];
  throw cannot(what, `the prediction is ${show(a.shape)} and the target ${show(b.shape)}`);
}

/** Refuses what has no rows of classes. */
export function checkRows(what: string, x: Tensor): void {
  if (x.rank !== 2) throw cannot(what, `it takes [N, classes], got ${show(x.shape)}`);
}

/** a − b, complex if either is. */
export function difference(a: Tensor, b: Tensor): Tensor {
  return (a as ComplexTensor).sub(b as ComplexTensor);
}

/** a·conj(b), complex if either is. */
export function timesConj(a: Tensor, b: Tensor): Tensor {
  return (a as ComplexTensor).mul(b instanceof ComplexTensor ? b.conj() : b as RealTensor);
}

/** x, and 1 where it is 0. */
export function orOne(x: RealTensor): RealTensor {
  return where(x.equal(0), 1, x);
}

/** x over its largest modulus along axes, and that modulus: of this, squares do not leave float32. */
export function scaled(x: Tensor, axes: readonly number[]): [Tensor, RealTensor] {
  const largest = orOne(x.abs().max(axes, true).detach());
  return [(x as ComplexTensor).div(largest), largest];
}

/** ⟨b, a⟩ / (‖a‖ ‖b‖) over axes, real if both are; 0 where either is 0 everywhere. */
export function cosine(a: Tensor, b: Tensor, axes: readonly number[]): Tensor {
  // The quotient is the same for every scale, and so are its derivatives.
  const [u, v] = [scaled(a, axes)[0], scaled(b, axes)[0]];
  const norms = u.absSquared().sum(axes).mul(v.absSquared().sum(axes));
  return (timesConj(u, v).sum(axes) as ComplexTensor).div(orOne(norms).sqrt());
}

/** x − mean x over axes. The first element goes first, so that of equal numbers nothing is left. */
export function withoutMean(x: Tensor, axes: readonly number[]): Tensor {
  const first = x.slice(...x.shape.map((_, d) => axes.includes(d) ? [0, 1] as const : null));
  const shifted = difference(x, first.detach());
  return difference(shifted, shifted.mean(axes, true));
}
