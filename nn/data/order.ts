/** Orders and seeds of data, from Philox on the host: the same on every engine. */
import { philox } from "../../gpu/functions/random.ts";
import { getRandomState, setRandomState } from "../../complex/create/random.ts";

/** Sets the counters of orders apart from those of tensors, whose third word is 0. */
const ORDERS = 0x6f72_6465;

/** 0 to length − 1 in an order that depends on seed and epoch only (Fisher and Yates). */
export function permutation(length: number, seed: number, epoch: number): Uint32Array {
  const order = new Uint32Array(length);
  for (let k = 0; k < length; k++) order[k] = k;
  const [low, high] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  const high32 = Math.floor(epoch / 2 ** 32);
  const words = new Uint32Array(4);
  for (let k = length - 1, draw = 0; k > 0; k--, draw++) {
    if (draw % 2 === 0) {
      words[0] = draw >>> 1;
      words[1] = epoch;
      words[2] = ORDERS;
      words[3] = high32;
      philox(words, low, high);
    }
    // 53 random bits: no place is preferred by more than 2⁻²¹ of its share.
    const at = 2 * (draw % 2);
    const u = ((words[at] >>> 5) * 2 ** 26 + (words[at + 1] >>> 6)) * 2 ** -53;
    const other = Math.floor(u * (k + 1));
    const last = order[k];
    order[k] = order[other];
    order[other] = last;
  }
  return order;
}

/** A seed from the generator that `manualSeed` starts: one draw of it. */
export function drawSeed(): number {
  const { seed, draws } = getRandomState();
  const words = Uint32Array.of(0, draws, 0, 0);
  philox(words, seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0);
  setRandomState({ seed, draws: draws + 1 });
  return (words[0] & 0x1fffff) * 2 ** 32 + words[1];
}
