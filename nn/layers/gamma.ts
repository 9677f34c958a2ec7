/** First values of Γ, the 2×2 matrices that norms by whitening learn. */
import { tensor } from "../../complex/create/create.ts";
import type { Shape } from "../../complex/lazy/shape.ts";
import type { RealTensor } from "../../complex/tensor/tensor.ts";

/** Rows 1/√2, 1/√2, 0, …: with them, as rr, ii, ri (and ir), a whitened z has E|z|² = 1. */
export function unitGamma(per: Shape, entries: 3 | 4 = 3): RealTensor {
  const row = [Math.SQRT1_2, Math.SQRT1_2, 0, 0].slice(0, entries);
  return tensor(row).expand([...per, entries]);
}
