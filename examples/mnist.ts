/**
 * Trains the founding network on MNIST and tests it on all 10 000 test digits.
 *
 *   deno task mnist --norm naive --epochs 2 --json
 *
 * With `--demo` it has a size that takes a minute.
 */
import { z } from "zod";
import { gpu, manualSeed, nn } from "@argand/argand";
import { mnistDigits, SIDE } from "./mnist/data.ts";
import { accuracyOf, digitBatch, predictDigits } from "./mnist/training.ts";
import { FoundingNetwork } from "./support/networks.ts";
import { readOptions } from "./support/command_line.ts";
import { openFolder } from "./support/folder.ts";
import { Progress } from "./support/progress.ts";
import { writeReport } from "./mnist/report.ts";
import { shuffled, stepTime, trainPass } from "./support/training.ts";

const TEST_DIGITS = 10_000;
const SHOWN_DIGITS = 48;
/** Training digits of the demo: they take less than a minute on two cores on either engine. */
const DEMO_IMAGES = 12_800;

const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
const optionsSchema = z.strictObject({
  epochs: whole(1, 1000).default(1),
  images: whole(1, 60_000).optional(),
  batch: whole(1, 10_000).default(64),
  norm: z.enum(["covariance", "naive", "none"]).default("covariance"),
  device: z.enum(["cpu", "webgpu"]).optional(),
  seed: whole(0, Number.MAX_SAFE_INTEGER).default(1),
  out: z.string().min(1).default("out"),
  json: z.boolean().default(false),
  demo: z.boolean().default(false),
});

const options = readOptions(
  "train",
  optionsSchema,
  ["json", "demo"],
  "--epochs N --images N --batch N --norm covariance|naive|none " +
    "--device cpu|webgpu --seed N --out FOLDER --demo --json",
);
const report = `${options.out}/mnist.html`;
await openFolder(options.out);
if (options.device) await gpu.use(options.device);
const engine = gpu.engine();
const say = options.json ? console.error : console.log;
const count = options.images ?? (options.demo ? DEMO_IMAGES : 60_000);
say(`Training on ${count} digits, engine ${engine.kind}: ${engine.adapter.name}`);

const digits = mnistDigits("training", count);
manualSeed(options.seed);
const network = new FoundingNetwork(options.norm);
const optimizer = new nn.SGD(network.parameters(), { lr: 0.01, momentum: 0.9 });

const batches = Math.ceil(count / options.batch);
const losses: number[] = [];
const deviceBytes: number[] = [];
const times: number[] = [];
const progress = new Progress(options.epochs * batches, options.batch, say);
for (let epoch = 0; epoch < options.epochs; epoch++) {
  network.train();
  const order = await shuffled(count);
  await trainPass(
    count,
    options.batch,
    (from, size) => {
      const { images, labels } = digitBatch(digits, order, from, size);
      return nn.crossEntropy(network.logits(images), labels);
    },
    optimizer,
    (loss, ms) => {
      losses.push(loss);
      times.push(ms);
      progress.update(losses.length, loss);
    },
  );
  deviceBytes.push(gpu.memory().bytes);
}

const test = mnistDigits("testing", TEST_DIGITS);
const started = performance.now();
const predictions = await predictDigits(network, test);
const accuracy = accuracyOf(predictions, test);
const testSeconds = (performance.now() - started) / 1000;
const stepMs = stepTime(times);

const side = SIDE * SIDE;
const normText = options.norm === "none" ? "without batch norm" : `with ${options.norm} batch norm`;
await writeReport(report, {
  title: "A complex network reads digits",
  summary: `The founding network ${normText}, trained on ${count} digits of ` +
    `MNIST for ${options.epochs} ${options.epochs === 1 ? "epoch" : "epochs"}.`,
  figures: [
    { label: "engine", value: engine.kind },
    { label: "adapter", value: engine.adapter.name },
    { label: "first step", value: `${times[0].toFixed(0)} ms` },
    { label: "a step (median)", value: `${stepMs.toFixed(1)} ms` },
    { label: "testing", value: `${testSeconds.toFixed(1)} s` },
    { label: "device memory", value: `${(deviceBytes.at(-1)! / 2 ** 20).toFixed(1)} MiB` },
  ],
  losses,
  accuracy,
  digits: Array.from({ length: SHOWN_DIGITS }, (_, k) => ({
    image: test.images.subarray(k * side, (k + 1) * side),
    label: test.labels[k],
    prediction: predictions[k],
  })),
  filters: { data: await network.conv1.weight.data(), channels: 10, height: 5, width: 5 },
  deviceBytes,
  command: `deno task mnist --norm ${options.norm} --epochs ${options.epochs} --images ${count} ` +
    `--batch ${options.batch} --seed ${options.seed}`,
});

say(
  `${Math.round(accuracy * TEST_DIGITS)} of ${TEST_DIGITS} test digits are right: ` +
    `${(100 * accuracy).toFixed(2)} %`,
);
say(`${stepMs.toFixed(1)} ms a step, ${deviceBytes.at(-1)} bytes on the device`);
say(`The report is in ${report}`);
if (options.json) {
  console.log(JSON.stringify({
    accuracy,
    stepMs,
    firstStepMs: times[0],
    testSeconds,
    losses,
    deviceBytes,
    engine: engine.kind,
    adapter: engine.adapter.name,
    ...options,
    images: count,
    report,
  }));
}
