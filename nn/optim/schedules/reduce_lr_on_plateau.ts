/** A rate that falls when something no longer gets better. */
import { describe } from "../../../complex/lazy/describe.ts";
import { checkInteger } from "../../../complex/lazy/shape.ts";
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { countEntry, EntryReader, numbersEntry } from "../../entries.ts";
import type { StateDict } from "../../module.ts";
import { checkNumber, checkWord, withDefaults } from "../../checks.ts";
import { noteStepped } from "../initial_lr.ts";
import { checkScheduled, perGroup, type Scheduled } from "./schedule.ts";

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric should fall or rise; `"min"`, if absent. */
  readonly mode?: "min" | "max";
  /** The factor of the rate, below 1; 0.1, if absent. */
  readonly factor?: number;
  /** How many epochs without improvement are borne; 10, if absent. */
  readonly patience?: number;
  /** By how much it must improve to count; 1e-4, if absent. */
  readonly threshold?: number;
  /** Whether that is a part of the best's absolute value or a difference; `"rel"`, if absent. */
  readonly thresholdMode?: "rel" | "abs";
  /** Epochs after a reduction that count as neither good nor bad; 0, if absent. */
  readonly cooldown?: number;
  /** The least rate, of all groups or of each; 0, if absent. */
  readonly minLr?: number | readonly number[];
  /** Smaller changes of the rate are not made; 1e-8, if absent. */
  readonly eps?: number;
}

/**
 * The learning rate times `factor` when a metric, such as the loss over held-out data, has not
 * improved for more than `patience` epochs. A relative threshold is one of |best|, so that metrics may
 * have either sign, such as energies and log-likelihoods; for positive ones the rates are PyTorch's.
 *
 * @throws {ArgandError} if an option is unknown or does not fit; in `step` if the metric is none.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const schedule = new nn.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
 * for (const loss of [3, 2, 2, 2]) schedule.step(loss);
 * assert(optimizer.groups[0].lr === 0.5);
 * ```
 */
export class ReduceLROnPlateau {
  static {
    nameClass(this, "ReduceLROnPlateau");
  }

  readonly #optimizer: Scheduled;
  readonly #options: Required<ReduceLROnPlateauOptions>;
  readonly #least: readonly number[];
  #best: number;
  #bad = 0;
  #cooling = 0;
  #lastEpoch = 0;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: ReduceLROnPlateauOptions = {}) {
    const what = "make ReduceLROnPlateau";
    checkScheduled(what, optimizer);
    const given = withDefaults<Required<ReduceLROnPlateauOptions>>(what, options, {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
    });
    checkWord(what, "mode", given.mode, ["min", "max"]);
    checkWord(what, "thresholdMode", given.thresholdMode, ["rel", "abs"]);
    checkNumber(what, "factor", given.factor, 0, 1, true);
    checkInteger(what, "patience", given.patience);
    checkInteger(what, "cooldown", given.cooldown);
    checkNumber(what, "threshold", given.threshold);
    checkNumber(what, "eps", given.eps);
    this.#least = perGroup(what, "minLr", given.minLr, optimizer);
    this.#optimizer = optimizer;
    this.#options = given;
    this.#best = given.mode === "min" ? Infinity : -Infinity;
  }

  /** How many steps there have been. */
  get lastEpoch(): number {
    return this.#lastEpoch;
  }

  /** The present learning rate of each group. */
  get lastLr(): readonly number[] {
    return this.#optimizer.groups.map(({ lr }) => lr);
  }

  /** Takes the metric of an epoch (NaN counts as no better), and reduces the rates if it is time. */
  step(metric: number): void {
    if (typeof metric !== "number") {
      throw cannot(
        "step ReduceLROnPlateau",
        `the metric must be a number, such as await loss.item(), got ${describe(metric)}`,
      );
    }
    this.#lastEpoch++;
    for (const group of this.#optimizer.groups) noteStepped(group);
    if (this.#better(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    const { patience, cooldown, factor, eps } = this.#options;
    if (this.#bad <= patience) return;
    this.#optimizer.groups.forEach((group, k) => {
      const lr = Math.max(group.lr * factor, this.#least[k]);
      if (group.lr - lr > eps) group.lr = lr;
    });
    this.#cooling = cooldown;
    this.#bad = 0;
  }

  #better(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const [best, sign] = [this.#best, mode === "min" ? -1 : 1];
    if (Math.abs(best) === Infinity) return mode === "min" ? metric < best : metric > best;
    // A part of a negative best is a part of its size: what got worse would count as better else.
    const bound = thresholdMode === "rel"
      ? best * (1 + sign * Math.sign(best) * threshold)
      : best + sign * threshold;
    return mode === "min" ? metric < bound : metric > bound;
  }

  /**
   * Where it is: `best`, `numBadEpochs`, `cooldownCounter` and `lastEpoch`.
   *
   * @returns Entries as `formatSafetensors` takes them.
   */
  stateDict(): StateDict {
    return new Map([
      ["best", numbersEntry([this.#best], [])],
      ["numBadEpochs", countEntry(this.#bad)],
      ["cooldownCounter", countEntry(this.#cooling)],
      ["lastEpoch", countEntry(this.#lastEpoch)],
    ]);
  }

  /**
   * Takes over a state dict; load the optimiser's too, which holds the rates. All of it must fit,
   * else nothing is changed.
   *
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or shape.
   */
  loadStateDict(dict: StateDict): void {
    const reader = new EntryReader("load the state of ReduceLROnPlateau", dict);
    const [best] = reader.numbers("best", []);
    const bad = reader.count("numBadEpochs");
    const cooling = reader.count("cooldownCounter");
    const epoch = reader.count("lastEpoch");
    reader.finish();
    [this.#best, this.#bad, this.#cooling, this.#lastEpoch] = [best, bad, cooling, epoch];
  }
}
