/**
 * Covariance batch norm (Trabelsi et al., "Deep Complex Networks", 2018): real and imaginary parts
 * are whitened together by the inverse square root of their 2×2 covariance,
 * y = Γ W (x − μ) + β with W = (V + eps)^(−1/2).
 *
 * x is complex64 [n, channels, inner]; weight float32 [channels, 3] = γrr, γii, γri; bias complex64 [channels] = β;
 * stats float32 [channels, 16] = μr, μi, Vrr, Vii, Vri (biased, without eps), and of channels whose parts
 * are nearly proportional the frame along their principal axes (`principal_axes.ts`).
 */
import {
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  single,
} from "../../contract/kernel.ts";
import { channelAffine } from "./channel_affine.ts";
import { type ChannelSpec, mapChannels } from "./channels.ts";
import { type Measure, measureInWasm, measureOnHost } from "./measure.ts";
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
import {
  deviations,
  deviationsWgsl,
  FRAME,
  FRAME_AND_MOMENTS,
  FRAME_WORDS,
  frameOf,
  frameOfWgsl,
  frameWgsl,
  hostFrame,
  isCorrelated,
  Kind,
  STATS,
} from "./principal_axes.ts";

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
  let o = channel * ${STATS}u + 2u;
  return vec3<f32>(words(o), words(o + 1u), words(o + 2u));
}
`;

/** WGSL: the words of the stats in `in1`. */
const words = "fn words(k: u32) -> f32 { return in1[k]; }\n";

/** WGSL that writes `frame`, `kind` and `lambda` behind the moments at word `o` of `out0`. */
const writeFrame = `  out0[o + 5u] = kind;
  out0[o + 6u] = frame.axis.x; out0[o + 7u] = frame.axis.y; out0[o + 8u] = frame.tilt;
  out0[o + 9u] = frame.centre.x; out0[o + 10u] = frame.centre.y; out0[o + 11u] = frame.scale;
  out0[o + 12u] = lambda.x; out0[o + 13u] = lambda.y; out0[o + 14u] = 0.0; out0[o + 15u] = 0.0;`;

/** The same in TypeScript: writes wrr, wii, wri, s and t to `root`. */
function inverseRoot(rr: number, ii: number, ri: number, eps: number, root: Float64Array): void {
  const s = Math.sqrt(Math.max(rr * ii - ri * ri, 0) + eps * (rr + ii + eps));
  const t = Math.sqrt(rr + ii + 2 * eps + 2 * s);
  root[0] = (ii + eps + s) / (s * t);
  root[1] = (rr + eps + s) / (s * t);
  root[2] = -ri / (s * t);
  root[3] = s;
  root[4] = t;
}

/** What {@link inverseRoot} writes to, one channel after the other. */
const root = new Float64Array(5);

/** Folds the moments of all channels, and measures those that are to be turned by `measure`. */
const finishWith =
  (measure: Measure): Kernel<BatchNormSpec>["cpu"] =>
  (s, [partial, x, oldMean, oldCovar], [stats, newMean, newCovar], params) => {
    const count = s.n * s.inner, m = params.f32[0];
    const moments = momentsOf(s, partial, x), frames = measure(s, x, moments);
    stats.fill(0, 0, s.channels * STATS);
    for (let c = 0; c < s.channels; c++) {
      const o = c * STATS, from = c * MOMENTS;
      stats[o] = moments[from];
      stats[o + 1] = moments[from + 1];
      for (let k = 2; k < MOMENTS; k++) stats[o + k] = moments[from + k] / count;
      if (frames) {
        for (let k = 0; k < FRAME_AND_MOMENTS; k++) {
          stats[o + FRAME + k] = frames[c * FRAME_AND_MOMENTS + k];
        }
      }
      if (!s.track) continue;
      newMean[2 * c] = (1 - m) * oldMean[2 * c] + m * moments[from];
      newMean[2 * c + 1] = (1 - m) * oldMean[2 * c + 1] + m * moments[from + 1];
      for (let k = 0; k < 3; k++) {
        const unbiased = moments[from + 2 + k] / Math.max(count - 1, 1);
        newCovar[3 * c + k] = (1 - m) * oldCovar[3 * c + k] + m * unbiased;
      }
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
  let unbiased = sums / f32(${Math.max(count - 1, 1)}u);
  for (var k = 0u; k < 3u; k += 1u) {
    out2[channel * 3u + k] = mix(in3[channel * 3u + k], unbiased[k], m);
  }`;
    return foldMoments(
      s,
      `  let o = channel * ${STATS}u;
  out0[o] = mean.x; out0[o + 1u] = mean.y;
  out0[o + 2u] = spread.x; out0[o + 3u] = spread.y; out0[o + 4u] = spread.z;
${writeFrame}${s.track ? running : ""}`,
      true,
    );
  },
  cpu: finishWith(measureOnHost),
  ...afterFolding(
    "foldMoments",
    (module, pointers) => finishWith(measureInWasm(module, pointers[0])),
  ),
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
    const load = `
  let gamma = vec3<f32>(in2[channel * 3u], in2[channel * 3u + 1u], in2[channel * 3u + 2u]);`;
    const mixed = (u: string) =>
      `vec2<f32>(gamma.x * ${u}.x + gamma.z * ${u}.y, gamma.z * ${u}.x + gamma.y * ${u}.y)`;
    const affine = `${load}
  let a0 = vec2<f32>(gamma.x * w.x + gamma.z * w.z, gamma.z * w.x + gamma.y * w.z);
  let a1 = vec2<f32>(gamma.x * w.z + gamma.z * w.y, gamma.z * w.z + gamma.y * w.y);
  let beta = in3[channel];`;
    const plain = `
  let a0 = w.xz;
  let a1 = w.zy;
  let beta = vec2<f32>();`;
    const mean = `  let o = channel * ${STATS}u;
  let mean = vec2<f32>(words(o), words(o + 1u));`;
    const beta = s.affine ? "in3[channel]" : "vec2<f32>()";
    const { source, workgroups } = mapChannels(s, adapter, {
      setup: `${mean}
  let w = inverse_root(triple(channel), param_f32(0u)).w;${s.affine ? affine : plain}`,
      one: (k) => `let d = in0[${k}] - mean; out0[${k}] = a0 * d.x + a1 * d.y + beta;`,
    }, {
      when: `words(channel * ${STATS}u + ${FRAME}u) != 0.0`,
      setup: `${mean}
  let frame = frame_at(o + ${FRAME}u);
  let eps = param_f32(0u);
  let lambda = vec2<f32>(words(o + ${FRAME + FRAME_WORDS}u), words(o + ${
        FRAME + FRAME_WORDS + 1
      }u));
  let w = whitening(words(o + ${FRAME}u), deviations(lambda, frame.scale, eps), eps);
  let u0 = frame.axis * w.x;
  let u1 = vec2<f32>(-frame.axis.y, frame.axis.x) * w.y;
${s.affine ? load : ""}
  let a0 = ${s.affine ? mixed("u0") : "u0"};
  let a1 = ${s.affine ? mixed("u1") : "u1"};
  let beta = ${beta};`,
      one: (k) =>
        `let p = turned(in0[${k}], mean, frame); out0[${k}] = a0 * p.x + a1 * p.y + beta;`,
    });
    return { source: `${words}${ROOT}${frameWgsl}${deviationsWgsl}${source}`, workgroups };
  },
  ...channelAffine((s, inputs, params, c, table, at) => {
    const stats = inputs[0], o = c * STATS, eps = params.f32[0];
    let grr = 1, gii = 1, gri = 0;
    if (s.affine) {
      const weight = inputs[1], bias = inputs[2];
      grr = weight[3 * c];
      gii = weight[3 * c + 1];
      gri = weight[3 * c + 2];
      table[at + 2] = bias[2 * c];
      table[at + 3] = bias[2 * c + 1];
    }
    table[at] = stats[o];
    table[at + 1] = stats[o + 1];
    const frame = hostFrame(stats, o + FRAME);
    if (frame) {
      const [, , w1, w2] = deviations(stats, o, eps);
      const { ur, ui } = frame;
      table[at + 4] = (grr * ur + gri * ui) * w1;
      table[at + 5] = (gri * ur - grr * ui) * w2;
      table[at + 6] = (gri * ur + gii * ui) * w1;
      table[at + 7] = (gii * ur - gri * ui) * w2;
      for (let k = 0; k < FRAME_WORDS; k++) table[at + 8 + k] = stats[o + FRAME + k];
      return;
    }
    inverseRoot(stats[o + 2], stats[o + 3], stats[o + 4], eps, root);
    const wrr = root[0], wii = root[1], wri = root[2];
    table[at + 4] = grr * wrr + gri * wri;
    table[at + 5] = grr * wri + gri * wii;
    table[at + 6] = gri * wrr + gii * wri;
    table[at + 7] = gri * wri + gii * wii;
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
  const sums = new Float64Array(PARTIAL);
  coefficients.fill(0, 0, spec.channels * COEFFICIENTS);
  for (let k = 0; k < spec.channels; k++) {
    sumProducts(spec, partial, k, sums);
    const sr = sums[0], si = sums[1], prr = sums[2], pri = sums[3], pir = sums[4], pii = sums[5];
    const o = k * STATS, to = k * COEFFICIENTS;
    const grr = spec.affine ? weight[3 * k] : 1, gii = spec.affine ? weight[3 * k + 1] : 1;
    const gri = spec.affine ? weight[3 * k + 2] : 0;
    coefficients[to] = stats[o];
    coefficients[to + 1] = stats[o + 1];
    coefficients[to + 2] = spec.aboutZero ? 0 : sr / count;
    coefficients[to + 3] = spec.aboutZero ? 0 : si / count;
    const frame = hostFrame(stats, o + FRAME);
    if (frame) {
      const { ur, ui, scale } = frame;
      const [s1, s2, w1, w2] = deviations(stats, o, eps);
      // Γ along the axes, and with q = p/σ the sums Σ gy qᵀ and the means of Γ gy qᵀ.
      const g11 = ur * ur * grr + 2 * ur * ui * gri + ui * ui * gii;
      const g22 = ui * ui * grr - 2 * ur * ui * gri + ur * ur * gii;
      const g12 = ur * ui * (gii - grr) + (ur * ur - ui * ui) * gri;
      const [q11, q12, q21, q22] = [prr * w1, pri * w2, pir * w1, pii * w2];
      const t11 = (g11 * q11 + g12 * q21) / count, t22 = (g12 * q12 + g22 * q22) / count;
      const h12 = (g11 * q12 + g12 * q22) / count, h21 = (g12 * q11 + g22 * q21) / count;
      const t12 = (s2 * h12 + s1 * h21) / (s1 + s2);
      const [a1, a2] = [scale / s1, scale / s2];
      coefficients.set([a1 * g11, a1 * g12, a2 * g12, a2 * g22], to + 4);
      const [b1, b2] = [-a1 * t12 * w2, -a2 * t12 * w1];
      coefficients.set([-a1 * t11 * w1, b1, b2, -a2 * t22 * w2], to + 8);
      for (let j = 0; j < FRAME_WORDS; j++) coefficients[to + 12 + j] = stats[o + FRAME + j];
      if (!spec.affine) continue;
      const [y1r, y1i] = [ur * q11 - ui * q21, ui * q11 + ur * q21];
      const [y2r, y2i] = [ur * q12 - ui * q22, ui * q12 + ur * q22];
      gWeight[3 * k] = y1r * ur - y2r * ui;
      gWeight[3 * k + 1] = y1i * ui + y2i * ur;
      gWeight[3 * k + 2] = y1r * ui + y2r * ur + y1i * ur - y2i * ui;
      gBias.set([ur * sr - ui * si, ui * sr + ur * si], 2 * k);
      continue;
    }
    const vrr = stats[o + 2], vii = stats[o + 3], c = stats[o + 4];
    inverseRoot(vrr, vii, c, eps, root);
    const wrr = root[0], wii = root[1], wri = root[2], s = root[3], t = root[4];
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
    coefficients[to + 4] = grr * wrr + gri * wri;
    coefficients[to + 5] = gri * wrr + gii * wri;
    coefficients[to + 6] = grr * wri + gri * wii;
    coefficients[to + 7] = gri * wri + gii * wii;
    coefficients[to + 8] = 2 * ga / count;
    coefficients[to + 9] = gc / count;
    coefficients[to + 10] = gc / count;
    coefficients[to + 11] = 2 * gb / count;
    if (!spec.affine) continue;
    gWeight[3 * k] = prr * wrr + pri * wri;
    gWeight[3 * k + 1] = pir * wri + pii * wii;
    gWeight[3 * k + 2] = prr * wri + pri * wii + pir * wrr + pii * wri;
    gBias[2 * k] = sr;
    gBias[2 * k + 1] = si;
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
    const share = s.aboutZero ? "0.0" : `1.0 / f32(${s.n * s.inner}u)`;
    const turnedParameters = `
    let y1 = out_of_frame(q.xz, frame);
    let y2 = out_of_frame(q.yw, frame);
    out1[channel * 3u] = y1.x * u.x - y2.x * u.y;
    out1[channel * 3u + 1u] = y1.y * u.y + y2.y * u.x;
    out1[channel * 3u + 2u] = y1.x * u.y + y2.x * u.x + y1.y * u.x - y2.y * u.y;
    out2[channel] = out_of_frame(total.sum, frame);`;
    return foldProducts(
      s,
      `${words}${ROOT}${frameWgsl}${deviationsWgsl}`,
      `  let eps = param_f32(0u);
  let gamma = ${weight};
  let over = 1.0 / f32(${s.n * s.inner}u);
  let share = ${share};
  let k = channel * ${COEFFICIENTS}u;
  let o = channel * ${STATS}u;
  let p = total.products;
  out0[k] = words(o);
  out0[k + 1u] = words(o + 1u);
  out0[k + 2u] = total.sum.x * share;
  out0[k + 3u] = total.sum.y * share;
  for (var j = 0u; j < ${FRAME_WORDS}u; j += 1u) { out0[k + 12u + j] = words(o + ${FRAME}u + j); }
  if (words(o + ${FRAME}u) != 0.0) {
    let frame = frame_at(o + ${FRAME}u);
    let u = frame.axis;
    let sigma = deviations(vec2<f32>(words(o + ${FRAME + FRAME_WORDS}u), words(o + ${
        FRAME + FRAME_WORDS + 1
      }u)), frame.scale, eps);
    let w = whitening(words(o + ${FRAME}u), sigma, eps);
    // Γ along the axes, with q = p/σ the sums Σ gy qᵀ by rows, and the means of Γ gy qᵀ.
    let g11 = u.x * u.x * gamma.x + 2.0 * u.x * u.y * gamma.z + u.y * u.y * gamma.y;
    let g22 = u.y * u.y * gamma.x - 2.0 * u.x * u.y * gamma.z + u.x * u.x * gamma.y;
    let g12 = u.x * u.y * (gamma.y - gamma.x) + (u.x * u.x - u.y * u.y) * gamma.z;
    let q = p * w.xyxy;
    let h = over * (vec4<f32>(g11, g11, g22, g22) * q + g12 * q.zwxy);
    let t = (sigma.y * h.y + sigma.x * h.z) / (sigma.x + sigma.y);
    let a = frame.scale / sigma;
    out0[k + 4u] = a.x * g11;
    out0[k + 5u] = a.x * g12;
    out0[k + 6u] = a.y * g12;
    out0[k + 7u] = a.y * g22;
    out0[k + 8u] = -a.x * h.x * w.x;
    out0[k + 9u] = -a.x * t * w.y;
    out0[k + 10u] = -a.y * t * w.x;
    out0[k + 11u] = -a.y * h.w * w.y;${s.affine ? turnedParameters : ""}
    return;
  }
  let v = triple(channel);
  let a = v.x + eps;
  let b = v.y + eps;
  let c = v.z;
  let root = inverse_root(v, eps);
  let w = root.w;
  let s = root.s;
  let t = root.t;
  // p = Σ gy dᵀ by rows; gw = ∂L/∂(wrr, wii, wri) from Γ p.
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
  ...afterFolding("foldProducts", () => finishBackwardOnHost),
};

/**
 * The gradient of {@link covarianceNormalize} after {@link covarianceStatistics}, through the stats:
 * inputs x, gy, stats and, with `affine`, weight; outputs gx and, with `affine`, gWeight f32
 * [channels, 3] and gBias complex64 [channels]. Params: f32 eps.
 */
export function covarianceBackward(spec: BatchNormSpec): Program {
  return backwardProgram(spec, STATS, finishBackward);
}

const frozen: Kernel<{ readonly channels: number }> = {
  name: "covarianceFrozen",
  bindings: () => ({ inputs: ["complex64", "float32"], outputs: ["float32"] }),
  wgsl: ({ channels }) => ({
    source: `${frameOfWgsl}${
      linearMain(
        channels,
        `  let channel = i;
  let o = channel * ${STATS}u;
  let spread = vec3<f32>(in1[channel * 3u], in1[channel * 3u + 1u], in1[channel * 3u + 2u]);
  var frame = Frame(vec2<f32>(), vec2<f32>(), 0.0, 0.0);
  var kind = 0.0;
  var lambda = vec2<f32>();
  if (is_correlated(spread)) {
    let measured = frame_of(spread);
    frame = measured.frame;
    lambda = measured.lambda;
    kind = 1.0;
  }
  out0[o] = in0[channel].x; out0[o + 1u] = in0[channel].y;
  out0[o + 2u] = spread.x; out0[o + 3u] = spread.y; out0[o + 4u] = spread.z;
${writeFrame}`,
      )
    }`,
    workgroups: linearGrid(channels),
  }),
  cpu({ channels }, [mean, spread], [stats]) {
    stats.fill(0, 0, channels * STATS);
    for (let c = 0; c < channels; c++) {
      const [rr, ii, ri] = spread.subarray(3 * c, 3 * c + 3);
      stats.set([mean[2 * c], mean[2 * c + 1], rr, ii, ri], c * STATS);
      if (isCorrelated(rr, ii, ri)) stats.set(frameOf(rr, ii, ri), c * STATS + FRAME);
    }
  },
};

/**
 * Stats made of running values: inputs mean complex64 [channels] and covariance float32 [channels, 3] =
 * Crr, Cii, Cri; output stats.
 */
export function covarianceFrozen(channels: number): Program {
  return single(frozen, { channels });
}

/** What {@link covarianceTurn} makes of x: p of x − μ; conj(u (1 + ik)) x; or u x. */
export type Turn = "values" | "in" | "out";

const turn: Kernel<ChannelSpec & { readonly what: Turn }> = {
  name: "covarianceTurn",
  flops: (s) => 6 * s.n * s.channels * s.inner,
  bindings: () => ({ inputs: ["complex64", "float32"], outputs: ["complex64"] }),
  wgsl(s, adapter) {
    const setup = `  let o = channel * ${STATS}u;
  let mean = ${s.what === "values" ? "vec2<f32>(words(o), words(o + 1u))" : "vec2<f32>()"};`;
    const one = {
      values: (k: string) => `has * turned(in0[${k}], mean, frame)`,
      in: (k: string) => `in_frame(in0[${k}], frame)`,
      out: (k: string) => `out_of_frame(in0[${k}], frame)`,
    }[s.what];
    const { source, workgroups } = mapChannels(s, adapter, {
      setup,
      one: (k) => `out0[${k}] = in0[${k}] - mean;`,
    }, {
      when: `words(channel * ${STATS}u + ${FRAME}u) != 0.0`,
      setup: `${setup}
  let frame = frame_at(o + ${FRAME}u);
  let has = vec2<f32>(1.0, select(1.0, 0.0, words(o + ${FRAME}u) == ${Kind.line}.0));`,
      one: (k) => `out0[${k}] = ${one(k)};`,
    });
    return { source: `${words}${frameWgsl}${source}`, workgroups };
  },
  ...channelAffine(({ what }, [stats], _, c, table, at) => {
    const o = c * STATS, frame = o + FRAME;
    const kind = stats[frame], ur = stats[frame + 1], ui = stats[frame + 2];
    const isOut = what === "out" && kind !== Kind.plain;
    table.set(isOut ? [ur, -ui, ui, ur] : [1, 0, 0, 1], at + 4);
    if (what === "values") {
      table[at] = stats[o];
      table[at + 1] = stats[o + 1];
      if (kind === Kind.line) table[at + 7] = 0;
      for (let k = 0; k < FRAME_WORDS; k++) table[at + 8 + k] = stats[frame + k];
    } else if (what === "in") {
      for (let k = 0; k < 4; k++) table[at + 8 + k] = stats[frame + k];
      table[at + 14] = 1;
    }
  }),
};

/** x − μ, of channels with a frame p, or x turned as `what` says: inputs x and stats; output like x. */
export function covarianceTurn(spec: ChannelSpec, what: Turn): Program {
  return single(turn, { ...spec, what });
}
