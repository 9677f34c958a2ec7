/** Whitening where real and imaginary part are proportional, nearly so, or of any size and mean. */
import { assert } from "@std/assert";
import { complexTensor, tensor } from "../../complex/create/create.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import { grad } from "../../complex/transforms/transform.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";
import { type Whitened, whitenedRun } from "../support/whitening.ts";

const { batchNorm, groupNorm, layerNorm, rmsNorm } = nn.functional;

/** A norm of rows [runs, length], each by itself. */
interface Norm {
  readonly name: string;
  readonly aboutZero: boolean;
  apply(rows: ComplexTensor, eps: number): ComplexTensor;
}

const NORMS: Norm[] = [
  {
    name: "batchNorm",
    aboutZero: false,
    apply: (z, eps) => batchNorm(z.transpose(0, 1), { eps }).transpose(0, 1),
  },
  {
    name: "layerNorm",
    aboutZero: false,
    apply: (z, eps) => layerNorm(z, z.shape[1], null, null, { eps }),
  },
  {
    name: "groupNorm",
    aboutZero: false,
    apply(z, eps) {
      const [runs, length] = z.shape;
      const groups = z.reshape([1, runs, length]);
      return groupNorm(groups, runs, null, null, { eps }).reshape(z.shape);
    },
  },
  {
    name: "rmsNorm",
    aboutZero: true,
    apply: (z, eps) => rmsNorm(z, z.shape[1], null, { eps }),
  },
];

const PHASES = [0, 0.3, Math.PI / 4, 2, 4.5];

/** A run of values a + ib, |b| at most `noise` |a|, about a mean, turned and rounded to float32. */
interface Run {
  readonly size: number;
  readonly noise: number;
  readonly offset: number;
  readonly phase: number;
}

function valuesOf({ size, noise, offset, phase }: Run, length: number, seed: number): Float32Array {
  const random = new Seeded(seed), x = new Float32Array(2 * length);
  const [c, s] = [size * Math.cos(phase), size * Math.sin(phase)];
  for (let k = 0; k < x.length; k += 2) {
    const a = 2 * random.next() - 1 + offset, b = noise * (2 * random.next() - 1) + 0.3 * offset;
    [x[k], x[k + 1]] = [a * c - b * s, a * s + b * c];
  }
  return x;
}

function runsOf(sizes: number[], noises: number[], offsets: number[]): Run[] {
  return sizes.flatMap((size) =>
    noises.flatMap((noise) =>
      offsets.flatMap((offset) => PHASES.map((phase) => ({ size, noise, offset, phase })))
    )
  );
}

const tell = ({ size, noise, offset, phase }: Run) =>
  `size ${size}, noise ${noise}, offset ${offset}, phase ${phase}`;

const rowsOf = (rows: readonly Float32Array[]) =>
  complexTensor(Float32Array.from(rows.flatMap((row) => [...row])), [
    rows.length,
    rows[0].length / 2,
  ]);

/** The pullback of gy by `f` at z. */
const pullback = (f: (z: ComplexTensor) => ComplexTensor, gy: ComplexTensor) =>
  grad((z: ComplexTensor) => f(z).mul(gy.conj()).real.sum());

/** What was expected of a run before: norms and engines share it. */
const known = new Map<string, Whitened>();

async function compare(norm: Norm, runs: readonly Run[], length: number, eps: number) {
  const x = runs.map((run, k) => valuesOf(run, length, k));
  const gy = runs.map((_, k) => new Seeded(1000 + k).floats(2 * length));
  const f = (z: ComplexTensor) => norm.apply(z, eps);
  const y = await f(rowsOf(x)).data();
  const gx = await pullback(f, rowsOf(gy))(rowsOf(x)).data();
  runs.forEach((run, k) => {
    const key = `${k}, ${length}, ${eps}, ${norm.aboutZero}, ${tell(run)}`;
    const expected = known.get(key) ?? whitenedRun(x[k], gy[k], eps, norm.aboutZero);
    known.set(key, expected);
    // A line has no deviation across, and where eps is 0 no norm.
    if (!(expected.deviations[1] > 1e-12 * expected.deviations[0])) return;
    const what = `${norm.name} of ${length}, eps ${eps}, ${tell(run)}`;
    const own = (all: ArrayLike<number>) =>
      Array.from(all).slice(2 * length * k, 2 * length * (k + 1));
    assertClose(own(y), expected.y, 1e-5, `y of ${what}`);
    // Of two values all but a rounded difference cancels.
    if (length > 2) assertClose(own(gx), expected.gx, 1e-5, `gx of ${what}`);
  });
}

onEngines("norms whiten fields of one phase, and nearly of one, as float64 does", async () => {
  const runs = runsOf([1, 255, 65535], [0.1, 1e-3, 1e-5, 1e-7, 0], [0, 3]);
  for (const norm of NORMS) {
    for (const length of [150, 17, 2]) {
      for (const eps of [1e-5, 0]) {
        if (length > 2 || eps > 0) await compare(norm, runs, length, eps);
      }
    }
  }
});

