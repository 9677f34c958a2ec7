/** A rate that rises or falls along a line: a warm-up. */
import { checkInteger } from "../../../complex/lazy/shape.ts";
import { checkNumber, withDefaults } from "../../checks.ts";
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { Schedule, type Scheduled } from "./schedule.ts";

/** Options of {@link LinearLR}. */
export interface LinearLROptions {
  /** The factor at epoch 0, above 0 and at most 1; 1/3, if absent. */
  readonly startFactor?: number;
  /** The factor at epoch `totalIters` and after it, at most 1; 1, if absent. */
  readonly endFactor?: number;
  /** The epochs from one factor to the other; 5, if absent. */
  readonly totalIters?: number;
}

/**
 * The learning rate times a factor that goes along a line from `startFactor` to `endFactor` in
 * `totalIters` epochs and then stays: a warm-up.
 *
 * @throws {ArgandError} if an option is unknown or does not fit.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const warmUp = new nn.LinearLR(optimizer, { startFactor: 0.2, totalIters: 4 });
 * warmUp.step();
 * assertAlmostEquals(optimizer.groups[0].lr, 0.4, 1e-12);
 * ```
 */
export class LinearLR extends Schedule {
  static {
    nameClass(this, "LinearLR");
  }

  readonly #start: number;
  readonly #end: number;
  readonly #epochs: number;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: LinearLROptions = {}) {
    super(optimizer);
    const what = "make LinearLR";
    const { startFactor, endFactor, totalIters } = withDefaults(what, options, {
      startFactor: 1 / 3,
      endFactor: 1,
      totalIters: 5,
    });
    checkNumber(what, "startFactor", startFactor, 0, 1);
    if (startFactor === 0) {
      throw cannot(what, "startFactor must be above 0: no factor leads on from 0");
    }
    checkNumber(what, "endFactor", endFactor, 0, 1);
    checkInteger(what, "totalIters", totalIters, 1);
    this.#start = startFactor;
    this.#end = endFactor;
    this.#epochs = totalIters;
    this.restart();
  }

  /** The rate at `lastEpoch`. */
  protected rate(lr: number): number {
    const [epoch, rise] = [this.lastEpoch, this.#end - this.#start];
    if (epoch === 0) return lr * this.#start;
    if (epoch > this.#epochs) return lr;
    return lr * (1 + rise / (this.#epochs * this.#start + (epoch - 1) * rise));
  }
}
