/**
 * Covariance batch norm (Trabelsi et al., "Deep Complex Networks", 2018): real and imaginary parts
 * are whitened together by the inverse square root of their 2×2 covariance,
 * y = Γ W (x − μ) + β with W = (V + eps)^(−1/2).
 *
 * x is complex64 [n, channels, inner]; weight float32 [channels, 3] = γrr, γii, γri; bias complex64 [channels] = β;
 * stats float32 [channels, 8] = μr, μi, Vrr, Vii, Vri (biased, without eps) and three zeros.
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
  momentsOf,
  productsOf,
  statisticsProgram,
} from "./moments.ts";

/** The words of one channel's stats. */
const STRIDE = 8;

/** [W, s, t] of the covariance V = (rr, ii, ri): W as (wrr, wii, wri), s = √det, t = √(tr + 2s), with eps in. */
const ROOT = `
struct Root { w: vec3<f32>, s: f32, t: f32 }
fn inverse_root(v: vec3<f32>, eps: f32) -> Root {
  // Of unit trace the determinant cannot overflow; its two parts are both positive, unlike ab − c².
  let trace = v.x + v.y + 2.0 * eps;
  let u = v / trace;
  let e = eps / trace;
  let s = sqrt(max(u.x * u.y - u.z * u.z, 0.0) + e * (u.x + u.y + e));
  let t = sqrt(1.0 + 2.0 * s);
  let root = sqrt(trace);
  return Root(vec3<f32>(u.y + e + s, u.x + e + s, -u.z) / (s * t * root), s * trace, t * root);
}
fn triple(channel: u32) -> vec3<f32> {
  let o = channel * ${STRIDE}u + 2u;
  return vec3<f32>(stats(o), stats(o + 1u), stats(o + 2u));
}
`;

/** The same in TypeScript: [wrr, wii, wri, s, t]. */
function inverseRoot(rr: number, ii: number, ri: number, eps: number): number[] {
  const s = Math.sqrt(Math.max(rr * ii - ri * ri, 0) + eps * (rr + ii + eps));
  const t = Math.sqrt(rr + ii + 2 * eps + 2 * s);
  return [(ii + eps + s) / (s * t), (rr + eps + s) / (s * t), -ri / (s * t), s, t];
}

const finishStatisticsOnHost: Kernel<BatchNormSpec>["cpu"] = (
  s,
  [partial, x, oldMean, oldCovar],
  [stats, newMean, newCovar],
  params,
) => {
  const count = s.n * s.inner, m = params.f32[0];
  for (let c = 0; c < s.channels; c++) {
    const [mr, mi, ...spread] = momentsOf(s, partial, x, c);
    stats.set([mr, mi, ...spread.map((v) => v / count), 0, 0, 0], c * STRIDE);
    if (!s.track) continue;
    newMean[2 * c] = (1 - m) * oldMean[2 * c] + m * mr;
    newMean[2 * c + 1] = (1 - m) * oldMean[2 * c + 1] + m * mi;
    spread.forEach((v, k) => {
      const unbiased = v / Math.max(count - 1, 1);
      newCovar[3 * c + k] = (1 - m) * oldCovar[3 * c + k] + m * unbiased;
    });
  }
};

/** Folds the partial moments into stats and, where they are tracked, the new running statistics. */
const finishStatistics: Kernel<BatchNormSpec> = {
  name: "covarianceFinishStatistics",
  bindings: ({ track }) =>
    track
      ? {
        inputs: ["float32", "complex64", "complex64", "float32"],
        outputs: ["float32", "complex64", "float32"],
      }
      : { inputs: ["float32", "complex64"], outputs: ["float32"] },
  params: ({ track }) => track ? 1 : 0,
  wgsl(s) {
    const count = s.n * s.inner;
    const running = `
  let m = param_f32(0u);
  out1[channel] = mix(in2[channel], mean, m);
  let unbiased = spread / f32(${Math.max(count - 1, 1)}u);
  for (var k = 0u; k < 3u; k += 1u) {
    out2[channel * 3u + k] = mix(in3[channel * 3u + k], unbiased[k], m);
  }`;
    return foldMoments(
      s,
      `  let o = channel * ${STRIDE}u;
  let v = spread / f32(${count}u);
  out0[o] = mean.x; out0[o + 1u] = mean.y;
  out0[o + 2u] = v.x; out0[o + 3u] = v.y; out0[o + 4u] = v.z;
  out0[o + 5u] = 0.0; out0[o + 6u] = 0.0; out0[o + 7u] = 0.0;${s.track ? running : ""}`,
    );
  },
  cpu: finishStatisticsOnHost,
  ...afterFolding("foldMoments", finishStatisticsOnHost),
};

