/**
 * Batch norms composed of plain operations: of real numbers, and in the precision in which they have no
 * kernels. Statistics are means over centred values, and derivatives of any order follow.
 */
import type { Node } from "../lazy/graph.ts";
import { add, complex, conj, div, fill, imag, mul, neg, real, scale, sub } from "./arithmetic.ts";
import type { Affine, Running } from "./batchnorm.ts";
import { equal } from "./compare.ts";
import { abs, relu, sgn, sqrt, square } from "./elementwise.ts";
import { concat } from "./join.ts";
import { AXES, columns, perChannel } from "./per_channel.ts";
import { mean } from "./reduce.ts";
import { detach, narrow, reshape } from "./views.ts";
import { type Matrix, mix, whiten } from "./whiten.ts";

/** Which norm, how it normalises, and which statistics it moves by how much. */
export interface ComposedNorm {
  readonly kind: "covariance" | "secondMoments" | "naive" | "variance";
  readonly affine: Affine | null;
  readonly eps: number;
  readonly frozen: Running | null;
  readonly tracked: Running | null;
  readonly momentum: number;
}

/** The larger principal axes of moments rr, ii, ri, of modulus 1 and without a derivative. */
function axisOf([rr, ii, ri]: Matrix): Node {
  const square = detach(sgn(complex(sub(rr, ii), scale(ri, 2))));
  return sqrt(add(square, equal(abs(square), fill(rr.shape, 0))));
}

/** Moments along such axes; the smaller is lifted to 0 where rounding left it below. */
function turnedMoments([rr, ii, ri]: Matrix, axis: Node): Node[] {
  const [c, s] = [real(axis), imag(axis)];
  const [cc, ss, cs] = [square(c), square(s), mul(c, s)];
  const cross = scale(mul(cs, ri), 2);
  const across = sub(add(mul(ss, rr), mul(cc, ii)), cross);
  return [
    add(add(mul(cc, rr), mul(ss, ii)), cross),
    add(across, detach(relu(neg(across)))),
    add(mul(cs, sub(ii, rr)), mul(sub(cc, ss), ri)),
  ];
}

/** x [n, channels, inner] normalised, and the statistics that it moved. */
export function composedBatchNorm(
  x: Node,
  { kind, affine, eps, frozen, tracked, momentum }: ComposedNorm,
): { readonly y: Node; readonly moved: Running | null } {
  const [isNaive, isReal] = [kind === "naive", kind === "variance"];
  const { mu, d } = frozen ? aboutFrozen(frozen) : aboutMean();
  const moments = frozen ? spreadOf(frozen.spread) : momentsOf(d);
  const moved = tracked && !frozen ? track(tracked) : null;
  const unit = (part: Node, v: Node) => div(part, sqrt(add(v, fill(v.shape, eps))));
  if (isReal) {
    const y = unit(d, moments[0]);
    if (!affine) return { y, moved };
    return { y: add(mul(perChannel(affine.weight), y), perChannel(affine.bias)), moved };
  }
  if (isNaive) {
    const [yr, yi] = [unit(real(d), moments[0]), unit(imag(d), moments[1])];
    if (!affine) return { y: complex(yr, yi), moved };
    const w = perChannel(affine.weight);
    const scaled = complex(mul(real(w), yr), mul(imag(w), yi));
    return { y: add(scaled, perChannel(affine.bias)), moved };
  }
  // Whitening commutes with turns of phase, so that these axes are constants.
  const axis = axisOf(moments);
  const turned = mul(d, conj(axis));
  const along = frozen ? turnedMoments(moments, axis) : momentsOf(turned);
  const white = mul(whiten(turned, along, fill(along[0].shape, eps)), axis);
  if (!affine) return { y: white, moved };
  return { y: add(mix(white, columns(affine.weight)), perChannel(affine.bias)), moved };

  function aboutFrozen(running: Running) {
    const mu = perChannel(running.mean);
    return { mu, d: kind === "secondMoments" ? x : sub(x, mu) };
  }

  /** The first value goes first: beside it the mean of what is left has all its digits. */
  function aboutMean() {
    const first = detach(narrow(narrow(x, 0, 0, 1), 2, 0, 1));
    const beside = sub(x, first), rest = mean(beside, AXES, true);
    return { mu: add(first, rest), d: kind === "secondMoments" ? x : sub(beside, rest) };
  }

  function spreadOf(spread: Node): Node[] {
    if (!isNaive && !isReal) return columns(spread);
    const v = perChannel(spread);
    return isReal ? [v] : [real(v), imag(v)];
  }

  function momentsOf(z: Node): Node[] {
    if (isReal) return [mean(square(z), AXES, true)];
    const [re, im] = [real(z), imag(z)];
    const moment = (a: Node, b: Node) => mean(mul(a, b), AXES, true);
    const own = [mean(square(re), AXES, true), mean(square(im), AXES, true)];
    return isNaive ? own : [...own, moment(re, im)];
  }

  /** The running values moved towards those of the batch, the spread unbiased. */
  function track(running: Running): Running {
    const count = x.size / x.shape[1];
    const unbiased = moments.map((v) => scale(v, count / Math.max(count - 1, 1)));
    const spread = isNaive || isReal
      ? reshape(isReal ? unbiased[0] : complex(unbiased[0], unbiased[1]), running.spread.shape)
      : concat(unbiased.map((v) => reshape(v, [v.size, 1])), 1);
    const towards = (old: Node, batch: Node) =>
      add(scale(old, 1 - momentum), scale(detach(batch), momentum));
    return {
      mean: towards(running.mean, reshape(mu, running.mean.shape)),
      spread: towards(running.spread, spread),
    };
  }
}
