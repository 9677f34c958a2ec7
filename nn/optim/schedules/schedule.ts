/** The base of the schedules of learning rates. */
import { accompany } from "../../../complex/lazy/companions.ts";
import { describe } from "../../../complex/lazy/describe.ts";
import type { SafetensorsEntry } from "../../../complex/files/safetensors.ts";
import { classNameOf } from "../../../gpu/contract/class_names.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { countEntry, EntryReader, numbersEntry } from "../../entries.ts";
import type { StateDict } from "../../module.ts";
import { checkNumber } from "../../checks.ts";
import { initialLr, noteMade, noteStepped, setInitialLr, undoMaking } from "../initial_lr.ts";

/** An optimiser, whose learning rates a schedule changes. */
export interface Scheduled {
  /** Its groups of parameters with their learning rates. */
  readonly groups: readonly { lr: number }[];
}

/** Refuses what is not an optimiser. */
export function checkScheduled(what: string, optimizer: unknown): void {
  const { groups } = (optimizer ?? {}) as Partial<Scheduled>;
  if (Array.isArray(groups) && groups.every((g) => typeof g?.lr === "number")) return;
  throw cannot(what, `it takes an optimiser, got ${describe(optimizer)}`);
}

/** A number for each group: one for all, or a list. */
export function perGroup(
  what: string,
  name: string,
  value: number | readonly number[],
  { groups }: Scheduled,
): number[] {
  const list = Array.isArray(value) ? value : groups.map(() => value as number);
  if (list.length !== groups.length) {
    throw cannot(what, `${name} has ${list.length} numbers for ${groups.length} groups`);
  }
  for (const x of list) checkNumber(what, name, x);
  return [...list];
}

/**
 * The base of schedules. Making one sets the learning rates of its optimiser to those of epoch 0; each
 * `step` (of an epoch, or of a batch) moves on to the next. As in PyTorch the rates follow from those
 * before, so that several schedules of one optimiser multiply, in whatever order they are made, and a
 * rate that was set by hand is where the next schedule begins. Formulas with lr₀ take it from the
 * optimiser's first schedule: it is the rate that the group had when that one was made, and the
 * optimiser's state dict has it as `initialLr`. A new rate makes no new plan or kernel.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * class Halving extends nn.Schedule {
 *   constructor(optimizer: nn.Scheduled) {
 *     super(optimizer);
 *     this.restart();
 *   }
 *   protected rate(lr: number): number {
 *     return this.lastEpoch === 0 ? lr : lr / 2;
 *   }
 * }
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 0.4 });
 * const schedule = new Halving(optimizer);
 * schedule.step();
 * assert(optimizer.groups[0].lr === 0.2);
 * ```
 */
export abstract class Schedule {
  /**
   * The optimiser whose rates it changes.
   * @internal
   */
  readonly optimizer: Scheduled;
  #baseLrs: number[];
  #lastEpoch = 0;
  #lastLr: number[];

  /** A schedule of an optimiser; a subclass calls `restart` when its options are checked. */
  constructor(optimizer: Scheduled) {
    checkScheduled(`make ${classNameOf(this)}`, optimizer);
    this.optimizer = optimizer;
    this.#lastLr = this.optimizer.groups.map(({ lr }) => lr);
    this.#baseLrs = [...this.#lastLr];
    accompany(this);
  }

  /**
   * Where it is, for a copy of the optimiser's states.
   * @internal
   */
  note(): unknown {
    return this.stateDict();
  }

  /**
   * Goes on from there; the rates come back with the optimiser.
   * @internal
   */
  comeBack(noted: StateDict): void {
    this.loadStateDict(noted);
  }

  /** How many steps there have been. */
  get lastEpoch(): number {
    return this.#lastEpoch;
  }

  /** The learning rate of each group that the last step set. */
  get lastLr(): readonly number[] {
    return [...this.#lastLr];
  }

  /** The learning rate of a group at `lastEpoch`, from the present one and that of the beginning. */
  protected abstract rate(lr: number, base: number, group: number): number;

  /**
   * Goes to epoch 0 from the present rates: a subclass calls it at the end of its constructor.
   * @internal
   */
  restart(): void {
    const { groups } = this.optimizer;
    const before = groups.map(({ lr }) => lr);
    this.#baseLrs = groups.map((group) => initialLr(group) ?? group.lr);
    this.begin(before);
    groups.forEach((group, k) => {
      setInitialLr(group, this.#baseLrs[k]);
      noteMade(group, before[k]);
    });
  }

  /**
   * Goes to epoch 0 from these rates, or from those with which it began.
   * @internal
   */
  begin(from: readonly number[] = this.#baseLrs): void {
    this.#move(0, from);
  }

  /** Sets the learning rates of the next epoch. */
  step(): void {
    const { groups } = this.optimizer;
    this.#move(this.#lastEpoch + 1, groups.map(({ lr }) => lr));
    for (const group of groups) noteStepped(group);
  }

  #move(epoch: number, from: readonly number[]): void {
    const before = this.#lastEpoch;
    this.#lastEpoch = epoch;
    try {
      const rates = from.map((lr, k) => this.rate(lr, this.#baseLrs[k], k));
      for (const lr of rates) checkNumber(`step ${classNameOf(this)}`, "lr", lr);
      this.#lastLr = rates;
    } catch (error) {
      this.#lastEpoch = before;
      throw error;
    }
    this.optimizer.groups.forEach((group, k) => group.lr = this.#lastLr[k]);
  }

  /**
   * Where the schedule is: `lastEpoch`, `baseLrs` and `lastLr`, but not its options. The rates
   * themselves are in the optimiser's state dict.
   *
   * @returns Entries as `formatSafetensors` takes them.
   */
  stateDict(): StateDict {
    return new Map<string, SafetensorsEntry>([
      ["lastEpoch", countEntry(this.#lastEpoch)],
      ["baseLrs", numbersEntry(this.#baseLrs)],
      ["lastLr", numbersEntry(this.#lastLr)],
    ]);
  }

  /**
   * Takes over a state dict; load the optimiser's too, which holds the rates, before or after. All of
   * it must fit, else nothing is changed.
   *
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or shape.
   */
  loadStateDict(dict: StateDict): void {
    const reader = new EntryReader(`load the state of ${classNameOf(this)}`, dict);
    const takeOver = this.restore(reader, "");
    reader.finish();
    takeOver();
  }

  /**
   * Reads the entries under a path; the returned function takes them over.
   * @internal
   */
  restore(reader: EntryReader, path: string): () => void {
    const { length } = this.#baseLrs;
    const epoch = reader.count(`${path}lastEpoch`);
    const base = reader.numbers(`${path}baseLrs`, [length]);
    const last = reader.numbers(`${path}lastLr`, [length]);
    return () => {
      this.#lastEpoch = epoch;
      this.#baseLrs = base;
      this.#lastLr = last;
      for (const group of this.optimizer.groups) undoMaking(group);
    };
  }
}
