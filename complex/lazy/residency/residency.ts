/** The memory that an engine holds for the graph, and for how long. Engines share none of it. */
import type { Engine } from "../../../gpu/contract/engine.ts";
import type { Stored } from "../stored.ts";
import { collectGarbage, nextTurn } from "./collector.ts";
import { Reads } from "./reads.ts";
import { Retained } from "./retained.ts";
import { Scalars } from "./scalars.ts";
import { States } from "./states.ts";
import { Submissions } from "./submissions.ts";
import { Uploads } from "./uploads.ts";

/** Bytes of what may stay although it could be had again. */
interface Budgets {
  /** Copies of host data. */
  readonly uploads: number;
  /** Evaluated values. */
  readonly retained: number;
}

const BUDGETS: Budgets = { uploads: 2 ** 28, retained: 2 ** 29 };

/** Bytes from which on objects that the program has dropped are looked for, and by how many more again. */
const WORTH_LOOKING = 2 ** 29, WORTH_LOOKING_AGAIN = 2 ** 26;

/** The owner of an engine's memory. */
export class Residency {
  readonly uploads: Uploads;
  readonly scalars: Scalars;
  readonly retained: Retained;
  readonly states: States;
  readonly submissions: Submissions;
  readonly reads: Reads;
  /** What became of the states, where the device was lost. */
  aftermath: string | null = null;
  /** The bytes that were left when dropped objects were last looked for. */
  #left = 0;

  constructor(readonly engine: Engine, budgets: Budgets = BUDGETS) {
    this.uploads = new Uploads(engine, budgets.uploads);
    this.scalars = new Scalars(engine);
    this.retained = new Retained(engine, budgets.retained);
    this.states = new States(engine);
    this.submissions = new Submissions((made) => this.#forget(made));
    this.reads = new Reads(engine, this);
    engine.onFull = () => {
      if (this.#held() > this.#left + WORTH_LOOKING_AGAIN) this.#look();
    };
  }

  /** Whether so much is held that dropped objects should be looked for. */
  get isPressed(): boolean {
    return this.#held() >= Math.max(WORTH_LOOKING, 2 * this.#left);
  }

  /**
   * Gives back what objects hold that the program has dropped. To be called where it may wait: a program
   * that never lets the event loop turn keeps them all alive.
   */
  async relieve(): Promise<void> {
    this.#left = Infinity; // once at a time
    await nextTurn();
    this.#look();
    await nextTurn(); // in which the collector tells of values
    this.#left = this.#held();
  }

  /** Bytes of what goes with objects of the program. */
  #held(): number {
    return this.states.bytes + this.retained.bytes + this.uploads.bytes;
  }

  #look(): void {
    collectGarbage();
    this.states.sweep();
    this.uploads.sweep();
    this.scalars.sweep();
    this.#left = this.#held();
  }

  /** Gives back what a schedule that did not run was to fill, and what the device may not have made. */
  #forget(made: readonly Stored[]): void {
    for (const value of made) {
      this.scalars.leave(value);
      this.retained.giveBack(value);
    }
    this.scalars.retire();
    this.uploads.trim(0);
  }
}

const residencies = new WeakMap<Engine, Residency>();

/** The residency of an engine, made when it is first asked for. */
export function residencyOf(engine: Engine): Residency {
  let known = residencies.get(engine);
  if (!known) residencies.set(engine, known = new Residency(engine));
  return known;
}
