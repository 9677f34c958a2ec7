/** The history of a training run: figures of its epochs. */
import { read } from "../../complex/lazy/realize.ts";
import { Tensor } from "../../complex/tensor/tensor.ts";

/** The figures of one epoch. */
export interface EpochRecord {
  /** Its number, from 0. */
  readonly epoch: number;
  /** The mean of the training loss over its samples, each before the step that its batch led to. */
  readonly loss: number;
  /** The learning rate at its end. */
  readonly lr: number;
  /** Steps of the optimiser so far. */
  readonly steps: number;
  /** The time it took, validation included. */
  readonly seconds: number;
  /** The means of loss and metrics over the samples held out, if there are such. */
  readonly validation?: Readonly<Record<string, number>>;
}

/** Why a run ended. */
export type FitEnd = "epochs" | "earlyStopping" | "callback" | "signal";

/** The result of {@link fit}: an object of numbers, as JSON has them. */
export interface FitHistory {
  /** The epochs that have been finished, those before a resumption included. */
  readonly epochs: readonly EpochRecord[];
  /** The loss of every batch of this call. */
  readonly losses: readonly number[];
  /** Steps of the optimiser, those before a resumption included. */
  readonly steps: number;
  /** Why it ended. */
  readonly stopped: FitEnd;
  /** With early stopping: the epoch of the best value, and that value; null before the first. */
  readonly best?: { readonly epoch: number; readonly value: number } | null;
}

/** The value of a record by its path: `loss`, `lr` or `validation.…`. */
export function figure(record: EpochRecord, path: string): number | undefined {
  const [head, ...rest] = path.split(".");
  if (head === "validation") return record.validation?.[rest.join(".")];
  const value = rest.length === 0 ? record[head as "loss"] : undefined;
  return typeof value === "number" ? value : undefined;
}

/** Deeper in a batch nothing is looked for: it may hold itself. */
const DEEPEST = 64;

/** The samples of a batch: the first axis or length of the first thing in it. */
export function samplesOf(batch: unknown, depth = 0): number {
  if (depth > DEEPEST) return 1;
  if (batch instanceof Tensor) return batch.shape[0] ?? 1;
  if (typeof batch !== "object" || batch === null) return 1;
  if (ArrayBuffer.isView(batch)) return (batch as Uint8Array).length;
  const [first] = Object.values(batch);
  return typeof first === "number" && Array.isArray(batch)
    ? batch.length
    : samplesOf(first, depth + 1);
}

/** Values that lie on the device until somebody reads them all in one go. */
export class Unread {
  #nodes: Tensor["node"][] = [];

  push(value: Tensor): void {
    this.#nodes.push(value.node);
  }

  /** Forgets those that nobody has asked for. */
  forget(): void {
    this.#nodes = [];
  }

  /** The values since the last call, read without waiting here. */
  async take(): Promise<number[]> {
    const nodes = this.#nodes;
    if (nodes.length === 0) return [];
    this.#nodes = [];
    return (await read(nodes)).map(([x]) => x);
  }
}

/** A mean with weights. */
export class Mean {
  sum = 0;
  weight = 0;

  add(value: number, weight: number): void {
    this.sum += value * weight;
    this.weight += weight;
  }

  get value(): number {
    return this.sum / this.weight;
  }
}
