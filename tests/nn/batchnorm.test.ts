import type { InexactArray } from "@argand/argand";
import { assertEquals, assertThrows } from "@std/assert";
import { tensor } from "../../complex/create/create.ts";
import { sizeOf } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { against, random } from "./support.ts";

type Norm = nn.BatchNormBase<Tensor, Tensor>;

/** Two batches in training and one out of it, with all gradients and statistics, as plain numbers. */
async function life(norm: Norm, shape: number[]): Promise<InexactArray[]> {
  const [x, gy] = [random(shape, 1), random(shape, 2)];
  norm.apply(random(shape, 3));
  let y!: ComplexTensor;
  const [loss, [gx]] = valueAndGrad((z: ComplexTensor) => {
    y = norm.apply(z);
    return against(y, gy);
  })(x);
  loss.backward();
  const gradients = norm.namedParameters().map(([, p]) => p.grad!);
  const buffers = norm.namedBuffers().map(([, b]) => b);
  const values = await Promise.all([y, gx, ...gradients, ...buffers].map((t) => t.data()));
  return [...values, await norm.eval().apply(x).data()];
}

onEngines("batch norms of sequences and volumes are those of images, bit for bit", async () => {
  const cases: [Norm, number[], Norm, number[]][] = [
    [new nn.BatchNorm1d(3), [4, 3, 6], new nn.BatchNorm2d(3), [4, 3, 2, 3]],
    [new nn.BatchNorm1d(3), [4, 3], new nn.BatchNorm2d(3), [4, 3, 1, 1]],
    [new nn.BatchNorm3d(3), [4, 3, 2, 3, 5], new nn.BatchNorm2d(3), [4, 3, 6, 5]],
    [new nn.NaiveBatchNorm1d(3), [4, 3, 6], new nn.NaiveBatchNorm2d(3), [4, 3, 2, 3]],
    [new nn.NaiveBatchNorm3d(3), [4, 3, 2, 3, 5], new nn.NaiveBatchNorm2d(3), [4, 3, 6, 5]],
  ];
  for (const [one, shape, two, image] of cases) {
    assertEquals(await life(one, shape), await life(two, image), one.constructor.name);
  }
});

/** Whitening by V^(−1/2), covariances with eps on the diagonal, and 1/√2, in float64. */
function whitened(x: InexactArray, [n, c, ...rest]: number[]) {
  const inner = sizeOf(rest);
  const y = new Float64Array(x.length);
  const moved: number[] = [];
  for (let k = 0; k < c; k++) {
    const at = Array.from(
      { length: n * inner },
      (_, j) => 2 * ((Math.floor(j / inner) * c + k) * inner + j % inner),
    );
    const mean = [0, 1].map((part) => at.reduce((sum, j) => sum + x[j + part], 0) / at.length);
    const cov = (p: number, q: number) =>
      at.reduce((sum, j) => sum + (x[j + p] - mean[p]) * (x[j + q] - mean[q]), 0) / at.length;
    const [rr, ii, ri] = [cov(0, 0), cov(1, 1), cov(0, 1)];
    const [a, b] = [rr + 1e-5, ii + 1e-5];
    const s = Math.sqrt(a * b - ri * ri);
    const t = Math.sqrt(a + b + 2 * s);
    for (const j of at) {
      const [re, im] = [x[j] - mean[0], x[j + 1] - mean[1]];
      y[j] = ((b + s) * re - ri * im) / (s * t) * Math.SQRT1_2;
      y[j + 1] = ((a + s) * im - ri * re) / (s * t) * Math.SQRT1_2;
    }
    const unbiased = at.length / (at.length - 1);
    moved.push(
      0.9 * Math.SQRT1_2 + 0.1 * rr * unbiased,
      0.9 * Math.SQRT1_2 + 0.1 * ii * unbiased,
      0.1 * ri * unbiased,
    );
  }
  return { y, moved };
}

