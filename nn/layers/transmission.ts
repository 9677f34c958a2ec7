/** Linear optical systems, such as fibres and scattering media, as layers. */
import { cannot } from "../../gpu/contract/errors.ts";
import { parameter } from "../../complex/create/create.ts";
import { randnComplex } from "../../complex/create/random.ts";
import { checkInteger, show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { checkBasis, transmit } from "../functional/transmission.ts";
import { declareLayer, declareOptions } from "../declare/declaration.ts";
import { basis, flag, nullable, optional, undescribed } from "../declare/field.ts";
import { Layer } from "../layer.ts";

/** Options of {@link TransmissionMatrix}. */
export interface TransmissionMatrixOptions {
  /** The matrix, complex [modes out, modes in]; random, if absent. */
  readonly matrix?: ComplexTensor | null;
  /** Whether the matrix is learned (a parameter) or fixed (a buffer); if absent, only a random one is learned. */
  readonly trainable?: boolean | null;
  /** Whether T = Tᵀ, as that of a reflection into the modes that came in; false, if absent. */
  readonly reciprocal?: boolean;
}

const TRANSMISSION_MATRIX = declareLayer(
  "a TransmissionMatrix",
  () => TransmissionMatrix,
  { inputs: basis, outputs: basis },
  declareOptions<TransmissionMatrixOptions>({
    matrix: optional(undescribed<ComplexTensor | null>(), null),
    trainable: optional(nullable(flag), null),
    reciprocal: optional(flag, false),
  }),
);

/**
 * A complex linear map of fields, y = T x, such as that of a multimode fibre or of a scattering
 * medium, in a basis of modes (Popoff et al., "Measuring the transmission matrix in optics", 2010).
 * Each side is a number of modes, or a basis complex [modes, pixels] for fields on pixels:
 * c = x·conj(B_in)ᵀ, y = (T c)·B_out. From [N, modes in] (or pixels) to [N, modes out] (or pixels).
 * Fields have any one unit, T has none.
 *
 * T is given (from a measurement, say) or starts as circular normal numbers of E|T|² = 1/modes out,
 * which keep the power on average. Reciprocity promises that light sent back through the medium sees
 * Tᵀ: see {@link TransmissionMatrix.reverse}. With `reciprocal` T is the symmetric part (M + Mᵀ)/2 of
 * the stored matrix M.
 *
 * @throws {ArgandError} if a size is not a positive integer, matrix and bases do not fit, T is not
 * square and reciprocal is asked for, or the input has other modes or pixels.
 *
 * @example
 * ```ts
 * import { complex, nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const fibre = new nn.TransmissionMatrix(55, 110); // one polarisation in, two out
 * assertEquals(fibre.apply(randnComplex([8, 55])).shape, [8, 110]);
 *
 * const modes = complex([[1, 0, 0], [0, 1, 0]]); // two modes on three pixels
 * const matrix = complex([[0, 1], [1, 0]]);
 * const onPixels = new nn.TransmissionMatrix(modes, modes, { matrix });
 * const y = onPixels.apply(complex([[5, 7, 9]]));
 * assertEquals(await y.real.toArray(), [[7, 5, 0]]);
 * ```
 */
export class TransmissionMatrix extends Layer {
  /** T, or M with `reciprocal`: complex [modes out, modes in]. */
  readonly matrix: ComplexTensor;
  /** Complex [modes in, pixels in], or null. */
  readonly inputModes: ComplexTensor | null;
  /** Complex [modes out, pixels out], or null. */
  readonly outputModes: ComplexTensor | null;
  readonly #reciprocal: boolean;

  /** A map between modes, given by their number or by their fields. */
  constructor(
    inputs: number | ComplexTensor,
    outputs: number | ComplexTensor,
    options?: TransmissionMatrixOptions,
  ) {
    super();
    const { what } = TRANSMISSION_MATRIX;
    const given = TRANSMISSION_MATRIX.complete({ inputs, outputs }, options);
    const { matrix, reciprocal } = given;
    const trainable = given.trainable ?? matrix === null;
    const [modesIn, modesOut] = [countOf(what, "in", inputs), countOf(what, "out", outputs)];
    if (matrix !== null && checkComplex(what, matrix).shape.join() !== `${modesOut},${modesIn}`) {
      throw cannot(
        what,
        `the matrix is ${show(matrix.shape)} and ${modesIn} modes in, ${modesOut} modes out take ` +
          show([modesOut, modesIn]),
      );
    }
    if (reciprocal && modesIn !== modesOut) {
      throw cannot(what, `${modesIn} modes in and ${modesOut} modes out have no reciprocal T = Tᵀ`);
    }
    // The mean of M and Mᵀ has half the power of each.
    const scale = Math.sqrt((reciprocal ? 2 : 1) / modesOut);
    const initial = matrix ?? randnComplex([modesOut, modesIn]).mul(scale);
    this.matrix = parameter(initial, { name: "matrix", requiresGrad: trainable });
    this.inputModes = basisOf(inputs, "inputModes");
    this.outputModes = basisOf(outputs, "outputModes");
    this.#reciprocal = reciprocal;
    TRANSMISSION_MATRIX.note(this, { ...given, trainable });
  }

  /** T, complex [modes out, modes in]. */
  get transmission(): ComplexTensor {
    const { matrix } = this;
    return this.#reciprocal ? matrix.add(matrix.T).mul(0.5) : matrix;
  }

  /** T x. */
  override apply(z: ComplexTensor): ComplexTensor {
    const { inputModes, outputModes } = this;
    return transmit(z, this.transmission, { inputModes, outputModes });
  }

  /**
   * Light sent back into the outputs, as it leaves by the inputs: Tᵀ x, by reciprocity. On pixels it is
   * the transpose of the forward map, in the conjugate modes, which are those that travel backwards.
   *
   * @param z Complex [N, modes out] (or pixels).
   * @returns Complex [N, modes in] (or pixels).
   * @throws {ArgandError} if the input has other modes or pixels.
   */
  reverse(z: ComplexTensor): ComplexTensor {
    return transmit(z, this.transmission.T, {
      inputModes: this.outputModes?.conj() ?? null,
      outputModes: this.inputModes?.conj() ?? null,
    });
  }
}

/** The number of modes of one side. */
function countOf(what: string, side: string, modes: number | ComplexTensor): number {
  if (modes instanceof Tensor) {
    checkBasis(what, `the modes ${side}`, modes);
    return modes.shape[0];
  }
  checkInteger(what, `the number of modes ${side}`, modes, 1);
  return modes;
}

/** The basis as a buffer; null where the side is a number of modes. */
function basisOf(modes: number | ComplexTensor, name: string): ComplexTensor | null {
  return typeof modes === "number" ? null : parameter(modes, { name, requiresGrad: false });
}
