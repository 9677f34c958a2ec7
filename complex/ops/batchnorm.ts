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
import { add, complex, div, fill, imag, mul, neg, real, scale, sub } from "./arithmetic.ts";
import { reciprocal, relu, sqrt, square } from "./elementwise.ts";
import { AXES, columns, perChannel } from "./per_channel.ts";
import { mean as meanOf } from "./reduce.ts";
import { detach, embed, narrow, reshape, sum, variable } from "./views.ts";
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
  /** Whether moments are taken about 0, and nothing is centred. */
  readonly aboutZero?: boolean;
  /** Statistics [channels, stride] from running values. */
  frozen(running: Running): Node;
  /** The normalisation as a composition; with `training`, of the moments of x itself. */
  compose(x: Node, stats: Node, affine: Affine | null, eps: number, training: boolean): Node;
}

/** Reals [1, channels, 1] side by side as [channels, stride], zeros behind them. */
function table(list: readonly Node[], stride: number): Node {
  const channels = list[0].shape[1];
  const shape = [channels, stride];
  return list.map((x, c) => embed(reshape(x, [channels, 1]), shape, [0, c])).reduce(add);
}

/** The words of a channel's frame in its stats, as reals [1, channels, 1] without a derivative. */
function frameNodes(stats: Node) {
  const [, , , , , kind, ur, ui, k, , , s, l1, l2] = columns(detach(stats));
  // 1 where a channel is not turned.
  const plain = relu(sub(fill(kind.shape, 1), kind));
  const unit = complex(add(plain, sub(ur, mul(k, ui))), add(ui, mul(k, ur)));
  return { plain, unit, scale: add(plain, s), lambda: [l1, l2] };
}

interface Turned {
  readonly what: covarianceKernels.Turn;
}

/**
 * The channels that are turned, in or out of the principal axes, or the values p of
 * `gpu/kernels/norms/principal_axes.ts`, which are x − μ in other channels. The axes have no derivative.
 */
const TURN: Primitive<Turned> = {
  name: "batchNormTurn",
  lowering: {
    kind: "program",
    program: ({ inputs: [x], attrs: { what } }) => {
      const [n, channels, inner] = x.shape;
      return covarianceKernels.covarianceTurn({ n, channels, inner }, what);
    },
  },
  vjp({ inputs: [, stats], attrs: { what } }, [g]) {
    if (what !== "values") return [turn(g!, stats, what === "in" ? "out" : "in"), null];
    const gx = mul(turn(g!, stats, "out"), frameNodes(stats).scale);
    const total = neg(sum(gx, AXES, true));
    return [gx, table([real(total), imag(total)], stats.shape[1])];
  },
};

function turn(x: Node, stats: Node, what: Turned["what"]): Node {
  return new Node(TURN, [x, stats], [{ shape: x.shape, dtype: x.dtype }], { what });
}

/** Stats made of running values. */
const FROZEN: Primitive = {
  name: "batchNormFrozen",
  lowering: {
    kind: "program",
    program: ({ inputs: [mean] }) => covarianceKernels.covarianceFrozen(mean.size),
  },
  vjp(_, [g]) {
    const column = (c: number, count: number) => narrow(g!, 1, c, count);
    const mean = complex(column(0, 1), column(1, 1));
    return [reshape(mean, [mean.size]), column(2, 3)];
  },
};

