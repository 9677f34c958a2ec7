/** Schedules one after another. */
import { describe } from "../../../complex/lazy/describe.ts";
import { checkInteger, checkList } from "../../../complex/lazy/shape.ts";
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { countEntry, EntryReader } from "../../entries.ts";
import type { StateDict } from "../../module.ts";
import { noDefault, withDefaults } from "../../checks.ts";
import { initialLr, noteMade, noteStepped } from "../initial_lr.ts";
import { Schedule, type Scheduled } from "./schedule.ts";

/** Options of {@link SequentialLR}. */
export interface SequentialLROptions {
  /** The schedules in their order, all of the same optimiser. */
  readonly schedulers: readonly Schedule[];
  /** The epochs at which the second and those after it begin. */
  readonly milestones: readonly number[];
}

/**
 * Schedules one after another, each from its own epoch 0 and the rates with which it began: a warm-up,
 * say, and then a cosine.
 *
 * @throws {ArgandError} if the schedules are not all of this optimiser, or there is not one milestone
 * between any two, in rising order.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const schedule = new nn.SequentialLR(optimizer, {
 *   schedulers: [
 *     new nn.LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 }),
 *     new nn.ExponentialLR(optimizer, { gamma: 0.5 }),
 *   ],
 *   milestones: [2],
 * });
 * const rates = [optimizer.groups[0].lr];
 * for (let epoch = 0; epoch < 4; epoch++) {
 *   schedule.step();
 *   rates.push(optimizer.groups[0].lr);
 * }
 * assert(rates.join() === "0.5,0.75,1,0.5,0.25");
 * ```
 */
export class SequentialLR {
  static {
    nameClass(this, "SequentialLR");
  }

  readonly #schedules: readonly Schedule[];
  readonly #milestones: readonly number[];
  #lastEpoch = 0;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: SequentialLROptions) {
    const what = "make SequentialLR";
    const { schedulers, milestones } = withDefaults<SequentialLROptions>(what, options, {
      schedulers: noDefault<readonly Schedule[]>(),
      milestones: noDefault<readonly number[]>(),
    });
    for (const schedule of checkList(what, "schedulers", schedulers)) {
      if (schedule instanceof Schedule && schedule.optimizer === optimizer) continue;
      throw cannot(what, `it takes schedules of the optimiser, got ${describe(schedule)}`);
    }
    if (checkList(what, "milestones", milestones).length !== schedulers.length - 1) {
      throw cannot(what, `${milestones.length} milestones for ${schedulers.length} schedules`);
    }
    milestones.forEach((epoch, k) =>
      checkInteger(what, "a milestone", epoch, k === 0 ? 1 : milestones[k - 1] + 1)
    );
    this.#schedules = schedulers;
    this.#milestones = milestones;
    // As in PyTorch: the factors that the making of the schedules left are taken back.
    const { groups } = optimizer;
    const before = groups.map(({ lr }) => lr);
    schedulers[0].begin(groups.map((group) => initialLr(group) ?? group.lr));
    groups.forEach((group, k) => noteMade(group, before[k]));
  }

  /** How many steps there have been. */
  get lastEpoch(): number {
    return this.#lastEpoch;
  }

  /** The learning rate of each group that the last step set. */
  get lastLr(): readonly number[] {
    return this.#schedules[this.#at()].lastLr;
  }

  /** Which schedule's turn it is. */
  #at(): number {
    return this.#milestones.filter((epoch) => epoch <= this.#lastEpoch).length;
  }

  /** Sets the learning rates of the next epoch. */
  step(): void {
    this.#lastEpoch++;
    const schedule = this.#schedules[this.#at()];
    try {
      if (this.#milestones.includes(this.#lastEpoch)) schedule.begin();
      else schedule.step();
    } catch (error) {
      this.#lastEpoch--;
      throw error;
    }
    for (const group of this.#schedules[0].optimizer.groups) noteStepped(group);
  }

  /**
   * Where it is: `lastEpoch`, and the states of the schedules as `schedulers.0.lastEpoch`, ….
   *
   * @returns Entries as `formatSafetensors` takes them.
   */
  stateDict(): StateDict {
    const dict: StateDict = new Map([["lastEpoch", countEntry(this.#lastEpoch)]]);
    this.#schedules.forEach((schedule, k) => {
      for (const [name, entry] of schedule.stateDict()) dict.set(`schedulers.${k}.${name}`, entry);
    });
    return dict;
  }

  /**
   * Takes over a state dict; load the optimiser's too, which holds the rates. All of it must fit,
   * else nothing is changed.
   *
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or shape.
   */
  loadStateDict(dict: StateDict): void {
    const reader = new EntryReader("load the state of SequentialLR", dict);
    const epoch = reader.count("lastEpoch");
    const inner = this.#schedules.map((s, k) => s.restore(reader, `schedulers.${k}.`));
    reader.finish();
    this.#lastEpoch = epoch;
    for (const takeOver of inner) takeOver();
  }
}