/**
 * Mean and covariance of each channel, in one read of x: inputs x and, with `track`, runningMean
 * complex64 [channels] and runningCovar float32 [channels, 3] = Crr, Cii, Cri; outputs stats and, with `track`,
 * both of them anew as (1 − momentum)·old + momentum·batch, the covariance unbiased.
 * Params, with `track`: f32 momentum.
 */
export function covarianceStatistics(spec: BatchNormSpec): Program {
  return statisticsProgram(spec, finishStatistics);
}

const normalize: Kernel<BatchNormSpec> = {
  name: "covarianceNormalize",
  flops: (s) => 10 * s.n * s.channels * s.inner,
  bindings: ({ affine }) => ({
    inputs: affine ? ["complex64", "float32", "float32", "complex64"] : ["complex64", "float32"],
    outputs: ["complex64"],
  }),
  params: () => 1,
  wgsl(s, adapter) {
    const affine = `
  let gamma = vec3<f32>(in2[channel * 3u], in2[channel * 3u + 1u], in2[channel * 3u + 2u]);
  let a0 = vec2<f32>(gamma.x * w.x + gamma.z * w.z, gamma.z * w.x + gamma.y * w.z);
  let a1 = vec2<f32>(gamma.x * w.z + gamma.z * w.y, gamma.z * w.z + gamma.y * w.y);
  let beta = in3[channel];`;
    const plain = `
  let a0 = w.xz;
  let a1 = w.zy;
  let beta = vec2<f32>();`;
    const { source, workgroups } = mapChannels(
      s,
      adapter,
      `  let mean = vec2<f32>(stats(channel * ${STRIDE}u), stats(channel * ${STRIDE}u + 1u));
  let w = inverse_root(triple(channel), param_f32(0u)).w;${s.affine ? affine : plain}`,
      (k) => `let d = in0[${k}] - mean; out0[${k}] = a0 * d.x + a1 * d.y + beta;`,
    );
    return {
      source: `fn stats(k: u32) -> f32 { return in1[k]; }\n${ROOT}${source}`,
      workgroups,
    };
  },
  ...channelAffine((s, [stats, weight, bias], { f32: [eps] }, c) => {
    const [mr, mi, rr, ii, ri] = stats.subarray(c * STRIDE, c * STRIDE + 5);
    const [wrr, wii, wri] = inverseRoot(rr, ii, ri, eps);
    const [grr, gii, gri] = s.affine ? weight.subarray(3 * c, 3 * c + 3) : [1, 1, 0];
    const [br, bi] = s.affine ? bias.subarray(2 * c, 2 * c + 2) : [0, 0];
    const first = [grr * wrr + gri * wri, grr * wri + gri * wii];
    return [mr, mi, br, bi, ...first, gri * wrr + gii * wri, gri * wri + gii * wii];
  }),
};

/**
 * y = Γ W (x − μ) + β: inputs x, stats and, with `affine`, weight and bias; output y like x.
 * The stats may be of this batch or made of running values. Params: f32 eps.
 */
export function covarianceNormalize(spec: BatchNormSpec): Program {
  return single(normalize, spec);
}

const finishBackwardOnHost: Kernel<BatchNormSpec>["cpu"] = (
  spec,
  [partial, stats, weight],
  [coefficients, gWeight, gBias],
  params,
) => {
  const count = spec.n * spec.inner, eps = params.f32[0];
  for (let k = 0; k < spec.channels; k++) {
    const [sr, si, prr, pri, pir, pii] = productsOf(spec, partial, k);
    const [mr, mi, vrr, vii, c] = stats.subarray(k * STRIDE, k * STRIDE + 5);
    const [grr, gii, gri] = spec.affine ? weight.subarray(3 * k, 3 * k + 3) : [1, 1, 0];
    const [wrr, wii, wri, s, t] = inverseRoot(vrr, vii, c, eps);
    const a = vrr + eps, b = vii + eps;
    const gwrr = grr * prr + gri * pir, gwii = gri * pri + gii * pii;
    const gwri = grr * pri + gri * pii + gri * prr + gii * pir;
    const q = 1 / (s * t);
    const gq = gwrr * (b + s) + gwii * (a + s) - gwri * c;
    const gt = -gq * q / t;
    const gs = (gwrr + gwii) * q - gq * q / s + gt / t;
    const ga = gwii * q + 0.5 * (gt / t + gs * b / s);
    const gb = gwrr * q + 0.5 * (gt / t + gs * a / s);
    const gc = -gwri * q - gs * c / s;
    coefficients.set([mr, mi, sr / count, si / count], k * COEFFICIENTS);
    coefficients.set([
      grr * wrr + gri * wri,
      gri * wrr + gii * wri,
      grr * wri + gri * wii,
      gri * wri + gii * wii,
    ], k * COEFFICIENTS + 4);
    coefficients.set(
      [2 * ga, gc, gc, 2 * gb].map((v) => v / count),
      k * COEFFICIENTS + 8,
    );
    if (!spec.affine) continue;
    gWeight[3 * k] = prr * wrr + pri * wri;
    gWeight[3 * k + 1] = pir * wri + pii * wii;
    gWeight[3 * k + 2] = prr * wri + pri * wii + pir * wrr + pii * wri;
    gBias.set([sr, si], 2 * k);
  }
};