const covariance = (aboutZero: boolean): Kind => ({
  name: aboutZero ? "secondMomentNorm" : "batchNorm",
  stride: 16,
  aboutZero,
  statistics: covarianceKernels.covarianceStatistics,
  normalize: covarianceKernels.covarianceNormalize,
  backward: covarianceKernels.covarianceBackward,
  frozen({ mean, spread }) {
    const result = { shape: [mean.size, this.stride], dtype: "float32" } as const;
    return new Node(FROZEN, [mean, spread], [result]);
  },
  compose(x, stats, affine, eps, training) {
    const { plain, unit, scale: s, lambda } = frameNodes(stats);
    // Whitening commutes with turns and, eps scaled along, with scales: all of these are constants.
    const root = scale(s, Math.sqrt(eps));
    const size = reciprocal(add(root, fill(root.shape, 1)));
    const p = mul(turn(x, stats, "values"), size);
    const d = training && !aboutZero ? sub(p, meanOf(p, AXES, true)) : p;
    const moments = training ? momentsOf(d) : movedMoments();
    const y = turn(whiten(d, moments, square(mul(root, size))), stats, "out");
    if (!affine) return y;
    return add(mix(y, columns(affine.weight)), perChannel(affine.bias));

    /** The frozen moments along the axes: their values are known, and the derivative is that of turning. */
    function movedMoments(): Node[] {
      const [, , vrr, vii, vri] = columns(stats);
      const [c, d] = [real(unit), imag(unit)];
      const cross = scale(mul(mul(c, d), vri), 2);
      const along = add(add(mul(square(c), vrr), mul(square(d), vii)), cross);
      const across = sub(add(mul(square(d), vrr), mul(square(c), vii)), cross);
      const both = add(mul(mul(c, d), sub(vii, vrr)), mul(sub(square(c), square(d)), vri));
      const values = [vrr, vii, vri].map((v) => mul(plain, detach(v)));
      const known = [add(values[0], lambda[0]), add(values[1], lambda[1]), values[2]];
      const factor = square(mul(s, size));
      return [along, across, both].map((v, k) => {
        const moved = mul(sub(v, detach(v)), factor);
        return add(mul(known[k], square(size)), moved);
      });
    }
  },
});

/** The second moments of centred z. */
function momentsOf(z: Node): Node[] {
  const [re, im] = [real(z), imag(z)];
  const moment = (a: Node, b: Node) => meanOf(mul(a, b), AXES, true);
  return [moment(re, re), moment(im, im), moment(re, im)];
}

const naive: Kind = {
  name: "naiveBatchNorm",
  stride: 4,
  statistics: naiveKernels.naiveStatistics,
  normalize: naiveKernels.naiveNormalize,
  backward: naiveKernels.naiveBackward,
  frozen({ mean, spread }) {
    const [mu, v] = [perChannel(mean), perChannel(spread)];
    return table([real(mu), imag(mu), real(v), imag(v)], this.stride);
  },
  compose(x, stats, affine, eps, training) {
    const [mr, mi, vr, vi] = training ? ofBatch() : columns(stats);
    const unit = (part: Node, mu: Node, v: Node) =>
      div(sub(part, mu), sqrt(add(v, fill(v.shape, eps))));
    const [yr, yi] = [unit(real(x), mr, vr), unit(imag(x), mi, vi)];
    if (!affine) return complex(yr, yi);
    const w = perChannel(affine.weight);
    return add(complex(mul(real(w), yr), mul(imag(w), yi)), perChannel(affine.bias));

    function ofBatch(): Node[] {
      const mu = meanOf(x, AXES, true);
      const d = sub(x, mu);
      const variance = (part: Node) => meanOf(square(part), AXES, true);
      return [real(mu), imag(mu), variance(real(d)), variance(imag(d))];
    }
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
    return { n, channels, inner, affine, track: false, aboutZero: kind.aboutZero };
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
        const y = kind.compose(vars[0], vars[1], affineOf(vars, 2), eps, false);
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
      const [x, g, stats, ...rest] = call.inputs;
      const vars = [x, ...rest].map(variable);
      const seed = variable(g);
      const y = kind.compose(vars[0], stats, affineOf(vars, 1), call.attrs.eps, true);
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
export const covarianceBatchNorm: BatchNorm = make(covariance(false));

/** The same by the second moments about 0, and nothing is centred. */
export const secondMomentNorm: BatchNorm = make(covariance(true));

/** Normalises real and imaginary part separately. */
export const naiveBatchNorm: BatchNorm = make(naive);
