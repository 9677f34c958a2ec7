/** Plans by the structure they were made for. */
import type { Plan } from "./plan.ts";

/** Plans kept for each engine, and their bytes on the host; those used longest ago go first. */
const MOST_PLANS = 512, MOST_BYTES = 2 ** 27;

/** Bytes that a plan takes for each word of its key and for each launch, about. */
const OF_WORD = 160, OF_LAUNCH = 3000;

interface Entry {
  readonly hash: number;
  readonly key: Int32Array;
  readonly plan: Plan;
  /** An estimate. */
  readonly bytes: number;
  used: number;
}

function hashOf(key: Int32Array): number {
  let hash = key.length;
  for (let k = 0; k < key.length; k++) hash = Math.imul(hash ^ key[k], 0x9e3779b1) ^ (hash >>> 15);
  return hash;
}

function same(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** The plans of an engine. */
export class PlanCache {
  readonly #entries = new Map<number, Entry[]>();
  readonly #most: number;
  #size = 0;
  #bytes = 0;
  #clock = 0;

  /** At most `most` bytes of plans stay beside the newest. */
  constructor(most = MOST_BYTES) {
    this.#most = most;
  }

  /** How many plans there are. */
  get count(): number {
    return this.#size;
  }

  /** The bytes that they take on the host, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The plan of this very structure, or the one that `make` makes. */
  take(key: Int32Array, make: () => Plan): Plan {
    const hash = hashOf(key);
    const alike = this.#entries.get(hash);
    if (alike) {
      for (let k = 0; k < alike.length; k++) {
        if (!same(alike[k].key, key)) continue;
        alike[k].used = ++this.#clock;
        return alike[k].plan;
      }
    }
    const own = key.slice(); // the walk's array is used again
    const plan = make();
    const bytes = OF_WORD * own.length + OF_LAUNCH * plan.launches.length;
    const entry = { hash, key: own, plan, bytes, used: ++this.#clock };
    const list = this.#entries.get(hash);
    if (list) list.push(entry);
    else this.#entries.set(hash, [entry]);
    this.#size++;
    this.#bytes += bytes;
    while (this.#size > MOST_PLANS || (this.#bytes > this.#most && this.#size > 1)) {
      this.#dropOldest();
    }
    return entry.plan;
  }

  /** Forgets a plan that could not be run: what it was compiled to may have failed for the time being. */
  forget(plan: Plan): void {
    for (const list of this.#entries.values()) {
      const entry = list.find((one) => one.plan === plan);
      if (entry) return this.#drop(entry);
    }
  }

  #dropOldest(): void {
    let oldest: Entry | null = null;
    for (const list of this.#entries.values()) {
      for (const entry of list) if (oldest === null || entry.used < oldest.used) oldest = entry;
    }
    this.#drop(oldest!);
  }

  #drop(dropped: Entry): void {
    const rest = this.#entries.get(dropped.hash)!.filter((entry) => entry !== dropped);
    if (rest.length > 0) this.#entries.set(dropped.hash, rest);
    else this.#entries.delete(dropped.hash);
    this.#size--;
    this.#bytes -= dropped.bytes;
  }
}