onEngines("covariance norms of sequences and volumes whiten as float64 does", async () => {
  const cases: [nn.CovarianceBatchNorm, number[]][] = [
    [new nn.BatchNorm1d(3), [5, 3, 7]],
    [new nn.BatchNorm3d(2), [3, 2, 3, 2, 4]],
  ];
  for (const [norm, shape] of cases) {
    const z = random(shape, 9).mul({ re: 2, im: 1 }).add(random(shape, 10).real).add({
      re: 3,
      im: -1,
    });
    const expected = whitened(await z.data(), shape);
    assertClose(await norm.apply(z).data(), expected.y, 2e-6, `y of ${shape}`);
    assertClose(await norm.runningCovar!.data(), expected.moved, 2e-6, `covariance of ${shape}`);
  }
});

onEngines("a batch norm with a full symmetric matrix equals one with three entries", async () => {
  const [three, four] = [new nn.BatchNorm2d(2), new nn.BatchNorm2d(2, { mixing: "full" })];
  three.weight!.assign(tensor([[1, 2, 0.5], [0.25, 1, -1]]));
  four.weight!.assign(tensor([[1, 2, 0.5, 0.5], [0.25, 1, -1, -1]]));
  const x = random([3, 2, 4, 4], 8);
  const outputs = [three, four].map((norm) => norm.apply(x));
  outputs.forEach((y) => y.mul(random([3, 2, 4, 4], 9)).real.sum().backward());
  assertClose(await outputs[1].data(), await outputs[0].data(), 1e-6);
  const [symmetric, full] = [await three.weight!.grad!.data(), await four.weight!.grad!.data()];
  // The one entry γri of a symmetric matrix stands in both places.
  const folded = [0, 1].flatMap((c) => {
    const [rr, ii, ri, ir] = full.slice(4 * c, 4 * c + 4);
    return [rr, ii, ri + ir];
  });
  assertClose(symmetric, folded, 1e-5);
});

onEngines("the functional batch norms equal the layers, in training and out of it", async () => {
  const x = random([4, 2, 3, 3], 8);
  const layers = [new nn.BatchNorm2d(2), new nn.NaiveBatchNorm2d(2)] as const;
  const [covariance, naive] = layers;
  const inTraining = [
    nn.functional.batchNorm(x, { weight: covariance.weight, bias: covariance.bias }),
    nn.functional.naiveBatchNorm(x, { weight: naive.weight, bias: naive.bias }),
  ];
  for (const [k, layer] of layers.entries()) {
    assertEquals(await inTraining[k].data(), await layer.apply(x).data());
    layer.eval();
  }
  const plain = { weight: covariance.weight, bias: covariance.bias };
  const running = { mean: covariance.runningMean!, spread: covariance.runningCovar! };
  const y = nn.functional.batchNorm(x, { running, ...plain });
  assertEquals(await y.data(), await covariance.apply(x).data());
  const parts = { mean: naive.runningMean!, spread: naive.runningVar! };
  const own = { running: parts, weight: naive.weight, bias: naive.bias };
  assertEquals(
    await nn.functional.naiveBatchNorm(x, own).data(),
    await naive.apply(x).data(),
  );
});

onEngines("the functional batch norms refuse what does not fit", () => {
  const x = random([4, 2], 8);
  const { weight, bias } = new nn.BatchNorm1d(3);
  const { batchNorm } = nn.functional;
  const cases: [() => unknown, string][] = [
    [() => batchNorm(x, { weight, bias }), "must be [2, 3], got [3, 3]"],
    [() => batchNorm(x, { weight }), "weight and bias, or neither"],
    [() => batchNorm(random([1, 2], 8)), "[1, 2] has one value in each channel"],
    [() => batchNorm(random([2], 8)), "it takes [N, channels, …], got [2]"],
    [() => batchNorm(x, { eps: -1 }), "eps"],
  ];
  for (const [wrong, why] of cases) assertThrows(wrong, ArgandError, why);
});
