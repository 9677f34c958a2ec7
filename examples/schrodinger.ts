/**
 * A wave packet by a physics-informed network: ψ(x, t) is a complex network that learns only from
 * Schrödinger's equation of a free particle, with ħ = m = 1,
 *
 *   i ∂ψ/∂t = −½ ∂²ψ/∂x².
 *
 *   deno task schrodinger --steps 3000 --json
 *
 * The network is holomorphic in x and t, so that one pass differentiates both of its parts.
 */
import {
  complex,
  type ComplexTensor,
  concat,
  derivative,
  exp,
  gpu,
  linspace,
  manualSeed,
  meshgrid,
  nn,
  noGrad,
  rand,
  randn,
  type RealTensor,
  sin,
  sqrt,
  tensor,
} from "@argand/argand";
import { z } from "zod";
import { openFolder } from "./support/folder.ts";
import { readOptions } from "./support/command_line.ts";
import { clock, Progress } from "./support/progress.ts";
import { writeSchrodinger } from "./schrodinger/report.ts";
import { cosine, stepTime, trainPass } from "./support/training.ts";

const i = { re: 0, im: 1 };
/** The region: |x| ≤ X and 0 ≤ t ≤ T. */
const [X, T] = [6, 1];
/** Where the packet starts, and its momentum. */
const [x0, p] = [-2, 3];

/** The textbook's packet: it moves at speed p, and its width grows as √(1 + t²). */
function packet(x: ComplexTensor, t: ComplexTensor): ComplexTensor {
  const spread = t.mul(i).add(1);
  const envelope = x.sub(x0).sub(t.mul(p)).square().div(spread.mul(-2));
  const phase = x.sub(x0).mul(p).sub(t.mul(p * p / 2));
  return exp(envelope.add(phase.mul(i))).div(sqrt(spread));
}

class Sine extends nn.Layer {
  override apply(z: ComplexTensor): ComplexTensor {
    return sin(z);
  }
}

/** ψ(x, t): the given packet at t = 0, zero at x = ±X, and in between a network. */
class WaveFunction extends nn.Module {
  readonly first: nn.Linear;
  readonly network: nn.Sequential;

  constructor(width: number) {
    super();
    this.first = new nn.Linear(2, width);
    const [hidden, last] = [new nn.Linear(width, width), new nn.Linear(width, 1)];
    this.network = new nn.Sequential(this.first, new Sine(), hidden, new Sine(), last);
    // The first sines start as real waves, with wavenumbers and energies like the packet's.
    this.first.weight.assign(complex(randn([width, 2]).mul(tensor([p, p * p / 2]))));
    this.first.bias!.assign(complex(rand([width]).mul(2 * Math.PI)));
  }

  at(x: ComplexTensor, t: ComplexTensor): ComplexTensor {
    const later = this.network.apply(concat([x, t], 1));
    const walls = x.div(X).square().neg().add(1);
    return packet(x, t.mul(0)).add(t.mul(walls).mul(later));
  }
}

const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
const optionsSchema = z.strictObject({
  steps: whole(1, 1_000_000).default(2000),
  points: whole(1, 1_000_000).default(256),
  width: whole(1, 1000).default(24),
  device: z.enum(["cpu", "webgpu"]).optional(),
  seed: whole(0, Number.MAX_SAFE_INTEGER).default(1),
  out: z.string().min(1).default("out"),
  json: z.boolean().default(false),
});
const options = readOptions(
  "train",
  optionsSchema,
  ["json"],
  "--steps N --points N --width N --device cpu|webgpu --seed N --out FOLDER --json",
);
const { steps, points, width, device, seed } = options;
const report = `${options.out}/schrodinger.html`;
await openFolder(options.out);
if (device) await gpu.use(device);
const { kind, adapter } = gpu.engine();
const say = options.json ? console.error : console.log;
say(`${steps} steps of ${points} points, engine ${kind}: ${adapter.name}`);

manualSeed(seed);
const psi = new WaveFunction(width);
const dt = derivative((t: ComplexTensor, x: ComplexTensor) => psi.at(x, t));
const dx = derivative((x: ComplexTensor, t: ComplexTensor) => psi.at(x, t));
const dxx = derivative(dx);

/** The residual of Schrödinger's equation: i ∂ψ/∂t + ½ ∂²ψ/∂x². */
const residual = (x: ComplexTensor, t: ComplexTensor) => dt(t, x).mul(i).add(dxx(x, t).mul(0.5));

/** Random points of the region, as complex numbers. */
const anywhere = (low: number, high: number) =>
  rand([points, 1]).mul(high - low).add(low).toComplex();

/** The learning rate falls to 0 as a cosine. */
const RATE = 0.05;
const optimizer = new nn.Adam(psi.parameters(), { lr: RATE });
const progress = new Progress(steps, points, say, { unit: "points" });
const losses: number[] = [];
const times: number[] = [];
const deviceBytes: number[] = [];
const started = performance.now();
await trainPass(
  steps * points,
  points,
  (from) => {
    optimizer.groups[0].lr = RATE * cosine(from / (steps * points));
    return residual(anywhere(-X, X), anywhere(0, T)).absSquared().mean();
  },
  optimizer,
  (loss, ms) => {
    losses.push(loss);
    times.push(ms);
    deviceBytes.push(gpu.memory().bytes);
    progress.update(losses.length, loss);
  },
);

const seconds = (performance.now() - started) / 1000;

/** A grid over the region; training points lie on it only by chance. */
const N = 192;
const [t, x] = meshgrid(linspace(T, 0, N), linspace(-X, X, N))
  .map((axis: RealTensor) => axis.reshape([-1, 1]).toComplex());
const found = noGrad(() => psi.at(x, t)).reshape([N, N]);
const truth = packet(x, t).reshape([N, N]);
const error = await nn.metrics.relativeError(found, truth).item();
say(`relative L2 error ${(100 * error).toFixed(2)} %`);

const stepMs = stepTime(times);
await writeSchrodinger(report, {
  figures: [
    { label: "engine", value: kind },
    { label: "adapter", value: adapter.name },
    { label: "a step (median)", value: `${stepMs.toFixed(1)} ms` },
    { label: "training", value: `${clock(seconds)} min` },
    { label: "device memory", value: `${(deviceBytes.at(-1)! / 2 ** 20).toFixed(1)} MiB` },
  ],
  found,
  truth,
  X,
  T,
  p,
  error,
  losses,
  command: `deno task schrodinger --steps ${steps} --points ${points} --width ${width} ` +
    `--seed ${seed}`,
});
say(`${stepMs.toFixed(1)} ms a step, ${deviceBytes.at(-1)} bytes on the device`);
say(`The report is in ${report}`);
if (options.json) {
  const { name } = adapter;
  const shown = { error, stepMs, firstStepMs: times[0], seconds, engine: kind, adapter: name };
  console.log(JSON.stringify({ ...options, ...shown, losses, deviceBytes, report }));
}
