/**
 * Which values of a schedule share a buffer, one after the other. The largest are placed first, each in
 * the smallest buffer that is free all the while ("greedy by size for shared objects", Pisarchyk and
 * Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
 */
import { sizeClass } from "../../../gpu/engines/pool.ts";

/** A value: its bytes, and the first and last launch that touches it; Infinity where it stays. */
export interface Life {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  /** Has a buffer of its own: it is made before the schedule. */
  readonly alone: boolean;
}

/** Buffers for values: the place of each, and the bytes of each place. */
export interface Places {
  readonly of: Int32Array;
  readonly bytes: readonly number[];
}

/** Values that share a place, in the order of their lives. */
type Tenants = Life[];

/** Where a life fits between those of the tenants; −1 where it does not. */
function gap(tenants: Tenants, { first, last }: Life): number {
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

/** Places the values. */
export function share(lives: readonly Life[]): Places {
  const of = new Int32Array(lives.length);
  const bytes: number[] = [];
  const tenants: Tenants[] = [];
  const open = (k: number, shared: boolean): void => {
    of[k] = bytes.push(lives[k].bytes) - 1;
    tenants.push(shared ? [lives[k]] : []);
  };
  lives.forEach(({ alone }, k) => alone && open(k, false));
  const shared = bytes.length;
  const order = [...lives.keys()].filter((k) => !lives[k].alone)
    .sort((a, b) => lives[b].bytes - lives[a].bytes || lives[a].first - lives[b].first);
  for (const k of order) {
    const life = lives[k];
    // What stays after the schedule must not hold more than it needs.
    const most = life.last === Infinity ? sizeClass(life.bytes) : Infinity;
    let place = bytes.length - 1, at = -1;
    // The last one opened is the smallest.
    for (; place >= shared && bytes[place] <= most; place--) {
      at = gap(tenants[place], life);
      if (at >= 0) break;
    }
    if (at < 0) {
      open(k, true);
      continue;
    }
    tenants[place].splice(at, 0, life);
    of[k] = place;
  }
  return { of, bytes };
}
