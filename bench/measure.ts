/** Timing: warmed up, several rounds, medians. */
import { gpu } from "@argand/argand";

/** The middle of a list of numbers. */
export function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}

/** Waits until the device has done everything. */
async function settle(): Promise<void> {
  const engine = gpu.engine();
  const buffer = engine.acquire(4);
  await engine.read([{ buffer, offset: 0, bytes: 4 }]);
  engine.release(buffer);
}

/** Milliseconds of one run of `work` on the device: many runs between two waits, less the waits. */
export async function time(work: () => void, rounds = 5): Promise<number> {
  work();
  await settle();
  const wait = await measure(() => {});
  const once = await measure(work);
  const runs = Math.max(1, Math.min(200, Math.ceil(150 / Math.max(once - wait, 0.1))));
  const list: number[] = [];
  for (let r = 0; r < rounds; r++) {
    const spent = await measure(() => {
      for (let k = 0; k < runs; k++) work();
    });
    list.push((spent - wait) / runs);
  }
  return median(list);
}

async function measure(work: () => void): Promise<number> {
  const start = performance.now();
  work();
  await settle();
  return performance.now() - start;
}
