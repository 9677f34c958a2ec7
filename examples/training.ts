/** The loop that the examples train by. */
import { rand, type RealTensor } from "@argand/argand";

/** 0 to count − 1. */
export const inOrder = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, k) => k);

/** A new order of the samples, from the library's own random numbers. */
export async function shuffled(count: number): Promise<Uint32Array> {
  const keys = await rand([count]).data();
  return inOrder(count).sort((a, b) => keys[a] - keys[b]);
}

/** The middle of a list of numbers. */
export const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[list.length >> 1];

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
