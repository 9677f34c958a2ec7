/**
 * Batch norms as kernels of their own. Each kind is a triple of programs, and the same mathematics
 * composed of plain operations, which gives the second derivatives.
 */
import * as covarianceKernels from "../../gpu/kernels/norms/batchnorm.ts";
import * as naiveKernels from "../../gpu/kernels/norms/batchnorm_naive.ts";
import type { BatchNormSpec } from "../../gpu/kernels/norms/moments.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { wordsOf } from "../../gpu/contract/dtype.ts";
import { gradients } from "./autograd.ts";
import { Node, parts, type Primitive } from "../lazy/graph.ts";
import { add, complex, div, fill, imag, mul, real, sub } from "./arithmetic.ts";
import { sqrt, square } from "./elementwise.ts";
import { mean as meanOf } from "./reduce.ts";
import { embed, narrow, reshape, variable } from "./views.ts";
import { mix, whiten } from "./whiten.ts";

/** The learned parameters. */
export interface Affine {
  readonly weight: Node;
  readonly bias: Node;
}

/** The running statistics before the batch. */
export interface Running {
  readonly mean: Node;
  /** Crr, Cii, Cri of each channel; in the naive norm, the two variances packed as a complex number. */
  readonly spread: Node;
}

/** A batch norm over x [n, channels, inner]. */
export interface BatchNorm {
  /** The statistics of the batch; derivatives reach them through `normalize` alone. */
  statistics(x: Node): Node;
  /**
   * The running values moved by `momentum` towards the statistics of x (unbiased), in the pass that
   * computes these. The statistics do not read the running values, so that a forward pass stays
   * valid when the running values are updated before its backward pass.
   */
  track(x: Node, stats: Node, running: Running, momentum: number): Running;
  /** Statistics made from running values. */
  frozen(running: Running): Node;
  /** The normalised x. With `training` the stats are those of x, and derivatives pass through them. */
  normalize(x: Node, stats: Node, affine: Affine | null, eps: number, training: boolean): Node;
}

interface Kind {
  readonly name: string;
  /** How many numbers of statistics a channel has. */
  readonly stride: number;
  statistics(spec: BatchNormSpec): Program;
  normalize(spec: BatchNormSpec): Program;
  backward(spec: BatchNormSpec): Program;
  /** Statistics [channels, stride] as a composition, from x and from running values. */
  composeStats(x: Node): Node;
  frozen(running: Running): Node;
  /** The normalisation as a composition. */
  compose(x: Node, stats: Node, affine: Affine | null, eps: number): Node;
}

/** Columns of a real [channels, k] as [1, channels, 1] each. */
function columns(x: Node): Node[] {
  const [channels, k] = x.shape;
  return Array.from(
    { length: k },
    (_, c) => reshape(narrow(x, 1, c, 1), [1, channels, 1]),
  );
}

/** Reals [1, channels, 1] side by side as [channels, stride], zeros behind them. */
function table(list: readonly Node[], stride: number): Node {
  const channels = list[0].shape[1];
  const shape = [channels, stride];
  return list.map((x, c) => embed(reshape(x, [channels, 1]), shape, [0, c])).reduce(add);
}

const perChannel = (x: Node) => reshape(x, [1, x.size, 1]);

const covariance: Kind = {
  name: "batchNorm",
  stride: 8,
  statistics: covarianceKernels.covarianceStatistics,
  normalize: covarianceKernels.covarianceNormalize,
  backward: covarianceKernels.covarianceBackward,
  composeStats(x) {
    const mu = meanOf(x, [0, 2], true);
    const d = sub(x, mu);
    const [re, im] = [real(d), imag(d)];
    const moment = (a: Node, b: Node) => meanOf(mul(a, b), [0, 2], true);
    return table([real(mu), imag(mu), moment(re, re), moment(im, im), moment(re, im)], this.stride);
  },
  frozen({ mean, spread }) {
    const mu = perChannel(mean);
    return table([real(mu), imag(mu), ...columns(spread)], this.stride);
  },
  compose(x, stats, affine, eps) {
    const [mr, mi, vrr, vii, vri] = columns(stats);
    const y = whiten(sub(x, complex(mr, mi)), [vrr, vii, vri], eps);
    if (!affine) return y;
    return add(mix(y, columns(affine.weight)), perChannel(affine.bias));
  },
};

const naive: Kind = {
  name: "naiveBatchNorm",
  stride: 4,
  statistics: naiveKernels.naiveStatistics,
  normalize: naiveKernels.naiveNormalize,
  backward: naiveKernels.naiveBackward,
  composeStats(x) {
    const mu = meanOf(x, [0, 2], true);
    const d = sub(x, mu);
    const variance = (part: Node) => meanOf(square(part), [0, 2], true);
    return table([real(mu), imag(mu), variance(real(d)), variance(imag(d))], this.stride);
  },
  frozen({ mean, spread }) {
    const [mu, v] = [perChannel(mean), perChannel(spread)];
    return table([real(mu), imag(mu), real(v), imag(v)], this.stride);
  },
  compose(x, stats, affine, eps) {
    const [mr, mi, vr, vi] = columns(stats);
    const unit = (part: Node, mu: Node, v: Node) =>
      div(sub(part, mu), sqrt(add(v, fill(v.shape, eps))));
    const [yr, yi] = [unit(real(x), mr, vr), unit(imag(x), mi, vi)];
    if (!affine) return complex(yr, yi);
    const w = perChannel(affine.weight);
    return add(complex(mul(real(w), yr), mul(imag(w), yi)), perChannel(affine.bias));
  },
};

