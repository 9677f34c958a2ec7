/**
 * A finite Blaschke product and a network that learns it from the unit circle alone.
 *
 * B(z) = ∏ (z − aₖ) / (1 − āₖ z) is holomorphic in the disc, has its zeros at the aₖ and modulus 1 on
 * the circle. The network is holomorphic, too, and so is its difference from B, which is therefore
 * largest on the circle: an error that is small there is small everywhere inside.
 */
import {
  arange,
  type Complex,
  type ComplexTensor,
  complexTensor,
  manualSeed,
  nn,
  noGrad,
  polar,
  rand,
  type RealTensor,
  sin,
} from "@argand/argand";

/** The zeros at the start. */
export const ZEROS: readonly Complex[] = [
  { re: -0.45, im: 0.5 },
  { re: 0.55, im: 0.35 },
  { re: 0.1, im: -0.65 },
  { re: -0.6, im: -0.3 },
  { re: 0.05, im: 0.1 },
];

/** The points of a training step. */
const POINTS = 256;

/** B at every element of z. */
export function blaschke(z: ComplexTensor, zeros: ComplexTensor): ComplexTensor {
  const column = z.reshape([-1, 1]);
  const factors = column.sub(zeros).div(column.mul(zeros.conj()).neg().add(1));
  return factors.prod(1).reshape(z.shape);
}

class Sine extends nn.Layer {
  override apply(z: ComplexTensor): ComplexTensor {
    return sin(z);
  }
}

/** The network, its optimiser and its function. */
export class Learner {
  readonly #network: nn.Sequential;
  readonly #optimizer: nn.Adam;
  #zeros!: ComplexTensor;
  /** Steps since the zeros were moved. */
  #age = 0;

  constructor(zeros = ZEROS, { width = 24, seed = 1 } = {}) {
    manualSeed(seed);
    this.#network = new nn.Sequential(
      new nn.Linear(1, width),
      new Sine(),
      new nn.Linear(width, width),
      new Sine(),
      new nn.Linear(width, 1),
    );
    this.#optimizer = new nn.Adam(this.#network.parameters());
    this.aim(zeros);
  }

  /** Gives the function to be learned other zeros. */
  aim(zeros: readonly Complex[]): void {
    this.#zeros = complexTensor([...zeros]);
    this.#age = 0;
  }

  /** The function itself. */
  truth(z: ComplexTensor): ComplexTensor {
    return blaschke(z, this.#zeros);
  }

  /** The network at every element of z. */
  guess(z: ComplexTensor): ComplexTensor {
    return noGrad(() => this.#network.apply(z.reshape([-1, 1]))).reshape(z.shape);
  }

  /** One step on points spread evenly over the circle, rotated at random; its loss. */
  step(): RealTensor {
    const phases = arange(POINTS).add(rand([1])).mul(2 * Math.PI / POINTS);
    const z = polar(1, phases).reshape([-1, 1]);
    const loss = this.#network.apply(z).sub(this.truth(z)).absSquared().mean();
    loss.backward();
    this.#optimizer.groups[0].lr = 0.02 / Math.sqrt(1 + this.#age++ / 100);
    this.#optimizer.step();
    return loss;
  }
}
