/** From when to when the values of a schedule are needed. */
import type { Draft } from "./draft.ts";

/** When a value is needed: the first and the last launch that touches it; Infinity where it stays. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  /** Has a buffer of its own: it is made before the schedule. */
  readonly alone: boolean;
}

/** The lifetime of each slot. */
export function lifetimesOf(
  { bytes, leaves, launches, results }: Pick<Draft, "bytes" | "leaves" | "launches" | "results">,
): Lifetime[] {
  const first = bytes.map(() => Infinity), last = bytes.map(() => -1);
  launches.forEach(({ inputs, outputs }, l) => {
    for (const slots of [inputs, outputs]) {
      for (const s of slots) {
        if (last[s] < 0) first[s] = l;
        last[s] = l;
      }
    }
  });
  for (const s of results) last[s] = Infinity;
  const held = new Set(leaves.map(([slot]) => slot));
  return bytes.map((size, s) => (
    { bytes: size, first: first[s], last: last[s], alone: held.has(s) || last[s] < 0 }
  ));
}
