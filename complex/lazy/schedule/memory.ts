/**
 * Which values of a schedule share a buffer, one after the other. The largest are allocated first, each in
 * the smallest buffer that is free all the while ("greedy by size for shared objects", Pisarchyk and
 * Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
 */
import { sizeClass } from "../../../gpu/engines/shared/pool.ts";
import type { LaunchDraft } from "./draft.ts";
import type { Lifetime } from "./lifetimes.ts";

/** Buffers for slots. */
export interface Allocation {
  /** For each slot its buffer. */
  readonly bufferOf: Int32Array;
  /** The bytes of each buffer. */
  readonly bytes: readonly number[];
}

/** Values that share a buffer, in the order of their lifetimes. */
type Tenants = Lifetime[];

/** Where a lifetime fits between those of the tenants; −1 where it does not. */
function gap(tenants: Tenants, { first, last }: Lifetime): number {
  let low = 0, high = tenants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tenants[middle].first < first) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && tenants[low - 1].last >= first) return -1;
  if (low < tenants.length && tenants[low].first <= last) return -1;
  return low;
}

/** Gives each value a buffer. */
export function allocate(lifetimes: readonly Lifetime[]): Allocation {
  const bufferOf = new Int32Array(lifetimes.length);
  const bytes: number[] = [];
  const tenants: Tenants[] = [];
  const open = (k: number, shared: boolean): void => {
    bufferOf[k] = bytes.push(lifetimes[k].bytes) - 1;
    tenants.push(shared ? [lifetimes[k]] : []);
  };
  lifetimes.forEach(({ alone }, k) => alone && open(k, false));
  const shared = bytes.length;
  const order = [...lifetimes.keys()].filter((k) => !lifetimes[k].alone)
    .sort((a, b) =>
      lifetimes[b].bytes - lifetimes[a].bytes || lifetimes[a].first - lifetimes[b].first
    );
  for (const k of order) {
    const life = lifetimes[k];
    // A value that stays after the schedule must not hold more than it needs.
    const most = life.last === Infinity ? sizeClass(life.bytes) : Infinity;
    let buffer = bytes.length - 1, at = -1;
    // The last one opened is the smallest.
    for (; buffer >= shared && bytes[buffer] <= most; buffer--) {
      at = gap(tenants[buffer], life);
      if (at >= 0) break;
    }
    if (at < 0) {
      open(k, true);
      continue;
    }
    tenants[buffer].splice(at, 0, life);
    bufferOf[k] = buffer;
  }
  return { bufferOf, bytes };
}

/** For each launch the buffers that nothing needs after it; those of `results` stay. */
export function releases(
  launches: readonly Pick<LaunchDraft, "inputs" | "outputs">[],
  { bufferOf }: Allocation,
  results: readonly number[],
): number[][] {
  const seen = new Set(results.map((slot) => bufferOf[slot]));
  const released = launches.map((): number[] => []);
  for (let l = launches.length - 1; l >= 0; l--) {
    for (const slots of [launches[l].inputs, launches[l].outputs]) {
      for (const slot of slots) {
        const buffer = bufferOf[slot];
        if (seen.has(buffer)) continue;
        seen.add(buffer);
        released[l].push(buffer);
      }
    }
  }
  return released;
}
