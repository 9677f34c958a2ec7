/**
 * A training step whose intermediates are many times what is kept for reuse: phase masks with free
 * propagation between them, as in a deep diffractive network.
 */
import {
  complex,
  type ComplexTensor,
  cos,
  evaluate,
  fft,
  gpu,
  ifft,
  manualSeed,
  nn,
  parameter,
  rand,
  type RealTensor,
  sin,
} from "@argand/argand";
import type { Row } from "../run.ts";
import { median } from "../statistics.ts";

const GIB = 2 ** 30;
/** How many masks there are; layers use them in turn. */
const MASKS = 4;
/** By engine, the elements of a field, the layers, and how many GiB of intermediates they make at least. */
const SIZES = {
  cpu: { n: 2 ** 22, layers: 18, gib: 8 },
  webgpu: { n: 2 ** 20, layers: 18, gib: 2 },
} as const;
/** GiB of intermediates that may be alive at a time. */
const MOST_ALIVE = 2;
const STEPS = 3;

const phase = (x: RealTensor) => complex(cos(x), sin(x));

/** The name of the step on an engine. */
export const largeStepKey = (engine: Row["engine"]): string =>
  `training step with ${SIZES[engine].gib} GiB of intermediates`;

/** Bytes of all values that a schedule computes, and of the buffers that it takes for them at most. */
function bytesOf({ buffers }: gpu.Schedule): { readonly all: number; readonly alive: number } {
  const own = buffers.filter(({ first }) => first >= 0);
  const all = own.reduce((sum, { bytes, values }) => sum + bytes * values.length, 0);
  return { all, alive: own.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Makes some steps; refuses to say how fast they were if they were smaller or larger than promised. */
export async function largeStep(engine: Row["engine"]): Promise<Row> {
  const { n, layers, gib } = SIZES[engine];
  manualSeed(1);
  const masks = Array.from({ length: MASKS }, () => parameter(rand([n], 0, 6)));
  const optimizer = new nn.SGD(masks, { lr: 1e-3 });
  const transfer = phase(rand([n], 0, 6));
  evaluate(transfer);
  const times: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const start = performance.now();
    let z: ComplexTensor = complex(rand([n]), rand([n]));
    const energy = z.absSquared().mean();
    for (let k = 0; k < layers; k++) {
      z = ifft(fft(z.mul(phase(masks[k % MASKS]))).mul(transfer));
    }
    const loss = z.absSquared().square().mean();
    loss.backward();
    if (step === 0) {
      const { all, alive } = bytesOf(gpu.explain(loss, ...masks.map((mask) => mask.grad!)));
      console.error(
        `${(all / GIB).toFixed(2)} GiB of intermediates, ${(alive / GIB).toFixed(2)} alive`,
      );
      if (all < gib * GIB || alive > MOST_ALIVE * GIB) {
        throw new Error(
          `Cannot measure ${largeStepKey(engine)}: they take ${all} bytes, ${alive} alive`,
        );
      }
    }
    const after = z.absSquared().mean();
    optimizer.step(energy, after);
    const [before, now] = [await energy.item(), await after.item()];
    times.push(performance.now() - start);
    if (!(Math.abs(now / before - 1) < 1e-3)) { // masks and propagation are unitary
      throw new Error(`Cannot measure ${largeStepKey(engine)}: ${before} has become ${now}`);
    }
  }
  return {
    engine,
    key: largeStepKey(engine),
    ms: median(times.slice(1)),
    first: times[0],
    peers: {},
  };
}
