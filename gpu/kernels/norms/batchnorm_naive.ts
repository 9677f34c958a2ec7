/**
 * Naive batch norm: real and imaginary parts are normalised each for itself, as two real batch norms
 * (Ioffe and Szegedy 2015): y = γ (x − μ) / √(V + eps) + β for either part.
 *
 * x is complex64 [n, channels, inner]; weight, bias, runningMean and runningVar are complex64 [channels] with the
 * real batch norm's value in the real part and the imaginary one's in the imaginary part;
 * stats float32 [channels, 4] = μr, μi, Vr, Vi (biased, without eps).
 */
import { type Kernel, type Program, single } from "../../contract/kernel.ts";
import { channelAffine } from "./channel_affine.ts";
import { mapChannels } from "./channels.ts";
import {
  afterFolding,
  backwardProgram,
  type BatchNormSpec,
  COEFFICIENTS,
  foldMoments,
  foldProducts,
  MOMENTS,
  momentsOf,
  PARTIAL,
  statisticsProgram,
  sumProducts,
} from "./moments.ts";

/** The words of one channel's stats. */
const STRIDE = 4;

/** WGSL: mean and 1 / √(V + eps) of a channel, from its stats in `from`. */
const channelStats = (from: string) => `
  let o = channel * ${STRIDE}u;
  let mean = vec2<f32>(${from}[o], ${from}[o + 1u]);
  let w = 1.0 / sqrt(vec2<f32>(${from}[o + 2u], ${from}[o + 3u]) + param_f32(0u));`;

const finishStatisticsOnHost: Kernel<BatchNormSpec>["cpu"] = (
  s,
  [partial, x, oldMean, oldVar],
  [stats, newMean, newVar],
  params,
) => {
  const count = s.n * s.inner, m = params.f32[0];
  const moments = momentsOf(s, partial, x);
  for (let c = 0; c < s.channels; c++) {
    const [mr, mi, rr, ii] = moments.subarray(c * MOMENTS);
    stats.set([mr, mi, rr / count, ii / count], c * STRIDE);
    if (!s.track) continue;
    [mr, mi].forEach((mean, k) => {
      newMean[2 * c + k] = (1 - m) * oldMean[2 * c + k] + m * mean;
    });
    [rr, ii].forEach((spread, k) => {
      const unbiased = spread / Math.max(count - 1, 1);
      newVar[2 * c + k] = (1 - m) * oldVar[2 * c + k] + m * unbiased;
    });
  }
};

/** Folds the partial moments into stats and, where they are tracked, the new running statistics. */
const finishStatistics: Kernel<BatchNormSpec> = {
  name: "naiveFinishStatistics",
  bindings: ({ track }) =>
    track
      ? {
        inputs: ["float32", "complex64", "complex64", "complex64"],
        outputs: ["float32", "complex64", "complex64"],
      }
      : { inputs: ["float32", "complex64"], outputs: ["float32"] },
  params: ({ track }) => track ? 1 : 0,
  wgsl(s) {
    const count = s.n * s.inner;
    const running = `
  let m = param_f32(0u);
  out1[channel] = mix(in2[channel], mean, m);
  out2[channel] = mix(in3[channel], sums.xy / f32(${Math.max(count - 1, 1)}u), m);`;
    return foldMoments(
      s,
      `  let o = channel * ${STRIDE}u;
  let v = sums.xy / f32(${count}u);
  out0[o] = mean.x; out0[o + 1u] = mean.y;
  out0[o + 2u] = v.x; out0[o + 3u] = v.y;${s.track ? running : ""}`,
    );
  },
  cpu: finishStatisticsOnHost,
  ...afterFolding("foldMoments", () => finishStatisticsOnHost),
};

/**
 * Mean and variances of each channel, in one read of x: inputs x and, with `track`, runningMean and
 * runningVar; outputs stats and, with `track`, both of them anew as
 * (1 − momentum)·old + momentum·batch, the variance unbiased.
 * Params, with `track`: f32 momentum.
 */
export function naiveStatistics(spec: BatchNormSpec): Program {
  return statisticsProgram(spec, finishStatistics);
}

