import { tensor } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { type Golden, golden } from "../support/golden.ts";
import {
  against,
  biasOf,
  compare,
  compareGradients,
  complexOf,
  interleave,
  optionsOf,
  setComplex,
  setReal,
  weightOf,
} from "./support.ts";

onEngines("Linear agrees with the golden case", async () => {
  const g = await golden("linear");
  const layer = new nn.Linear(7, 4);
  setComplex(layer.weight, weightOf(g, "param.", "fc"));
  setComplex(layer.bias, biasOf(g, "param.", "fc"));
  await compare(g, layer);
  await compareGradients(g, layer, (x) => layer.apply(x), "fc");
});

for (
  const name of [
    "conv2d_k3",
    "conv2d_k5_s2_p2",
    "conv2d_dil2_groups2",
    "conv2d_rect",
    "conv2d_nobias_k1",
  ]
) {
  onEngines(`Conv2d agrees with the golden case ${name}`, async () => {
    const g = await golden(name);
    const { kernelSize, ...options } = optionsOf(g);
    const layer = new nn.Conv2d(Number(g.meta.in), Number(g.meta.out), kernelSize, options);
    setComplex(layer.weight, weightOf(g, "param.", "conv"));
    if (layer.bias) setComplex(layer.bias, biasOf(g, "param.", "conv"));
    await compare(g, layer);
    await compareGradients(g, layer, (x) => layer.apply(x), "conv");
  });
}

for (
  const name of [
    "maxpool2d_k2",
    "maxpool2d_k3_s2_p1_ceil",
    "avgpool2d_k2",
    "avgpool2d_k3_s2_p1_nopadcount",
  ]
) {
  onEngines(`pools agree with the golden case ${name}`, async () => {
    const g = await golden(name);
    const { kernelSize, ...options } = optionsOf(g);
    const Pool = name.startsWith("max") ? nn.MaxPool2d : nn.AvgPool2d;
    await compare(g, new Pool(kernelSize, options));
  });
}

for (
  const [name, Layer] of [["relu", nn.CReLU], ["sigmoid", nn.CSigmoid], ["tanh", nn.CTanh]] as const
) {
  onEngines(`${Layer.name} agrees with the golden case ${name}`, async () => {
    await compare(await golden(name), new Layer());
  });
}

/** A batch norm whose buffers can be set and read like the golden ones. */
interface Case {
  readonly layer: nn.BatchNorm2d | nn.NaiveBatchNorm2d | nn.BatchNorm1d | nn.NaiveBatchNorm1d;
  /** Checks the running statistics, kept under `prefix`. */
  running(prefix: string): Promise<void>;
  /** Checks the parameters' gradients. */
  gradients(): Promise<void>;
  /** Takes over the running statistics for evaluation. */
  take(): void;
}

function covarianceCase(g: Golden): Case {
  const Layer = g.meta.layer === "BatchNorm1d" ? nn.BatchNorm1d : nn.BatchNorm2d;
  const options = optionsOf(g);
  const layer = new Layer(Number(g.meta.features), options);
  const eps: number = options.eps ?? 1e-5;
  if (layer.weight) {
    setReal(layer.weight, g.real("param.weight"));
    const { data, shape } = g.real("param.bias");
    setComplex(layer.bias, { data, shape: [shape[0]] });
  }
  // complexPyTorch starts the running covariance at √2 and adds each batch's with eps in it.
  const channels = Number(g.meta.features);
  const start = Float32Array.from({ length: 3 * channels }, (_, k) => k % 3 === 2 ? 0 : Math.SQRT2);
  setReal(layer.runningCovar, { data: start, shape: [channels, 3] });
  const count = g.complex("x").data.length / 2 / channels;
  let batches = 0;
  let within = 0;
  return {
    layer,
    async running(prefix) {
      assertClose(
        await layer.runningMean!.data(),
        g.complex(`${prefix}buffer.running_mean`).data,
        1e-5,
        "runningMean",
      );
      const momentum = options.momentum === null ? 1 / ++batches : options.momentum ?? 0.1;
      within += momentum * (eps * count / (count - 1) - within);
      const theirs = g.real(`${prefix}buffer.running_covar`).data;
      const ours = await layer.runningCovar!.data();
      assertClose(ours.map((x, k) => (k % 3 === 2 ? x : x + within)), theirs, 1e-5, "runningCovar");
    },
    async gradients() {
      if (!layer.weight) return;
      assertClose(await layer.weight.grad!.data(), g.real("grad.weight").data, 1e-5, "weight.grad");
      assertClose(await layer.bias!.grad!.data(), g.real("grad.bias").data, 1e-5, "bias.grad");
    },
    take() {
      setReal(layer.runningCovar, g.real("buffer.running_covar"));
    },
  };
}

