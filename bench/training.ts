/** The training step of the founding network: wall time, and the JavaScript in it. */
import { complex, gpu, manualSeed, nn, tensor } from "@argand/argand";
import { FoundingNetwork, type Norm } from "../examples/support/networks.ts";
import { mnistDigits, SIDE } from "../examples/mnist/data.ts";
import { median } from "./measure.ts";

const BATCH = 64;
const WARM = 10;

/** Milliseconds of the first step, and medians of the later ones. */
export interface StepTimes {
  readonly first: number;
  /** From step to step, the loss of the step before being read meanwhile, as a training loop does. */
  readonly step: number;
  /** In recording the step, planning and encoding it. */
  readonly script: number;
  /** Bytes on the device after the last step. */
  readonly bytes: number;
}

/** Trains for some steps on real digits. */
export async function trainingStep(norm: Norm, steps: number): Promise<StepTimes> {
  const digits = mnistDigits("training", BATCH * 10);
  manualSeed(1);
  const network = new FoundingNetwork(norm);
  const optimizer = new nn.SGD(network.parameters(), { lr: 0.01, momentum: 0.9 });
  const pixels = SIDE * SIDE;
  const whole: number[] = [];
  const script: number[] = [];
  let unread: Promise<number> | null = null;
  let before = performance.now();
  for (let step = 0; step < steps; step++) {
    const from = step % 10 * BATCH;
    const started = performance.now();
    const values = digits.images.slice(from * pixels, (from + BATCH) * pixels);
    const images = complex(tensor(values, [BATCH, 1, SIDE, SIDE]));
    const loss = nn.crossEntropy(network.logits(images), digits.labels.slice(from, from + BATCH));
    loss.backward();
    optimizer.step();
    script.push(performance.now() - started);
    await unread;
    unread = loss.item();
    whole.push(performance.now() - before);
    before = performance.now();
  }
  if (!Number.isFinite(await unread)) throw new Error(`Cannot measure training: it diverged`);
  return {
    first: whole[0],
    step: median(whole.slice(WARM)),
    script: median(script.slice(WARM)),
    bytes: gpu.memory().bytes,
  };
}
