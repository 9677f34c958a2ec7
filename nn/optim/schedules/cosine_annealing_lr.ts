/** A rate that follows half a cosine. */
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { checkInteger } from "../../../complex/lazy/shape.ts";
import { checkNumber, noDefault, withDefaults } from "../../checks.ts";
import { Schedule, type Scheduled } from "./schedule.ts";

/** Options of {@link CosineAnnealingLR}. */
export interface CosineAnnealingLROptions {
  /** The epochs until the least rate, T. */
  readonly tMax: number;
  /** The least rate, η; 0, if absent. */
  readonly etaMin?: number;
}

/**
 * The learning rate along a cosine: lr = η + (lr₀ − η)(1 + cos(π·epoch/T))/2 (Loshchilov and Hutter
 * 2017), step by step as PyTorch does it, so that it goes with other schedules.
 *
 * @throws {ArgandError} if an option is unknown or does not fit.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const schedule = new nn.CosineAnnealingLR(optimizer, { tMax: 10 });
 * for (let epoch = 0; epoch < 5; epoch++) schedule.step();
 * assertAlmostEquals(optimizer.groups[0].lr, 0.5, 1e-12);
 * ```
 */
export class CosineAnnealingLR extends Schedule {
  static {
    nameClass(this, "CosineAnnealingLR");
  }

  readonly #tMax: number;
  readonly #etaMin: number;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: CosineAnnealingLROptions) {
    super(optimizer);
    const what = "make CosineAnnealingLR";
    const { tMax, etaMin } = withDefaults(what, options, {
      tMax: noDefault<number>(),
      etaMin: 0,
    });
    checkInteger(what, "tMax", tMax, 1);
    checkNumber(what, "etaMin", etaMin);
    this.#tMax = tMax;
    this.#etaMin = etaMin;
    this.restart();
  }

  /** The rate at `lastEpoch`. */
  protected rate(lr: number, base: number): number {
    const [epoch, t, eta] = [this.lastEpoch, this.#tMax, this.#etaMin];
    if (epoch === 0) return lr;
    if ((epoch - 1) % (2 * t) === t) { // from the least rate, where the ratio below is not a number
      return lr + (base - eta) * (1 - Math.cos(Math.PI / t)) / 2;
    }
    const ratio = (1 + Math.cos(Math.PI * epoch / t)) / (1 + Math.cos(Math.PI * (epoch - 1) / t));
    return eta + ratio * (lr - eta);
  }
}
