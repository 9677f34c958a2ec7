/** Lossless linear layers. */
import { full, parameter } from "../../complex/create/create.ts";
import { randnComplex } from "../../complex/create/random.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { linear } from "../functional/linear.ts";
import { unitary } from "../functional/unitary.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { optional, positiveInteger, word } from "../declare/field.ts";
import { Layer } from "../layer.ts";

/** Options of {@link UnitaryLinear}. */
export interface UnitaryLinearOptions {
  /** U at first: with eigenvalues all round the unit circle, or 1; `"random"`, if absent. */
  readonly init?: "random" | "identity";
}

const UNITARY_LINEAR = declareLayer(
  "a UnitaryLinear",
  () => UnitaryLinear,
  { features: positiveInteger },
  declareOptions<UnitaryLinearOptions>({ init: optional(word("random", "identity"), "random") }),
);

/**
 * y = U x with a learned unitary U = exp(A − Aᴴ), from [N, n] (or […, n]) to the same: a lossless
 * system, such as a mesh of interferometers or a coupling of modes (Lezcano-Casado and Martínez-Rubio
 * 2019). It keeps ‖x‖² of each row, whatever A is within the range of `nn.functional.unitary`; it
 * has no units and no bias.
 *
 * @throws {ArgandError} if n is not a positive integer, or the input has other features.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const z = randnComplex([4, 6]);
 * const [before, after] = [z, new nn.UnitaryLinear(6).apply(z)].map((x) => x.absSquared().sum());
 * assertAlmostEquals(await after.item(), await before.item(), 1e-3);
 * ```
 */
export class UnitaryLinear extends Layer {
  /** A, complex [n, n], of which A − Aᴴ counts. */
  readonly generator: ComplexTensor;

  /** A layer with random U; see `manualSeed`. */
  constructor(features: number, options?: UnitaryLinearOptions) {
    super();
    const { init } = UNITARY_LINEAR.take(this, { features }, options);
    const shape = [features, features];
    // The eigenvalues of A − Aᴴ lie between ±iπ, by Wigner's semicircle of radius 2σ√(2n).
    const initial = init === "random"
      ? randnComplex(shape).mul(Math.PI / Math.sqrt(8 * features))
      : full(shape, { re: 0, im: 0 });
    this.generator = parameter(initial, { name: "generator" });
  }

  /** U, complex [n, n]. */
  get weight(): ComplexTensor {
    return unitary(this.generator);
  }

  /** U x. */
  override apply(z: ComplexTensor): ComplexTensor {
    return linear(z, this.weight);
  }
}
