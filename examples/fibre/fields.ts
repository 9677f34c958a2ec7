/** Fields through a measured multimode fibre, seen as intensities; see ../data/fibre/README.md. */
import {
  abs,
  type ComplexTensor,
  complexTensor,
  type InexactArray,
  matmul,
  noGrad,
  randn,
  randnComplex,
  type RealTensor,
  tensor,
} from "@argand/argand";
import { readBend } from "./bends.ts";
import { relativeError } from "../support/statistics.ts";

/** The modes of one polarisation, which are sent in. */
export const MODES = 55;
/** The modes of both polarisations, whose intensities come out. */
export const CHANNELS = 110;

/** The matrix [110, 55] of the fibre before it is bent; see {@link readBend}. */
export const fibreMatrix = (): Promise<ComplexTensor> =>
  readBend(new URL("../data/fibre/TM_modes_5.0.npz", import.meta.url), MODES);

/** Pairs of fields and intensities, on the host. */
export interface FibreSet {
  readonly count: number;
  /** The modes that a field has, and the channels that an intensity is measured in. */
  readonly modes: number;
  readonly channels: number;
  /** count × modes interleaved complex amplitudes; every field has Σ|c|² = 1. */
  readonly fields: InexactArray;
  /** count × channels intensities |T c|², with noise if requested. */
  readonly intensities: InexactArray;
}

/**
 * Random fields, uniform over all of unit power, and their intensities behind the fibre.
 *
 * @param noise The standard deviation of the noise on the intensities, as a fraction of their mean.
 */
export async function fibreSet(
  matrix: ComplexTensor,
  count: number,
  noise: number,
): Promise<FibreSet> {
  const [channels, modes] = matrix.shape;
  const [fields, intensities] = noGrad(() => {
    const z = randnComplex([count, modes]);
    const c = z.div(z.absSquared().sum(1, true).sqrt());
    const clean = abs(matmul(c, matrix.T)).square();
    return [c, noise > 0 ? clean.add(randn(clean.shape).mul(clean.mean().mul(noise))) : clean];
  });
  return {
    count,
    modes,
    channels,
    fields: await fields.data(),
    intensities: await intensities.data(),
  };
}

/** The pairs at `order[from]` to `order[from + count]`. */
export function fibreBatch(
  set: FibreSet,
  order: Uint32Array,
  from: number,
  count: number,
): { readonly fields: ComplexTensor; readonly intensities: RealTensor } {
  const { modes, channels } = set;
  const fields = new Float32Array(count * modes * 2);
  const intensities = new Float32Array(count * channels);
  for (let k = 0; k < count; k++) {
    const at = order[from + k];
    fields.set(set.fields.subarray(at * modes * 2, (at + 1) * modes * 2), k * modes * 2);
    intensities.set(set.intensities.subarray(at * channels, (at + 1) * channels), k * channels);
  }
  return {
    fields: complexTensor(fields, [count, modes]),
    intensities: tensor(intensities, [count, channels]),
  };
}

/** The relative L2 error of predicting the mean of every channel over the training set. */
export function meanError(training: FibreSet, test: FibreSet): number {
  const { channels, count } = training;
  const mean = new Float64Array(channels);
  training.intensities.forEach((x, k) => mean[k % channels] += x / count);
  return relativeError(test.intensities.map((_, k) => mean[k % channels]), test.intensities);
}
