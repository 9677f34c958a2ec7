/**
 * Device copies of host data. Data are uploaded for the schedule that needs them and dropped after
 * it; what the same schedule asks for a second time (a constant of a loop) stays, under a budget.
 */
import type { DeviceBuffer, Engine } from "../gpu/engine.ts";
import type { Stored } from "./graph.ts";

/** Bytes of copies that may stay. */
const BUDGET = 1 << 28;

const users = new WeakMap<Stored, WeakSet<object>>();
const kept = new Map<Stored, DeviceBuffer>();
let keptBytes = 0;

/** True when this schedule has asked for these data before. */
function seenBefore(stored: Stored, schedule: object): boolean {
  const known = users.get(stored);
  if (!known) users.set(stored, new WeakSet([schedule]));
  else if (known.has(schedule)) return true;
  else known.add(schedule);
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
  schedule: object,
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
