/** Times the variants of kernels and keeps the fastest. */
import { type DType, isInteger } from "../contract/dtype.ts";
import { engine as currentEngine, ready } from "../engines/device.ts";
import type { DeviceBuffer, Engine, Executable } from "../contract/engine.ts";
import { cannot } from "../contract/errors.ts";
import type { Kernel } from "../contract/kernel.ts";
import {
  choicesChanged,
  choicesFor,
  type Dispatched,
  isDeterministic,
  listenToDispatches,
  shapeClass,
} from "../engines/shared/variants.ts";
import { writeChoices } from "../engines/shared/variants_file.ts";

/** The measurements of one kernel and shape class. */
export interface TunedKernel {
  /** The kernel's name. */
  readonly kernel: string;
  /** The class of shapes for which the choice holds. */
  readonly shapes: string;
  /** The variant that is used from now on. */
  readonly chosen: string;
  /** The milliseconds of each variant; the kernel's own estimate puts the first one in front. */
  readonly ms: Readonly<Record<string, number>>;
}

/** Milliseconds for which a variant is repeated between two waits. */
const LONG_ENOUGH = 20;
const ROUNDS = 5;
/** Another variant replaces the kernel's own choice if it takes less than this share of its time. */
const CLEARLY = 0.97;

/** Numbers near 1, so that sums neither overflow nor lose themselves among subnormal ones; indices 0. */
function fill(engine: Engine, buffer: DeviceBuffer, dtype: DType): void {
  const words = Math.ceil(buffer.bytes / 4);
  if (isInteger(dtype)) engine.upload(buffer, new Uint32Array(words));
  else {engine.upload(
      buffer,
      Float32Array.from({ length: words }, (_, k) => (k * 7 % 64 - 32) / 32),
    );}
}

/** Milliseconds until the device has done so many dispatches; the waiting itself included. */
async function spent(
  engine: Engine,
  executable: Executable,
  { inputs, outputs }: { inputs: readonly DeviceBuffer[]; outputs: readonly DeviceBuffer[] },
  params: Uint32Array | null,
  times: number,
): Promise<number> {
  const start = performance.now();
  const pass = engine.begin();
  for (let k = 0; k < times; k++) pass.dispatch(executable, inputs, outputs, params ?? undefined);
  const outcome = pass.submit();
  await engine.read([{ buffer: outputs[0], offset: 0, bytes: 4 }]);
  const failure = await outcome;
  if (failure) throw failure;
  return performance.now() - start;
}

/** Times the variants alternately, so that other load on the machine affects them alike. */
async function timeVariants(engine: Engine, work: Dispatched): Promise<Record<string, number>> {
  const { kernel, spec, params } = work;
  const kinds = kernel.bindings(spec).inputs;
  const buffers = {
    inputs: work.inputs.map((bytes) => engine.acquire(bytes)),
    outputs: work.outputs.map((bytes) => engine.acquire(bytes)),
  };
  try {
    buffers.inputs.forEach((buffer, k) => fill(engine, buffer, kinds[k]));
    const names = kernel.variants!(spec, engine.adapter);
    const candidates = names.map((name) => {
      const one: Kernel<unknown> = {
        ...kernel,
        variants: undefined,
        wgsl: (of, adapter) => kernel.wgsl(of, adapter, name),
      };
      return { name, executable: engine.compile(one, spec), times: 1, best: Infinity };
    });
    const measure = (executable: Executable, times: number) =>
      spent(engine, executable, buffers, params, times);
    let wait = Infinity;
    for (const candidate of candidates) {
      const { executable } = candidate;
      await measure(executable, 1); // compiles
      wait = Math.min(wait, await measure(executable, 0));
      const once = Math.max(await measure(executable, 1) - wait, 0.05);
      candidate.times = Math.ceil(LONG_ENOUGH / once);
    }
    for (let r = 0; r < ROUNDS; r++) {
      for (const candidate of candidates) {
        const { executable, times } = candidate;
        wait = Math.min(wait, await measure(executable, 0));
        candidate.best = Math.min(candidate.best, await measure(executable, times) / times);
      }
    }
    return Object.fromEntries(
      candidates.map(({ name, best, times }) => [name, Math.max(best - wait / times, 0)]),
    );
  } finally {
    for (const buffer of [...buffers.inputs, ...buffers.outputs]) engine.release(buffer);
  }
}

/** The dispatches of kernels with variants in a run of `fn`, one of each shape class. */
async function dispatchesOf(fn: () => unknown): Promise<Map<string, Dispatched>> {
  const seen = new Map<string, Dispatched>();
  listenToDispatches((dispatched) => {
    const { kernel, spec } = dispatched;
    const key = shapeClass(kernel, spec);
    if (!seen.has(key)) seen.set(key, dispatched);
  });
  try {
    await fn();
  } finally {
    listenToDispatches(null);
  }
  return seen;
}

let running = false;

/**
 * Runs `fn` once, times the variants of the kernels that it used (register tiles of several sizes,
 * tiles through workgroup memory), and uses the fastest from then on: for every shape of the same
 * class on this adapter, in what is compiled later and in what is compiled already. Without it each
 * kernel follows an estimate. It takes some tenths of a second for each kernel and shape.
 *
 * The choices are kept in memory and, where the permissions to do so are granted already, in Deno's
 * cache folder for later runs; no permission is requested. Variants may round sums differently:
 * {@link deterministic} makes results independent of what was measured. The CPU engine has no
 * variants, and nothing happens.
 *
 * @param fn The work, such as a training step; it may be asynchronous. Tensors are recipes: those that
 * `fn` neither reads nor evaluates do not run.
 * @returns The measurements, by kernel and shape class.
 * @throws {ArgandError} while tuning already, and where {@link deterministic} is on. Errors of `fn` pass
 * through.
 *
 * @example
 * ```ts
 * import { evaluate, gpu, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const a = randnComplex([32, 32]);
 * for (const { kernel, chosen, ms } of await gpu.tune(() => evaluate(a.matmul(a)))) {
 *   assert(chosen in ms);
 *   console.log(kernel, chosen, ms); // such as: matmul registers 8x8 { … }
 * }
 * ```
 */
export async function tune(fn: () => unknown): Promise<TunedKernel[]> {
  if (typeof fn !== "function") throw cannot("tune", `it takes a function, got ${typeof fn}`);
  if (running) throw cannot("tune", "kernels are being tuned already");
  if (isDeterministic()) throw cannot("tune", "deterministic(true) keeps kernels as they are");
  running = true;
  try {
    await ready();
    const dispatches = await dispatchesOf(fn);
    const engine = currentEngine();
    const choices = choicesFor(engine.adapter);
    const tuned: TunedKernel[] = [];
    for (const [shapes, dispatched] of dispatches) {
      if (dispatched.kernel.variants!(dispatched.spec, engine.adapter).length < 2) continue;
      const ms = await timeVariants(engine, dispatched);
      const [first, ...rest] = Object.keys(ms);
      const best = rest.reduce((least, name) => ms[name] < ms[least] ? name : least, first);
      const chosen = ms[best] < CLEARLY * ms[first] ? best : first;
      choices.set(shapes, chosen);
      tuned.push({ kernel: dispatched.kernel.name, shapes, chosen, ms });
    }
    if (tuned.length > 0) {
      choicesChanged();
      writeChoices(engine.adapter.name, choices);
    }
    return tuned;
  } finally {
    running = false;
  }
}
