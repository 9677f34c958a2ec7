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

/** Warms `work` up; each call then gives the milliseconds of one run: of many between two waits, less the waits. */
async function sampler(work: () => void): Promise<() => Promise<number>> {
  work();
  await settle();
  const wait = await measure(() => {});
  const once = await measure(work);
  const runs = Math.max(1, Math.min(200, Math.ceil(150 / Math.max(once - wait, 0.1))));
  return async () => {
    const spent = await measure(() => {
      for (let k = 0; k < runs; k++) work();
    });
    return (spent - wait) / runs;
  };
}

/** Milliseconds of one run of `work` on the device. */
export async function time(work: () => void, rounds = 5): Promise<number> {
  const sample = await sampler(work);
  const list: number[] = [];
  for (let r = 0; r < rounds; r++) list.push(await sample());
  return median(list);
}

/** The same for several pieces of work, by turns, so that other load on the machine meets them alike. */
export async function timeByTurns(
  works: readonly (() => void)[],
  rounds = 15,
): Promise<number[][]> {
  const samples: (() => Promise<number>)[] = [];
  for (const work of works) samples.push(await sampler(work));
  const list: number[][] = [];
  for (let r = 0; r < rounds; r++) {
    const round: number[] = [];
    for (const sample of samples) round.push(await sample());
    list.push(round);
  }
  return list;
}

async function measure(work: () => void): Promise<number> {
  const start = performance.now();
  work();
  await settle();
  return performance.now() - start;
}
