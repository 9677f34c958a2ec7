/** A rate that falls by a factor every so many epochs. */
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { checkInteger } from "../../../complex/lazy/shape.ts";
import { checkNumber, noDefault, withDefaults } from "../../checks.ts";
import { Schedule, type Scheduled } from "./schedule.ts";

/** Options of {@link StepLR}. */
export interface StepLROptions {
  /** After how many epochs the rate falls. */
  readonly stepSize: number;
  /** The factor γ; 0.1, if absent. */
  readonly gamma?: number;
}

/**
 * The learning rate times γ every `stepSize` epochs: lr = lr₀ · γ^⌊epoch/stepSize⌋.
 *
 * @throws {ArgandError} if an option is unknown or does not fit.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const schedule = new nn.StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
 * for (let epoch = 0; epoch < 4; epoch++) schedule.step();
 * assert(optimizer.groups[0].lr === 0.25);
 * ```
 */
export class StepLR extends Schedule {
  static {
    nameClass(this, "StepLR");
  }

  readonly #stepSize: number;
  readonly #gamma: number;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: StepLROptions) {
    super(optimizer);
    const what = "make StepLR";
    const { stepSize, gamma } = withDefaults(what, options, {
      stepSize: noDefault<number>(),
      gamma: 0.1,
    });
    checkInteger(what, "stepSize", stepSize, 1);
    checkNumber(what, "gamma", gamma);
    this.#stepSize = stepSize;
    this.#gamma = gamma;
    this.restart();
  }

  /** The rate at `lastEpoch`. */
  protected rate(lr: number): number {
    const falls = this.lastEpoch > 0 && this.lastEpoch % this.#stepSize === 0;
    return falls ? lr * this.#gamma : lr;
  }
}
