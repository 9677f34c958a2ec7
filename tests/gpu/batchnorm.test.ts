import { assertAlmostEquals } from "@std/assert";
import type { HostArray } from "../../gpu/contract/dtype.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import {
  covarianceBackward,
  covarianceNormalize,
  covarianceStatistics,
} from "../../gpu/kernels/norms/batchnorm.ts";
import {
  naiveBackward,
  naiveNormalize,
  naiveStatistics,
} from "../../gpu/kernels/norms/batchnorm_naive.ts";
import { assertClose } from "../support/close.ts";
import { runOnAll } from "../support/program.ts";
import { randoms } from "../support/seeded.ts";

const EPS = 1e-3, MOMENTUM = 0.25;
const word = (x: number) => new Uint32Array(new Float32Array([x]).buffer);
// As the shader sees it.
const eps = Math.fround(EPS);

const SHAPES = [
  [1, 1, 1],
  [7, 3, 1],
  [2, 5, 3],
  [3, 70, 8],
  [5, 3, 49],
  [129, 2, 1],
  [3, 2, 1030],
  [2, 3, 512],
  [9, 40, 256],
  [600, 130, 1],
].map(([n, channels, inner]) => ({ n, channels, inner }));
type Shape = typeof SHAPES[number];

/** A tensor whose parts are correlated, with another mean and size in each channel. */
function tensor(s: Shape, seed: number): Float32Array {
  const x = randoms(2 * s.n * s.channels * s.inner, seed);
  for (let k = 0; k < x.length; k += 2) {
    const c = Math.floor(k / 2 / s.inner) % s.channels;
    [x[k], x[k + 1]] = [(1 + c % 3) * x[k] + 0.3 * (c % 4), 0.7 * x[k + 1] - 0.5 * x[k] - 0.2];
  }
  return x;
}

/** The elements of one channel, as indices of complex numbers. */
function channelOf(s: Shape, c: number): number[] {
  return Array.from(
    { length: s.n * s.inner },
    (_, k) => (Math.floor(k / s.inner) * s.channels + c) * s.inner + k % s.inner,
  );
}

/** μr, μi and the biased Vrr, Vii, Vri of one channel, in float64. */
function moments(s: Shape, x: ArrayLike<number>, c: number): number[] {
  const at = channelOf(s, c);
  const mean = (f: (k: number) => number) => at.reduce((sum, k) => sum + f(k), 0) / at.length;
  const mr = mean((k) => x[2 * k]), mi = mean((k) => x[2 * k + 1]);
  return [
    mr,
    mi,
    mean((k) => (x[2 * k] - mr) ** 2),
    mean((k) => (x[2 * k + 1] - mi) ** 2),
    mean((k) => (x[2 * k] - mr) * (x[2 * k + 1] - mi)),
  ];
}

/** V^(−1/2) by its eigenvectors, not by the closed form under test: [wrr, wri, wii]. */
function inverseRoot(rr: number, ii: number, ri: number): [number, number, number] {
  const angle = 0.5 * Math.atan2(2 * ri, rr - ii), c = Math.cos(angle), s = Math.sin(angle);
  const one = (c * c * rr + 2 * c * s * ri + s * s * ii) ** -0.5;
  const two = (s * s * rr - 2 * c * s * ri + c * c * ii) ** -0.5;
  return [c * c * one + s * s * two, c * s * (one - two), s * s * one + c * c * two];
}

type Forward = (
  s: Shape,
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
) => Float64Array;

const covarianceForward: Forward = (s, x, weight, bias) => {
  const y = new Float64Array(x.length);
  for (let c = 0; c < s.channels; c++) {
    const [mr, mi, rr, ii, ri] = moments(s, x, c);
    const [wrr, wri, wii] = inverseRoot(rr + eps, ii + eps, ri);
    const [grr, gii, gri] = [0, 1, 2].map((k) => weight[3 * c + k]);
    for (const k of channelOf(s, c)) {
      const dr = x[2 * k] - mr, di = x[2 * k + 1] - mi;
      const zr = wrr * dr + wri * di, zi = wri * dr + wii * di;
      y[2 * k] = grr * zr + gri * zi + bias[2 * c];
      y[2 * k + 1] = gri * zr + gii * zi + bias[2 * c + 1];
    }
  }
  return y;
};

const naiveForward: Forward = (s, x, weight, bias) => {
  const y = new Float64Array(x.length);
  for (let c = 0; c < s.channels; c++) {
    const m = moments(s, x, c);
    for (const k of channelOf(s, c)) {
      for (const p of [0, 1]) {
        y[2 * k + p] = weight[2 * c + p] * (x[2 * k + p] - m[p]) / Math.sqrt(m[2 + p] + eps) +
          bias[2 * c + p];
      }
    }
  }
  return y;
};

