/** Fields through a measured multimode fibre, seen as intensities; see data/fibre/README.md. */
import {
  abs,
  type ComplexTensor,
  complexTensor,
  matmul,
  noGrad,
  randn,
  randnComplex,
  readNpz,
  type RealTensor,
  tensor,
} from "@argand/argand";

const FILE = new URL("data/fibre/TM_modes_5.0.npz", import.meta.url);
const ENTRY = "TM_corr_modes";

/** The modes of one polarisation, which are sent in. */
export const MODES = 55;
/** The modes of both polarisations, whose intensities come out. */
export const CHANNELS = 110;

/**
 * The matrix [110, 55] from fields in the modes of one polarisation to fields out, scaled so that
 * random fields of unit power give every channel unit power on average.
 */
export async function fibreMatrix(): Promise<ComplexTensor> {
  const entry = (await readNpz(FILE)).get(ENTRY);
  if (entry?.dtype !== "complex128" || entry.shape.join() !== `${CHANNELS},${CHANNELS}`) {
    const found = entry ? `is ${entry.dtype} of shape [${entry.shape}]` : "is not there";
    throw new Error(`Cannot read ${FILE}: ${ENTRY} ${found}`);
  }
  // Six digits are more than were measured.
  const whole = complexTensor(Float32Array.from(entry.data as Float64Array), entry.shape);
  const part = whole.slice(null, [0, MODES]);
  // Σ over modes of |T|² · 1/MODES is a channel's mean power.
  const power = await part.absSquared().sum().item() / (CHANNELS * MODES);
  return part.mul(1 / Math.sqrt(power));
}

/** Pairs of fields and intensities, on the host. */
export interface FibreSet {
  readonly count: number;
  /** count × 55 interleaved complex amplitudes; every field has Σ|c|² = 1. */
  readonly fields: Float32Array;
  /** count × 110 intensities |T c|², with noise where it was asked for. */
  readonly intensities: Float32Array;
}

/**
 * Random fields, uniform over all of unit power, and what comes out of the fibre.
 *
 * @param noise The standard deviation of the noise on the intensities, as a part of their mean.
 */
export async function fibreSet(
  matrix: ComplexTensor,
  count: number,
  noise: number,
): Promise<FibreSet> {
  const [fields, intensities] = noGrad(() => {
    const z = randnComplex([count, MODES]);
    const c = z.div(z.absSquared().sum(1, true).sqrt());
    const clean = abs(matmul(c, matrix.T)).square();
    return [c, noise > 0 ? clean.add(randn(clean.shape).mul(clean.mean().mul(noise))) : clean];
  });
  return { count, fields: await fields.data(), intensities: await intensities.data() };
}

/** The pairs at `order[from]` to `order[from + count]`. */
export function fibreBatch(
  set: FibreSet,
  order: Uint32Array,
  from: number,
  count: number,
): { readonly fields: ComplexTensor; readonly intensities: RealTensor } {
  const fields = new Float32Array(count * MODES * 2);
  const intensities = new Float32Array(count * CHANNELS);
  for (let k = 0; k < count; k++) {
    const at = order[from + k];
    fields.set(set.fields.subarray(at * MODES * 2, (at + 1) * MODES * 2), k * MODES * 2);
    intensities.set(set.intensities.subarray(at * CHANNELS, (at + 1) * CHANNELS), k * CHANNELS);
  }
  return {
    fields: complexTensor(fields, [count, MODES]),
    intensities: tensor(intensities, [count, CHANNELS]),
  };
}
