/** Focusing: phases of the input modes with which the light gathers in one output channel. */
import {
  absSquared,
  type ComplexTensor,
  type InexactArray,
  matmul,
  nn,
  parameter,
  pick,
  polar,
  rand,
  type RealTensor,
  tensor,
} from "@argand/argand";
import { inOrder } from "../support/training.ts";
import { toBase64 } from "./bytes.ts";
import type { RetrievalResult } from "./plan.ts";

const RATE = 0.1;

/** Fields of equal modulus in all modes, Σ|c|² = 1, with phases [N, modes]. */
export const phaseOnly = (phases: RealTensor): ComplexTensor =>
  polar(1 / Math.sqrt(phases.shape[1]), phases);

/**
 * The phases [channels, modes] that a model finds best for each channel in turn, by gradient ascent of
 * the intensity there.
 *
 * @param intensities The model: fields [N, modes] to intensities [N, channels].
 */
export async function focusOn(
  intensities: (fields: ComplexTensor) => RealTensor,
  channels: number,
  modes: number,
  steps: number,
): Promise<InexactArray> {
  const phases = parameter(rand([channels, modes]).mul(2 * Math.PI), { name: "phases" });
  const optimizer = new nn.Adam([phases], { lr: RATE });
  const targets = inOrder(channels);
  for (let step = 0; step < steps; step++) {
    const focused = pick(intensities(phaseOnly(phases)), targets);
    focused.sum().neg().backward();
    optimizer.step();
  }
  return await phases.data();
}

/** The intensities [N, channels] behind a fibre of light with phases [N, modes]. */
export const behind = (matrix: ComplexTensor, phases: RealTensor): RealTensor =>
  absSquared(matmul(phaseOnly(phases), matrix.T));

/** The intensities that phases reach behind the measured fibre, beside the best possible. */
export async function focusThrough(
  matrix: ComplexTensor,
  phases: InexactArray,
): Promise<RetrievalResult["focusing"]> {
  const [channels, modes] = matrix.shape;
  const light = await behind(matrix, tensor(phases, [channels, modes])).data();
  const focused = Array.from({ length: channels }, (_, k) => light[k * channels + k]);
  // All modes in phase, and the mean over random phases.
  const best = await matrix.abs().sum(1).square().div(modes).data();
  const unshaped = await matrix.absSquared().sum(1).div(modes).data();
  const shares = Uint8ClampedArray.from(light, (x, k) => {
    const row = Math.floor(k / channels) * channels;
    return 255 * Math.sqrt(x / [...light.subarray(row, row + channels)].reduce((a, b) => a + b, 0));
  });
  return {
    ratios: focused.map((x, k) => x / best[k]),
    enhancements: focused.map((x, k) => x / unshaped[k]),
    shares: toBase64(shares),
    phases: toBase64(phases),
  };
}
