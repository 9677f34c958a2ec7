/** Real and imaginary part as the complex tensor that layers compute with. */
import { cannot } from "../gpu/contract/errors.ts";
import { complex } from "../complex/create/create.ts";
import { sameShape, show } from "../complex/lazy/shape.ts";
import { checkReal, type ComplexTensor, type RealTensor } from "../complex/tensor/tensor.ts";

/** xr + i·xi of two real tensors of one shape; of the views of one tensor it is that tensor. */
export function joined(what: string, xr: RealTensor, xi: RealTensor): ComplexTensor {
  if (!sameShape(checkReal(what, xr).shape, checkReal(what, xi).shape)) {
    throw cannot(
      what,
      `the real part has shape ${show(xr.shape)} and the imaginary part ${show(xi.shape)}`,
    );
  }
  return complex(xr, xi);
}
