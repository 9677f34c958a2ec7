/** Training from the first epoch to the last. */
import { ready } from "../../gpu/engines/device.ts";
import { fileSystem } from "../../complex/files/disk.ts";
import { readSafetensors } from "../../complex/files/safetensors.ts";
import { checkReplaceable } from "../../complex/files/replaceable.ts";
import type { RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { getRandomState, type RandomState, setRandomState } from "../../complex/create/random.ts";
import { detectAnomaly } from "../../complex/transforms/detect_anomaly.ts";
import { ArgandError, cannot } from "../../gpu/contract/errors.ts";
import {
  CHECKPOINT,
  type CheckpointParts,
  parseCheckpoint,
  saveCheckpoint,
} from "../checkpoints/checkpoint.ts";
import { parseFile } from "../checkpoints/header.ts";
import type { Module, StateDict } from "../module.ts";
import { clipGradNorm, scaleGradients } from "../optim/clip.ts";
import { LBFGS } from "../optim/lbfgs.ts";
import { Best } from "./early_stopping.ts";
import {
  type EpochRecord,
  type FitEnd,
  type FitHistory,
  Mean,
  samplesOf,
  Unread,
} from "./history.ts";
import {
  type CheckedOptions,
  checkedOptions,
  type FitAnswer,
  type FitCallbacks,
  type FitOptions,
  type FitState,
} from "./fit_options.ts";
import { Reporter } from "./progress.ts";
import { Recovery } from "./recovery.ts";
import { extraOf, isStateful, type Position, recordsOf, SavedPosition } from "./saved.ts";
import { checkFigure, inEvaluation, meansOf, restoreModes } from "./validation.ts";

const WHAT = "fit";

/**
 * Milliseconds between two looks up from the work: losses are read, the progress line is drawn, and
 * timers and signals have their turn. So no step waits for the device, and never many of them.
 */
const PAUSE = 200;

/** All parameters of an optimiser. */
const parametersOf = ({ groups }: { groups: readonly { params: readonly Tensor[] }[] }) =>
  groups.flatMap(({ params }) => params);

/** Whether there is a file. */
async function exists(path: string | URL): Promise<boolean> {
  const { stat } = await fileSystem(`${WHAT}: go on from ${path}`);
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}

/** A batch: its samples, and where it came, all counted from 0. */
interface Noted {
  readonly samples: number;
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
}

/** Where a run was when a copy of its states was taken. */
interface Snapshot {
  readonly epoch: number;
  readonly step: number;
  readonly records: readonly EpochRecord[];
  readonly losses: number;
  readonly random: RandomState;
  readonly position: StateDict;
  readonly mean: { readonly sum: number; readonly weight: number };
  readonly schedule: StateDict | null;
}

/** One run of {@link fit}. */
class Run<M extends Module, B> {
  readonly #model: M;
  readonly #options: CheckedOptions<M, B>;
  readonly #reporter: Reporter;
  readonly #position: Position;
  readonly #saved: SavedPosition;
  readonly #unread = new Unread();
  /** The batches whose losses are not read yet. */
  #noted: Noted[] = [];
  #reading: Promise<void> = Promise.resolve();
  readonly #losses: number[] = [];
  #fresh: number[] = [];
  #records: EpochRecord[] = [];
  #epoch = 0;
  #steps = 0;
  #paused = performance.now();
  #end: FitEnd | null = null;
  readonly #recovery: Recovery<Snapshot>;
  /** The last checkpoint: after how many steps it was written, and how many losses there were then. */
  #file: { readonly step: number; readonly losses: number } | null = null;

  constructor(model: M, options: CheckedOptions<M, B>) {
    const { earlyStopping, checkpoint, data, validation } = options;
    this.#model = model;
    this.#options = options;
    this.#reporter = new Reporter(options.progress, options.epochs);
    this.#position = {
      batch: 0,
      over: false,
      mean: new Mean(),
      stopping: earlyStopping && new Best(earlyStopping),
      best: checkpoint?.best === undefined ? null : new Best(checkpoint),
      bestState: null,
    };
    this.#saved = new SavedPosition(this.#position, model, data, validation);
    this.#recovery = new Recovery(options.recover, () => this.#snapshot());
  }

  async train(): Promise<FitHistory> {
    const { checkpoint } = this.#options;
    await ready();
    for (const path of [checkpoint?.path, checkpoint?.best]) {
      if (path !== undefined) await checkReplaceable(WHAT, path);
    }
    if (checkpoint?.resume && await exists(checkpoint.path)) await this.#resume(checkpoint.path);
    return await this.#recovery.during(async () => {
      while (true) {
        this.#options.optimizer.zeroGrad();
        this.#recovery.begin();
        try {
          return await this.#goOn();
        } catch (error) {
          if (!this.#recovery.isLost) throw error;
          await this.#goBack();
        }
      }
    });
  }

  async #goOn(): Promise<FitHistory> {
    const { epochs, checkpoint, earlyStopping, signal } = this.#options;
    const { stopping } = this.#position;
    if (stopping && stopping.waited >= earlyStopping!.patience) this.#end = "earlyStopping";
    while (!this.#end && this.#epoch < epochs) {
      if (signal?.aborted) {
        this.#end = "signal";
        break;
      }
      await this.#trainEpoch();
      const due = checkpoint && this.#position.batch === 0 && this.#epoch % checkpoint.every === 0;
      if (due) await this.#save(checkpoint.path);
      this.#recovery.copy();
    }
    await this.#flush();
    if (checkpoint && this.#file?.step !== this.#steps) await this.#save(checkpoint.path);
    this.#recovery.check();
    const { bestState } = this.#position;
    if (earlyStopping?.restoreBest && bestState) this.#model.loadStateDict(bestState);
    return {
      epochs: this.#records,
      losses: this.#losses,
      steps: this.#steps,
      stopped: this.#end ?? "epochs",
      ...stopping && {
        best: Number.isNaN(stopping.value)
          ? null
          : { epoch: stopping.epoch, value: stopping.value },
      },
    };
  }

  /** An epoch, or what is left of it; where the run is ended in its midst it stays unfinished. */
  async #trainEpoch(): Promise<void> {
    const { data, accumulate, validation, schedule, scheduleInterval, optimizer } = this.#options;
    const position = this.#position;
    const began = performance.now();
    const total = (data as { length?: number | null }).length ?? null;
    // A loader goes on by itself; anything else starts from its beginning.
    let skip = isStateful(data) ? 0 : position.batch;
    let pieces = 0;
    this.#reporter.begin(this.#epoch, position.batch, total);
    if (await this.#call("onEpochBegin", (on) => on.onEpochBegin?.(this.#state()))) return;
    if (!position.over) {
      const random = getRandomState();
      position.over = true; // unless the run ends before the last batch
      for await (const batch of data) {
        if (skip > 0) {
          if (--skip === 0) setRandomState(random); // what was drawn for these was drawn before
          continue;
        }
        const loss = await this.#watched(() => this.#trainBatch(batch, ++pieces === accumulate));
        if (pieces === accumulate) pieces = 0;
        position.batch++;
        if (performance.now() - this.#paused > PAUSE) await this.#pause();
        await this.#call("onBatchEnd", (on) => on.onBatchEnd?.(this.#state(), loss));
        if (this.#options.signal?.aborted) this.#end ??= "signal";
        if (pieces > 0) continue;
        position.over = false;
        if (this.#end) break;
        this.#recovery.copy();
        position.over = true;
      }
    }
    if (position.batch === 0) {
      throw cannot(
        WHAT,
        `epoch ${this.#epoch} had no batches; what gives them must do so every epoch`,
      );
    }
    if (pieces > 0) {
      scaleGradients(parametersOf(this.#options.optimizer), accumulate / pieces);
      this.#step();
    }
    await this.#flush();
    if (this.#end) return this.#reporter.leave();
    const held = validation && await this.#validate();
    this.#recovery.check();
    const record: EpochRecord = {
      epoch: this.#epoch,
      loss: position.mean.value,
      lr: optimizer.groups[0].lr,
      steps: this.#steps,
      seconds: (performance.now() - began) / 1000,
      ...held && { validation: held },
    };
    this.#records.push(record);
    this.#reporter.end(record, position.batch);
    if (scheduleInterval === "epoch") schedule?.step(held?.loss ?? record.loss);
    await this.#judge(record);
    const state = this.#state();
    [position.batch, position.mean.sum, position.mean.weight] = [0, 0, 0];
    position.over = false;
    this.#epoch++;
    await this.#call("onEpochEnd", (on) => on.onEpochEnd?.(record, state));
  }

  /** The loss of a batch and its gradients, and a step where it is the last of those that make one. */
  async #trainBatch(batch: B, last: boolean): Promise<RealTensor> {
    const { loss: lossOf, optimizer, accumulate } = this.#options;
    this.#recovery.check();
    const [{ batch: k }, epoch, step] = [this.#position, this.#epoch, this.#steps];
    const noted = { samples: samplesOf(batch), epoch, batch: k, step };
    if (optimizer instanceof LBFGS) {
      let first: RealTensor | null = null;
      await optimizer.step(() => {
        const loss = lossOf(this.#model, batch);
        loss.backward();
        first ??= loss;
        return loss;
      });
      this.#note(first!, noted);
      this.#stepped();
      return first!;
    }
    const whole = checkFigure(`${WHAT} with this loss`, lossOf(this.#model, batch));
    const loss = accumulate === 1 ? whole : whole.div(accumulate);
    loss.backward();
    if (accumulate > 1) optimizer.accumulate();
    if (last) this.#step();
    this.#note(loss, noted);
    return loss;
  }

  /** The loss that `train` gives; where anomalies are looked for, read at once, so that its batch is known. */
  async #watched(train: () => Promise<RealTensor>): Promise<RealTensor> {
    if (!this.#options.detectAnomaly) return await train();
    const where = `epoch ${this.#epoch}, batch ${this.#position.batch} (step ${this.#steps})`;
    try {
      const loss = await train();
      await loss.data();
      return loss;
    } catch (error) {
      if (error instanceof ArgandError) error.message += `; this was in ${where}`;
      throw error;
    }
  }

  #step(): void {
    const { optimizer, clip } = this.#options;
    if (clip !== null) clipGradNorm(parametersOf(optimizer), clip);
    (optimizer as { step(): void }).step();
    this.#stepped();
  }

  #stepped(): void {
    this.#steps++;
    if (this.#options.scheduleInterval === "step") this.#options.schedule?.step(NaN);
  }

  #note(loss: RealTensor, noted: Noted): void {
    this.#unread.push(loss);
    this.#noted.push(noted);
  }

  /** Has the losses so far read, after those that are being read; refuses those that are not finite. */
  #read(): Promise<void> {
    const noted = this.#noted;
    this.#noted = [];
    const { mean } = this.#position;
    const reading = Promise.all([this.#unread.take(), this.#reading]).then(([values]) =>
      values.forEach((value, k) => {
        const loss = value * this.#options.accumulate;
        if (!Number.isFinite(loss) && this.#options.nonFinite === "stop") {
          const { epoch, batch, step } = noted[k];
          throw cannot(
            WHAT,
            `the loss of epoch ${epoch}, batch ${batch} (step ${step}) is ${loss}; no checkpoint has ` +
              "been written since; detectAnomaly: true says in which operation it begins, and " +
              'nonFinite: "continue" goes on nevertheless',
          );
        }
        mean.add(loss, noted[k].samples);
        this.#losses.push(loss);
        this.#fresh.push(loss);
      })
    );
    reading.catch(() => {}); // it is told at the next pause
    return this.#reading = reading;
  }

  /** Waits for the losses asked for at the last pause, and asks for those since. */
  async #pause(): Promise<void> {
    await this.#reading;
    this.#read();
    await new Promise((done) => setTimeout(done));
    this.#reporter.update(this.#position.batch, this.#fresh.splice(0));
    this.#paused = performance.now();
  }

  /** Waits for all losses. */
  async #flush(): Promise<void> {
    await this.#read();
    this.#fresh = [];
  }

  /** Where the run is, when the losses so far have been read: it goes on meanwhile. */
  async #snapshot(): Promise<Snapshot> {
    const { schedule } = this.#options;
    const [epoch, step, records] = [this.#epoch, this.#steps, [...this.#records]];
    const random = getRandomState();
    const dicts = Promise.all([this.#saved.stateDict(), schedule?.stateDict() ?? null]);
    const { mean } = this.#position;
    const read = this.#read().then(() => ({
      mean: { sum: mean.sum, weight: mean.weight },
      losses: this.#losses.length,
    }));
    const [[position, scheduled], figures] = await Promise.all([dicts, read]);
    return { epoch, step, records, random, position, schedule: scheduled, ...figures };
  }

  /** Goes back to where the states are again after the loss of a device, or to the last checkpoint. */
  async #goBack(): Promise<void> {
    const { checkpoint, schedule } = this.#options;
    const where = `epoch ${this.#epoch}, batch ${this.#position.batch} (step ${this.#steps})`;
    const file = this.#file && { path: checkpoint!.path, step: this.#file.step };
    const noted = await this.#recovery.goBack(where, file);
    this.#reporter.leave();
    this.#end = null;
    this.#unread.forget();
    [this.#noted, this.#fresh, this.#reading] = [[], [], Promise.resolve()];
    if (noted === null) {
      const { losses } = this.#file!;
      await this.#resume(checkpoint!.path);
      this.#losses.length = losses;
      this.#file = { step: this.#steps, losses };
      return;
    }
    if (schedule) await schedule.loadStateDict(noted.schedule!);
    await this.#saved.loadStateDict(noted.position);
    Object.assign(this.#position.mean, noted.mean);
    [this.#epoch, this.#steps, this.#records] = [noted.epoch, noted.step, [...noted.records]];
    this.#losses.length = noted.losses;
    setRandomState(noted.random);
  }

  #state(): FitState<M> {
    const { batch } = this.#position;
    return { model: this.#model, epoch: this.#epoch, batch, step: this.#steps };
  }

  /** Asks callbacks; true, if the run is to end. */
  async #call(
    name: keyof FitCallbacks<M>,
    ask: (on: FitCallbacks<M>) => FitAnswer,
  ): Promise<boolean> {
    for (const on of this.#options.callbacks) {
      if (!on[name]) continue;
      const given = ask(on);
      const answer = given instanceof Promise ? await given : given;
      if (answer === false || answer === "stop") this.#end ??= "callback";
    }
    return this.#end !== null;
  }

  #validate(): Promise<Record<string, number>> {
    const { validation, loss, metrics } = this.#options;
    const model = this.#model;
    const figures = (batch: B) => {
      const further = metrics?.(model, batch);
      if (!further || !Object.hasOwn(further, "loss")) {
        return { loss: loss(model, batch), ...further };
      }
      throw cannot(
        WHAT,
        'no figure of metrics may be called "loss", which is that over validation',
      );
    };
    const between = async () => {
      if (performance.now() - this.#paused <= PAUSE) return;
      await new Promise((done) => setTimeout(done));
      this.#paused = performance.now();
    };
    return inEvaluation(model, () =>
      meansOf(
        WHAT,
        validation!,
        figures,
        between,
      ));
  }

  /** Keeps the model where the epoch is the best so far, and ends the run where it waited too long. */
  async #judge(record: EpochRecord): Promise<void> {
    const { earlyStopping, checkpoint } = this.#options;
    const position = this.#position;
    const { stopping, best } = position;
    if (stopping?.update(WHAT, record) && earlyStopping!.restoreBest) {
      position.bestState = await this.#model.stateDict();
    }
    if (stopping && stopping.waited >= earlyStopping!.patience) this.#end ??= "earlyStopping";
    if (best?.update(WHAT, record)) {
      await this.#checkFinite();
      const extra = extraOf([record]);
      const { epoch, steps: step } = record;
      await saveCheckpoint(checkpoint!.best!, {
        model: this.#model,
        epoch: epoch + 1,
        step,
        extra,
      });
    }
  }

  #parts(): CheckpointParts {
    const { optimizer, schedule } = this.#options;
    return { model: this.#model, optimizer, schedule: schedule ?? undefined, loader: this.#saved };
  }

  /** Refuses to write parameters that are not finite over those of a checkpoint. */
  async #checkFinite(): Promise<void> {
    if (this.#options.nonFinite === "continue") return;
    const dict = await this.#model.stateDict();
    for (const [name] of this.#model.namedParameters()) {
      const data = dict.get(name)?.data as ArrayLike<number> | undefined;
      let k = 0;
      while (data && k < data.length && Number.isFinite(data[k])) k++;
      if (!data || k === data.length) continue;
      throw cannot(
        WHAT,
        `${name} holds ${data[k]} after step ${this.#steps}, though all losses ` +
          "are finite; the checkpoint stays as it was; detectAnomaly: true says in which operation " +
          'it begins, and nonFinite: "continue" goes on nevertheless',
      );
    }
  }

  async #save(path: string | URL): Promise<void> {
    await this.#checkFinite();
    this.#recovery.check();
    const [epoch, step] = [this.#epoch, this.#steps];
    await saveCheckpoint(path, { ...this.#parts(), epoch, step, extra: extraOf(this.#records) });
    this.#file = { step, losses: this.#losses.length };
  }

  async #resume(path: string | URL): Promise<void> {
    const bytes = await readSafetensors(path);
    const { header } = parseFile(`load ${path}`, bytes, String(path), [CHECKPOINT]);
    const records = recordsOf(header.extra);
    if (!records) {
      throw cannot(
        `${WHAT}: go on from ${path}`,
        "it is a checkpoint that fit did not write, without records of epochs",
      );
    }
    const { epoch, step } = await parseCheckpoint(bytes, this.#parts(), String(path));
    [this.#epoch, this.#steps, this.#records] = [epoch, step, records];
    this.#file = { step, losses: this.#losses.length };
  }
}

/**
 * Trains a model: goes through the data so many times, and for each batch computes the loss, its
 * gradients and a step of the optimiser. The model is in training meanwhile, and afterwards every
 * module of it is in the mode it was in.
 *
 * Losses stay on the device and are read a few times a second, so that no step waits; all of them are
 * in the history. A run with `checkpoint` can be stopped by a signal, or killed, and with `resume` goes
 * on as if nothing had happened: its losses are those of a run that was never interrupted, bit for
 * bit, also from the midst of an epoch if the data are a `DataLoader` or an array. (A run that was
 * killed goes on from its last checkpoint.)
 *
 * A loss that is not finite ends the run with an error that names epoch, batch and step: the last good
 * checkpoint stays. With `detectAnomaly: true`, which is slow, it also names the operation in which NaN or
 * Infinity began, and its line. Whether the files of `checkpoint` can be written is found out before
 * training.
 *
 * Where a device is lost in the midst (a driver that is restarted, a laptop that wakes up), `recover: true`
 * has the run go on by itself: on the device that takes its place it goes back to the last copy
 * of everything on the host, or to its checkpoint where that is newer, and ends as if nothing had
 * happened; only the callbacks of the batches since are called once more. After `recover.attempts` losses
 * that led to no newer copy, and at any other error, it ends.
 *
 * @param model The model.
 * @param options The data, the loss, the optimiser, and what else there is to say.
 * @returns What came of it, as an object of numbers.
 * @throws {ArgandError} if an option makes no sense, the loss is not one real number, an epoch has no
 * batches, a loss is not finite, the device is lost, or a checkpoint cannot be read or written; and
 * whatever data, loss and callbacks throw.
 *
 * @example
 * ```ts
 * import { manualSeed, nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * manualSeed(1);
 * const x = randnComplex([256, 4]);
 * const data = new nn.TensorDataset(x, x.sum(1, true));
 * const [train, test] = nn.randomSplit(data, [0.75, 0.25]);
 * const model = new nn.Linear(4, 1);
 * const history = await nn.fit(model, {
 *   data: new nn.DataLoader(train, { batchSize: 32, shuffle: true }),
 *   validation: new nn.DataLoader(test, { batchSize: 64 }),
 *   loss: (model, [x, y]) => nn.mse(model.apply(x), y),
 *   optimizer: new nn.Adam(model.parameters(), { lr: 0.05 }),
 *   epochs: 20,
 *   earlyStopping: { patience: 3 },
 * });
 * assert(history.epochs.at(-1)!.validation!.loss < 0.1);
 * ```
 */
export async function fit<M extends Module, B>(
  model: M,
  options: FitOptions<M, B>,
): Promise<FitHistory> {
  const checked = checkedOptions(WHAT, model, options);
  const run = new Run(model, checked);
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.train();
  try {
    return await (checked.detectAnomaly ? detectAnomaly(() => run.train()) : run.train());
  } finally {
    restoreModes(modes);
  }
}