onEngines("norms whiten values of any size about any mean as float64 does", async () => {
  const runs = runsOf([1e-19, 1e-10, 1e8, 1e15, 1e19], [0.5, 1e-3, 1e-7, 0], [0, 1e3]);
  for (const norm of NORMS) {
    for (const eps of [1e-5, 0]) await compare(norm, runs, 64, eps);
  }
});

onEngines("norms commute with turns of phase, their derivatives too", async () => {
  const length = 64;
  // A camera's counts, all different; turned by quarters of a right angle nothing is rounded twice.
  const counts = Float32Array.from(
    { length: 2 * length },
    (_, k) => k % 2 ? 0 : 13107 + 1024 * ((37 * (k / 2)) % length),
  );
  const weight = rowsOf([new Seeded(5).floats(2 * length)]);
  const angles = Array.from({ length: 8 }, (_, k) => k * Math.PI / 4);
  for (const norm of NORMS) {
    const f = (z: ComplexTensor) => norm.apply(z, 1e-5);
    const flat = rowsOf([counts]);
    const y = f(flat), gx = pullback(f, weight)(flat);
    for (const angle of angles) {
      const phase = { re: Math.cos(angle), im: Math.sin(angle) };
      const z = flat.mul(phase);
      const what = `${norm.name} turned by ${angle}`;
      assertClose(await f(z).data(), await y.mul(phase).data(), 2e-6, what);
      const slope = pullback(f, weight.mul(phase))(z);
      assertClose(await slope.data(), await gx.mul(phase).data(), 2e-6, `derivative of ${what}`);
    }
  }
});

onEngines("without eps, linear maps of a field leave the moduli of its norm", async () => {
  // The modulus is (dᵀ V⁻¹ d)^½, whatever real matrix of an inverse maps d; all numbers are integers.
  const random = new Seeded(9), length = 100, x = new Float32Array(2 * length), m = x.slice();
  for (let k = 0; k < x.length; k += 2) {
    [x[k], x[k + 1]] = [random.whole(-40, 40), random.whole(-40, 40)];
    [m[k], m[k + 1]] = [1001 * x[k] + 2000 * x[k + 1], 500 * x[k] + 999 * x[k + 1]];
  }
  for (const norm of NORMS) {
    const moduli = (rows: Float32Array) => norm.apply(rowsOf([rows]), 0).abs().data();
    assertClose(await moduli(m), await moduli(x), 1e-5, norm.name);
  }
});

onEngines("second derivatives of norms are those of float64 on fields of one phase", async () => {
  const length = 40;
  const runs = runsOf([1, 65535], [0.3, 1e-2, 1e-5, 0], [0, 3]);
  for (const norm of NORMS) {
    for (const eps of [1e-5, 0]) {
      const random = new Seeded(4);
      const cases = runs.map((run, k) => {
        const x = valuesOf(run, length, k), gy = random.floats(2 * length);
        const { deviations: [s1, s2] } = whitenedRun(x, gy, eps, norm.aboutZero);
        const [c, s] = [Math.cos(run.phase), Math.sin(run.phase)];
        // A direction as long as the deviations along either axis, and a step far below them.
        const v = new Float32Array(2 * length);
        let most = s2;
        for (let j = 0; j < v.length; j += 2) {
          const [a, b] = [s1 * (2 * random.next() - 1), s2 * (2 * random.next() - 1)];
          [v[j], v[j + 1]] = [a * c - b * s, a * s + b * c];
          most = Math.max(most, Math.abs(v[j + 1] * c - v[j] * s));
        }
        return { run, x, gy, v, step: 1e-4 * s2 / most, known: s2 > 1e-12 * s1 };
      });
      const f = (z: ComplexTensor) => norm.apply(z, eps);
      const first = pullback(f, rowsOf(cases.map(({ gy }) => gy)));
      const second = pullback(first, rowsOf(cases.map(({ v }) => v)));
      const found = await second(rowsOf(cases.map(({ x }) => x))).data();
      cases.forEach(({ run, x, gy, v, step, known }, k) => {
        if (!known) return;
        const at = (t: number) =>
          whitenedRun(Float64Array.from(x, (a, j) => a + t * v[j]), gy, eps, norm.aboutZero).gx;
        const [plus, minus] = [at(step), at(-step)];
        const expected = plus.map((a, j) => (a - minus[j]) / (2 * step));
        const own = found.slice(2 * length * k, 2 * length * (k + 1));
        assertClose(own, expected, 1e-3, `${norm.name}, eps ${eps}, ${tell(run)}`);
      });
    }
  }
});

