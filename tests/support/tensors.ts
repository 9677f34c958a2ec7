/** Tensors for tests of operations, and one real number of each for their derivatives. */
import {
  type ComplexTensor,
  complexTensor,
  RealTensor,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { sizeOf } from "../../complex/lazy/shape.ts";
import { Seeded } from "./seeded.ts";

/** Which numbers a tensor has. */
export type Kind = "real" | "complex";

/** Repeatable numbers in [−1, 1), of complex ones both parts. */
export function random(seed: number, shape: number[], kind: Kind): Tensor {
  const values = new Seeded(seed);
  const size = sizeOf(shape);
  return kind === "real"
    ? tensor(values.floats(size), shape)
    : complexTensor(values.floats(2 * size), shape);
}

/** A real number that depends on all of y: the real part of its product with fixed weights. */
export function reading(y: Tensor): RealTensor {
  const z = y instanceof RealTensor ? y.toComplex() : y as ComplexTensor;
  return z.mul(random(99, [...y.shape], "complex") as ComplexTensor).real.sum();
}

/** A real number that depends on all gradients of f, for second derivatives. */
export function gradientReading(f: (...x: Tensor[]) => RealTensor) {
  return (...x: Tensor[]): RealTensor => {
    const [, gradients] = valueAndGrad(f)(...x);
    return gradients.map(reading).reduce((a, b) => a.add(b));
  };
}
