/** The training step of the founding network: wall time, JavaScript, device, and the first step. */
import { complex, gpu, manualSeed, nn, tensor } from "@argand/argand";
import { mnistDigits, SIDE } from "../../examples/mnist/data.ts";
import { FoundingNetwork, type Norm } from "../../examples/support/networks.ts";
import type { Row } from "../run.ts";
import { median } from "../statistics.ts";

const BATCH = 64;
const BATCHES = 10;
const WARM = 10;
/** Steps until V8 has compiled what it will compile: the script of a step takes 2.5 ms before, 1.6 after. */
const WARM_SCRIPT = 300;

/** The norms that are compared. */
export const NORMS: readonly Norm[] = ["covariance", "naive", "none"];

/** The name of the step with a norm. */
export const trainingKey = (norm: Norm): string => `training step, batch ${BATCH}, norm ${norm}`;

/** A step of training on the batch of a number; gives the loss, unread. */
export function trainer(norm: Norm): (step: number) => { item(): Promise<number> } {
  const digits = mnistDigits("training", BATCH * BATCHES);
  manualSeed(1);
  const network = new FoundingNetwork(norm);
  const optimizer = new nn.SGD(network.parameters(), { lr: 0.01, momentum: 0.9 });
  const pixels = SIDE * SIDE;
  return (step) => {
    const from = step % BATCHES * BATCH;
    const values = digits.images.subarray(from * pixels, (from + BATCH) * pixels);
    const images = complex(tensor(values, [BATCH, 1, SIDE, SIDE]));
    const loss = nn.crossEntropy(network.logits(images), digits.labels.slice(from, from + BATCH));
    loss.backward();
    optimizer.step();
    return loss;
  };
}

/** Trains until V8 has compiled the script, for all norms. */
export async function warmScript(): Promise<void> {
  const step = trainer(NORMS[0]);
  for (let k = 0; k < WARM_SCRIPT; k++) await step(k).item();
}

/** Milliseconds from the start of a process of its own to the loss of its first step. */
async function firstStep(norm: Norm, engine: string): Promise<number> {
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-read", "--allow-env=ARGAND_DEVICE"],
      ...["--config", `${import.meta.dirname}/../deno.json`],
      `${import.meta.dirname}/../first_step.ts`,
      norm,
    ],
    env: { ARGAND_DEVICE: engine },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let took = NaN;
  for await (const chunk of child.stdout) {
    if (chunk.length > 0 && Number.isNaN(took)) took = performance.now() - started;
  }
  if (!(await child.status).success) throw new Error("Cannot measure the first step: it failed");
  return took;
}

/**
 * Trains for some steps on real digits. A step takes from one reading of a loss to the next, the loss
 * of the step before being read meanwhile, as a training loop does; the JavaScript is what records,
 * plans and encodes it; the device's time is the sum over its kernels in `gpu.profile`.
 */
export async function trainingStep(norm: Norm, steps: number): Promise<Row> {
  const step = trainer(norm);
  const [whole, script]: number[][] = [[], []];
  let unread: Promise<number> | null = null;
  let before = performance.now();
  for (let k = 0; k < steps; k++) {
    const started = performance.now();
    const loss = step(k);
    script.push(performance.now() - started);
    await unread;
    unread = loss.item();
    whole.push(performance.now() - before);
    before = performance.now();
  }
  if (!Number.isFinite(await unread)) throw new Error(`Cannot measure training: it diverged`);
  const device: number[] = [];
  for (let k = 0; k < 5; k++) {
    const profile = await gpu.profile(async () => await step(k).item());
    device.push(profile.ms);
  }
  const engine = gpu.engine().kind;
  return {
    engine,
    key: trainingKey(norm),
    ms: median(whole.slice(WARM)),
    // On the CPU engine kernels run while they are dispatched: the rest is what JavaScript adds.
    script: engine === "cpu" ? undefined : median(script.slice(WARM)),
    device: median(device),
    first: await firstStep(norm, engine),
    peers: {},
  };
}