function naiveCase(g: Golden): Case {
  const Layer = g.meta.layer === "NaiveBatchNorm1d" ? nn.NaiveBatchNorm1d : nn.NaiveBatchNorm2d;
  const layer = new Layer(Number(g.meta.features), optionsOf(g));
  const both = (prefix: string, name: string) => ({
    shape: [...g.real(`${prefix}bn_r.${name}`).shape],
    data: interleave(g.real(`${prefix}bn_r.${name}`).data, g.real(`${prefix}bn_i.${name}`).data),
  });
  setComplex(layer.weight, both("param.", "weight"));
  setComplex(layer.bias, both("param.", "bias"));
  const close = async (t: ComplexTensor, prefix: string, name: string) =>
    assertClose(await t.data(), both(prefix, name).data, 1e-5, `${prefix}${name}`);
  return {
    layer,
    async running(prefix) {
      await close(layer.runningMean!, `${prefix}buffer.`, "running_mean");
      await close(layer.runningVar!, `${prefix}buffer.`, "running_var");
    },
    async gradients() {
      await close(layer.weight!.grad!, "grad.", "weight");
      await close(layer.bias!.grad!, "grad.", "bias");
    },
    take() {},
  };
}

for (
  const name of [
    "batchnorm1d_cov",
    "batchnorm1d_cov_cumulative",
    "batchnorm1d_cov_momentum03_eps3",
    "batchnorm1d_cov_noaffine",
    "batchnorm1d_naive",
    "batchnorm2d_cov",
    "batchnorm2d_cov_cumulative",
    "batchnorm2d_cov_momentum03_eps3",
    "batchnorm2d_cov_noaffine",
    "batchnorm2d_naive",
  ]
) {
  onEngines(`batch norms agree with the golden case ${name}`, async () => {
    const g = await golden(name);
    const one = name.includes("naive") ? naiveCase(g) : covarianceCase(g);
    const { layer } = one;
    for (const step of ["step0.", "step1."]) {
      const y = layer.apply(complexOf(g, `${step}x`));
      assertClose(await y.data(), g.complex(`${step}y`).data, 1e-5, `${step}y`);
      await one.running(step);
    }
    const gy = complexOf(g, "gy");
    let y!: ComplexTensor;
    const [loss, [gx]] = valueAndGrad((x: ComplexTensor) => {
      y = layer.apply(x);
      return against(y, gy);
    })(complexOf(g, "x"));
    if (layer.weight) loss.backward();
    assertClose(await y.data(), g.complex("y").data, 1e-5, "y");
    assertClose(await gx.data(), g.complex("gx").data, 1e-5, "gx");
    await one.running("");
    await one.gradients();
    one.take();
    const after = layer.eval().apply(complexOf(g, "eval.x"));
    assertClose(await after.data(), g.complex("eval.y").data, 1e-5, "eval.y");
  });
}

onEngines("softmax of moduli agrees with the golden case", async () => {
  const g = await golden("op_softmax_abs");
  const f = (x: ComplexTensor) =>
    nn.softmax(x.abs()).mul(tensor(g.real("gy").data, g.real("gy").shape)).sum();
  const [, [gx]] = valueAndGrad(f)(complexOf(g, "x"));
  assertClose(await nn.softmax(complexOf(g, "x").abs()).data(), g.real("y").data);
  assertClose(await gx.data(), g.complex("gx").data);
});
