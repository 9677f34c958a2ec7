/** Data sets whose samples come one after the other. */
import { describe } from "../../complex/lazy/describe.ts";
import { checkInteger } from "../../complex/lazy/shape.ts";
import { nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { withDefaults } from "../checks.ts";

/** Options of {@link IterableDataset}. */
export interface IterableDatasetOptions {
  /** The number of samples an epoch, where it is known; unknown, if absent. */
  readonly length?: number;
}

/**
 * Samples from a function that begins anew for each epoch: a generator, one that waits for files or
 * the network, or anything else that `for await` takes. The loader puts its samples together to
 * batches; it shuffles nothing.
 *
 * @throws {ArgandError} if it is given no function.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const noise = new nn.IterableDataset(function* (epoch) {
 *   for (let k = 0; k < 6; k++) yield { field: randnComplex([8]), label: epoch };
 * }, { length: 6 });
 * for await (const { field, label } of new nn.DataLoader(noise, { batchSize: 3 })) {
 *   assert(field.shape[0] === 3 && label[2] === 0);
 * }
 * ```
 */
export class IterableDataset<S> {
  static {
    nameClass(this, "IterableDataset");
  }

  /** The number of samples an epoch, or null where it is not known. */
  readonly length: number | null;
  /** The samples of an epoch, counted from 0. */
  readonly samples: (epoch: number) => Iterable<S> | AsyncIterable<S>;

  /** A data set of what a function gives in an epoch, counted from 0. */
  constructor(
    samples: (epoch: number) => Iterable<S> | AsyncIterable<S>,
    options?: IterableDatasetOptions,
  ) {
    const what = "make an IterableDataset";
    if (typeof samples !== "function") {
      throw cannot(what, `it takes a function that gives samples, got ${describe(samples)}`);
    }
    const { length } = withDefaults<IterableDatasetOptions>(what, options, { length: undefined });
    if (length !== undefined) checkInteger(what, "length", length, 1);
    this.samples = samples;
    this.length = length ?? null;
  }
}
