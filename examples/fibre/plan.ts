/** The parts of a study of a fibre: runs that see through it, and runs that learn its matrix. */
import { z } from "zod";
import type { Kind } from "../support/runs/kind.ts";
import { courseSteps } from "../support/training.ts";
import { type Fibre, splitBends } from "./bends.ts";
import { type Input, type Variant, VARIANTS } from "./imagers.ts";

/** The noise of light, as a fraction of its root mean square: in training, and always in the test. */
export const NOISE = 0.02;
/** Adam's rate, which falls to 0 as half a cosine. */
const RATES = { imaging: 0.003, retrieval: 0.01 };
/** The approximate number of images per batch: the same for each of the seen bends. */
const BATCH = 36;
const FIELDS_BATCH = 128;

const common = {
  /** Raised whenever the same configuration would give other figures. */
  version: z.literal(2),
  /** The folder of the fibre, and the print of its files. */
  folder: z.string(),
  print: z.string(),
  seed: z.int().nonnegative(),
  rate: z.number().positive(),
  samples: z.int().positive(),
  passes: z.int().positive(),
  batch: z.int().positive(),
  noise: z.number().nonnegative(),
  /** Test digits per bend, or held-out fields. */
  tests: z.int().positive(),
  engine: z.enum(["cpu", "webgpu"]),
  adapter: z.string(),
};
const imagingSchema = z.strictObject({
  part: z.literal("imaging"),
  ...common,
  variant: z.enum(VARIANTS),
  input: z.enum(["amplitudes", "intensities"]),
  /** Whether a batch has light of all seen bends, or of one drawn at random. */
  mixing: z.enum(["all", "one"]),
  testNoise: z.number().nonnegative(),
  hidden: z.int().positive(),
});
const retrievalSchema = z.strictObject({
  part: z.literal("retrieval"),
  ...common,
  model: z.enum(["matrix", "real"]),
  /** The index of the bend whose matrix is to be found. */
  bend: z.int().nonnegative(),
  focusSteps: z.int().positive(),
});
/** Everything that determines the result of a run. */
export const runSchema = z.discriminatedUnion("part", [imagingSchema, retrievalSchema]);
export type ImagingRun = z.infer<typeof imagingSchema>;
export type RetrievalRun = z.infer<typeof retrievalSchema>;
export type Run = z.infer<typeof runSchema>;

const shownSchema = z.strictObject({
  /** The index of the bend. */
  bend: z.int().nonnegative(),
  /** The recovered images, digits × pixels bytes; the true image's brightest pixel is 255. */
  images: z.string(),
  /** The light that they are recovered from, digits × channels complex numbers. */
  light: z.string(),
});
export type Shown = z.infer<typeof shownSchema>;

const measured = {
  /** Means of the loss over runs of neighbouring steps. */
  curve: z.array(z.strictObject({ x: z.number(), y: z.number() })),
  loss: z.number(),
  /** Real numbers among the parameters. */
  parameters: z.int().positive(),
  /** The median of all steps. */
  stepMs: z.number().nonnegative(),
  /** The bytes that the device held after the last step. */
  deviceBytes: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
};
const imagingResultSchema = z.strictObject({
  part: z.literal("imaging"),
  /** For each bend the mean over test digits of Pearson's correlation with the mode-limited image. */
  correlations: z.array(z.number().min(-1).max(1.0001)),
  /** The most bent of the seen and of the unseen. */
  shown: z.strictObject({ seen: shownSchema, unseen: shownSchema }),
  ...measured,
});
const retrievalResultSchema = z.strictObject({
  part: z.literal("retrieval"),
  /** The relative L2 error of held-out intensities. */
  error: z.number().nonnegative(),
  /** That of predicting the mean of each channel. */
  baseline: z.number().nonnegative(),
  /** |⟨learned, measured⟩| / (‖learned‖ ‖measured‖) of each row; null where no matrix is learned. */
  rows: z.array(z.number().min(0).max(1.0001)).nullable(),
  /** The learned matrix, each row rotated to the phase of the measured one; null likewise. */
  matrix: z.string().nullable(),
  focusing: z.strictObject({
    /** For each output channel: the measured fibre's intensity there, as a fraction of (Σ|t|)²/modes. */
    ratios: z.array(z.number().nonnegative()),
    /** The same intensity over that of random phases, Σ|t|²/modes. */
    enhancements: z.array(z.number().nonnegative()),
    /** Targets × channels bytes: 255·√share, of the light behind the measured fibre in a channel. */
    shares: z.string(),
    /** The phases for each target, targets × modes. */
    phases: z.string(),
  }),
  ...measured,
});
export const resultSchema = z.discriminatedUnion("part", [
  imagingResultSchema,
  retrievalResultSchema,
]);
export type ImagingResult = z.infer<typeof imagingResultSchema>;
export type RetrievalResult = z.infer<typeof retrievalResultSchema>;
export type Result = z.infer<typeof resultSchema>;

/** The name of a network for images: its variant, and how it differs from the others. */
export function labelOf({ variant, input, mixing, noise }: ImagingRun): string {
  return [
    variant,
    input === "intensities" && "intensities",
    mixing === "one" && "one bend a batch",
    noise !== NOISE && `trained with ${100 * noise} % noise`,
  ].filter(Boolean).join(", ");
}

/** A model for retrieval by its name. */
export const modelOf = ({ model, noise }: RetrievalRun): string =>
  `${model}, ${100 * noise} % noise`;

const nameOf = (run: Run): string =>
  run.part === "imaging"
    ? `imaging (${labelOf(run)}) seed ${run.seed}`
    : `retrieval (${modelOf(run)}) seed ${run.seed}`;

