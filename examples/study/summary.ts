/** The statistics of a study, and what they say in words. */
import { deviation, mean, median } from "../support/statistics.ts";
import type { Done } from "../support/runs/kind.ts";
import { type Model, MODELS, type Problem, type Result, type Run } from "./plan.ts";

/** The figures of one model on one problem over its seeds. */
export interface Summary {
  readonly problem: Problem;
  readonly model: Model;
  readonly rate: number;
  readonly parameters: number;
  readonly seeds: readonly number[];
  /** In percent: wrongly read digits, or the relative L2 error of intensities. */
  readonly errors: readonly number[];
  readonly mean: number;
  /** The standard deviation over seeds (n − 1); null for one seed. */
  readonly deviation: number | null;
  /** The median over seeds of the median over steps. */
  readonly stepMs: number;
  /** The largest over seeds. */
  readonly deviceBytes: number;
  /** The mean error of what takes no notice of the input, in percent. */
  readonly baseline: number;
}

/** One summary for each model that has runs, in the order of the plan. */
export function summarise(done: readonly Done<Run, Result>[]): Summary[] {
  return (Object.keys(MODELS) as Problem[]).flatMap((problem) =>
    MODELS[problem].flatMap((model) => {
      const own = done.filter(({ run }) => run.problem === problem && run.model === model);
      if (own.length === 0) return [];
      const all = (pick: (result: Result) => number) => own.map(({ result }) => pick(result));
      const errors = all((result) => 100 * result.error);
      return [{
        problem,
        model,
        rate: own[0].run.rate,
        parameters: own[0].result.parameters,
        seeds: own.map(({ run }) => run.seed),
        errors,
        mean: mean(errors),
        deviation: deviation(errors),
        stepMs: median(all((result) => result.stepMs)),
        deviceBytes: Math.max(...all((result) => result.deviceBytes)),
        baseline: 100 * mean(all((result) => result.baseline)),
      }];
    })
  );
}

/** The name of a model in sentences. */
const NAMES: Readonly<Record<Model, string>> = {
  covariance: "covariance norm",
  naive: "naive norm",
  none: "no norm",
  real: "the real network",
  linear: "the linear map",
};

/** How many standard errors a difference must have to count as one. */
const CLEAR = 3;

/**
 * The comparison of two models: the difference of their means, its standard error
 * √(s₁²/n₁ + s₂²/n₂), whether it is three times as large, and whether their seeds overlap.
 */
export function compare(a: Summary, b: Summary): string {
  const [low, high] = a.mean <= b.mean ? [a, b] : [b, a];
  const difference = high.mean - low.mean;
  const head =
    `${NAMES[low.model]} has ${difference.toFixed(places(difference))} percentage points less ` +
    `error than ${NAMES[high.model]}`;
  if (low.deviation === null || high.deviation === null) {
    return `${head}; one seed each shows no spread to compare this with`;
  }
  const standard = Math.sqrt(
    low.deviation ** 2 / low.errors.length + high.deviation ** 2 / high.errors.length,
  );
  const verdict = difference > CLEAR * standard
    ? `more than ${CLEAR} standard errors`
    : `within ${CLEAR} standard errors, not distinguished by these seeds`;
  const apart = Math.max(...low.errors) < Math.min(...high.errors);
  return `${head}, standard error ${standard.toFixed(places(standard))}: ${verdict}; ` +
    (apart ? "no seeds overlap" : "seeds overlap");
}

/** How many decimals show two significant digits of a number, at most three. */
export const places = (x: number): number =>
  x > 0 ? Math.min(3, Math.max(0, 1 - Math.floor(Math.log10(x)))) : 2;

/**
 * Sentences on one problem: those of its models that have learned nothing, every pair of networks, and
 * the form of the law against the best of them.
 */
export function findings(summaries: readonly Summary[]): string[] {
  const linear = summaries.filter(({ model }) => model === "linear");
  const networks = summaries.filter(({ model }) => model !== "linear");
  const [best] = networks.toSorted((a, b) => a.mean - b.mean);
  const pairs = networks.flatMap((a, k) => networks.slice(k + 1).map((b) => compare(a, b)));
  if (best) pairs.push(...linear.map((law) => compare(law, best)));
  const idle = summaries.filter(({ mean, baseline }) => mean >= baseline).map((
    { model, baseline },
  ) =>
    `${NAMES[model]} has learned nothing: an answer that ignores the input has an error ` +
    `of ${baseline.toFixed(1)} %`
  );
  return [...idle, ...pairs];
}
