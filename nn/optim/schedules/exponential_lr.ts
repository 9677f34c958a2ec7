/** A rate that falls by a factor every epoch. */
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { checkNumber, noDefault, withDefaults } from "../../checks.ts";
import { Schedule, type Scheduled } from "./schedule.ts";

/** Options of {@link ExponentialLR}. */
export interface ExponentialLROptions {
  /** The factor γ. */
  readonly gamma: number;
}

/**
 * The learning rate times γ every epoch: lr = lr₀ · γ^epoch.
 *
 * @throws {ArgandError} if an option is unknown or does not fit.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const schedule = new nn.ExponentialLR(optimizer, { gamma: 0.5 });
 * for (let epoch = 0; epoch < 3; epoch++) schedule.step();
 * assert(optimizer.groups[0].lr === 0.125);
 * ```
 */
export class ExponentialLR extends Schedule {
  static {
    nameClass(this, "ExponentialLR");
  }

  readonly #gamma: number;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: ExponentialLROptions) {
    super(optimizer);
    const what = "make ExponentialLR";
    const { gamma } = withDefaults(what, options, { gamma: noDefault<number>() });
    checkNumber(what, "gamma", gamma);
    this.#gamma = gamma;
    this.restart();
  }

  /** The rate at `lastEpoch`. */
  protected rate(lr: number): number {
    return this.lastEpoch === 0 ? lr : lr * this.#gamma;
  }
}
