/** Norms of single examples of real numbers: by the variance of each example, as in PyTorch. */
import { cannot } from "../../gpu/contract/errors.ts";
import { sameShape, type Shape, show } from "../../complex/lazy/shape.ts";
import { checkReal, type RealTensor } from "../../complex/tensor/tensor.ts";
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
  const moved = centred ? rows.sub(rows.mean(1, true)) : rows;
  const spread = moved.square().mean(1, true).add(eps).sqrt();
  return moved.div(spread).reshape(x.shape);
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
