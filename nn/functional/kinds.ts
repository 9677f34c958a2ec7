/** Functions that take real tensors as well as complex ones, but all of one kind. */
import {
  checkComplex,
  checkReal,
  checkTensor,
  RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";

/** Refuses tensors of another kind than the first; null stands for one that is not given. */
export function checkKind(what: string, first: Tensor, ...others: (Tensor | null)[]): void {
  const check = checkTensor(what, first) instanceof RealTensor ? checkReal : checkComplex;
  for (const x of others) if (x !== null) check(what, x);
}
