/** Seeing through a fibre: a network recovers the image from the light that leaves a bend. */
import {
  abs,
  type ComplexTensor,
  complexTensor,
  evaluate,
  gpu,
  type InexactArray,
  manualSeed,
  nn,
  noGrad,
  rand,
  type RealTensor,
  stack,
} from "@argand/argand";
import { mnistDigits } from "../mnist/data.ts";
import { realParameters } from "../support/networks.ts";
import type { Note } from "../support/runs/worker.ts";
import { mean, thinned } from "../support/statistics.ts";
import { cosine, courseSteps, inOrder, stepTime, train } from "../support/training.ts";
import { type Fibre, splitBends } from "./bends.ts";
import { toBase64 } from "./bytes.ts";
import { type Imager, imagerOf, type Light } from "./imagers.ts";
import { modeLimited, slideBatch, type Slides, slides, transmit } from "./optics.ts";
import type { ImagingResult, ImagingRun, Shown } from "./plan.ts";

/** Seeds of the noise on test light, which is the same for every network; those of runs start at 1. */
const TEST_SEED = 2_000_001;
const TEST_BATCH = 250;
/** Points of a curve of losses. */
export const CURVE = 120;
/** The test digits whose pictures are kept. */
export const SHOWN = 8;

/** The network's input for light y. */
const seenOf = (y: ComplexTensor, { input }: ImagingRun): Light =>
  input === "amplitudes" ? y : abs(y);

/** A network's results for test digits behind a bend. */
interface BendTest {
  /** Pearson's correlation with the mode-limited image, the mean over digits. */
  readonly correlation: number;
  /** The light and the images of the first digits. */
  readonly light: InexactArray;
  readonly images: InexactArray;
  readonly truth: InexactArray;
}

async function testBend(
  imager: Imager,
  matrix: ComplexTensor,
  modes: ComplexTensor,
  test: Slides,
  run: ImagingRun,
): Promise<BendTest> {
  const order = inOrder(test.count);
  const found: number[] = [];
  let first: Omit<BendTest, "correlation"> | null = null;
  for (let from = 0; from < test.count; from += TEST_BATCH) {
    const count = Math.min(TEST_BATCH, test.count - from);
    const [y, image, truth] = noGrad((): [ComplexTensor, RealTensor, RealTensor] => {
      const c = slideBatch(test, order, from, count);
      const y = transmit(c.unsqueeze(0), matrix.unsqueeze(0), run.testNoise);
      return [y, imager.image(seenOf(y, run)), modeLimited(c, modes)];
    });
    const match = nn.metrics.correlation(image, truth, { axis: 1, meanFree: true });
    if (!first) evaluate(y, image, truth);
    found.push(...await match.data());
    if (first) continue;
    const few = Math.min(SHOWN, count);
    first = {
      light: await y.slice([0, few]).data(),
      images: await image.slice([0, few]).data(),
      truth: await truth.slice([0, few]).data(),
    };
  }
  return { correlation: mean(found), ...first! };
}

/** Pictures of the first digits that a network recovers behind a bend. */
function shownOf(bend: number, { light, images, truth }: BendTest, pixels: number): Shown {
  const peaks = Array.from(
    { length: truth.length / pixels },
    (_, k) => [...truth.subarray(k * pixels, (k + 1) * pixels)].reduce((a, b) => Math.max(a, b), 0),
  );
  // As bright as the true image, clamped to bytes as a screen would.
  const bytes = Uint8ClampedArray.from(images, (v, k) => 255 * v / peaks[Math.floor(k / pixels)]);
  return { bend, images: toBase64(bytes), light: toBase64(light) };
}

/** Trains a network on the seen bends and tests it on all. */
export async function doImaging(run: ImagingRun, fibre: Fibre, note: Note): Promise<ImagingResult> {
  const started = performance.now();
  const { modesIn, bends } = fibre;
  const pixels = modesIn.shape[1];
  const { seen, unseen } = splitBends(bends.length);
  const training = await slides(mnistDigits("training", run.samples), modesIn);
  const test = await slides(mnistDigits("testing", run.tests), modesIn);

  manualSeed(run.seed);
  const [channels] = bends[0].matrix.shape;
  const imager = imagerOf(run.variant, run.input, channels, run.hidden, pixels);
  const optimizer = new nn.Adam(imager.parameters(), { lr: run.rate });
  const matrices = seen.map((k) => bends[k].matrix);
  const all = complexTensor(await stack(matrices).data(), [
    seen.length,
    channels,
    modesIn.shape[0],
  ]);
  const draws = await rand([courseSteps(run)]).data();
  let step = 0;
  imager.train();
  const { losses, times } = await train(
    { ...run, schedule: cosine },
    optimizer,
    (order, from, size) => {
      const c = slideBatch(training, order, from, size);
      // Every batch has light of all seen bends, or of one drawn at random.
      const through = run.mixing === "all"
        ? all
        : matrices[Math.floor(draws[step] * matrices.length)].unsqueeze(0);
      step++;
      const shared = c.reshape([through.shape[0], -1, modesIn.shape[0]]);
      const y = transmit(shared, through, run.noise);
      return nn.mse(imager.image(seenOf(y, run)), modeLimited(c, modesIn));
    },
    note,
  );
  const deviceBytes = gpu.memory().bytes;

  imager.eval();
  const tests: BendTest[] = [];
  for (const [k, { matrix }] of bends.entries()) {
    manualSeed(TEST_SEED + k);
    tests.push(await testBend(imager, matrix, modesIn, test, run));
  }
  const shown = (k: number) => shownOf(k, tests[k], pixels);
  return {
    part: "imaging",
    correlations: tests.map(({ correlation }) => correlation),
    shown: { seen: shown(seen.at(-1)!), unseen: shown(unseen.at(-1)!) },
    curve: thinned(losses, CURVE),
    loss: losses.at(-1)!,
    parameters: realParameters(imager),
    stepMs: stepTime(times),
    deviceBytes,
    seconds: (performance.now() - started) / 1000,
  };
}