const normalize: Kernel<BatchNormSpec> = {
  name: "naiveNormalize",
  flops: (s) => 6 * s.n * s.channels * s.inner,
  bindings: ({ affine }) => ({
    inputs: affine ? ["complex64", "float32", "complex64", "complex64"] : ["complex64", "float32"],
    outputs: ["complex64"],
  }),
  params: () => 1,
  wgsl(s, adapter) {
    const affine = "let a = w * in2[channel]; let beta = in3[channel];";
    return mapChannels(s, adapter, {
      setup: `${channelStats("in1")}\n  ${
        s.affine ? affine : "let a = w; let beta = vec2<f32>();"
      }`,
      one: (k) => `out0[${k}] = a * (in0[${k}] - mean) + beta;`,
    });
  },
  ...channelAffine((s, [stats, weight, bias], { f32: [eps] }, c, table, at) => {
    const [mr, mi, vr, vi] = stats.subarray(c * STRIDE, c * STRIDE + STRIDE);
    const [gr, gi] = s.affine ? weight.subarray(2 * c, 2 * c + 2) : [1, 1];
    const [br, bi] = s.affine ? bias.subarray(2 * c, 2 * c + 2) : [0, 0];
    table.set([mr, mi, br, bi, gr / Math.sqrt(vr + eps), 0, 0, gi / Math.sqrt(vi + eps)], at);
  }),
};

/**
 * y = γ (x − μ) / √(V + eps) + β for either part: inputs x, stats and, with `affine`, weight and
 * bias; output y like x. The stats may be of this batch or made of running values. Params: f32 eps.
 */
export function naiveNormalize(spec: BatchNormSpec): Program {
  return single(normalize, spec);
}

const finishBackwardOnHost: Kernel<BatchNormSpec>["cpu"] = (
  s,
  [partial, stats, weight],
  [coefficients, gWeight, gBias],
  params,
) => {
  const count = s.n * s.inner, sums = new Float64Array(PARTIAL);
  for (let c = 0; c < s.channels; c++) {
    sumProducts(s, partial, c, sums);
    const [sr, si, prr, , , pii] = sums;
    const [mr, mi, vr, vi] = stats.subarray(c * STRIDE, c * STRIDE + STRIDE);
    const wr = 1 / Math.sqrt(vr + params.f32[0]), wi = 1 / Math.sqrt(vi + params.f32[0]);
    const [yr, yi] = s.affine ? weight.subarray(2 * c, 2 * c + 2) : [1, 1];
    coefficients.set(
      [
        [mr, mi, sr / count, si / count],
        [yr * wr, 0, 0, yi * wi],
        [-yr * wr ** 3 * prr / count, 0, 0, -yi * wi ** 3 * pii / count],
        [0, 0, 0, 0, 0, 0, 0, 0],
      ].flat(),
      c * COEFFICIENTS,
    );
    if (!s.affine) continue;
    gWeight.set([prr * wr, pii * wi], 2 * c);
    gBias.set([sr, si], 2 * c);
  }
};

/**
 * From Σ gy and Σ gy·d the parameters' gradients, and for either part the coefficients of
 * gx = γ w (gy − mean gy) − γ w³ mean(gy·d) d with w = 1/√(V + eps) and d = x − μ.
 */
const finishBackward: Kernel<BatchNormSpec> = {
  name: "naiveFinishBackward",
  bindings: ({ affine }) =>
    affine
      ? {
        inputs: ["float32", "float32", "complex64"],
        outputs: ["float32", "complex64", "complex64"],
      }
      : { inputs: ["float32", "float32"], outputs: ["float32"] },
  params: () => 1,
  wgsl(s) {
    return foldProducts(
      s,
      "",
      `${channelStats("in1")}
  let over = 1.0 / f32(${s.n * s.inner}u);
  let g = total.products.xw * w;
  let a = ${s.affine ? "w * in2[channel]" : "w"};
  let b = -a * w * g * over;
  let meanG = total.sum * over;
  let k = channel * ${COEFFICIENTS}u;
  out0[k] = mean.x; out0[k + 1u] = mean.y;
  out0[k + 2u] = meanG.x; out0[k + 3u] = meanG.y;
  out0[k + 4u] = a.x; out0[k + 5u] = 0.0; out0[k + 6u] = 0.0; out0[k + 7u] = a.y;
  out0[k + 8u] = b.x; out0[k + 9u] = 0.0; out0[k + 10u] = 0.0; out0[k + 11u] = b.y;
  out0[k + 12u] = 0.0;
  ${s.affine ? "out1[channel] = g; out2[channel] = total.sum;" : ""}`,
    );
  },
  cpu: finishBackwardOnHost,
  ...afterFolding("foldProducts", () => finishBackwardOnHost),
};

/**
 * The gradient of {@link naiveNormalize} after {@link naiveStatistics}, through the stats:
 * inputs x, gy, stats and, with `affine`, weight; outputs gx and, with `affine`, gWeight and gBias,
 * both complex64 [channels]. Params: f32 eps.
 */
export function naiveBackward(spec: BatchNormSpec): Program {
  return backwardProgram(spec, STRIDE, finishBackward);
}
