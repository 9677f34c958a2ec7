/** Plans by the structure they were made for. */
import type { Plan } from "./plan.ts";

/** Plans kept for each engine; those used longest ago go first. */
const MOST_PLANS = 512;

interface Entry {
  readonly hash: number;
  readonly key: Int32Array;
  readonly plan: Plan;
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
  #size = 0;
  #clock = 0;

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
    const entry = { hash, key: own, plan: make(), used: ++this.#clock };
    const list = this.#entries.get(hash);
    if (list) list.push(entry);
    else this.#entries.set(hash, [entry]);
    if (++this.#size > MOST_PLANS) this.#dropOldest();
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
  }
}
