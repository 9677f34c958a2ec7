/** Parts of data sets. */
import { describe } from "../../complex/lazy/describe.ts";
import { checkInteger, checkList } from "../../complex/lazy/shape.ts";
import { nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { checkNumber, withDefaults } from "../checks.ts";
import { checkPlaces, collate, type Collated, type Dataset, isNumberArray } from "./dataset.ts";
import { drawSeed, permutation } from "./order.ts";

/** Refuses anything but a data set whose samples have indices. */
export function checkDataset(what: string, data: unknown): void {
  const given = (data ?? {}) as Partial<Dataset<unknown>>;
  const length = typeof given.get === "function" ? given.length : undefined;
  if (typeof length !== "number") {
    const set = "a data set { length, get, … }, such as new nn.TensorDataset(x)";
    throw cannot(what, `it takes ${set}, got ${describe(data)}`);
  }
  checkInteger(what, "the data set's length", length, 1, 2 ** 32 - 1);
}

/**
 * The samples of a data set at some indices.
 *
 * @throws {ArgandError} if a place is not in the data set.
 *
 * @example
 * ```ts
 * import { arange, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const part = new nn.Subset(new nn.TensorDataset(arange(10)), [7, 2]);
 * assertEquals([part.length, await (await part.get(1))[0].item()], [2, 2]);
 * ```
 */
export class Subset<S, B = Collated<S>> implements Dataset<S, B> {
  static {
    nameClass(this, "Subset");
  }

  /** The data set that this is a part of. */
  readonly dataset: Dataset<S, B>;
  /** The number of samples. */
  readonly length: number;
  readonly #indices: Uint32Array;

  /** The samples of `dataset` at `indices`, in this order. */
  constructor(dataset: Dataset<S, B>, indices: ArrayLike<number>) {
    const what = "make a Subset";
    checkDataset(what, dataset);
    if (!isNumberArray(indices)) checkList(what, "indices", indices as readonly number[]);
    for (let k = 0; k < indices.length; k++) {
      checkInteger(what, "an index", indices[k], 0, dataset.length - 1);
    }
    if (indices.length === 0) throw cannot(what, "it takes at least one index, got none");
    this.dataset = dataset;
    this.length = indices.length;
    this.#indices = Uint32Array.from(indices);
  }

  /** The sample at a place of this part. */
  get(index: number): S | Promise<S> {
    checkInteger("take a sample", "the index", index, 0, this.length - 1);
    return this.dataset.get(this.#indices[index]);
  }

  /** The samples at these indices of this part. */
  gather(indices: Uint32Array): B | Promise<B> {
    checkPlaces(indices, this.length);
    return gather(this.dataset, Uint32Array.from(indices, (k) => this.#indices[k]));
  }
}

/** The batch of the samples at these indices. */
export function gather<S, B>(dataset: Dataset<S, B>, indices: Uint32Array): B | Promise<B> {
  if (dataset.gather) return dataset.gather(indices);
  const samples = Array.from(indices, (k) => dataset.get(k));
  if (!samples.some((s) => s instanceof Promise)) return collate(samples as S[]) as B;
  return Promise.all(samples).then((all) => collate(all) as B);
}

/** Options of {@link randomSplit}. */
export interface RandomSplitOptions {
  /** The seed of the order; drawn from the generator of `manualSeed`, if absent. */
  readonly seed?: number;
}

/**
 * A data set in parts without common samples, chosen at random, as PyTorch's `random_split`.
 *
 * @param lengths The numbers of samples, or fractions that add up to 1; what they leave by rounding
 * goes to the first parts, a sample each.
 * @throws {ArgandError} if the lengths do not add up to that of the data set, or a part is empty.
 *
 * @example
 * ```ts
 * import { arange, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new nn.TensorDataset(arange(10));
 * const [train, test] = nn.randomSplit(data, [0.8, 0.2], { seed: 1 });
 * assertEquals([train.length, test.length], [8, 2]);
 * ```
 */
export function randomSplit<S, B>(
  dataset: Dataset<S, B>,
  lengths: readonly number[],
  options?: RandomSplitOptions,
): Subset<S, B>[] {
  const what = "split a data set";
  checkDataset(what, dataset);
  const { seed } = withDefaults<RandomSplitOptions>(what, options, { seed: undefined });
  if (seed !== undefined) checkInteger(what, "seed", seed, 0);
  const total = dataset.length;
  for (const n of checkList(what, "lengths", lengths)) checkNumber(what, "a length", n);
  const sum = lengths.reduce((a, b) => a + b, 0);
  let sizes = [...lengths];
  if (Math.abs(sum - 1) < 1e-9 && total > 1) {
    sizes = lengths.map((part) => Math.floor(part * total + 1e-9));
    const rest = total - sizes.reduce((a, b) => a + b, 0);
    for (let k = 0; k < rest; k++) sizes[k % sizes.length]++;
  } else if (sum !== total) {
    throw cannot(what, `the lengths add up to ${sum} and the data set has ${total} samples`);
  }
  for (const n of sizes) checkInteger(what, "a length", n, 1);
  const order = permutation(total, seed ?? drawSeed(), 0);
  let end = 0;
  return sizes.map((n) => new Subset(dataset, order.subarray(end, end += n)));
}
