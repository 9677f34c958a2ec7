/** Timing: warmed up, many runs between two waits, several contenders in alternation. */
import type { Contender } from "./contender.ts";

/** How long and how often is measured. */
export interface Patience {
  /** Rounds of all contenders. */
  readonly rounds: number;
  /** Milliseconds that a sample should take. */
  readonly sample: number;
  /** Milliseconds of a single run above which another library is not waited for. */
  readonly longest: number;
}

/** Milliseconds of `runs` runs and the wait after them. */
async function spent(contender: Contender, runs: number): Promise<number> {
  const start = performance.now();
  for (let k = 0; k < runs; k++) {
    const pending = contender.run();
    if (pending) await pending;
  }
  await contender.settle();
  return performance.now() - start;
}

/** Warms up; each call then gives the milliseconds of one run, of many between two waits, less the wait. */
async function sampler(contender: Contender, { sample }: Patience): Promise<() => Promise<number>> {
  await spent(contender, 1);
  const waits = [await spent(contender, 0), await spent(contender, 0), await spent(contender, 0)];
  const wait = Math.min(...waits);
  let once = await spent(contender, 1) - wait;
  if (once < sample / 4) once = (await spent(contender, 4) - wait) / 4;
  const runs = Math.max(1, Math.min(200, Math.ceil(sample / Math.max(once, 0.02))));
  return async () => Math.max(1e-4, (await spent(contender, runs) - wait) / runs);
}

/**
 * Milliseconds of one run of each contender, round by round, in alternation, so that other load on the
 * machine meets them alike.
 */
export async function timeByTurns(
  contenders: readonly Contender[],
  patience: Patience,
): Promise<number[][]> {
  const samples: (() => Promise<number>)[] = [];
  for (const contender of contenders) samples.push(await sampler(contender, patience));
  const rounds: number[][] = contenders.map(() => []);
  for (let r = 0; r < patience.rounds; r++) {
    for (const [k, sample] of samples.entries()) rounds[k].push(await sample());
  }
  return rounds;
}

/** Milliseconds of one run by itself, the wait included. */
export async function single(contender: Contender): Promise<number> {
  return await spent(contender, 1);
}
