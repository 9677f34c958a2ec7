/** Norms of single examples of real numbers: by the variance of each example, as in PyTorch. */
import { cannot } from "../../gpu/contract/errors.ts";
import { div } from "../../complex/functions/combine.ts";
import { sameShape, type Shape, show } from "../../complex/lazy/shape.ts";
import { checkReal, type RealTensor } from "../../complex/tensor/tensor.ts";
import { orOne, withoutMean } from "./fields.ts";
import { checkRuns } from "./norm_options.ts";

/** x in so many runs of consecutive elements, each over its root mean square, about its mean if `centred`. */
export function normalizeRuns(
  what: string,
  x: RealTensor,
  runs: number,
  eps: number,
  centred: boolean,
): RealTensor {
  const rows = x.reshape([runs, x.size / runs]);
  if (centred) checkRuns(what, x, runs);
  const moved = centred ? withoutMean(rows, [1]) as RealTensor : rows;
  // The quotient is the same for every size, and so are its derivatives: squares stay in float32.
  const root = Math.sqrt(eps);
  const size = orOne(moved.abs().max(1, true).detach().maximum(root));
  const unit = moved.div(size);
  const spread = unit.square().mean(1, true).add(div(root, size).square()).sqrt();
  return unit.div(spread).reshape(x.shape);
}

/** γ y + β, with γ and β of shape `per`, in shape `as`. */
export function scaleAndShift(
  what: string,
  y: RealTensor,
  weight: RealTensor | null,
  bias: RealTensor | null,
  per: Shape,
  as: Shape = per,
): RealTensor {
  for (const [name, x] of [["weight", weight], ["bias", bias]] as const) {
    if (x === null || sameShape(checkReal(what, x).shape, per)) continue;
    throw cannot(what, `the ${name} must be ${show(per)}, got ${show(x.shape)}`);
  }
  const scaled = weight ? y.mul(weight.reshape(as)) : y;
  return bias ? scaled.add(bias.reshape(as)) : scaled;
}