interface Attrs {
  readonly training: boolean;
  readonly eps: number;
}

/** The kernels, primitives and derivatives of one kind. */
function make(kind: Kind): BatchNorm {
  const specOf = (x: Node, affine: boolean): BatchNormSpec => {
    const [n, channels, inner] = x.shape;
    return { n, channels, inner, affine, track: false };
  };
  const affineOf = (inputs: readonly Node[], from: number): Affine | null =>
    inputs.length > from ? { weight: inputs[from], bias: inputs[from + 1] } : null;

  const STATISTICS: Primitive = {
    name: `${kind.name}Statistics`,
    lowering: {
      kind: "program",
      program: ({ inputs }) =>
        kind.statistics({ ...specOf(inputs[0], false), track: inputs.length > 1 }),
    },
  };

  const NORMALIZE: Primitive<Attrs> = {
    name: kind.name,
    lowering: {
      kind: "program",
      program: ({ inputs }) => kind.normalize(specOf(inputs[0], inputs.length > 2)),
    },
    vjp(call, [g]) {
      const [x, stats, ...rest] = call.inputs;
      const { training, eps } = call.attrs;
      if (!training) {
        const vars = call.inputs.map(variable);
        const y = kind.compose(vars[0], vars[1], affineOf(vars, 2), eps);
        const found = gradients(y, g!, vars);
        return vars.map((v) => found.get(v) ?? null);
      }
      const [gx, ...params] = backward(x, g!, stats, rest, call.attrs);
      return [gx, null, ...params];
    },
  };

  const BACKWARD: Primitive<Attrs> = {
    name: `${kind.name}Backward`,
    lowering: {
      kind: "program",
      program: ({ inputs }) => kind.backward(specOf(inputs[0], inputs.length > 3)),
    },
    vjp(call, cotangents) {
      const [x, g, _, ...rest] = call.inputs;
      const vars = [x, ...rest].map(variable);
      const seed = variable(g);
      const stats = kind.composeStats(vars[0]);
      const y = kind.compose(vars[0], stats, affineOf(vars, 1), call.attrs.eps);
      const first = gradients(y, seed, vars);
      const total = new Map<Node, Node>();
      cotangents.forEach((c, k) => {
        const of = c && first.get(vars[k]);
        if (!of) return;
        const second = gradients(of, c, [...vars, seed]);
        for (const v of [...vars, seed]) {
          const more = second.get(v);
          if (more) total.set(v, total.has(v) ? add(total.get(v)!, more) : more);
        }
      });
      const [gx, ...params] = vars.map((v) => total.get(v) ?? null);
      return [gx, total.get(seed) ?? null, null, ...params];
    },
  };

  function backward(x: Node, g: Node, stats: Node, rest: readonly Node[], attrs: Attrs): Node[] {
    const { shape, dtype } = x;
    const results = [{ shape, dtype }, ...rest.map((p) => ({ shape: p.shape, dtype: p.dtype }))];
    // The kernel does not read the bias, which is an input for the sake of its derivative.
    const inputs = [x, g, stats, ...rest];
    return parts(new Node(BACKWARD, inputs, results, attrs, wordsOf(attrs.eps, "single")));
  }

  return {
    statistics(x) {
      const result = { shape: [x.shape[1], kind.stride], dtype: "float32" } as const;
      return new Node(STATISTICS, [x], [result], null, null, false);
    },
    track(x, stats, running, momentum) {
      const { mean, spread } = running;
      const results = [stats, mean, spread].map(({ shape, dtype }) => ({ shape, dtype }));
      const params = wordsOf(momentum, "single");
      const tracking = new Node(STATISTICS, [x, mean, spread], results, null, params, false);
      const [same, newMean, newSpread] = parts(tracking);
      stats.standIn = same;
      return { mean: newMean, spread: newSpread };
    },
    frozen: (running) => kind.frozen(running),
    normalize(x, stats, affine, eps, training) {
      const inputs = affine ? [x, stats, affine.weight, affine.bias] : [x, stats];
      const attrs: Attrs = { training, eps };
      const result = { shape: x.shape, dtype: x.dtype };
      return new Node(NORMALIZE, inputs, [result], attrs, wordsOf(eps, "single"));
    },
  };
}

/** Whitening by the 2×2 covariance of real and imaginary part (Trabelsi et al. 2018). */
export const covarianceBatchNorm: BatchNorm = make(covariance);

/** Normalises real and imaginary part separately. */
export const naiveBatchNorm: BatchNorm = make(naive);
