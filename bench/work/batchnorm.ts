/** Batch norms, forward, and forward with the gradient with respect to their input. */
import { type ComplexTensor, nn, type RealTensor, valueAndGrad } from "@argand/argand";
import { complexSamples, places, random, sizeOf } from "../numbers.ts";
import { contender, type Operations, type Pair, type Real, uploadPair } from "../peers/peer.ts";
import { complexInput, ours, type Work } from "./work.ts";

type Kind = "covariance" | "naive";

const EPS = 1e-5;
const AXES = [0, 2, 3];

/** Second moments of a channel → what its centred values are multiplied by, as Rrr, Rii and Rri. */
function whitening(kind: Kind, vrr: number, vii: number, vri: number): [number, number, number] {
  [vrr, vii] = [vrr + EPS, vii + EPS];
  if (kind === "naive") return [1 / Math.sqrt(vrr), 1 / Math.sqrt(vii), 0];
  const s = Math.sqrt(vrr * vii - vri * vri);
  const t = Math.sqrt(vrr + vii + 2 * s);
  return [(vii + s) / (s * t), (vrr + s) / (s * t), -vri / (s * t)];
}

/** A channel's normalised values in float64. */
function normalised(kind: Kind, re: Float64Array, im: Float64Array): [Float64Array, Float64Array] {
  const mean = (f: (k: number) => number) => {
    let sum = 0;
    for (let k = 0; k < re.length; k++) sum += f(k);
    return sum / re.length;
  };
  const [mr, mi] = [mean((k) => re[k]), mean((k) => im[k])];
  const [rr, ii, ri] = whitening(
    kind,
    mean((k) => (re[k] - mr) ** 2),
    mean((k) => (im[k] - mi) ** 2),
    mean((k) => (re[k] - mr) * (im[k] - mi)),
  );
  return [
    re.map((x, k) => rr * (x - mr) + ri * (im[k] - mi)),
    im.map((y, k) => ri * (re[k] - mr) + ii * (y - mi)),
  ];
}

/** The same of pairs of real tensors: means, products and square roots. */
function composed(kind: Kind, ops: Operations, [re, im]: Pair): Pair {
  const centred = (x: Real) => ops.sub(x, ops.mean(x, AXES, true));
  const [x, y] = [centred(re), centred(im)];
  const moment = (a: Real, b: Real) => ops.mean(ops.mul(a, b), AXES, true);
  const [vrr, vii] = [ops.add(moment(x, x), EPS), ops.add(moment(y, y), EPS)];
  if (kind === "naive") return [ops.div(x, ops.sqrt(vrr)), ops.div(y, ops.sqrt(vii))];
  const vri = moment(x, y);
  const s = ops.sqrt(ops.sub(ops.mul(vrr, vii), ops.mul(vri, vri)));
  const t = ops.sqrt(ops.add(ops.add(vrr, vii), ops.mul(s, 2)));
  const st = ops.mul(s, t);
  const rr = ops.div(ops.add(vii, s), st);
  const ii = ops.div(ops.add(vrr, s), st);
  const ri = ops.div(ops.mul(vri, -1), st);
  return [
    ops.add(ops.mul(x, rr), ops.mul(y, ri)),
    ops.add(ops.mul(x, ri), ops.mul(y, ii)),
  ];
}

/**
 * A norm of `shape`. Forward needs three traversals: the statistics read, then the values are read and
 * written. With the gradient it is eight.
 */
export function batchNorm(kind: Kind, backward: boolean, shape: readonly number[]): Work {
  const [batch, channels] = shape;
  const plane = sizeOf(shape.slice(2));
  const [z, towards] = [random(2 * sizeOf(shape)), random(2 * sizeOf(shape))];
  // Correlated parts about a mean: a covariance worth the name.
  for (let k = 0; k < z.length; k += 2) z[k + 1] = 0.3 + 0.7 * z[k + 1] + 0.4 * z[k];
  const channelOf = (data: Float32Array, c: number, part: 0 | 1) =>
    Float64Array.from({ length: batch * plane }, (_, k) => {
      const [n, at] = [Math.floor(k / plane), k % plane];
      return data[2 * ((n * channels + c) * plane + at) + part];
    });
  const norm = kind === "covariance" ? nn.functional.batchNorm : nn.functional.naiveBatchNorm;
  return {
    key: `${kind} batch norm ${shape.join("×")}, ${backward ? "forward + backward" : "forward"}`,
    bytes: (backward ? 8 : 3) * 8 * sizeOf(shape),
    tolerance: 1e-3,
    samples: () =>
      complexSamples(
        places(sizeOf(shape), 4).map((at) => {
          const [c, k] = [
            Math.floor(at / plane) % channels,
            Math.floor(at / plane / channels) * plane + at % plane,
          ];
          const [re, im] = [channelOf(z, c, 0), channelOf(z, c, 1)];
          if (!backward) {
            const [x, y] = normalised(kind, re, im);
            return { at, re: x[k], im: y[k] };
          }
          const [tr, ti] = [channelOf(towards, c, 0), channelOf(towards, c, 1)];
          const slope = (part: Float64Array) => {
            const [at, step] = [part[k], 1e-3];
            const loss = (value: number) => {
              part[k] = value;
              const [x, y] = normalised(kind, re, im);
              return x.reduce((sum, v, k) => sum + v * tr[k] + y[k] * ti[k], 0);
            };
            const difference = (loss(at + step) - loss(at - step)) / (2 * step);
            part[k] = at;
            return difference;
          };
          return { at, re: slope(re), im: slope(im) };
        }),
      ),
    ours() {
      const x = complexInput(z, [...shape]);
      if (!backward) return ours([...shape], () => norm(x));
      const conjugated = complexInput(towards.map((v, k) => k % 2 ? -v : v), [...shape]);
      const gradient = valueAndGrad((z: ComplexTensor): RealTensor =>
        norm(z).mul(conjugated).real.sum()
      );
      return ours([...shape], () => gradient(x)[1][0]);
    },
    theirs(peer) {
      const { ops } = peer;
      const inputs = uploadPair(peer, z, [...shape]);
      if (!backward) return contender(peer, inputs, (re, im) => [...composed(kind, ops, [re, im])]);
      inputs.push(...uploadPair(peer, towards, [...shape]));
      return contender(peer, inputs, (re, im, tr, ti) =>
        ops.gradients((x, y) => {
          const [u, v] = composed(kind, ops, [x, y]);
          return ops.sum(ops.add(ops.mul(u, tr), ops.mul(v, ti)), null);
        }, [re, im]));
    },
  };
}

/** What is measured. */
export function batchNorms(): Work[] {
  const shape = [32, 64, 32, 32];
  return [
    batchNorm("covariance", false, shape),
    batchNorm("naive", false, shape),
    batchNorm("covariance", true, shape),
    batchNorm("naive", true, shape),
  ];
}