/** The approximate arithmetic of a run, in units of one sample of a complex network. */
function costOf(run: Run): number {
  const samples = run.samples * run.passes;
  // A step has a fixed cost; a test costs a third of a step per sample.
  if (run.part === "retrieval") return 0.05 * samples + 4 * courseSteps(run);
  const weight = { real: 0.5, "real-skip": 0.6, skip: 1.3, none: 1 }[run.variant as string];
  return (weight ?? 1.1) * (samples + 4 * run.tests) + 4 * courseSteps(run);
}

/** The runs of a study of a fibre, as they are kept and done. */
export const FIBRE: Kind<Run, Result> = {
  run: runSchema,
  result: resultSchema,
  worker: new URL("worker.ts", import.meta.url),
  nameOf,
  stepsOf: courseSteps,
  batchOf: ({ batch }) => batch,
  costOf,
  groupOf: () => "all",
  secondsOf: ({ seconds }) => seconds,
  lossOf: ({ loss }) => loss,
  tell: (run, result) => {
    if (result.part === "imaging") {
      const { seen, unseen } = splitBends(result.correlations.length);
      const over = (bends: readonly number[]) =>
        bends.reduce((sum, k) => sum + result.correlations[k], 0) / bends.length;
      return `correlation ${over(seen).toFixed(4)} seen, ${over(unseen).toFixed(4)} unseen`;
    }
    return `error ${(100 * result.error).toFixed(2)} % of bend ${(run as RetrievalRun).bend}`;
  },
};

/** How large a study is. */
export interface Sizes {
  readonly digits: number;
  readonly passes: number;
  readonly tests: number;
  readonly hidden: number;
  readonly fields: number;
  readonly fieldPasses: number;
  readonly heldOut: number;
  readonly focusSteps: number;
}

export const FULL: Sizes = {
  digits: 10_000,
  passes: 2,
  tests: 1_000,
  hidden: 256,
  fields: 12_800,
  fieldPasses: 20,
  heldOut: 2_000,
  focusSteps: 200,
};

/** Less than three minutes on two cores, on either engine. */
export const DEMO: Sizes = {
  digits: 6_000,
  passes: 1,
  tests: 250,
  hidden: 256,
  fields: 6_400,
  fieldPasses: 16,
  heldOut: 1_000,
  focusSteps: 120,
};

/** The engine and the fibre of a study. */
export interface Place {
  readonly fibre: Pick<Fibre, "folder" | "print" | "bends">;
  readonly engine: "cpu" | "webgpu";
  readonly adapter: string;
}

const settled = ({ fibre, engine, adapter }: Place, seed: number) => ({
  version: 2 as const,
  folder: fibre.folder,
  print: fibre.print,
  seed,
  engine,
  adapter,
});

/** A run that sees through the fibre. */
export function imagingRun(
  variant: Variant,
  input: Input,
  seed: number,
  sizes: Sizes,
  place: Place,
  { noise = NOISE, mixing = "all" }: { noise?: number; mixing?: ImagingRun["mixing"] } = {},
): ImagingRun {
  const seen = splitBends(place.fibre.bends.length).seen.length;
  const batch = seen * Math.max(1, Math.round(BATCH / seen));
  const samples = batch * Math.floor(sizes.digits / batch);
  if (samples === 0) {
    throw new Error(`Cannot plan the imaging: ${sizes.digits} digits fill no batch of ${batch}`);
  }
  const { passes, tests, hidden } = sizes;
  return {
    part: "imaging",
    ...settled(place, seed),
    ...{ rate: RATES.imaging, samples, passes, batch, noise, tests },
    ...{ variant, input, mixing, testNoise: NOISE, hidden },
  };
}

/** A run that learns the matrix in the middle of the bends from intensities, and focuses by it. */
export function retrievalRun(
  model: RetrievalRun["model"],
  noise: number,
  seed: number,
  sizes: Sizes,
  place: Place,
): RetrievalRun {
  return {
    part: "retrieval",
    ...settled(place, seed),
    rate: RATES.retrieval,
    samples: sizes.fields,
    passes: sizes.fieldPasses,
    batch: FIELDS_BATCH,
    noise,
    tests: sizes.heldOut,
    model,
    bend: Math.floor(place.fibre.bends.length / 2),
    focusSteps: sizes.focusSteps,
  };
}

/** The runs of the demo: a complex network with norm, the best one, a real one, and the retrieval. */
export function demoPlan(seed: number, sizes: Sizes, place: Place): Run[] {
  const variants = ["covariance", "skip", "real"] as const;
  return [
    ...variants.map((variant) => imagingRun(variant, "amplitudes", seed, sizes, place)),
    retrievalRun("matrix", 0, seed, sizes, place),
    retrievalRun("matrix", NOISE, seed, sizes, place),
    retrievalRun("real", NOISE, seed, sizes, place),
  ];
}

/** Single changes of the network without a norm, to see how they affect unseen bends. */
export const CHANGES = [{ mixing: "one" }, { noise: 0 }, { noise: 0.1 }] as const;

/** The runs of the full study, seed by seed, so that every network has some early. */
export function fullPlan(seeds: readonly number[], sizes: Sizes, place: Place): Run[] {
  const image = (variant: Variant, input: Input, seed: number) =>
    imagingRun(variant, input, seed, sizes, place);
  return seeds.flatMap((seed) => [
    ...VARIANTS.map((variant) => image(variant, "amplitudes", seed)),
    ...(["covariance", "naive", "none", "real"] as const)
      .map((variant) => image(variant, "intensities", seed)),
    ...CHANGES.map((change) => imagingRun("none", "amplitudes", seed, sizes, place, change)),
    ...(["matrix", "real"] as const).flatMap((model) =>
      [0, NOISE].map((noise) => retrievalRun(model, noise, seed, sizes, place))
    ),
  ]);
}
