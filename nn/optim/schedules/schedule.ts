/** The base of the schedules of learning rates. */
import { describe } from "../../../complex/lazy/describe.ts";
import type { SafetensorsEntry } from "../../../complex/files/safetensors.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { countEntry, EntryReader, numbersEntry } from "../../entries.ts";
import type { StateDict } from "../../module.ts";
import { checkNumber } from "../../checks.ts";

/** An optimiser, whose learning rates a schedule changes. */
export interface Scheduled {
  /** Its groups of parameters with their learning rates. */
  readonly groups: readonly { lr: number }[];
}

/** The learning rates with which the schedules of an optimiser begin, as PyTorch's `initial_lr`. */
const initial = new WeakMap<object, number>();

/** Makes rates those with which schedules of these groups begin. */
export function setInitial({ groups }: Scheduled, rates: readonly number[]): void {
  groups.forEach((group, k) => initial.set(group, rates[k]));
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
 * before, so that several schedules of one optimiser multiply, and all of them begin with the rates
 * that the optimiser had when the first was made. A new rate makes no new plan or kernel.
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
    checkScheduled(`make ${this.constructor.name}`, optimizer);
    this.optimizer = optimizer;
    this.#lastLr = this.optimizer.groups.map(({ lr }) => lr);
    this.#baseLrs = [...this.#lastLr];
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
   * Goes (back) to epoch 0, from the rates with which the optimiser began.
   * @internal
   */
  restart(): void {
    const { groups } = this.optimizer;
    for (const group of groups) if (!initial.has(group)) initial.set(group, group.lr);
    this.#baseLrs = groups.map((group) => initial.get(group)!);
    this.#move(0, this.#baseLrs);
  }

  /** Sets the learning rates of the next epoch. */
  step(): void {
    this.#move(this.#lastEpoch + 1, this.optimizer.groups.map(({ lr }) => lr));
  }

  #move(epoch: number, from: readonly number[]): void {
    const before = this.#lastEpoch;
    this.#lastEpoch = epoch;
    try {
      const rates = from.map((lr, k) => this.rate(lr, this.#baseLrs[k], k));
      for (const lr of rates) checkNumber(`step ${this.constructor.name}`, "lr", lr);
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
   * Takes over a state dict; load the optimiser's too, which holds the rates. All of it must fit,
   * else nothing is changed.
   *
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or shape.
   */
  loadStateDict(dict: StateDict): void {
    const reader = new EntryReader(`load the state of ${this.constructor.name}`, dict);
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
    };
  }
}
