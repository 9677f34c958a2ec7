/** Batch norms: of complex numbers by covariance, or each part by itself, and of real ones by variance. */
import { classNameOf } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { full, ones, parameter, zeros } from "../../complex/create/create.ts";
import { show } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { declarationOf, declareLayer, declareOptions } from "../declare/declaration.ts";
import { flag, nullable, number, optional, positiveInteger, word } from "../declare/field.ts";
import { checkBatch } from "../functional/norm_options.ts";
import { Layer, type LayerKind, type TensorOf } from "../layer.ts";
import { Counter } from "../module.ts";
import { type Affine, batchNorm, mix, type NormKind, type Running } from "../nodes.ts";
import { unitGamma } from "./gamma.ts";
import { checkOfKind, kindField } from "./weight.ts";

/** Options of the batch norms. */
export interface BatchNormOptions {
  /** Added to variances; 1e-5, if absent. */
  readonly eps?: number;
  /**
   * The weight of a new batch in the running statistics; 0.1, if absent. With null they are the
   * average of all batches so far.
   */
  readonly momentum?: number | null;
  /** Whether weight and bias are learned; true, if absent. */
  readonly affine?: boolean;
  /** Whether there are running statistics, for use out of training; true, if absent. */
  readonly trackRunningStats?: boolean;
}

/** Options of the covariance batch norms. */
export interface CovarianceBatchNormOptions<K extends LayerKind = "complex">
  extends BatchNormOptions {
  /**
   * Whether Γ is a symmetric matrix (Trabelsi et al. 2018), if absent, or any real 2×2 matrix, with
   * weight [channels, 4] = γrr, γii, γri, γir. Real numbers have no Γ, and take the first alone.
   */
  readonly mixing?: "symmetric" | "full";
  /** The kind of tensors that the layer takes and gives; `"complex"`, if absent. */
  readonly kind?: K;
}

const channelsField = { channels: positiveInteger };

const naiveFields = {
  eps: optional(number(0), 1e-5),
  momentum: optional(nullable(number(0, 1)), 0.1),
  affine: optional(flag, true),
  trackRunningStats: optional(flag, true),
};

const NAIVE_OPTIONS = declareOptions<BatchNormOptions>(naiveFields);
declareLayer("a NaiveBatchNorm1d", () => NaiveBatchNorm1d, channelsField, NAIVE_OPTIONS);
declareLayer("a NaiveBatchNorm2d", () => NaiveBatchNorm2d, channelsField, NAIVE_OPTIONS);
declareLayer("a NaiveBatchNorm3d", () => NaiveBatchNorm3d, channelsField, NAIVE_OPTIONS);

const COVARIANCE_OPTIONS = declareOptions<CovarianceBatchNormOptions<LayerKind>>({
  ...naiveFields,
  mixing: optional(word("symmetric", "full"), "symmetric"),
  kind: kindField,
});
declareLayer("a BatchNorm1d", () => BatchNorm1d, channelsField, COVARIANCE_OPTIONS);
declareLayer("a BatchNorm2d", () => BatchNorm2d, channelsField, COVARIANCE_OPTIONS);
declareLayer("a BatchNorm3d", () => BatchNorm3d, channelsField, COVARIANCE_OPTIONS);

/**
 * The base of the batch norms: W is the kind of the weight, S that of the second moments, K that of
 * what is normalised.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const net = new nn.Sequential(new nn.Linear(2, 4), new nn.BatchNorm1d(4));
 * const norms = net.modules().filter((m) => m instanceof nn.BatchNormBase);
 * assertEquals(norms.map((m) => m.runningMean?.shape), [[4]]);
 * ```
 */
export abstract class BatchNormBase<
  W extends Tensor,
  S extends Tensor,
  K extends LayerKind = "complex",
