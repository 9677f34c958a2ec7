/** The parts of a study: problems, models, and one run for each of them and each seed. */
import { z } from "zod";
import type { Norm } from "../support/networks.ts";
import type { Kind } from "../support/runs/kind.ts";
import { courseSteps } from "../support/training.ts";

export const PROBLEMS = ["mnist", "fibre"] as const;
export type Problem = typeof PROBLEMS[number];

/** The models of each problem, in the order of the report. */
export const MODELS = {
  mnist: ["covariance", "naive", "none"],
  fibre: ["covariance", "naive", "none", "real", "linear"],
} as const satisfies Record<Problem, readonly Model[]>;
/** A complex network by its norm, a real one of the same size, or the form of the law itself. */
export type Model = Norm | "real" | "linear";

/** Features of each hidden layer of the complex networks for the fibre. */
export const HIDDEN = 128;
/** The standard deviation of the noise on training intensities, as a part of their mean. */
export const NOISE = 0.02;

/** How large a study is. */
export interface Sizes {
  readonly digits: number;
  readonly digitPasses: number;
  readonly testDigits: number;
  readonly fields: number;
  readonly fieldPasses: number;
  readonly heldOut: number;
}

export const FULL: Sizes = {
  digits: 12_800,
  digitPasses: 3,
  testDigits: 10_000,
  fields: 12_800,
  fieldPasses: 20,
  heldOut: 2_000,
};

/** Less than three minutes on two cores with two seeds. */
export const QUICK: Sizes = {
  digits: 1_280,
  digitPasses: 1,
  testDigits: 1_000,
  fields: 3_200,
  fieldPasses: 5,
  heldOut: 1_000,
};

/** The sizes of the runs that choose the rates: for the digits, shorter than those of the study. */
export const TUNING: Sizes = {
  digits: 6_400,
  digitPasses: 1,
  testDigits: 2_000,
  fields: 12_800,
  fieldPasses: 20,
  heldOut: 1_000,
};

/**
 * The learning rates tried once for every model, and the best of each: SGD with momentum 0.9 for the
 * digits, Adam for the fibre. `deno task study --tune` tries them again, with a seed that no study uses,
 * on samples that no study reports on.
 */
export const RATES: Readonly<Record<Problem, readonly number[]>> = {
  mnist: [0.003, 0.01, 0.03, 0.1],
  fibre: [0.003, 0.01, 0.03],
};
const BEST: Readonly<Record<Problem, Readonly<Partial<Record<Model, number>>>>> = {
  mnist: { covariance: 0.03, naive: 0.03, none: 0.03 },
  fibre: { covariance: 0.03, naive: 0.003, none: 0.003, real: 0.003, linear: 0.01 },
};

/** Everything that decides what a run gives. Figures of runs that differ in any of it never mix. */
export const runSchema = z.strictObject({
  /** Raised whenever the same configuration would give other figures. */
  version: z.literal(2),
  problem: z.enum(PROBLEMS),
  model: z.enum(["covariance", "naive", "none", "real", "linear"]),
  seed: z.int().nonnegative(),
  rate: z.number().positive(),
  samples: z.int().positive(),
  passes: z.int().positive(),
  batch: z.int().positive(),
  /** Whether samples for choosing rates are measured, instead of those for the report. */
  tuning: z.boolean(),
  tests: z.int().positive(),
  hidden: z.int().positive(),
  noise: z.number().nonnegative(),
  engine: z.enum(["cpu", "webgpu"]),
  adapter: z.string(),
});
export type Run = z.infer<typeof runSchema>;

/** The result of a run. */
export const resultSchema = z.strictObject({
  /** Wrongly read digits, or the relative L2 error of intensities, as a share. */
  error: z.number().nonnegative(),
  /** The error of what takes no notice of the input. */
  baseline: z.number().nonnegative(),
  /** The mean training loss over the last pass. */
  loss: z.number(),
  /** The median of all steps. */
  stepMs: z.number().nonnegative(),
  /** The bytes that the device held after the last step. */
  deviceBytes: z.int().nonnegative(),
  /** Real numbers among the parameters. */
  parameters: z.int().positive(),
  /** All of it, with data and testing. */
  seconds: z.number().nonnegative(),
});
export type Result = z.infer<typeof resultSchema>;

/** A run under a name, for people. */
export const nameOf = ({ problem, model, seed, rate, tuning }: Run): string =>
  `${problem} ${model} seed ${seed}${tuning ? ` rate ${rate}` : ""}`;

/** The steps of a run. */
export const stepsOf = (run: Run): number => courseSteps(run);

/** Where a study computes. */
export interface Place {
  readonly engine: "cpu" | "webgpu";
  readonly adapter: string;
}

/** One run. */
export function runOf(
  problem: Problem,
  model: Model,
  seed: number,
  sizes: Sizes,
  { engine, adapter }: Place,
  rate: number = BEST[problem][model]!,
  tuning = false,
): Run {
  const own = problem === "mnist"
    ? { samples: sizes.digits, passes: sizes.digitPasses, tests: sizes.testDigits, batch: 64 }
    : { samples: sizes.fields, passes: sizes.fieldPasses, tests: sizes.heldOut, batch: 128 };
  const network = problem === "mnist"
    ? { hidden: 500, noise: 0 }
    : { hidden: HIDDEN, noise: NOISE };
  return {
    version: 2,
    problem,
    model,
    seed,
    rate,
    ...own,
    tuning,
    ...network,
    engine,
    adapter,
  };
}

/** All runs of a study with seeds 1 to `seeds`, seed by seed, so that every model has some early. */
export function planOf(
  problems: readonly Problem[],
  seeds: number,
  sizes: Sizes,
  place: Place,
): Run[] {
  return problems.flatMap((problem) =>
    Array.from(
      { length: seeds },
      (_, k) => MODELS[problem].map((model) => runOf(problem, model, k + 1, sizes, place)),
    ).flat()
  );
}

/** The seed of runs that choose rates. */
const TUNING_SEED = 1000;

/** The runs that choose the rates. */
export function tuningOf(problems: readonly Problem[], sizes: Sizes, place: Place): Run[] {
  return problems.flatMap((problem) =>
    MODELS[problem].flatMap((model) =>
      RATES[problem].map((rate) => runOf(problem, model, TUNING_SEED, sizes, place, rate, true))
    )
  );
}

/** The runs of a study, as they are kept and done. */
export const STUDY: Kind<Run, Result> = {
  run: runSchema,
  result: resultSchema,
  worker: new URL("worker.ts", import.meta.url),
  nameOf,
  stepsOf,
  batchOf: ({ batch }) => batch,
  costOf: () => 1,
  groupOf: ({ problem }) => problem,
  secondsOf: ({ seconds }) => seconds,
  lossOf: ({ loss }) => loss,
  tell: (_, { error }) => `error ${(100 * error).toFixed(2)} %`,
};
