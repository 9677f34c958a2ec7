/**
 * Device copies of host data. Data are uploaded for the schedule that needs them and dropped after
 * it; what the same schedule asks for a second time (a constant of a loop) stays, under a budget.
 */
import type { DeviceBuffer, Engine } from "../../../gpu/contract/engine.ts";
import type { Stored } from "../stored.ts";

/** Bytes of copies that may stay. */
const BUDGET = 1 << 28;

/** Schedules that are remembered to have asked for the same data. */
const MOST_USERS = 8;

const kept = new Map<Stored, DeviceBuffer>();
let keptBytes = 0;

/** True when this schedule has asked for these data before. */
function seenBefore(stored: Stored, schedule: number): boolean {
  const { users } = stored;
  if (users.includes(schedule)) return true;
  if (users.length === MOST_USERS) users.shift();
  users.push(schedule);
  return false;
}

function evict(stored: Stored): void {
  const buffer = kept.get(stored)!;
  kept.delete(stored);
  keptBytes -= buffer.capacity;
  buffer.engine.release(buffer);
}

/** A device copy of host data, and whether it stays after the schedule. */
export function uploaded(
  stored: Stored,
  engine: Engine,
  schedule: number,
): { readonly buffer: DeviceBuffer; readonly stays: boolean } {
  const known = kept.get(stored);
  if (known && known.engine === engine) {
    kept.delete(stored); // to the end: the least recently used go first
    kept.set(stored, known);
    return { buffer: known, stays: true };
  }
  if (known) evict(stored);
  const host = stored.host!;
  const buffer = engine.acquire(host.byteLength);
  engine.upload(buffer, host);
  const stays = seenBefore(stored, schedule) && buffer.capacity <= BUDGET / 2;
  if (stays) {
    kept.set(stored, buffer);
    keptBytes += buffer.capacity;
    for (const oldest of kept.keys()) {
      if (keptBytes <= BUDGET || oldest === stored) break;
      evict(oldest);
    }
  }
  return { buffer, stays };
}
