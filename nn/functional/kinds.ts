/** Functions that take real tensors as well as complex ones, but all of one kind. */
import {
  checkComplex,
  checkReal,
  checkTensor,
  RealTensor,
  type Tensor,
} from "../../complex/tensor/tensor.ts";

/** Refuses an input and a bias of another kind than the weight's; null stands for no bias. */
export function checkKind(what: string, weight: Tensor, x: Tensor, bias: Tensor | null): void {
  const check = checkTensor(what, weight) instanceof RealTensor ? checkReal : checkComplex;
  check(what, x);
  if (bias !== null) check(what, bias);
}
