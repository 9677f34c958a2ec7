/** The fibre from intensities alone: learns its matrix, or a real network without phases. */
import { type ComplexTensor, gpu, manualSeed, nn, noGrad, type RealTensor } from "@argand/argand";
import { fibreBatch, fibreSet, meanError } from "./fields.ts";
import {
  hiddenFor,
  type IntensityNetwork,
  RealIntensityNetwork,
  realParameters,
} from "../support/networks.ts";
import type { Note } from "../support/runs/worker.ts";
import { relativeError, thinned } from "../support/statistics.ts";
import { cosine, inOrder, stepTime, train } from "../support/training.ts";
import type { Fibre } from "./bends.ts";
import { toBase64 } from "./bytes.ts";
import { focusOn, focusThrough } from "./focusing.ts";
import { CURVE } from "./imaging.ts";
import type { RetrievalResult, RetrievalRun } from "./plan.ts";

/** The seed of the held-out fields; those of runs start at 1. */
const HELD_OUT_SEED = 2_000_001;

/** The law of a fibre, |T c|², with an unknown matrix T. */
export class FibreModel extends nn.Layer implements IntensityNetwork {
  readonly transmission: nn.TransmissionMatrix;
  readonly camera: nn.Intensity = new nn.Intensity();

  constructor(modes: number, channels: number) {
    super();
    this.transmission = new nn.TransmissionMatrix(modes, channels);
  }

  override apply(c: ComplexTensor): ComplexTensor {
    return this.transmission.apply(c);
  }

  intensities(c: ComplexTensor): RealTensor {
    return this.camera.apply(this.apply(c));
  }
}

/** The learned rows, rotated to the phases of the measured ones, which intensities do not show. */
export function alignRows(learned: ComplexTensor, measured: ComplexTensor): ComplexTensor {
  const overlap = learned.conj().mul(measured).sum(1, true);
  return learned.mul(overlap.sgn());
}

/** |⟨learned, measured⟩| / (‖learned‖ ‖measured‖) of each row. */
export async function rowCorrelations(
  learned: ComplexTensor,
  measured: ComplexTensor,
): Promise<number[]> {
  const rows = await nn.metrics.correlation(learned, measured, { axis: 1 }).data();
  // Rounding may bring it above 1.
  return Array.from(rows, (r) => Math.min(1, r));
}

/** Learns a fibre from pairs of fields and intensities, tests it on others, and focuses by it. */
export async function doRetrieval(
  run: RetrievalRun,
  { bends }: Pick<Fibre, "bends">,
  note: Note,
): Promise<RetrievalResult> {
  const started = performance.now();
  const { matrix } = bends[run.bend];
  const [channels, modes] = matrix.shape;
  manualSeed(HELD_OUT_SEED);
  const heldOut = await fibreSet(matrix, run.tests, 0);
  manualSeed(run.seed);
  const training = await fibreSet(matrix, run.samples, run.noise);

  const law = new FibreModel(modes, channels);
  const model: IntensityNetwork = run.model === "matrix" ? law : new RealIntensityNetwork(
    modes,
    hiddenFor(realParameters(law), 2 * modes, channels),
    channels,
  );
  // Amplitudes of unit mean power in every mode, whatever the number of modes.
  const unit = Math.sqrt(modes);
  const optimizer = new nn.Adam(model.parameters(), { lr: run.rate });
  const { losses, times } = await train(
    { ...run, schedule: cosine },
    optimizer,
    (order, from, size) => {
      const { fields, intensities } = fibreBatch(training, order, from, size);
      return nn.mse(model.intensities(fields.mul(unit)), intensities);
    },
    note,
  );
  const deviceBytes = gpu.memory().bytes;

  const { fields } = fibreBatch(heldOut, inOrder(heldOut.count), 0, heldOut.count);
  const found = await noGrad(() => model.intensities(fields.mul(unit))).data();
  const learned = run.model === "matrix" ? law.transmission.matrix.detach() : null;
  const phases = await focusOn(
    (c) => model.intensities(c.mul(unit)),
    channels,
    modes,
    run.focusSteps,
  );
  return {
    part: "retrieval",
    error: relativeError(found, heldOut.intensities),
    baseline: meanError(training, heldOut),
    rows: learned && await rowCorrelations(learned, matrix),
    matrix: learned && toBase64(await alignRows(learned.mul(unit), matrix).data()),
    focusing: await focusThrough(matrix, phases),
    curve: thinned(losses, CURVE),
    loss: losses.at(-1)!,
    parameters: realParameters(model),
    stepMs: stepTime(times),
    deviceBytes,
    seconds: (performance.now() - started) / 1000,
  };
}
