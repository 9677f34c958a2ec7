/** The networks that recover an image from the light that leaves a fibre. */
import { abs, ComplexTensor, nn, type RealTensor } from "@argand/argand";
import {
  bothParts,
  matchedHidden,
  type Norm,
  perceptron,
  realLinear,
  realPerceptron,
} from "../support/networks.ts";

/** A complex network by its norm, a real one of as many parameters, or either with a skip path. */
export const VARIANTS = [
  "covariance",
  "naive",
  "none",
  "real",
  "skip",
  "real-skip",
] as const;
export type Variant = typeof VARIANTS[number];

/** A network's input: the complex amplitudes, or their moduli, the roots of intensities. */
export type Light = ComplexTensor | RealTensor;

/** A network from light [N, channels] to images [N, pixels]. */
export interface Imager extends nn.Module {
  image(light: Light): RealTensor;
}

/** The modulus of a perceptron; with a skip path |perceptron(y) + A y|. */
export class ComplexImager extends nn.Layer implements Imager {
  readonly network: nn.Sequential;
  readonly skip: nn.Linear | null;

  constructor(channels: number, hidden: number, pixels: number, norm: Norm, skip: boolean) {
    super();
    this.network = perceptron(channels, hidden, pixels, norm);
    this.skip = skip ? new nn.Linear(channels, pixels, { bias: false }) : null;
  }

  override apply(y: ComplexTensor): ComplexTensor {
    const z = this.network.apply(y);
    return this.skip ? z.add(this.skip.apply(y)) : z;
  }

  image(light: Light): RealTensor {
    return abs(this.apply(light.toComplex()));
  }
}

/** The same with real numbers: it takes both parts of amplitudes side by side, or moduli as they are. */
export class RealImager extends nn.Module implements Imager {
  readonly network: nn.Sequential<"real">;
  readonly skip: nn.Linear<"real"> | null;

  constructor(inputs: number, hidden: [number, number], pixels: number, skip: boolean) {
    super();
    this.network = realPerceptron(inputs, hidden, pixels);
    this.skip = skip ? realLinear(inputs, pixels) : null;
  }

  image(light: Light): RealTensor {
    const x = light instanceof ComplexTensor ? bothParts(light) : light;
    const y = this.network.apply(x);
    return this.skip ? y.add(this.skip.apply(x)) : y;
  }
}

/** A network's input: complex amplitudes, or their intensities in a camera. */
export type Input = "amplitudes" | "intensities";

/** The network of a variant; `hidden` are the features of each hidden layer of the complex ones. */
export function imagerOf(
  variant: Variant,
  input: Input,
  channels: number,
  hidden: number,
  pixels: number,
): Imager {
  if (variant === "real" || variant === "real-skip") {
    const inputs = input === "amplitudes" ? 2 * channels : channels;
    const sizes = matchedHidden(channels, hidden, pixels, inputs);
    return new RealImager(inputs, sizes, pixels, variant === "real-skip");
  }
  const norm = variant === "skip" ? "none" : variant;
  return new ComplexImager(channels, hidden, pixels, norm, variant === "skip");
}
