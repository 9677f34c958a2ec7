/** The figures of a study of a fibre over its seeds. */
import type { Done } from "../support/runs/kind.ts";
import { deviation, mean, median } from "../support/statistics.ts";
import { type Fibre, splitBends } from "./bends.ts";
import {
  type ImagingResult,
  type ImagingRun,
  labelOf,
  modelOf,
  type Result,
  type RetrievalResult,
  type RetrievalRun,
  type Run,
} from "./plan.ts";

/** One network's images. Correlations are Pearson's with the mode-limited image, means over digits. */
export interface ImagingFigures {
  /** The mean over seen bends and over seeds. */
  readonly seen: number;
  readonly unseen: number;
  /** The standard deviations over seeds (n − 1); null for one seed. */
  readonly deviations: { readonly seen: number | null; readonly unseen: number | null };
  /** For every bend, by position, the mean over seeds. */
  readonly bends: readonly number[];
  readonly perSeed: readonly { seed: number; seen: number; unseen: number }[];
  readonly parameters: number;
  readonly digits: number;
  readonly passes: number;
  readonly loss: number;
  readonly stepMs: number;
  readonly deviceBytes: number;
}

/** One model's intensities, and its matrix if it has one. */
export interface RetrievalFigures {
  /** The relative L2 error of held-out intensities without noise, and that of each channel's mean. */
  readonly error: number;
  readonly baseline: number;
  readonly errors: readonly number[];
  /** Correlations of learned and measured rows: the mean, the worst, and the mean for each seed. */
  readonly rows: {
    readonly mean: number;
    readonly worst: number;
    readonly perSeed: readonly number[];
  } | null;
  readonly seeds: readonly number[];
  readonly file: string;
  readonly parameters: number;
  readonly stepMs: number;
  readonly deviceBytes: number;
}

/** The focus through the measured fibre by one model, over all output channels and seeds. */
export interface FocusingFigures {
  /** Intensities as fractions of the phase-only optimum (Σ|t|)²/modes. */
  readonly mean: number;
  readonly worst: number;
  readonly perSeed: readonly number[];
  /** The mean of intensities over those of random phases. */
  readonly enhancement: number;
  readonly channels: number;
}

/** All figures of a study, which its last line of output holds. */
export interface Summary {
  readonly split: {
    readonly rule: string;
    readonly seen: readonly string[];
    readonly unseen: readonly string[];
  };
  readonly imaging: Readonly<Record<string, ImagingFigures>>;
  readonly retrieval: Readonly<Record<string, RetrievalFigures>>;
  readonly focusing: Readonly<Record<string, FocusingFigures>>;
}

type ImagingDone = Done<ImagingRun, ImagingResult>;
type RetrievalDone = Done<RetrievalRun, RetrievalResult>;

/** The runs that see through the fibre. */
export const imagingOf = (done: readonly Done<Run, Result>[]): ImagingDone[] =>
  done.filter(({ run }) => run.part === "imaging") as ImagingDone[];

/** The runs that learn it. */
export const retrievalOf = (done: readonly Done<Run, Result>[]): RetrievalDone[] =>
  done.filter(({ run }) => run.part === "retrieval") as RetrievalDone[];

/** Groups in the order in which they first come. */
function groupsBy<T>(list: readonly T[], name: (item: T) => string): [string, T[]][] {
  return [...Map.groupBy(list, name)];
}

const lowest = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b));

function imagingFigures(own: readonly ImagingDone[], bends: number): ImagingFigures {
  const split = splitBends(bends);
  const over = (correlations: readonly number[], places: readonly number[]) =>
    mean(places.map((k) => correlations[k]));
  const perSeed = own.map(({ run, result }) => ({
    seed: run.seed,
    seen: over(result.correlations, split.seen),
    unseen: over(result.correlations, split.unseen),
  }));
  const [seen, unseen] = [perSeed.map((s) => s.seen), perSeed.map((s) => s.unseen)];
  const results = own.map(({ result }) => result);
  return {
    seen: mean(seen),
    unseen: mean(unseen),
    deviations: { seen: deviation(seen), unseen: deviation(unseen) },
    bends: Array.from({ length: bends }, (_, k) => mean(results.map((r) => r.correlations[k]))),
    perSeed,
    parameters: results[0].parameters,
    digits: own[0].run.samples,
    passes: own[0].run.passes,
    loss: mean(results.map((r) => r.loss)),
    stepMs: median(results.map((r) => r.stepMs)),
    deviceBytes: Math.max(...results.map((r) => r.deviceBytes)),
  };
}

function retrievalFigures(own: readonly RetrievalDone[], fibre: Fibre): RetrievalFigures {
  const results = own.map(({ result }) => result);
  const rows = results.flatMap((r) => r.rows ? [r.rows] : []);
  return {
    error: mean(results.map((r) => r.error)),
    baseline: mean(results.map((r) => r.baseline)),
    errors: results.map((r) => r.error),
    rows: rows.length === 0
      ? null
      : { mean: mean(rows.map(mean)), worst: lowest(rows.flat()), perSeed: rows.map(mean) },
    seeds: own.map(({ run }) => run.seed),
    file: fibre.bends[own[0].run.bend].file,
    parameters: results[0].parameters,
    stepMs: median(results.map((r) => r.stepMs)),
    deviceBytes: Math.max(...results.map((r) => r.deviceBytes)),
  };
}

function focusingFigures(own: readonly RetrievalDone[]): FocusingFigures {
  const all = own.map(({ result }) => result.focusing);
  return {
    mean: mean(all.map(({ ratios }) => mean(ratios))),
    worst: lowest(all.flatMap(({ ratios }) => ratios)),
    perSeed: all.map(({ ratios }) => mean(ratios)),
    enhancement: mean(all.map(({ enhancements }) => mean(enhancements))),
    channels: all[0].ratios.length,
  };
}

/** All figures, model by model in the order of the plan. */
export function summarise(done: readonly Done<Run, Result>[], fibre: Fibre): Summary {
  const split = splitBends(fibre.bends.length);
  const files = (places: readonly number[]) => places.map((k) => fibre.bends[k].file);
  const images = groupsBy(imagingOf(done), ({ run }) => labelOf(run));
  const models = groupsBy(retrievalOf(done), ({ run }) => modelOf(run));
  return {
    split: {
      rule:
        "in the order of the actuator's positions every fourth bend is unseen, from the third on",
      seen: files(split.seen),
      unseen: files(split.unseen),
    },
    imaging: Object.fromEntries(
      images.map(([name, own]) => [name, imagingFigures(own, fibre.bends.length)]),
    ),
    retrieval: Object.fromEntries(
      models.map(([name, own]) => [name, retrievalFigures(own, fibre)]),
    ),
    focusing: Object.fromEntries(models.map(([name, own]) => [name, focusingFigures(own)])),
  };
}
