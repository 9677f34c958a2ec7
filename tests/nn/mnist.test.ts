import { assert } from "@std/assert";
import { tensor } from "../../complex/create/create.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import { mnistDigits } from "../../examples/mnist/data.ts";
import * as nn from "../../nn/mod.ts";
import { onCpu, onEngines } from "../support/engines.ts";
import { type Golden, golden } from "../support/golden.ts";
import doubleLosses from "../golden/train_mnist_double.json" with { type: "json" };
import { biasOf, interleave, setComplex, setReal, weightOf } from "./support.ts";

/** The network of complexPyTorch's example. */
class Net extends nn.Layer {
  conv1 = new nn.Conv2d(1, 10, 5);
  conv2 = new nn.Conv2d(10, 20, 5);
  fc1 = new nn.Linear(320, 500);
  fc2 = new nn.Linear(500, 10);
  relu = new nn.CReLU();
  pool = new nn.MaxPool2d(2);
  flatten = new nn.Flatten();

  constructor(readonly bn: nn.BatchNorm2d | nn.NaiveBatchNorm2d) {
    super();
  }

  override apply(z: ComplexTensor): ComplexTensor {
    const first = this.bn.apply(this.pool.apply(this.relu.apply(this.conv1.apply(z))));
    const second = this.pool.apply(this.relu.apply(this.conv2.apply(first)));
    return this.fc2.apply(this.relu.apply(this.fc1.apply(this.flatten.apply(second))));
  }
}

type Kind = "cov" | "naive";

/** The first losses of the golden network, in a precision. */
async function train(g: Golden, kind: Kind, dtype: "complex64" | "complex128"): Promise<number[]> {
  const net = new Net(kind === "cov" ? new nn.BatchNorm2d(10) : new nn.NaiveBatchNorm2d(10));
  for (const [name, layer] of [["conv1", net.conv1], ["conv2", net.conv2]] as const) {
    setComplex(layer.weight, weightOf(g, `param.${name}.`, "conv"));
    setComplex(layer.bias, biasOf(g, `param.${name}.`, "conv"));
  }
  for (const [name, layer] of [["fc1", net.fc1], ["fc2", net.fc2]] as const) {
    setComplex(layer.weight, weightOf(g, `param.${name}.`, "fc"));
    setComplex(layer.bias, biasOf(g, `param.${name}.`, "fc"));
  }
  if (net.bn instanceof nn.BatchNorm2d) {
    setReal(net.bn.weight, g.real("param.bn.weight"));
    const { data } = g.real("param.bn.bias");
    setComplex(net.bn.bias, { data, shape: [10] });
  } else {
    for (const name of ["weight", "bias"] as const) {
      const parts = ["r", "i"].map((p) => g.real(`param.bn.bn_${p}.${name}`).data);
      setComplex(net.bn[name], { data: interleave(parts[0], parts[1]), shape: [10] });
    }
  }
  net.to(dtype);
  // A bias made of two real layers' biases learns at twice the rate.
  const isDouble = (name: string) => name.endsWith("bias") && !name.startsWith("bn");
  const named = net.namedParameters();
  const optimizer = new nn.SGD([
    { params: named.filter(([name]) => !isDouble(name)).map(([, p]) => p) },
    { params: named.filter(([name]) => isDouble(name)).map(([, p]) => p), lr: 0.02 },
  ], { lr: 0.01, momentum: 0.9 });

  const { images, labels } = mnistDigits("training", 384);
  const losses: RealTensor[] = [];
  for (let step = 0; step < 12; step++) {
    const batch = images.subarray(step * 32 * 784, (step + 1) * 32 * 784);
    const x = tensor(Float32Array.from(batch, (v) => v - 0.5), [32, 1, 28, 28]).to(dtype);
    const loss = nn.crossEntropy(net.apply(x), labels.subarray(step * 32, step * 32 + 32));
    loss.backward();
    optimizer.step();
    losses.push(loss);
  }
  return await Promise.all(losses.map((loss) => loss.item()));
}

/** The largest relative difference of losses. */
const worst = (losses: readonly number[], expected: ArrayLike<number>) =>
  Math.max(...losses.map((loss, k) => Math.abs(loss / expected[k] - 1)));

for (const kind of ["cov", "naive"] as const) {
  onEngines(`training on MNIST with ${kind} batch norm follows the golden losses`, async () => {
    const g = await golden(`train_mnist_${kind}`);
    const off = worst(await train(g, kind, "complex64"), g.real("losses").data);
    assert(off < 2e-3, `a loss is off by ${off}`);
  });

  onCpu(`in double precision, with ${kind} batch norm, it follows PyTorch to 10⁻¹⁰`, async () => {
    const losses = await train(await golden(`train_mnist_${kind}`), kind, "complex128");
    const off = worst(losses, doubleLosses[kind]);
    assert(off < 1e-10, `a loss is off by ${off}`);
  });
}