onEngines("out of training a norm whitens by the stored moments as float64 does", async () => {
  const length = 40, eps = 1e-5;
  const runs = runsOf([1e-3, 1, 255, 65535], [0.3, 1e-2, 1e-4, 0], [0, 100]);
  const spread = Float32Array.from(runs.flatMap(({ size, noise, phase }) => {
    const [c, s, l1, l2] = [Math.cos(phase), Math.sin(phase), size ** 2, (size * noise) ** 2];
    return [c * c * l1 + s * s * l2, s * s * l1 + c * c * l2, c * s * (l1 - l2)];
  }));
  const mean = Float32Array.from(runs.flatMap(({ size, offset, phase }) => {
    const [c, s] = [size * offset * Math.cos(phase), size * offset * Math.sin(phase)];
    return [c - 0.3 * s, s + 0.3 * c];
  }));
  const x = runs.map((run, k) => valuesOf(run, length, k));
  const gy = runs.map((_, k) => new Seeded(1000 + k).floats(2 * length));
  const running = {
    mean: complexTensor(mean, [runs.length]),
    spread: tensor(spread, [runs.length, 3]),
  };
  const norm = (rows: ComplexTensor, moments: RealTensor) =>
    batchNorm(rows.transpose(0, 1), { running: { mean: running.mean, spread: moments }, eps })
      .transpose(0, 1);
  const z = rowsOf(x), towards = rowsOf(gy);
  const y = await norm(z, running.spread).data();
  const gx = await pullback((z) => norm(z, running.spread), towards)(z).data();
  const moved = await grad((moments: RealTensor) =>
    norm(z, moments).mul(towards.conj()).real.sum()
  )(running.spread).data();
  runs.forEach((run, k) => {
    const [rr, ii, ri] = spread.subarray(3 * k, 3 * k + 3);
    const h = Math.hypot(rr - ii, 2 * ri);
    const [u, v] = rr >= ii ? [rr - ii + h, 2 * ri] : [2 * ri, ii - rr + h];
    const [c, s] = [u / Math.hypot(u, v), v / Math.hypot(u, v)];
    const l1 = (rr + ii + h) / 2, l2 = Math.max(0, rr * ii - ri * ri) / l1;
    const [s1, s2] = [Math.sqrt(l1 + eps), Math.sqrt(l2 + eps)];
    const [values, slopes, sums] = [[] as number[], [] as number[], [0, 0, 0]];
    for (let j = 0; j < 2 * length; j += 2) {
      const [dr, di] = [x[k][j] - mean[2 * k], x[k][j + 1] - mean[2 * k + 1]];
      const [p, q] = [(c * dr + s * di) / s1, (c * di - s * dr) / s2];
      const [gr, gi] = [gy[k][j], gy[k][j + 1]];
      const [a, b] = [(c * gr + s * gi) / s1, (c * gi - s * gr) / s2];
      values.push(c * p - s * q, s * p + c * q);
      slopes.push(c * a - s * b, s * a + c * b);
      const [along, across] = [-a * p / s1 / 2, -b * q / s2 / 2];
      const both = -(a * q * s1 * s2 + b * p * s1 * s2) / (s1 * s2 * (s1 + s2));
      sums[0] += c * c * along + s * s * across - c * s * both;
      sums[1] += s * s * along + c * c * across + c * s * both;
      sums[2] += 2 * c * s * (along - across) + (c * c - s * s) * both;
    }
    const own = (all: ArrayLike<number>) =>
      Array.from(all).slice(2 * length * k, 2 * length * (k + 1));
    assertClose(own(y), values, 2e-6, `y, ${tell(run)}`);
    assertClose(own(gx), slopes, 2e-6, `gx, ${tell(run)}`);
    assertClose(moved.slice(3 * k, 3 * k + 3), sums, 1e-4, `moments, ${tell(run)}`);
  });
});

onEngines("Γ and β of fields of one phase have the derivatives of float64", async () => {
  const length = 60, eps = 1e-5;
  const x = valuesOf({ size: 65535, noise: 0, offset: 0, phase: 0.3 }, length, 1);
  const gy = new Seeded(2).floats(2 * length);
  const z = rowsOf([x]).transpose(0, 1);
  const layer = new nn.BatchNorm1d(1, { eps });
  layer.weight!.assign(tensor([[1.2, 0.7, -0.4]]));
  layer.apply(z).mul(rowsOf([gy]).transpose(0, 1).conj()).real.sum().backward();
  const { y } = whitenedRun(x, gy, eps, false);
  const sums = [0, 0, 0];
  for (let k = 0; k < y.length; k += 2) {
    sums[0] += gy[k] * y[k];
    sums[1] += gy[k + 1] * y[k + 1];
    sums[2] += gy[k] * y[k + 1] + gy[k + 1] * y[k];
  }
  assertClose(await layer.weight!.grad!.data(), sums, 1e-5, "Γ");
  const bias = [0, 1].map((part) => gy.reduce((sum, g, k) => k % 2 === part ? sum + g : sum, 0));
  assertClose(await layer.bias!.grad!.data(), bias, 1e-5, "β");
});

onEngines("without eps, a norm of values on a line is NaN, never finite and wrong", async () => {
  const x = Float32Array.from({ length: 80 }, (_, k) => (k % 2 ? 4 : 3) * (k >> 1));
  for (const norm of NORMS) {
    const y = await norm.apply(rowsOf([x]), 0).data();
    assert(y.some(Number.isNaN), `${norm.name}: ${y.subarray(0, 8)}`);
  }
});
