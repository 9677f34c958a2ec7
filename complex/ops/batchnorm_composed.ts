/**
 * Batch norms composed of plain operations, for the precision in which they have no kernels. Statistics
 * are means over centred values, and derivatives of any order follow.
 */
import type { Node } from "../lazy/graph.ts";
import { add, complex, div, fill, imag, mul, real, scale, sub } from "./arithmetic.ts";
import type { Affine, Running } from "./batchnorm.ts";
import { sqrt, square } from "./elementwise.ts";
import { concat } from "./join.ts";
import { mean } from "./reduce.ts";
import { detach, narrow, reshape } from "./views.ts";
import { mix, whiten } from "./whiten.ts";

const AXES = [0, 2];

/** Which norm, how it normalises, and which statistics it moves by how much. */
export interface ComposedNorm {
  readonly kind: "covariance" | "naive";
  readonly affine: Affine | null;
  readonly eps: number;
  readonly frozen: Running | null;
  readonly tracked: Running | null;
  readonly momentum: number;
}

/** The columns of real [channels, k] as [1, channels, 1] each. */
function columns(x: Node): Node[] {
  return Array.from({ length: x.shape[1] }, (_, c) => perChannel(narrow(x, 1, c, 1)));
}

const perChannel = (x: Node): Node => reshape(x, [1, x.shape[0], 1]);

/** x [n, channels, inner] normalised, and the statistics that it moved. */
export function composedBatchNorm(
  x: Node,
  { kind, affine, eps, frozen, tracked, momentum }: ComposedNorm,
): { readonly y: Node; readonly moved: Running | null } {
  const isNaive = kind === "naive";
  const mu = frozen ? perChannel(frozen.mean) : mean(x, AXES, true);
  const d = sub(x, mu);
  const [re, im] = [real(d), imag(d)];
  const moments = frozen ? spreadOf(frozen.spread) : momentsOf();
  const moved = tracked && !frozen ? track(tracked) : null;
  if (isNaive) {
    const unit = (part: Node, v: Node) => div(part, sqrt(add(v, fill(v.shape, eps))));
    const [yr, yi] = [unit(re, moments[0]), unit(im, moments[1])];
    if (!affine) return { y: complex(yr, yi), moved };
    const w = perChannel(affine.weight);
    const scaled = complex(mul(real(w), yr), mul(imag(w), yi));
    return { y: add(scaled, perChannel(affine.bias)), moved };
  }
  const white = whiten(d, moments, eps);
  if (!affine) return { y: white, moved };
  return { y: add(mix(white, columns(affine.weight)), perChannel(affine.bias)), moved };

  function spreadOf(spread: Node): Node[] {
    if (!isNaive) return columns(spread);
    const v = perChannel(spread);
    return [real(v), imag(v)];
  }

  function momentsOf(): Node[] {
    const moment = (a: Node, b: Node) => mean(mul(a, b), AXES, true);
    const own = [mean(square(re), AXES, true), mean(square(im), AXES, true)];
    return isNaive ? own : [...own, moment(re, im)];
  }

  /** The running values moved towards those of the batch, the spread unbiased. */
  function track(running: Running): Running {
    const count = x.size / x.shape[1];
    const unbiased = moments.map((v) => scale(v, count / Math.max(count - 1, 1)));
    const spread = isNaive
      ? reshape(complex(unbiased[0], unbiased[1]), running.spread.shape)
      : concat(unbiased.map((v) => reshape(v, [v.size, 1])), 1);
    const towards = (old: Node, batch: Node) =>
      add(scale(old, 1 - momentum), scale(detach(batch), momentum));
    return {
      mean: towards(running.mean, reshape(mu, running.mean.shape)),
      spread: towards(running.spread, spread),
    };
  }
}
