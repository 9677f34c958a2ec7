/** Linear optical systems in a basis of modes. */
import { cannot } from "../../gpu/contract/errors.ts";
import { matmul } from "../../complex/functions/products.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";
import { withDefaults } from "../checks.ts";
import { linear } from "./linear.ts";

/** Options of {@link transmit}. */
export interface TransmitOptions {
  /** Complex [modes in, pixels in]: the fields x are on those pixels. null, if absent. */
  readonly inputModes?: ComplexTensor | null;
  /** Complex [modes out, pixels out]: the fields y are on those pixels. null, if absent. */
  readonly outputModes?: ComplexTensor | null;
}

/** Refuses anything but a basis of so many modes, or null. */
export function checkBasis(what: string, name: string, basis: unknown, modes?: number): void {
  if (basis === null) return;
  const { rank, shape } = checkComplex(what, basis);
  if (rank === 2 && (modes === undefined || shape[0] === modes)) return;
  throw cannot(what, `${name} must be [${modes ?? "modes"}, pixels], got ${show(shape)}`);
}

/**
 * A complex linear map of fields, y = T x, by the transmission matrix T in a basis of modes (Popoff et
 * al., "Measuring the transmission matrix in optics", 2010). x and y are mode coefficients, or fields
 * on pixels where a basis is given: c = x·conj(B_in)ᵀ, y = (T c)·B_out. The projection is exact for
 * orthonormal rows of B_in. Coefficients have the unit of the field; T has none.
 *
 * @param x Complex [N, modes in] (or […, modes in]); with inputModes […, pixels in].
 * @param matrix T, complex [modes out, modes in].
 * @returns Complex [N, modes out]; with outputModes [N, pixels out].
 * @throws {ArgandError} if the shapes do not fit, or a tensor is not complex.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const swap = complex([[0, 1], [1, 0]], [[0, 0], [0, 0]]);
 * const y = nn.functional.transmit(complex([[1, 2]]), swap);
 * assertEquals(await y.real.toArray(), [[2, 1]]);
 * ```
 */
export function transmit(
  x: ComplexTensor,
  matrix: ComplexTensor,
  options?: TransmitOptions,
): ComplexTensor {
  const what = "transmit a field";
  const { inputModes, outputModes } = withDefaults<Required<TransmitOptions>>(what, options, {
    inputModes: null,
    outputModes: null,
  });
  if (checkComplex(what, matrix).rank !== 2) {
    throw cannot(what, `the matrix must be [modes out, modes in], got ${show(matrix.shape)}`);
  }
  checkBasis(what, "outputModes", outputModes, matrix.shape[0]);
  checkBasis(what, "inputModes", inputModes, matrix.shape[1]);
  const features = inputModes?.shape[1] ?? matrix.shape[1];
  if (checkComplex(what, x).rank === 0 || x.shape.at(-1) !== features) {
    const of = inputModes ? "pixels of inputModes" : "modes of the matrix";
    throw cannot(what, `x ${show(x.shape)} does not end in the ${features} ${of}`);
  }
  const modes = inputModes ? linear(x, inputModes.conj()) : x;
  const y = linear(modes, matrix);
  return outputModes ? matmul(y, outputModes) : y;
}