/** Both norms as one table: words of stats, weight and running second moments for each channel. */
const NORMS = [
  {
    name: "covariance",
    statistics: covarianceStatistics,
    normalize: covarianceNormalize,
    backward: covarianceBackward,
    forward: covarianceForward,
    stats: 16,
    weight: 3,
    seconds: 3,
    plain: [1, 1, 0],
  },
  {
    name: "naive",
    statistics: naiveStatistics,
    normalize: naiveNormalize,
    backward: naiveBackward,
    forward: naiveForward,
    stats: 4,
    weight: 2,
    seconds: 2,
    plain: [1, 1],
  },
];

/** Runs on every engine with one float of params. */
const onAll = (program: Program, inputs: HostArray[], outputs: number[], param = EPS) =>
  runOnAll(program, inputs, outputs, word(param));

for (const norm of NORMS) {
  const { name } = norm;

  Deno.test(`${name}Statistics() gives the float64 moments and moves the running ones`, async () => {
    for (const s of SHAPES) {
      const { channels } = s, count = s.n * s.inner, words = norm.seconds;
      const x = tensor(s, 1);
      const oldMean = randoms(2 * channels, 2), oldSeconds = randoms(words * channels, 3);
      const stats: number[] = [], mean: number[] = [], seconds: number[] = [];
      for (let c = 0; c < channels; c++) {
        const [mr, mi, ...v] = moments(s, x, c);
        stats.push(mr, mi, ...v.slice(0, words));
        mean.push(...[mr, mi].map((m, k) => 0.75 * oldMean[2 * c + k] + 0.25 * m));
        for (let k = 0; k < words; k++) {
          const unbiased = v[k] * count / Math.max(count - 1, 1);
          seconds.push(0.75 * oldSeconds[words * c + k] + 0.25 * unbiased);
        }
      }
      // Behind the moments there may be more words of stats.
      const leading = (all: HostArray) => all.filter((_, k) => k % norm.stats < 2 + words);
      const program = norm.statistics({ ...s, affine: true, track: true });
      const lengths = [norm.stats * channels, 2 * channels, words * channels];
      const inputs = [x, oldMean, oldSeconds];
      for (const { kind, out } of await onAll(program, inputs, lengths, MOMENTUM)) {
        const what = `${kind} ${JSON.stringify(s)}`;
        assertClose(leading(out[0]), stats, 5e-7, `${what} stats`);
        assertClose(out[1], mean, 5e-7, `${what} mean`);
        assertClose(out[2], seconds, 5e-7, `${what} seconds`);
      }
      const untracked = norm.statistics({ ...s, affine: true, track: false });
      for (const { kind, out } of await onAll(untracked, [x], lengths.slice(0, 1))) {
        assertClose(leading(out[0]), stats, 5e-7, `${kind} ${JSON.stringify(s)} stats alone`);
      }
    }
  });

  Deno.test(`${name}Statistics() keeps the second moments under a large mean`, async () => {
    const s = { n: 4, channels: 3, inner: 900 };
    const x = randoms(2 * s.n * s.channels * s.inner, 5, 0.01, 1000);
    const program = norm.statistics({ ...s, affine: false, track: false });
    for (const { kind, out } of await onAll(program, [x], [norm.stats * s.channels])) {
      for (let c = 0; c < s.channels; c++) {
        moments(s, x, c).slice(0, 2 + norm.seconds).forEach((m, k) =>
          assertAlmostEquals(out[0][norm.stats * c + k], m, k < 2 ? 1e-3 : 1e-10, `${kind} ${k}`)
        );
      }
    }
  });

  Deno.test(`${name}Normalize() is the float64 formula, with and without weights`, async () => {
    for (const s of SHAPES) {
      for (const affine of [true, false]) {
        const x = tensor(s, 7);
        const weight = affine
          ? randoms(norm.weight * s.channels, 8)
          : Float32Array.from({ length: norm.weight * s.channels }, (_, k) =>
            norm.plain[k % norm.weight]);
        const bias = randoms(2 * s.channels, 9, affine ? 1 : 0);
        const spec = { ...s, affine, track: false };
        const [{ out: [stats] }] = await onAll(norm.statistics(spec), [x], [
          norm.stats * s.channels,
        ]);
        const inputs = affine ? [x, stats, weight, bias] : [x, stats];
        const expected = norm.forward(s, x, weight, bias);
        for (const { kind, out } of await onAll(norm.normalize(spec), inputs, [x.length])) {
          assertClose(out[0], expected, 1e-6, `${kind} ${JSON.stringify(spec)}`);
        }
      }
    }
  });

  Deno.test(`${name}Backward() agrees with finite differences in float64`, async () => {
    const step = 1e-4;
    for (const [n, channels, inner] of [[1, 2, 5], [6, 3, 1], [2, 3, 7], [3, 2, 20]]) {
      const s = { n, channels, inner };
      for (const affine of [true, false]) {
        const x = tensor(s, 11), gy = randoms(x.length, 12);
        const weight = affine
          ? randoms(norm.weight * channels, 13)
          : Float32Array.from({ length: norm.weight * channels }, (_, k) =>
            norm.plain[k % norm.weight]);
        const bias = randoms(2 * channels, 14, affine ? 1 : 0);
        const values = [x, weight, bias].map((a) => Float64Array.from(a));
        const loss = () =>
          norm.forward(s, values[0], values[1], values[2]).reduce((t, y, k) => t + y * gy[k], 0);
        const expected = values.slice(0, affine ? 3 : 1).map((a) =>
          a.map((_, k) => {
            const was = a[k];
            const at = (d: number) => {
              a[k] = was + d * step;
              const value = loss();
              a[k] = was;
              return value;
            };
            // Fourth order, so that the step's own error stays below the tolerance.
            return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
          })
        );
        const spec = { ...s, affine, track: false };
        const [{ out: [stats] }] = await onAll(norm.statistics(spec), [x], [
          norm.stats * channels,
        ]);
        const inputs = affine ? [x, gy, stats, weight] : [x, gy, stats];
        for (
          const { kind, out } of await onAll(
            norm.backward(spec),
            inputs,
            expected.map((e) => e.length),
          )
        ) {
          expected.forEach((e, k) =>
            assertClose(out[k], e, 3e-6, `${kind} ${JSON.stringify(spec)} output ${k}`)
          );
        }
      }
    }
  });

  Deno.test(`${name}Backward() is the same on both engines`, async () => {
    for (const s of SHAPES) {
      const { channels } = s;
      const x = tensor(s, 15), gy = randoms(x.length, 16, 1, 0.5);
      const weight = randoms(norm.weight * channels, 17);
      const spec = { ...s, affine: true, track: false };
      const [{ out: [stats] }] = await onAll(norm.statistics(spec), [x], [norm.stats * channels]);
      const lengths = [x.length, norm.weight * channels, 2 * channels];
      // One value a channel: gx is a difference of equals, so only its size is known.
      const scale = s.n * s.inner === 1 ? 1 : 0;
      const [cpu, ...others] = await onAll(norm.backward(spec), [x, gy, stats, weight], lengths);
      for (const { kind, out } of others) {
        out.forEach((o, k) =>
          assertClose(
            [...o, scale * 30],
            [...cpu.out[k], scale * 30],
            3e-6,
            `${kind} ${JSON.stringify(s)} output ${k}`,
          )
        );
      }
    }
  });

  Deno.test(`${name} batch norm stands a constant channel and parts of any size`, async () => {
    const s = { n: 3, channels: 2, inner: 11 };
    const spec = { ...s, affine: false, track: false };
    for (const size of [0, 1e-12, 1e12]) {
      const x = randoms(66 * 2, 18, size);
      const [{ out: [stats] }] = await onAll(norm.statistics(spec), [x], [norm.stats * 2]);
      const weight = [...norm.plain, ...norm.plain];
      const expected = norm.forward(s, x, weight, [0, 0, 0, 0]);
      for (const { kind, out } of await onAll(norm.normalize(spec), [x, stats], [x.length])) {
        assertClose(out[0], expected, 2e-6, `${kind} at size ${size}`);
      }
    }
  });
}

Deno.test("covarianceNormalize() whitens parts that are one multiple of the other", async () => {
  const s = { n: 8, channels: 1, inner: 32 };
  const x = randoms(2 * 256, 19);
  for (let k = 0; k < x.length; k += 2) x[k + 1] = 0.5 * x[k];
  const spec = { ...s, affine: false, track: false };
  const [{ out: [stats] }] = await onAll(covarianceStatistics(spec), [x], [16]);
  const expected = covarianceForward(s, x, [1, 1, 0], [0, 0]);
  for (const { kind, out } of await onAll(covarianceNormalize(spec), [x, stats], [x.length])) {
    assertClose(out[0], expected, 1e-4, kind);
  }
});
