/** Digits as inputs of the founding network, and its answers. */
import { complex, type ComplexTensor, noGrad, tensor } from "@argand/argand";
import { type Digits, SIDE } from "./data.ts";
import type { FoundingNetwork } from "../support/networks.ts";
import { inOrder } from "../support/training.ts";

const TEST_BATCH = 500;

/** Digits `from` to `from + count` as the network takes them: the real part around 0. */
export function digitBatch(digits: Digits, order: Uint32Array, from: number, count: number): {
  readonly images: ComplexTensor;
  readonly labels: Uint8Array;
} {
  const pixels = SIDE * SIDE;
  const values = new Float32Array(count * pixels);
  const labels = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    const at = order[from + k];
    labels[k] = digits.labels[at];
    values.set(digits.images.subarray(at * pixels, (at + 1) * pixels), k * pixels);
  }
  for (let k = 0; k < values.length; k++) values[k] -= 0.5;
  return { images: complex(tensor(values, [count, 1, SIDE, SIDE])), labels };
}

/** The network's answer to every digit, in evaluation mode. */
export async function predictDigits(network: FoundingNetwork, digits: Digits): Promise<number[]> {
  network.eval();
  const order = inOrder(digits.count);
  const found: number[] = [];
  for (let from = 0; from < digits.count; from += TEST_BATCH) {
    const count = Math.min(TEST_BATCH, digits.count - from);
    const { images } = digitBatch(digits, order, from, count);
    found.push(...await noGrad(() => network.logits(images).argmax(1)).data());
  }
  return found;
}

/** The share of digits that are read correctly. */
export function accuracyOf(predictions: readonly number[], digits: Digits): number {
  return predictions.filter((digit, k) => digit === digits.labels[k]).length / digits.count;
}
