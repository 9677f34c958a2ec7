/** The training loop of the examples. */
import { rand, type RealTensor } from "@argand/argand";
import { median } from "./statistics.ts";

/** 0 to count − 1. */
export const inOrder = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, k) => k);

/** A new order of the samples, from the library's own random numbers. */
export async function shuffled(count: number): Promise<Uint32Array> {
  const keys = await rand([count]).data();
  return inOrder(count).sort((a, b) => keys[a] - keys[b]);
}

/** The median of a run's steps; the first ones also compile the kernels. */
export const stepTime = (times: readonly number[]): number =>
  median(times.length > 10 ? times.slice(5) : times);

/**
 * One pass over `count` samples in batches. The loss of a step is read while the next one runs.
 *
 * @param lossOf The loss of the samples `from` to `from + size`.
 * @param note Hears of every step: its loss and its milliseconds.
 */
export async function trainPass(
  count: number,
  batch: number,
  lossOf: (from: number, size: number) => RealTensor,
  optimizer: { step(): void },
  note: (loss: number, ms: number) => void,
): Promise<void> {
  let unread: { readonly loss: Promise<number>; readonly ms: number } | null = null;
  let before = performance.now();
  for (let from = 0; from < count; from += batch) {
    const loss = lossOf(from, Math.min(batch, count - from));
    loss.backward();
    optimizer.step();
    if (unread) note(await unread.loss, unread.ms);
    const now = performance.now();
    unread = { loss: loss.item(), ms: now - before };
    before = now;
  }
  if (unread) note(await unread.loss, unread.ms);
}

/** How a network is trained from its first to its last step. */
export interface Course {
  readonly samples: number;
  readonly passes: number;
  readonly batch: number;
  readonly rate: number;
  /** The learning rate after this part of all steps, as a factor. */
  readonly schedule: (done: number) => number;
}

/** The factor that falls from 1 to 0 as half a cosine. */
export const cosine = (done: number): number => (1 + Math.cos(Math.PI * done)) / 2;

/** The steps of a course. */
export const courseSteps = (
  { samples, batch, passes }: Pick<Course, "samples" | "batch" | "passes">,
): number => Math.ceil(samples / batch) * passes;

/**
 * Trains by a course: every pass in a new order.
 *
 * @param lossOf The loss of the samples `order[from]` to `order[from + size]`.
 * @param note Hears how many steps are done, and the loss of the last.
 * @returns The loss and the milliseconds of every step.
 * @throws {Error} if the training diverges.
 */
export async function train(
  { samples, passes, batch, rate, schedule }: Course,
  optimizer: { step(): void; readonly groups: { lr: number }[] },
  lossOf: (order: Uint32Array, from: number, size: number) => RealTensor,
  note: (step: number, loss: number) => void,
): Promise<{ readonly losses: number[]; readonly times: number[] }> {
  const steps = courseSteps({ samples, batch, passes });
  const [losses, times]: number[][] = [[], []];
  let begun = 0;
  for (let pass = 0; pass < passes; pass++) {
    const order = await shuffled(samples);
    await trainPass(
      samples,
      batch,
      (from, size) => {
        optimizer.groups[0].lr = rate * schedule(begun++ / steps);
        return lossOf(order, from, size);
      },
      optimizer,
      (loss, ms) => {
        times.push(ms);
        losses.push(loss);
        if (!Number.isFinite(loss)) throw new Error(`its loss is ${loss} at step ${times.length}`);
        note(times.length, loss);
      },
    );
  }
  return { losses, times };
}
