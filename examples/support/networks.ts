/** The networks of the examples. */
import { abs, type ComplexTensor, concat, nn, randn, type RealTensor, zeros } from "@argand/argand";

/** Which batch norm stands between the layers. */
export type Norm = "covariance" | "naive" | "none";

function norm1d(norm: Norm, features: number): nn.Layer[] {
  if (norm === "covariance") return [new nn.BatchNorm1d(features)];
  return norm === "naive" ? [new nn.NaiveBatchNorm1d(features)] : [];
}

function norm2d(norm: Norm, channels: number): nn.Layer[] {
  if (norm === "covariance") return [new nn.BatchNorm2d(channels)];
  return norm === "naive" ? [new nn.NaiveBatchNorm2d(channels)] : [];
}

/**
 * The founding network: complex LeNet as complexPyTorch trains it on MNIST. Two convolutions and two
 * linear maps; the moduli of the ten outputs are the digits' logits.
 */
export class FoundingNetwork extends nn.Layer {
  readonly conv1: nn.Conv2d = new nn.Conv2d(1, 10, 5);
  readonly features: nn.Sequential;
  readonly classifier: nn.Sequential = new nn.Sequential(
    new nn.Linear(320, 500),
    new nn.CReLU(),
    new nn.Linear(500, 10),
  );

  constructor(norm: Norm, pool: () => nn.Layer = () => new nn.MaxPool2d(2)) {
    super();
    this.features = new nn.Sequential(
      new nn.CReLU(),
      pool(),
      ...norm2d(norm, 10),
      new nn.Conv2d(10, 20, 5),
      new nn.CReLU(),
      pool(),
      new nn.Flatten(),
    );
  }

  override apply(z: ComplexTensor): ComplexTensor {
    return this.classifier.apply(this.features.apply(this.conv1.apply(z)));
  }

  /** The logits of images [N, 1, 28, 28]. */
  logits(images: ComplexTensor): RealTensor {
    return abs(this.apply(images));
  }
}

/** A network from complex fields [N, inputs] to intensities [N, outputs]. */
export interface IntensityNetwork extends nn.Module {
  intensities(fields: ComplexTensor): RealTensor;
}

/** Three complex linear maps with CReLU between them, and the norm before each CReLU. */
export const perceptron = (inputs: number, hidden: number, outputs: number, norm: Norm) =>
  new nn.Sequential(
    new nn.Linear(inputs, hidden),
    ...norm1d(norm, hidden),
    new nn.CReLU(),
    new nn.Linear(hidden, hidden),
    ...norm1d(norm, hidden),
    new nn.CReLU(),
    new nn.Linear(hidden, outputs),
  );

/** A {@link perceptron} with |·|² as output. */
export class ComplexIntensityNetwork extends nn.Layer implements IntensityNetwork {
  readonly layers: nn.Sequential;

  constructor(inputs: number, hidden: number, outputs: number, norm: Norm) {
    super();
    this.layers = perceptron(inputs, hidden, outputs, norm);
  }

  override apply(fields: ComplexTensor): ComplexTensor {
    return this.layers.apply(fields);
  }

  intensities(fields: ComplexTensor): RealTensor {
    return abs(this.apply(fields)).square();
  }
}

/** One complex linear map with |·|² as output: the law of a fibre, with an unknown matrix. */
export class LinearIntensityNetwork extends nn.Layer implements IntensityNetwork {
  readonly matrix: nn.Linear;

  constructor(inputs: number, outputs: number) {
    super();
    this.matrix = new nn.Linear(inputs, outputs, { bias: false });
  }

  override apply(fields: ComplexTensor): ComplexTensor {
    return this.matrix.apply(fields);
  }

  intensities(fields: ComplexTensor): RealTensor {
    return abs(this.apply(fields)).square();
  }
}

/**
 * A real linear map that starts as the complex ones do, by Glorot's rule and without a bias: from
 * PyTorch's smaller weights such networks learn less in the same time.
 */
export function realLinear(inputs: number, outputs: number): nn.Linear<"real"> {
  const layer = new nn.Linear(inputs, outputs, { kind: "real" });
  layer.weight.assign(randn([outputs, inputs]).mul(Math.sqrt(2 / (inputs + outputs))));
  layer.bias!.assign(zeros([outputs]));
  return layer;
}

/** Three real linear maps with ReLU between them. */
export function realPerceptron(
  inputs: number,
  hidden: readonly [number, number],
  outputs: number,
): nn.Sequential<"real"> {
  return new nn.Sequential(
    realLinear(inputs, hidden[0]),
    new nn.ReLU(),
    realLinear(hidden[0], hidden[1]),
    new nn.ReLU(),
    realLinear(hidden[1], outputs),
  );
}

/** Real and imaginary parts side by side, [N, n] → [N, 2n]. */
export const bothParts = (z: ComplexTensor): RealTensor => concat([z.real, z.imag], 1);

/** A {@link realPerceptron} with real and imaginary parts as separate inputs. */
export class RealIntensityNetwork extends nn.Module implements IntensityNetwork {
  readonly layers: nn.Sequential<"real">;

  constructor(inputs: number, hidden: readonly [number, number], outputs: number) {
    super();
    this.layers = realPerceptron(2 * inputs, hidden, outputs);
  }

  intensities(fields: ComplexTensor): RealTensor {
    return this.layers.apply(bothParts(fields));
  }
}

/** Real numbers among the parameters: two for each complex one. */
export function realParameters(network: nn.Module): number {
  return network.parameters().reduce(
    (sum, p) => sum + (p.dtype === "complex64" ? 2 : 1) * p.size,
    0,
  );
}

/** The real numbers of a complex network of the above form, without building it. */
function complexCount(inputs: number, hidden: number, outputs: number, norm: Norm): number {
  const maps = inputs * hidden + hidden + hidden * hidden + hidden + hidden * outputs + outputs;
  const perFeature = norm === "covariance" ? 5 : norm === "naive" ? 4 : 0;
  return 2 * maps + 2 * hidden * perFeature;
}

/**
 * The hidden sizes with which a real network of three maps is as near as it gets to a number of real
 * parameters.
 */
export function hiddenFor(wanted: number, inputs: number, outputs: number): [number, number] {
  const off = ([a, b]: [number, number]) =>
    Math.abs(inputs * a + a + a * b + b + b * outputs + outputs - wanted);
  let best: [number, number] = [1, 1];
  for (let a = 1; a * (inputs + a) <= 2 * wanted; a++) {
    for (const pair of [[a, a], [a + 1, a]] as [number, number][]) {
      if (off(pair) < off(best)) best = pair;
    }
  }
  return best;
}

/**
 * The hidden sizes with which the real network has as many real parameters as the complex ones of
 * `hidden` features: as near as it gets to the middle between that without norm, which has the fewest,
 * and that with covariance norm, which has the most.
 *
 * @param realInputs The real network's inputs; real and imaginary parts, if absent.
 */
export function matchedHidden(
  inputs: number,
  hidden: number,
  outputs: number,
  realInputs = 2 * inputs,
): [number, number] {
  const [fewest, most] = (["none", "covariance"] as const)
    .map((norm) => complexCount(inputs, hidden, outputs, norm));
  return hiddenFor((fewest + most) / 2, realInputs, outputs);
}