> extends Layer<K> {
  /** The kind, for the compiler alone; it follows from the options, not from where the layer is used. */
  declare readonly kind?: NoInfer<K>;
  /** The scale of each channel, or null. */
  readonly weight: W | null;
  /** The shift of each channel, [channels], or null. */
  readonly bias: TensorOf<K> | null;
  /** The running mean, [channels], or null. */
  readonly runningMean: TensorOf<K> | null;
  /** How many batches the running statistics have seen, or null. */
  readonly numBatchesTracked: Counter | null;
  readonly #norm: NormKind;
  readonly #channels: number;
  readonly #ranks: readonly number[];
  /** Added to variances. */
  readonly eps: number;
  readonly #momentum: number | null;

  /** A norm for inputs with a number of axes among `ranks`. */
  constructor(
    norm: NormKind,
    channels: number,
    ranks: readonly number[],
    options: BatchNormOptions | undefined,
    unit: () => W,
  ) {
    super();
    this.#norm = norm;
    const declared = declarationOf<{ channels: number }, BatchNormOptions>(new.target);
    const given = declared.take(this, { channels }, options);
    const { eps, momentum, affine, trackRunningStats } = given;
    const zero = (name: string, requiresGrad: boolean) => {
      const initial = norm === "variance" ? zeros([channels]) : full([channels], { re: 0, im: 0 });
      return parameter(initial as Tensor, { name, requiresGrad }) as TensorOf<K>;
    };
    this.#channels = channels;
    this.#ranks = ranks;
    this.eps = eps;
    this.#momentum = momentum;
    this.weight = affine ? parameter(unit(), { name: "weight" }) : null;
    this.bias = affine ? zero("bias", true) : null;
    this.runningMean = trackRunningStats ? zero("runningMean", false) : null;
    this.numBatchesTracked = trackRunningStats ? new Counter() : null;
  }

  /** The running second moments. */
  protected abstract get spread(): S | null;

  /**
   * The normalised z: in training by the statistics of the batch, which also move the running ones;
   * otherwise by the running ones, where they are tracked.
   */
  override apply(z: TensorOf<K>): TensorOf<K> {
    this.#check(z);
    const running = this.#running();
    const [affine, eps] = [this.affine(), this.eps];
    if (!this.training) return batchNorm(this.#norm, z, { affine, eps, frozen: running });
    const momentum = running ? this.#momentum ?? 1 / (this.numBatchesTracked!.value + 1) : 0;
    const y = batchNorm(this.#norm, z, { affine, eps, tracked: running, momentum });
    if (running) this.numBatchesTracked!.value++;
    return y;
  }

  /**
   * The scale and shift in the norm's own kernel.
   * @internal
   */
  protected affine(): Affine | null {
    return this.weight && { weight: this.weight, bias: this.bias! };
  }

  #running(): Running | null {
    const { runningMean, spread } = this;
    return runningMean && spread ? { mean: runningMean, spread } : null;
  }

  /** Everything that can be wrong with an input, before anything is changed. */
  #check(z: TensorOf<K>): void {
    const what = `apply ${classNameOf(this)}`;
    checkOfKind(what, this.#norm === "variance" ? "real" : "complex", z);
    const { shape } = z;
    if (!this.#ranks.includes(shape.length)) {
      throw cannot(what, `it takes ${this.#ranks.join(" or ")} axes, got ${show(shape)}`);
    }
    if (shape[1] !== this.#channels) {
      throw cannot(
        what,
        `it has ${this.#channels} channels and the input ${show(shape)} has ${shape[1]}`,
      );
    }
    if (this.training || !this.runningMean) checkBatch(what, z, this.#channels);
  }
}

function buffer<T extends Tensor>(initial: T, name: string): T {
  return parameter(initial, { name, requiresGrad: false });
}

/**
 * Batch norm by the covariance of real and imaginary part, or by the variance of real numbers; see
 * {@link BatchNorm1d} for the formula.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const norm: nn.CovarianceBatchNorm = new nn.BatchNorm2d(4);
 * assertEquals(norm.runningCovar?.shape, [4, 3]);
 * ```
 */
export abstract class CovarianceBatchNorm<K extends LayerKind = "complex">
  extends BatchNormBase<RealTensor, RealTensor, K> {
  /** The running covariance, real [channels, 3] = Crr, Cii, Cri, or null. */
  readonly runningCovar: RealTensor | null;
  /** The running variance of a real layer, real [channels], or null. */
  readonly runningVar: RealTensor | null;
  readonly #full: boolean;

  /** A norm for inputs with a number of axes among `ranks`. */
  constructor(
    channels: number,
    ranks: readonly number[],
    options: CovarianceBatchNormOptions<K> | undefined,
  ) {
    const [full, isReal] = [options?.mixing === "full", options?.kind === "real"];
    if (full && isReal) {
      const { what } = declarationOf<never, never>(new.target);
      throw cannot(what, "mixing is of real and imaginary part, and the kind is real");
    }
    const unit = () => isReal ? ones([channels]) : unitGamma([channels], full ? 4 : 3);
    super(isReal ? "variance" : "covariance", channels, ranks, options, unit);
    const tracks = this.runningMean !== null;
    this.runningCovar = tracks && !isReal ? buffer(unitGamma([channels]), "runningCovar") : null;
    this.runningVar = tracks && isReal ? buffer(ones([channels]), "runningVar") : null;
    this.#full = full;
  }

  /** The normalised z; see {@link BatchNormBase.apply}. */
  override apply(z: TensorOf<K>): TensorOf<K> {
    const y = super.apply(z);
    if (!this.#full || !this.weight) return y;
    const shape = [y.shape[1], ...Array<number>(y.rank - 2).fill(1)];
    const gamma = [0, 1, 2, 3].map((k) => this.weight!.at(null, k).reshape(shape));
    return mix(y as ComplexTensor, gamma).add(this.bias!.reshape(shape)) as TensorOf<K>;
  }

  /**
   * The scale and shift in the norm's own kernel, which takes symmetric matrices only.
   * @internal
   */
  protected override affine(): Affine | null {
    return this.#full ? null : super.affine();
  }

  /** The running second moments. */
  protected get spread(): RealTensor | null {
    return this.runningCovar ?? this.runningVar;
  }
}

/**
 * Batch norm of real and imaginary part each by itself; see {@link NaiveBatchNorm1d} for the formula.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const norm: nn.NaiveBatchNorm = new nn.NaiveBatchNorm2d(4);
 * assertEquals(norm.runningVar?.shape, [4]);
 * ```
 */
export abstract class NaiveBatchNorm extends BatchNormBase<ComplexTensor, ComplexTensor> {
  /** The running variances, complex [channels] = Vr + i Vi, or null. */
  readonly runningVar: ComplexTensor | null;

  /** A norm for inputs with a number of axes among `ranks`. */
  constructor(channels: number, ranks: readonly number[], options?: BatchNormOptions) {
    const unit = () => full([channels], { re: 1, im: 1 });
    super("naive", channels, ranks, options, unit);
    this.runningVar = this.runningMean ? buffer(unit(), "runningVar") : null;
  }

  /** The running second moments. */
  protected get spread(): ComplexTensor | null {
    return this.runningVar;
  }
}

/**
 * Covariance batch norm (Trabelsi et al. 2018) of complex [N, C] or [N, C, L]: each channel's (Re z,
 * Im z) is centred, whitened and mixed, y = Γ (V + eps)^{−1/2} (z − μ) + β, with V the 2×2 covariance
 * of the batch and Γ = ((γrr, γri), (γri, γii)).
 *
 * Weight real [C, 3] = γrr, γii, γri, at first 1/√2, 1/√2, 0; bias β complex [C], at first 0. Running
 * mean complex [C] and covariance real [C, 3] = Crr, Cii, Cri, at first 0 and 1/√2, 1/√2, 0; they are
 * moved towards the batch's, the covariance unbiased and without eps. Accuracy is that of
 * `nn.functional.batchNorm`, whatever the phase; out of training, that of the stored covariance.
 *
 * With `kind: "real"` γ (x − μ) / √(V + eps) + β of real numbers, as in PyTorch: weight, bias, running
 * mean and variance real [C], at first 1, 0, 0 and 1.
 *
 * @throws {ArgandError} if the input has other channels, or in training one value in each.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.BatchNorm1d(3);
 * const y = norm.apply(randnComplex([100, 3]));
 * assert(Math.abs(await y.absSquared().mean().item() - 1) < 1e-3);
 * ```
 */
export class BatchNorm1d<K extends LayerKind = "complex"> extends CovarianceBatchNorm<K> {
  /** A norm for `channels` channels. */
  constructor(channels: number, options?: CovarianceBatchNormOptions<K>) {
    super(channels, [2, 3], options);
  }
}

/**
 * Covariance batch norm (Trabelsi et al. 2018) of complex [N, C, H, W]; see {@link BatchNorm1d} for
 * formula, parameters and buffers.
 *
 * @throws {ArgandError} if the input has other channels, or in training one value in each.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.BatchNorm2d(3, { momentum: null });
 * const y = norm.apply(randnComplex([4, 3, 8, 8]));
 * assert(Math.abs(await y.absSquared().mean().item() - 1) < 1e-3);
 * ```
 */
export class BatchNorm2d<K extends LayerKind = "complex"> extends CovarianceBatchNorm<K> {
  /** A norm for `channels` channels. */
  constructor(channels: number, options?: CovarianceBatchNormOptions<K>) {
    super(channels, [4], options);
  }
}

/**
 * Covariance batch norm (Trabelsi et al. 2018) of complex [N, C, D, H, W]; see {@link BatchNorm1d}
 * for formula, parameters and buffers.
 *
 * @throws {ArgandError} if the input has other channels, or in training one value in each.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.BatchNorm3d(3);
 * const y = norm.apply(randnComplex([4, 3, 4, 5, 6]));
 * assert(Math.abs(await y.absSquared().mean().item() - 1) < 1e-3);
 * ```
 */
export class BatchNorm3d<K extends LayerKind = "complex"> extends CovarianceBatchNorm<K> {
  /** A norm for `channels` channels. */
  constructor(channels: number, options?: CovarianceBatchNormOptions<K>) {
    super(channels, [5], options);
  }
}

/**
 * Batch norm of complex [N, C] or [N, C, L], real and imaginary part each by itself as a real batch
 * norm (Ioffe and Szegedy 2015): for either part y = γ (x − μ) / √(V + eps) + β.
 *
 * Weight complex [C] holds γ of both parts as γr + iγi, at first 1 + i; bias complex [C]. Running mean
 * and variances complex [C] likewise, at first 0 and 1 + i; the variances are moved towards the
 * batch's unbiased ones.
 *
 * @throws {ArgandError} if the input has other channels, or in training one value in each.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.NaiveBatchNorm1d(3);
 * const y = norm.apply(randnComplex([100, 3]));
 * assert(Math.abs(await y.real.square().mean().item() - 1) < 1e-3);
 * ```
 */
export class NaiveBatchNorm1d extends NaiveBatchNorm {
  /** A norm for `channels` channels. */
  constructor(channels: number, options?: BatchNormOptions) {
    super(channels, [2, 3], options);
  }
}

/**
 * Batch norm of complex [N, C, H, W], real and imaginary part each by itself; see
 * {@link NaiveBatchNorm1d} for formula, parameters and buffers.
 *
 * @throws {ArgandError} if the input has other channels, or in training one value in each.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.NaiveBatchNorm2d(3);
 * const y = norm.apply(randnComplex([4, 3, 8, 8]));
 * assert(Math.abs(await y.real.square().mean().item() - 1) < 1e-3);
 * ```
 */
export class NaiveBatchNorm2d extends NaiveBatchNorm {
  /** A norm for `channels` channels. */
  constructor(channels: number, options?: BatchNormOptions) {
    super(channels, [4], options);
  }
}

/**
 * Batch norm of complex [N, C, D, H, W], real and imaginary part each by itself; see
 * {@link NaiveBatchNorm1d} for formula, parameters and buffers.
 *
 * @throws {ArgandError} if the input has other channels, or in training one value in each.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const norm = new nn.NaiveBatchNorm3d(3);
 * const y = norm.apply(randnComplex([4, 3, 4, 5, 6]));
 * assert(Math.abs(await y.real.square().mean().item() - 1) < 1e-3);
 * ```
 */
export class NaiveBatchNorm3d extends NaiveBatchNorm {
  /** A norm for `channels` channels. */
  constructor(channels: number, options?: BatchNormOptions) {
    super(channels, [5], options);
  }
}