/**
 * From G = Σ gy dᵀ and Σ gy the parameters' gradients, and the coefficients of
 * gx = Mᵀ (gy − mean gy) + (2/n) S (x − μ), M = ΓW, where S is the gradient with respect to V.
 */
const finishBackward: Kernel<BatchNormSpec> = {
  name: "covarianceFinishBackward",
  bindings: ({ affine }) =>
    affine
      ? { inputs: ["float32", "float32", "float32"], outputs: ["float32", "float32", "complex64"] }
      : { inputs: ["float32", "float32"], outputs: ["float32"] },
  params: () => 1,
  wgsl(s) {
    const weight = s.affine
      ? "vec3<f32>(in2[channel * 3u], in2[channel * 3u + 1u], in2[channel * 3u + 2u])"
      : "vec3<f32>(1.0, 1.0, 0.0)";
    const parameters = `
  out1[channel * 3u] = p.x * w.x + p.y * w.z;
  out1[channel * 3u + 1u] = p.z * w.z + p.w * w.y;
  out1[channel * 3u + 2u] = p.x * w.z + p.y * w.y + p.z * w.x + p.w * w.z;
  out2[channel] = total.sum;`;
    return foldProducts(
      s,
      `fn stats(k: u32) -> f32 { return in1[k]; }\n${ROOT}`,
      `  let eps = param_f32(0u);
  let gamma = ${weight};
  let v = triple(channel);
  let a = v.x + eps;
  let b = v.y + eps;
  let c = v.z;
  let root = inverse_root(v, eps);
  let w = root.w;
  let s = root.s;
  let t = root.t;
  // p = Σ gy dᵀ by rows; gw = ∂L/∂(wrr, wii, wri) from Γ p.
  let p = total.products;
  let gw = vec3<f32>(gamma.x * p.x + gamma.z * p.z, gamma.z * p.y + gamma.y * p.w,
    gamma.x * p.y + gamma.z * p.w + gamma.z * p.x + gamma.y * p.z);
  // W = q (b + s, a + s, −c) with q = 1 / (s t), t² = a + b + 2s and s² = a b − c².
  let q = 1.0 / (s * t);
  let gq = gw.x * (b + s) + gw.y * (a + s) - gw.z * c;
  let gt = -gq * q / t;
  let gs = (gw.x + gw.y) * q - gq * q / s + gt / t;
  let ga = gw.y * q + 0.5 * (gt / t + gs * (b / s));
  let gb = gw.x * q + 0.5 * (gt / t + gs * (a / s));
  let gc = -gw.z * q - gs * (c / s);
  let over = 1.0 / f32(${s.n * s.inner}u);
  let k = channel * ${COEFFICIENTS}u;
  out0[k] = stats(channel * ${STRIDE}u);
  out0[k + 1u] = stats(channel * ${STRIDE}u + 1u);
  out0[k + 2u] = total.sum.x * over;
  out0[k + 3u] = total.sum.y * over;
  out0[k + 4u] = gamma.x * w.x + gamma.z * w.z;
  out0[k + 5u] = gamma.z * w.x + gamma.y * w.z;
  out0[k + 6u] = gamma.x * w.z + gamma.z * w.y;
  out0[k + 7u] = gamma.z * w.z + gamma.y * w.y;
  out0[k + 8u] = 2.0 * over * ga;
  out0[k + 9u] = over * gc;
  out0[k + 10u] = over * gc;
  out0[k + 11u] = 2.0 * over * gb;${s.affine ? parameters : ""}`,
    );
  },
  cpu: finishBackwardOnHost,
  ...afterFolding("foldProducts", finishBackwardOnHost),
};

/**
 * The gradient of {@link covarianceNormalize} after {@link covarianceStatistics}, through the stats:
 * inputs x, gy, stats and, with `affine`, weight; outputs gx and, with `affine`, gWeight f32
 * [channels, 3] and gBias complex64 [channels]. Params: f32 eps.
 */
export function covarianceBackward(spec: BatchNormSpec): Program {
  return backwardProgram(spec, STRIDE, finishBackward);
}
