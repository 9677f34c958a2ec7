/** The founding network: complex LeNet as complexPyTorch trains it on MNIST. */
import { abs, type ComplexTensor, nn, type RealTensor } from "@argand/argand";

/** Which batch norm stands between the convolutions. */
export type Norm = "covariance" | "naive" | "none";

function normalization(norm: Norm, channels: number): nn.Layer[] {
  if (norm === "covariance") return [new nn.BatchNorm2d(channels)];
  return norm === "naive" ? [new nn.NaiveBatchNorm2d(channels)] : [];
}

/** Two convolutions and two linear maps; the moduli of the ten outputs are the digits' logits. */
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
      ...normalization(norm, 10),
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
