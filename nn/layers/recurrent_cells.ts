/** Single steps of gated recurrent units. */
import { classNameOf } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { complex, full } from "../../complex/create/create.ts";
import { sameShape, show } from "../../complex/lazy/shape.ts";
import {
  checkComplex,
  checkReal,
  type ComplexTensor,
  type RealTensor,
} from "../../complex/tensor/tensor.ts";
import { gruUpdate } from "../functional/recurrent.ts";
import { declarationOf, declareLayer, declareOptions } from "../declare/declaration.ts";
import { flag, optional, positiveInteger } from "../declare/field.ts";
import { Layer } from "../layer.ts";
import { BatchNorm1d } from "./batchnorm.ts";
import { Linear } from "./linear.ts";
import { recurrentNormal } from "./recurrent_parameters.ts";

/** Options of {@link GRUCell} and {@link BNGRUCell}. */
export interface GRUCellOptions {
  /** Whether each of the six linear maps has a bias; true, if absent. */
  readonly bias?: boolean;
}

const sizes = { inFeatures: positiveInteger, hidden: positiveInteger };
const GRU_CELL_OPTIONS = declareOptions<GRUCellOptions>({ bias: optional(flag, true) });
const GRU_CELL = declareLayer("a GRUCell", () => GRUCell, sizes, GRU_CELL_OPTIONS);
declareLayer("a BNGRUCell", () => BNGRUCell, sizes, GRU_CELL_OPTIONS);

/**
 * One step of a complex gated recurrent unit (Cho et al. 2014; complexPyTorch's GRUCell):
 * r = σ(W₁x + R₁h), z = σ(W₂x + R₂h), n = tanh(W₃x + r∘R₃h), h′ = (1 − z)∘n + z∘h. Each W and R is a
 * complex linear map with its own bias, ∘ the product of complex elements; σ and tanh act on real and
 * imaginary part each by itself.
 *
 * From x [N, in] and h [N, hidden] to h′ [N, hidden]. Without h it starts from zeros. Weights start
 * as those of {@link GRU}, biases as 0.
 *
 * @throws {ArgandError} if a size is not a positive integer, or x or h has other features or rows.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const cell = new nn.GRUCell(3, 8);
 * let h = cell.apply(randnComplex([5, 3]));
 * for (let step = 1; step < 4; step++) h = cell.apply(randnComplex([5, 3]), h);
 * assertEquals(h.shape, [5, 8]);
 * ```
 */
export class GRUCell extends Layer {
  /** W₁, from the input to the reset gate. */
  readonly resetInput: Linear;
  /** R₁, from the hidden state to the reset gate. */
  readonly resetHidden: Linear;
  /** W₂, from the input to the update gate. */
  readonly updateInput: Linear;
  /** R₂, from the hidden state to the update gate. */
  readonly updateHidden: Linear;
  /** W₃, from the input to the candidate. */
  readonly candidateInput: Linear;
  /** R₃, from the hidden state to the candidate. */
  readonly candidateHidden: Linear;
  readonly #hidden: number;

  /** A cell with random weights; see `manualSeed`. */
  constructor(inFeatures: number, hidden: number, options?: GRUCellOptions) {
    super();
    const declared: typeof GRU_CELL = declarationOf(new.target);
    const { bias } = declared.take(this, { inFeatures, hidden }, options);
    const ofInput = () => new Linear(inFeatures, hidden, { bias });
    const ofHidden = () => {
      const map = new Linear(hidden, hidden, { bias });
      map.weight.assign(recurrentNormal(hidden, hidden));
      return map;
    };
    this.resetInput = ofInput();
    this.resetHidden = ofHidden();
    this.updateInput = ofInput();
    this.updateHidden = ofHidden();
    this.candidateInput = ofInput();
    this.candidateHidden = ofHidden();
    this.#hidden = hidden;
  }

