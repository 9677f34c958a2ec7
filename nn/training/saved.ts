/** The state of a training run in a checkpoint, beside model, optimiser and schedule. */
import * as z from "zod";
import type { Stateful } from "../checkpoints/take_over.ts";
import { countEntry, EntryReader, numbersEntry } from "../entries.ts";
import type { Module, StateDict } from "../module.ts";
import type { Best } from "./early_stopping.ts";
import type { EpochRecord, Mean } from "./history.ts";

/** Where a run is. */
export interface Position {
  /** Batches of the epoch so far. */
  batch: number;
  /** Whether the epoch has no more of them, though it is not finished. */
  over: boolean;
  /** The loss of the epoch so far. */
  readonly mean: Mean;
  readonly stopping: Best | null;
  readonly best: Best | null;
  /** The model's state in its best epoch, if it is to be restored. */
  bestState: StateDict | null;
}

const PARTS = ["fit", "data", "validation", "best"] as const;

/** The entries of a part. */
function under(dict: StateDict, part: string): StateDict {
  const prefix = `${part}.`;
  const entries = [...dict].filter(([path]) => path.startsWith(prefix));
  return new Map(entries.map(([path, entry]) => [path.slice(prefix.length), entry]));
}

/** Whether data say where they are, as loaders do. */
export function isStateful(x: unknown): x is Stateful {
  const { stateDict, loadStateDict } = (x ?? {}) as Partial<Stateful>;
  return typeof stateDict === "function" && typeof loadStateDict === "function";
}

/** The position of a run and of its loaders as one part of a checkpoint. */
export class SavedPosition implements Stateful {
  readonly #position: Position;
  readonly #model: Module;
  readonly #loaders: readonly (readonly ["data" | "validation", Stateful])[];

  constructor(position: Position, model: Module, data: unknown, validation: unknown) {
    this.#position = position;
    this.#model = model;
    const known: [typeof PARTS[number], unknown][] = [["data", data], ["validation", validation]];
    this.#loaders = known.filter((pair): pair is ["data", Stateful] => isStateful(pair[1]));
  }

  async stateDict(): Promise<StateDict> {
    const { batch, over, mean, stopping, best, bestState } = this.#position;
    const dict: StateDict = new Map([
      ["fit.batch", countEntry(batch)],
      ["fit.mean", numbersEntry([mean.sum, mean.weight])],
      ["fit.hasBestState", countEntry(bestState ? 1 : 0)],
    ]);
    if (over) dict.set("fit.over", countEntry(1));
    for (const [name, one] of [["stopping", stopping], ["best", best]] as const) {
      if (!one) continue;
      dict.set(`fit.${name}`, numbersEntry([one.value, one.epoch, one.waited]));
    }
    for (const [path, entry] of bestState ?? []) dict.set(`best.${path}`, entry);
    for (const [name, loader] of this.#loaders) {
      for (const [path, entry] of await loader.stateDict()) dict.set(`${name}.${path}`, entry);
    }
    return dict;
  }

  async loadStateDict(dict: StateDict): Promise<void> {
    const position = this.#position;
    const rest = new Map(
      [...dict].filter(([path]) => !PARTS.some((p) => p !== "fit" && path.startsWith(`${p}.`))),
    );
    const reader = new EntryReader("go on with a training run", rest);
    const batch = reader.count("fit.batch");
    const over = reader.has("fit.over") && reader.count("fit.over") === 1;
    const [sum, weight] = reader.numbers("fit.mean", [2]);
    const hasBest = reader.count("fit.hasBestState") === 1;
    const watched = ([["stopping", position.stopping], ["best", position.best]] as const).map(
      ([name, one]) => {
        const path = `fit.${name}`;
        // A run may be resumed with early stopping, or without, where it was not so before.
        return reader.has(path) ? [one, reader.numbers(path, [3])] as const : null;
      },
    );
    reader.finish();
    const state = hasBest ? under(dict, "best") : null;
    if (state) this.#model.prepareStateDict(state);
    for (const [name, loader] of this.#loaders) await loader.loadStateDict(under(dict, name));
    position.batch = batch;
    position.over = over;
    [position.mean.sum, position.mean.weight] = [sum, weight];
    position.bestState = state;
    for (const pair of watched) {
      if (pair?.[0]) [pair[0].value, pair[0].epoch, pair[0].waited] = pair[1];
    }
  }
}

const number = z.number().nullable().transform((x) => x ?? NaN);
const extraSchema = z.object({
  epochs: z.array(z.object({
    epoch: z.int().nonnegative(),
    loss: number,
    lr: number,
    steps: z.int().nonnegative(),
    seconds: number,
    validation: z.record(z.string(), number).optional(),
  })),
});

/** The records of epochs as JSON holds them: what is not finite as null. */
export function extraOf(epochs: readonly EpochRecord[]): unknown {
  return JSON.parse(JSON.stringify({ epochs }));
}

/** The records of epochs in the extra of a checkpoint; null if they are not records. */
export function recordsOf(extra: unknown): EpochRecord[] | null {
  const parsed = extraSchema.safeParse(extra);
  if (!parsed.success) return null;
  return parsed.data.epochs.map(({ validation, ...rest }) =>
    validation ? { ...rest, validation } : rest
  );
}
