/** One run of a study: data, network, training, test. */
import { type ComplexTensor, gpu, manualSeed, nn, noGrad } from "@argand/argand";
import { CHANNELS, fibreBatch, fibreMatrix, fibreSet, meanError, MODES } from "../fibre/fields.ts";
import { mnistDigits } from "../mnist/data.ts";
import { accuracyOf, digitBatch, predictDigits } from "../mnist/training.ts";
import {
  ComplexIntensityNetwork,
  FoundingNetwork,
  type IntensityNetwork,
  LinearIntensityNetwork,
  matchedHidden,
  RealIntensityNetwork,
  realParameters,
} from "../support/networks.ts";
import { type Result, type Run, stepsOf } from "./plan.ts";
import { mean, relativeError } from "../support/statistics.ts";
import { cosine, inOrder, stepTime, train } from "../support/training.ts";

/** Seeds of the fields for testing; those of runs start at 1. */
const HELD_OUT_SEED = 2_000_001;
const TUNING_SET_SEED = 2_000_002;
/** Digits of the training file from here on choose rates. */
const TUNING_DIGITS = 50_000;
const TEST_BATCH = 500;

/** The parts that differ from problem to problem. */
interface Parts {
  readonly network: nn.Module;
  readonly optimizer: { step(): void; readonly groups: { lr: number }[] };
  /** The learning rate after this part of all steps, as a factor. */
  readonly schedule: (done: number) => number;
  lossOf(order: Uint32Array, from: number, size: number): ReturnType<typeof nn.mse>;
  test(): Promise<{ error: number; baseline: number }>;
}

function mnistParts(run: Run): Parts {
  if (run.model === "real" || run.model === "linear") {
    throw new Error(`Cannot train: the digits have no ${run.model} model`);
  }
  const digits = mnistDigits("training", run.samples);
  const test = run.tuning
    ? mnistDigits("training", run.tests, TUNING_DIGITS)
    : mnistDigits("testing", run.tests);
  manualSeed(run.seed);
  const network = new FoundingNetwork(run.model);
  return {
    network,
    optimizer: new nn.SGD(network.parameters(), { lr: run.rate, momentum: 0.9 }),
    schedule: () => 1,
    lossOf(order, from, size) {
      const { images, labels } = digitBatch(digits, order, from, size);
      return nn.crossEntropy(network.logits(images), labels);
    },
    async test() {
      const most = Math.max(...inOrder(10).map((d) => test.labels.filter((l) => l === d).length));
      const accuracy = accuracyOf(await predictDigits(network, test), test);
      return { error: 1 - accuracy, baseline: 1 - most / test.count };
    },
  };
}

/** Amplitudes of unit mean power: the input of all networks. */
const standardised = (fields: ComplexTensor) => fields.mul(Math.sqrt(MODES));

function intensityNetwork({ model, hidden }: Run): IntensityNetwork {
  if (model === "linear") return new LinearIntensityNetwork(MODES, CHANNELS);
  if (model !== "real") return new ComplexIntensityNetwork(MODES, hidden, CHANNELS, model);
  return new RealIntensityNetwork(MODES, matchedHidden(MODES, hidden, CHANNELS), CHANNELS);
}

async function fibreParts(run: Run): Promise<Parts> {
  const matrix = await fibreMatrix();
  manualSeed(run.tuning ? TUNING_SET_SEED : HELD_OUT_SEED);
  const test = await fibreSet(matrix, run.tests, 0);
  manualSeed(run.seed);
  const training = await fibreSet(matrix, run.samples, run.noise);
  const network = intensityNetwork(run);
  return {
    network,
    optimizer: new nn.Adam(network.parameters(), { lr: run.rate }),
    schedule: cosine,
    lossOf(order, from, size) {
      const { fields, intensities } = fibreBatch(training, order, from, size);
      return nn.mse(network.intensities(standardised(fields)), intensities);
    },
    async test() {
      network.eval();
      const order = inOrder(test.count);
      const found: number[] = [];
      for (let from = 0; from < test.count; from += TEST_BATCH) {
        const size = Math.min(TEST_BATCH, test.count - from);
        const { fields } = fibreBatch(test, order, from, size);
        found.push(...await noGrad(() => network.intensities(standardised(fields))).data());
      }
      return {
        error: relativeError(found, test.intensities),
        baseline: meanError(training, test),
      };
    },
  };
}

/**
 * Does a run from its beginning to its end, on the engine in use.
 *
 * @param note Hears how many steps are done, and the loss of the last.
 * @throws {Error} if the training diverges.
 */
export async function doRun(run: Run, note: (step: number, loss: number) => void): Promise<Result> {
  const started = performance.now();
  const { network, optimizer, schedule, lossOf, test } = run.problem === "mnist"
    ? mnistParts(run)
    : await fibreParts(run);
  network.train();
  const { losses, times } = await train({ ...run, schedule }, optimizer, lossOf, note);
  const deviceBytes = gpu.memory().bytes;
  const { error, baseline } = await test();
  return {
    error,
    baseline,
    loss: mean(losses.slice(-stepsOf(run) / run.passes)),
    stepMs: stepTime(times),
    deviceBytes,
    parameters: realParameters(network),
    seconds: (performance.now() - started) / 1000,
  };
}
