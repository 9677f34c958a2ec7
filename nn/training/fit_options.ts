/** The options of `fit`, checked before anything is trained. */
import { describe } from "../../complex/lazy/describe.ts";
import { checkFlag, checkInteger } from "../../complex/lazy/shape.ts";
import type { RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { isIterable } from "../../gpu/contract/collections.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Stateful } from "../checkpoints/take_over.ts";
import { Module } from "../module.ts";
import { LBFGS } from "../optim/lbfgs.ts";
import { ReduceLROnPlateau } from "../optim/schedules/reduce_lr_on_plateau.ts";
import { checkNumber, checkOptions, checkWord, noDefault, withDefaults } from "../checks.ts";
import { earlyStopping, type EarlyStoppingOptions, type MonitorOptions } from "./early_stopping.ts";
import type { EpochRecord } from "./history.ts";
import type { FitProgress } from "./progress.ts";

/** An optimiser as {@link fit} uses it: all of this library, and those that extend `Optimizer`. */
export interface FitOptimizer extends Stateful {
  /** Groups of parameters with their learning rates. */
  readonly groups: readonly { lr: number; readonly params: readonly Tensor[] }[];
  /** Makes a step. */
  step(): void;
  /** Computes the gradients so far and keeps their sums. */
  accumulate(): void;
  /** Forgets the gradients. */
  zeroGrad(): void;
}

/** A schedule of learning rates as {@link fit} uses it. */
export interface FitSchedule extends Stateful {
  /** Moves on; of the metric only those that wait for a plateau make use. */
  step(metric: number): void;
}

/** Batches: a `DataLoader`, an array of batches, or anything that can be iterated once an epoch. */
export type Batches<B> = AsyncIterable<B> | Iterable<B>;

/** Where a run is, for callbacks. */
export interface FitState<M extends Module> {
  /** The model. */
  readonly model: M;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** Batches of the epoch so far. */
  readonly batch: number;
  /** Steps of the optimiser so far. */
  readonly step: number;
}

/** The answer of a callback: `false` or `"stop"` ends the run. */
export type FitAnswer = void | boolean | "stop" | Promise<void | boolean | "stop">;

/** Functions that a run calls on its way; each may be asynchronous, and end the run. */
export interface FitCallbacks<M extends Module> {
  /** Before an epoch, or before what is left of one that was interrupted. */
  onEpochBegin?(state: FitState<M>): FitAnswer;
  /** After a batch. Reading its loss waits for the device: reading every loss makes the run slower. */
  onBatchEnd?(state: FitState<M>, loss: RealTensor): FitAnswer;
  /** After an epoch with its validation. */
  onEpochEnd?(record: EpochRecord, state: FitState<M>): FitAnswer;
}

/** Files of a run. */
export interface FitCheckpointOptions extends MonitorOptions {
  /** Where everything is saved that the run goes on from: see `saveCheckpoint`. */
  readonly path: string | URL;
  /** Epochs from one time to the next; 1, if absent. A run that ends or is stopped is saved in any case. */
  readonly every?: number;
  /** Where the model of the best epoch is saved, as a checkpoint of it alone; nowhere, if absent. */
  readonly best?: string | URL;
  /** Whether to go on from the file, if it is there; false, if absent. */
  readonly resume?: boolean;
}

/** How a run goes on after the loss of a device. */
export interface FitRecoverOptions {
  /** Losses in a row, without a step beyond the one gone back to, after which the run ends; 3, if absent. */
  readonly attempts?: number;
  /** Steps from one copy of the run to the next, if `gpu.keepCopies` keeps none; 100, if absent. */
  readonly everySteps?: number;
}

/** Options of {@link fit}. */
export interface FitOptions<M extends Module, B> {
  /** The batches to learn from, iterated once an epoch. */
  readonly data: Batches<B>;
  /** The loss of a batch, one real number. */
  readonly loss: (model: M, batch: B) => RealTensor;
  /** Updates the parameters. */
  readonly optimizer: FitOptimizer | LBFGS;
  /** How many times to go through the data, those before a resumption included. */
  readonly epochs: number;
  /** Batches that are held out: the history has their mean loss in evaluation mode; none, if absent. */
  readonly validation?: Batches<B>;
  /**
   * Further figures of a batch that is held out, each a real number that is averaged over samples; none,
   * if absent.
   */
  readonly metrics?: (model: M, batch: B) => Readonly<Record<string, RealTensor>>;
  /**
   * A schedule that moves on after each epoch, with the validation loss where there is one; none, if
   * absent.
   */
  readonly schedule?: FitSchedule;
  /** Whether the schedule moves on with every step instead, as `OneCycleLR` wants it; `"epoch"`, if absent. */
  readonly scheduleInterval?: "epoch" | "step";
  /** Ends the run when it no longer gets better; never, if absent. */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Functions to be called on the way; none, if absent. */
  readonly callbacks?: FitCallbacks<M> | readonly FitCallbacks<M>[];
  /** Saves the run, and goes on with it; not, if absent. */
  readonly checkpoint?: FitCheckpointOptions;
  /**
   * A bar on standard error with `"auto"` if that is a terminal, which is the default; with `"line"` also
   * a line an epoch if it is none; with `"json"` an object an epoch on the console; nothing with false.
   */
  readonly progress?: FitProgress;
  /** The largest norm of all gradients together: see `clipGradNorm`; no bound, if absent. */
  readonly clip?: number;
  /** Batches a step: their gradients are averaged, those left over at the end too; 1, if absent. */
  readonly accumulate?: number;
  /**
   * What to do at a loss that is NaN or infinite, and at such a parameter before it is saved: `"stop"`
   * throws, `"continue"` trains on and saves; `"stop"`, if absent.
   */
  readonly nonFinite?: "stop" | "continue";
  /**
   * Whether to look for the first tensor that is not finite, forward or in a derivative, and end the run
   * with an error that says where it was recorded: see `detectAnomaly`. A run takes many times as long, and
   * more memory; false, if absent.
   */
  readonly detectAnomaly?: boolean;
  /**
   * Whether to go on by itself on a new device where one is lost in the midst: from the last copy on the host
   * (see `gpu.keepCopies`), or from `checkpoint` if that is newer; false, if absent. What is repeated
   * is the same as if it had not been interrupted. Other errors end the run in any case.
   */
  readonly recover?: boolean | FitRecoverOptions;
  /** Ends the run after the batch in hand, or the last of those that make a step; none, if absent. */
  readonly signal?: AbortSignal;
}

/** The options as the run uses them. */
export interface CheckedOptions<M extends Module, B> {
  readonly data: Batches<B>;
  readonly loss: FitOptions<M, B>["loss"];
  readonly optimizer: FitOptimizer | LBFGS;
  readonly epochs: number;
  readonly validation: Batches<B> | null;
  readonly metrics: FitOptions<M, B>["metrics"] | null;
  readonly schedule: FitSchedule | null;
  readonly scheduleInterval: "epoch" | "step";
  readonly earlyStopping: Required<EarlyStoppingOptions> | null;
  readonly callbacks: readonly FitCallbacks<M>[];
  readonly checkpoint:
    | Required<Omit<FitCheckpointOptions, "best">> & Pick<FitCheckpointOptions, "best">
    | null;
  readonly progress: FitProgress;
  readonly clip: number | null;
  readonly accumulate: number;
  readonly nonFinite: "stop" | "continue";
  readonly detectAnomaly: boolean;
  readonly recover: Required<FitRecoverOptions> | null;
  readonly signal: AbortSignal | null;
}

function checkFunction(what: string, name: string, f: unknown): void {
  if (typeof f !== "function") throw cannot(what, `${name} must be a function, got ${describe(f)}`);
}

function checkBatches(what: string, name: string, data: unknown): void {
  if (typeof data === "object" && data !== null && Symbol.asyncIterator in data) return;
  if (isIterable(data)) return;
  throw cannot(what, `${name} must be a DataLoader or an array of batches, got ${describe(data)}`);
}

/** The methods that an optimiser or a schedule must have. */
function checkMethods(what: string, name: string, x: unknown, methods: readonly string[]): void {
  const has = (method: string) =>
    typeof (x as Record<string, unknown> | null)?.[method] === "function";
  if (methods.every(has)) return;
  throw cannot(
    what,
    `${name} must have ${methods.map((m) => `${m}()`).join(", ")}, got ${describe(x)}`,
  );
}

const CALLBACKS = { onEpochBegin: undefined, onBatchEnd: undefined, onEpochEnd: undefined };

/** The options with their defaults; refuses what makes no sense. */
export function checkedOptions<M extends Module, B>(
  what: string,
  model: M,
  options: FitOptions<M, B>,
): CheckedOptions<M, B> {
  if (!(model instanceof Module)) throw cannot(what, `it takes a Module, got ${describe(model)}`);
  if (options === undefined) throw cannot(what, "it takes options: data, loss, optimizer, epochs");
  const absent = undefined as never;
  const given = withDefaults<FitOptions<M, B>>(what, options, {
    data: absent,
    loss: absent,
    optimizer: absent,
    epochs: absent,
    validation: absent,
    metrics: absent,
    schedule: absent,
    scheduleInterval: "epoch",
    earlyStopping: absent,
    callbacks: absent,
    checkpoint: absent,
    progress: "auto",
    clip: absent,
    accumulate: 1,
    nonFinite: "stop",
    detectAnomaly: false,
    recover: absent,
    signal: absent,
  });
  // Arrays are copied above: batches of the caller's own stay his.
  const { data, validation } = options;
  const { loss, optimizer, epochs, metrics, schedule, scheduleInterval, clip, signal } = given;
  checkBatches(what, "data", data);
  checkFunction(what, "loss", loss);
  checkMethods(what, "optimizer", optimizer, ["step", "zeroGrad", "stateDict", "loadStateDict"]);
  checkInteger(what, "epochs", epochs, 1);
  checkInteger(what, "accumulate", given.accumulate!, 1);
  if (validation !== undefined) checkBatches(what, "validation", validation);
  if (metrics !== undefined) checkFunction(what, "metrics", metrics);
  if (metrics && !validation) {
    throw cannot(what, "metrics are taken over validation, which is absent");
  }
  if (schedule !== undefined) {
    checkMethods(what, "schedule", schedule, ["step", "stateDict", "loadStateDict"]);
  }
  checkWord(what, "scheduleInterval", scheduleInterval, ["epoch", "step"]);
  if (scheduleInterval === "step" && schedule instanceof ReduceLROnPlateau) {
    throw cannot(what, "ReduceLROnPlateau waits for the figure of an epoch, not of a step");
  }
  if (clip !== undefined) checkNumber(what, "clip", clip);
  const alone = optimizer instanceof LBFGS && (clip !== undefined || given.accumulate !== 1);
  checkWord(what, "nonFinite", given.nonFinite, ["stop", "continue"]);
  checkFlag(what, "detectAnomaly", given.detectAnomaly);
  if (alone) throw cannot(what, "LBFGS takes neither clip nor accumulate");
  if (given.progress !== false) {
    checkWord(what, "progress", given.progress, ["auto", "line", "json"]);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw cannot(what, `signal must be an AbortSignal, got ${describe(signal)}`);
  }
  const monitor = validation === undefined ? "loss" : "validation.loss";
  const callbacks = [given.callbacks ?? []].flat() as FitCallbacks<M>[];
  for (const one of callbacks) {
    checkOptions(what, one, Object.keys(CALLBACKS));
    for (const [name, f] of Object.entries(withDefaults(what, one, CALLBACKS as FitCallbacks<M>))) {
      if (f !== undefined) checkFunction(what, name, f);
    }
  }
  return {
    ...given,
    data,
    validation: validation ?? null,
    metrics: metrics ?? null,
    schedule: schedule ?? null,
    scheduleInterval: scheduleInterval!,
    earlyStopping: given.earlyStopping ? earlyStopping(what, given.earlyStopping, monitor) : null,
    callbacks,
    checkpoint: given.checkpoint ? checkpointOf(what, given.checkpoint, monitor) : null,
    progress: given.progress!,
    clip: clip ?? null,
    accumulate: given.accumulate!,
    nonFinite: given.nonFinite!,
    detectAnomaly: given.detectAnomaly!,
    recover: recoverOf(what, given.recover),
    signal: signal ?? null,
  };
}

function recoverOf(what: string, given: boolean | FitRecoverOptions | undefined) {
  if (given === undefined || given === false) return null;
  const defaults = { attempts: 3, everySteps: 100 };
  const options = withDefaults(what, given === true ? {} : given, defaults);
  checkInteger(what, "recover.attempts", options.attempts, 1);
  checkInteger(what, "recover.everySteps", options.everySteps, 1);
  return options;
}

function checkpointOf(what: string, given: FitCheckpointOptions, monitor: string) {
  const options = withDefaults(what, given, {
    path: noDefault<string | URL>(),
    every: 1,
    best: undefined,
    resume: false,
    monitor,
    mode: "min" as "min" | "max",
  } as NonNullable<CheckedOptions<Module, unknown>["checkpoint"]>);
  for (const [name, path] of Object.entries({ path: options.path, best: options.best ?? "" })) {
    if (typeof path === "string" || path instanceof URL) continue;
    throw cannot(what, `checkpoint.${name} must be a path or a URL, got ${describe(path)}`);
  }
  if (options.best !== undefined && `${options.best}` === `${options.path}`) {
    throw cannot(what, `checkpoint.path and checkpoint.best are one file, ${options.path}`);
  }
  checkInteger(what, "checkpoint.every", options.every, 1);
  checkWord(what, "mode", options.mode, ["min", "max"]);
  return options;
}