  /** h′. Without h it starts from zeros. */
  override apply(x: ComplexTensor, h?: ComplexTensor): ComplexTensor {
    const what = `apply ${classNameOf(this)}`;
    const features = this.resetInput.weight.shape[1];
    if (checkComplex(what, x).rank !== 2 || x.shape[1] !== features) {
      throw cannot(what, `it takes [N, ${features}], got ${show(x.shape)}`);
    }
    const shape = [x.shape[0], this.#hidden];
    const state = h === undefined
      ? full(shape, { re: 0, im: 0 }, { dtype: x.dtype })
      : checkComplex(what, h);
    if (!sameShape(state.shape, shape)) {
      throw cannot(what, `the hidden state must be ${show(shape)}, got ${show(state.shape)}`);
    }
    const ofInput = (map: Linear) => this.normalized(map.apply(x));
    const ofHidden = (map: Linear) => this.normalized(map.apply(state));
    // In complexPyTorch's order, in which a shared norm's running statistics see the products.
    const [w1, r1] = [ofInput(this.resetInput), ofHidden(this.resetHidden)];
    const [r2, w2] = [ofHidden(this.updateHidden), ofInput(this.updateInput)];
    const [r3, w3] = [ofHidden(this.candidateHidden), ofInput(this.candidateInput)];
    return gruUpdate([w1, w2, w3], [r1, r2, r3], state, (n) => this.normalized(n));
  }

  /** Both parts of h′. Without hr and hi it starts from zeros. */
  override forward(
    xr: RealTensor,
    xi: RealTensor,
    hr?: RealTensor,
    hi?: RealTensor,
  ): [RealTensor, RealTensor] {
    const x = this.#joined("input", xr, xi);
    const h = hr === undefined && hi === undefined
      ? undefined
      : this.#joined("hidden state", hr, hi);
    const next = this.apply(x, h);
    return [next.real, next.imag];
  }

  /** Normalises products and the candidate before σ and tanh. */
  protected normalized(product: ComplexTensor): ComplexTensor {
    return product;
  }

  #joined(of: string, re: RealTensor | undefined, im: RealTensor | undefined): ComplexTensor {
    const what = `apply ${classNameOf(this)}`;
    const [a, b] = [checkReal(what, re), checkReal(what, im)];
    if (sameShape(a.shape, b.shape)) return complex(a, b);
    throw cannot(
      what,
      `the real part of the ${of} has shape ${show(a.shape)} and the imaginary part ${
        show(b.shape)
      }`,
    );
  }
}

/**
 * One step of a complex gated recurrent unit with batch norm (complexPyTorch's BNGRUCell; Cooijmans et
 * al., "Recurrent Batch Normalization", 2017): r = σ(B W₁x + B R₁h), z = σ(B W₂x + B R₂h),
 * n = tanh(B(B W₃x + r∘B R₃h)), h′ = (1 − z)∘n + z∘h.
 *
 * B is one covariance batch norm of a single channel for all seven, so its statistics run over the
 * whole [N, hidden] at once, and a call in training moves its running statistics seven times: by W₁x,
 * R₁h, R₂h, W₂x, R₃h, W₃x and the candidate, as in complexPyTorch.
 *
 * @throws {ArgandError} if a size is not a positive integer, if x or h has other features or rows, or
 * in training there is one value in all.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const cell = new nn.BNGRUCell(3, 8);
 * const h = cell.apply(randnComplex([5, 3]));
 * assert(h.shape[1] === 8 && cell.norm.numBatchesTracked!.value === 7);
 * ```
 */
export class BNGRUCell extends GRUCell {
  /** The norm that all products share; its one channel is the whole of a product. */
  readonly norm: BatchNorm1d;

  /** A cell with random weights; see `manualSeed`. */
  constructor(inFeatures: number, hidden: number, options?: GRUCellOptions) {
    super(inFeatures, hidden, options);
    this.norm = new BatchNorm1d(1);
  }

  /** Normalises products and the candidate before σ and tanh. */
  protected override normalized(product: ComplexTensor): ComplexTensor {
    return this.norm.apply(product.unsqueeze(1)).squeeze(1);
  }
}
