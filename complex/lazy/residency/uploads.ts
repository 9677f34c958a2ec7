/**
 * Device copies of host data. Data are uploaded for the schedule that needs them and dropped after
 * it; what the same schedule asks for a second time (a constant of a loop) stays, under a budget.
 */
import type { DeviceBuffer, Engine } from "../../../gpu/contract/engine.ts";
import type { Stored } from "../stored.ts";
import { Holdings } from "./holdings.ts";

/** Schedules that are remembered to have asked for the same data. */
const MOST_USERS = 8;

/** True when this schedule has asked for these data before. */
function seenBefore({ users }: Stored, schedule: number): boolean {
  if (users.includes(schedule)) return true;
  if (users.length === MOST_USERS) users.shift();
  users.push(schedule);
  return false;
}

/** The copies on one engine. */
export class Uploads {
  readonly #engine: Engine;
  readonly #budget: number;
  /** Those that stay as long as their data do, the least recently used first. */
  readonly #kept: Holdings<Stored>;

  /** At most `budget` bytes stay after a schedule, and a copy of more than half of them never does. */
  constructor(engine: Engine, budget: number) {
    this.#engine = engine;
    this.#budget = budget;
    this.#kept = new Holdings(engine);
  }

  /** The bytes of the copies that stay. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** How many copies stay. */
  get count(): number {
    return this.#kept.count;
  }

  /** A device copy of host data for a schedule, and whether it stays afterwards. */
  take(
    stored: Stored,
    schedule: number,
  ): { readonly buffer: DeviceBuffer; readonly stays: boolean } {
    const known = this.#kept.bufferOf(stored);
    if (known) {
      this.#kept.touch(stored);
      return { buffer: known, stays: true };
    }
    const host = stored.host!;
    const buffer = this.#engine.acquire(host.byteLength);
    this.#engine.upload(buffer, host);
    const stays = seenBefore(stored, schedule) && buffer.capacity <= this.#budget / 2;
    if (stays) this.#kept.hold(stored, buffer);
    return { buffer, stays };
  }

  /** Keeps to the budget; between schedules, since one in hand may use any of the copies. */
  trim(budget = this.#budget): void {
    this.#kept.trim(budget);
  }

  /** Gives back the copies of data that have been collected. */
  sweep(): void {
    this.#kept.sweep();
  }
}
