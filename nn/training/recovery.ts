/** What a run goes on from where its device is lost in the midst. */
import { accompany, type Companion } from "../../complex/lazy/companions.ts";
import { CopyKeeper, copyKeeper, setCopyKeeper } from "../../complex/lazy/copies.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { engine, replaced } from "../../gpu/engines/device.ts";
import type { FitRecoverOptions } from "./fit_options.ts";

/** Where a run was; a step later or earlier. */
interface Reached {
  readonly step: number;
}

/** The copies that a run keeps of itself beside those of its states. */
export class Recovery<Note extends Reached> implements Companion {
  readonly #options: Required<FitRecoverOptions> | null;
  readonly #note: () => Promise<Note>;
  #keeper: CopyKeeper | null = null;
  #own = false;
  #engine: Engine | null = null;
  /** What has come back since the run began or went on last. */
  #noted: Note | null = null;
  #backTo = -1;
  #losses = 0;

  /** `note` tells where the run is; nobody waits for it. */
  constructor(options: Required<FitRecoverOptions> | null, note: () => Promise<Note>) {
    this.#options = options;
    this.#note = note;
  }

  note(): Promise<Note> | null {
    return this.#keeper && this.#note();
  }

  comeBack(noted: Note | null): void {
    if (this.#keeper) this.#noted = noted;
  }

  /** Does the work of a run, whose states are copied where it says so. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#options) return await work();
    const known = copyKeeper();
    const keeper = this.#keeper = known ?? new CopyKeeper(this.#options.everySteps);
    if (!known) setCopyKeeper(keeper);
    accompany(this);
    keeper.holders++;
    try {
      return await work();
    } finally {
      keeper.holders--;
      this.#keeper = null;
      if (!known && copyKeeper() === keeper) setCopyKeeper(null);
    }
  }

  /** Notes that the run begins, or goes on from where it has gone back to. */
  begin(): void {
    this.#engine = engine();
    this.#noted = null;
    this.#keeper?.take(true);
  }

  /** Takes a copy where one is due: the run stands between two batches. */
  copy(): void {
    this.#keeper?.take();
  }

  /** Refuses to go on with what came back, or did not, as if no device had been lost. */
  check(): void {
    if (this.#engine?.lost) throw this.#engine.lost;
  }

  /** Whether the device has been lost since the run began or went on. */
  get isLost(): boolean {
    return this.#engine?.lost != null;
  }

  /**
   * Waits for another device.
   *
   * @param where Where the run is.
   * @param file A checkpoint of it, and after how many steps it was written.
   * @returns What to go back to; null for the checkpoint.
   * @throws {ArgandError} if the run is not to go on, or can't.
   */
  async goBack(
    where: string,
    file: { readonly path: string | URL; readonly step: number } | null,
  ): Promise<Note | null> {
    await replaced();
    const refuse = (why: string) => {
      const error = cannot("fit", `the device was lost in ${where}, and ${why}`);
      error.cause = this.#engine?.lost;
      return error;
    };
    if (!this.#options) {
      throw refuse(
        (file
          ? `checkpoint.resume goes on from ${file.path}, written after step ${file.step}`
          : "nothing was kept to go on from") + "; with recover: true fit goes on by itself",
      );
    }
    if (engine().lost) {
      throw refuse("no other could be opened; gpu.use opens one, or the CPU engine");
    }
    const noted = this.#noted;
    const fromFile = file !== null && file.step > (noted?.step ?? -1);
    if (!fromFile && !noted) throw refuse("there was no copy yet to go back to");
    const step = fromFile ? file.step : noted!.step;
    if (step !== this.#backTo) [this.#backTo, this.#losses] = [step, 0];
    if (++this.#losses > this.#options.attempts) {
      throw refuse(
        `${this.#losses} times in a row before step ${step} had led to another copy; see ` +
          "recover.attempts",
      );
    }
    return fromFile ? null : noted;
  }
}
