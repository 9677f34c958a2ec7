/** The parts of a series of runs. */
import type { z } from "zod";

/** One kind of runs: how they are written down, told of, and done. */
export interface Kind<Run, Result> {
  /** Everything that decides what a run gives: figures of runs that differ in any of it never mix. */
  readonly run: z.ZodType<Run>;
  /** The result of a run. */
  readonly result: z.ZodType<Result>;
  /** The module whose thread does a run; see `serve` in worker.ts. */
  readonly worker: URL;
  /** A run under a name, for people. */
  nameOf(run: Run): string;
  /** Its steps. */
  stepsOf(run: Run): number;
  /** The samples of a step. */
  batchOf(run: Run): number;
  /** Its cost, in any unit that is the same for all runs of a group. */
  costOf(run: Run): number;
  /** Runs of one group take times in the proportion of their costs. */
  groupOf(run: Run): string;
  /** The seconds that it took. */
  secondsOf(result: Result): number;
  /** Its last loss, for the progress line. */
  lossOf(result: Result): number;
  /** Its result in a few words. */
  tell(run: Run, result: Result): string;
}

/** A run with what it gave. */
export interface Done<Run, Result> {
  readonly run: Run;
  readonly result: Result;
}
