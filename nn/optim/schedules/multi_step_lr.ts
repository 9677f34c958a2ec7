/** A rate that falls by a factor at given epochs. */
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { checkInteger, checkList } from "../../../complex/lazy/shape.ts";
import { checkNumber, noDefault, withDefaults } from "../../checks.ts";
import { Schedule, type Scheduled } from "./schedule.ts";

/** Options of {@link MultiStepLR}. */
export interface MultiStepLROptions {
  /** The epochs at which the rate falls; at one that is there twice it falls twice. */
  readonly milestones: readonly number[];
  /** The factor γ; 0.1, if absent. */
  readonly gamma?: number;
}

/**
 * The learning rate times γ at each milestone: lr = lr₀ · γⁿ after n of them.
 *
 * @throws {ArgandError} if an option is unknown or does not fit.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const schedule = new nn.MultiStepLR(optimizer, { milestones: [1, 3], gamma: 0.5 });
 * for (let epoch = 0; epoch < 4; epoch++) schedule.step();
 * assert(optimizer.groups[0].lr === 0.25);
 * ```
 */
export class MultiStepLR extends Schedule {
  static {
    nameClass(this, "MultiStepLR");
  }

  readonly #milestones: readonly number[];
  readonly #gamma: number;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: MultiStepLROptions) {
    super(optimizer);
    const what = "make MultiStepLR";
    const { milestones, gamma } = withDefaults(what, options, {
      milestones: noDefault<readonly number[]>(),
      gamma: 0.1,
    });
    for (const epoch of checkList(what, "milestones", milestones)) {
      checkInteger(what, "a milestone", epoch, 0);
    }
    checkNumber(what, "gamma", gamma);
    this.#milestones = milestones;
    this.#gamma = gamma;
    this.restart();
  }

  /** The rate at `lastEpoch`. */
  protected rate(lr: number): number {
    const times = this.#milestones.filter((epoch) => epoch === this.lastEpoch).length;
    return times === 0 ? lr : lr * this.#gamma ** times;
  }
}
