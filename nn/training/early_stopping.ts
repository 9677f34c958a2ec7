/** The best value so far, and how long ago it was. */
import { checkInteger } from "../../complex/lazy/shape.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { checkNumber, checkWord, withDefaults } from "../checks.ts";
import { type EpochRecord, figure } from "./history.ts";

/** Which figure of an epoch tells how good it was. */
export interface MonitorOptions {
  /**
   * Its path in the {@link EpochRecord}: `loss`, `validation.loss`, `validation.accuracy`, …; if absent
   * the loss over the samples held out, or the training loss where there are none.
   */
  readonly monitor?: string;
  /** Whether it should fall or rise; `"min"`, if absent. */
  readonly mode?: "min" | "max";
}

/** When {@link fit} ends before its last epoch. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The epochs without improvement after which it ends; 5, if absent. */
  readonly patience?: number;
  /** By more than how much the figure must improve to count; 0, if absent. */
  readonly minDelta?: number;
  /** Whether the model has the state of its best epoch at the end; true, if absent. */
  readonly restoreBest?: boolean;
}

/** The options with their defaults, checked. */
export function earlyStopping(
  what: string,
  given: EarlyStoppingOptions,
  monitor: string,
): Required<EarlyStoppingOptions> {
  const options = withDefaults<Required<EarlyStoppingOptions>>(what, given, {
    monitor,
    mode: "min",
    patience: 5,
    minDelta: 0,
    restoreBest: true,
  });
  checkInteger(what, "patience", options.patience, 1);
  checkNumber(what, "minDelta", options.minDelta);
  checkWord(what, "mode", options.mode, ["min", "max"]);
  return options;
}

/** Watches one figure. NaN is never better. */
export class Best {
  readonly #options: { monitor: string; mode: "min" | "max"; minDelta: number };
  /** The best value; NaN before the first. */
  value = NaN;
  /** The epoch that had it. */
  epoch = 0;
  /** Epochs since. */
  waited = 0;

  constructor({ monitor, mode, minDelta = 0 }: Required<MonitorOptions> & { minDelta?: number }) {
    this.#options = { monitor, mode, minDelta };
  }

  /** Whether the epoch is better than all before. */
  update(what: string, record: EpochRecord): boolean {
    const { monitor, mode, minDelta } = this.#options;
    const value = figure(record, monitor);
    if (value === undefined) {
      const known = Object.keys(record.validation ?? {}).map((name) => `validation.${name}`);
      throw cannot(
        what,
        `the epoch has no "${monitor}" to monitor; it has ${["loss", ...known].join(", ")}`,
      );
    }
    const gain = mode === "min" ? this.value - value : value - this.value;
    const first = Number.isNaN(this.value) && !Number.isNaN(value);
    const better = first || gain > minDelta;
    this.waited = better ? 0 : this.waited + 1;
    if (better) [this.value, this.epoch] = [value, record.epoch];
    return better;
  }
}
