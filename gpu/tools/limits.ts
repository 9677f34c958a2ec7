/** The measured limits of the engine in use: multiply-adds in registers, and copies. */
import { ready } from "../engines/device.ts";
import type { DeviceBuffer, Engine, Pass } from "../contract/engine.ts";
import { type Kernel, linearGrid, linearMain } from "../contract/kernel.ts";

/** The rates that {@link limits} measures. */
export interface Limits {
  /** Multiply-adds in registers, each counted as 2 flop. */
  readonly flopsPerSecond: number;
  /** A kernel's copy of 64 MiB, bytes read and bytes written added. */
  readonly bytesPerSecond: number;
  /** The same of 16 MiB, which caches may hold. */
  readonly cachedBytesPerSecond: number;
  /** The engine's own copy command on 64 MiB: the rate of its memory without a kernel. */
  readonly transferBytesPerSecond: number;
}

/** Each of `threads` threads takes `chains` chains of four numbers through x ← x·a + b. */
interface ChainsSpec {
  readonly threads: number;
  readonly chains: number;
  readonly fused: boolean;
}

/** Enough threads to fill a device. */
const MOST_THREADS = 1 << 15;
/** The share that a thread of the CPU engine takes at a time. */
const WASM_THREADS = 16, WASM_BYTES = 1 << 18;
const MIB = 1 << 20;
const LARGE = 64 * MIB;
/** Multiply-adds of a chain between two looks at the loop's counter. */
const UNROLLED = 16;
const ROUNDS = 256;

const flopOf = ({ threads, chains }: ChainsSpec) => 2 * threads * 4 * chains * UNROLLED * ROUNDS;

/** a, b and the chains' first values → the sum of each thread's chains, so that none can be left out. */
const multiplyAdd: Kernel<ChainsSpec> = {
  name: "multiplyAdd",
  bindings: () => ({ inputs: ["float32"], outputs: ["float32"] }),
  wgsl({ threads, chains, fused }) {
    const all = Array.from({ length: chains }, (_, c) => `x${c}`);
    const round = all.map((x) => fused ? `${x} = fma(${x}, a, b);` : `${x} = ${x} * a + b;`);
    return {
      source: linearMain(
        threads,
        `  let a = vec4<f32>(in0[0]);
  let b = vec4<f32>(in0[1]);
  let spread = vec4<f32>(0.0, 0.1, 0.2, 0.3); // chains that were alike could be computed once
${all.map((x, c) => `  var ${x} = spread + in0[2u + (i + ${c}u) % 62u];`).join("\n")}
  for (var r = 0u; r < ${ROUNDS}u; r = r + 1u) {
${Array<string>(UNROLLED).fill(`    ${round.join(" ")}`).join("\n")}
  }
  out0[i] = dot(vec4<f32>(1.0), ${all.join(" + ")});`,
      ),
      workgroups: linearGrid(threads),
      rounds: ROUNDS,
    };
  },
  // Two chains of four side by side: fewer don't fill the processor.
  cpu({ threads, chains }, [x], [y]) {
    const [a, b] = x;
    for (let i = 0; i < threads; i++) {
      let sum = 0;
      for (let c = 0; c < chains; c += 2) {
        const first = x[2 + (i + c) % 62];
        let [x0, x1, x2, x3] = [first, first + 0.1, first + 0.2, first + 0.3];
        let [x4, x5, x6, x7] = [first + 0.4, first + 0.5, first + 0.6, first + 0.7];
        for (let r = 0; r < ROUNDS * UNROLLED; r++) {
          x0 = x0 * a + b;
          x1 = x1 * a + b;
          x2 = x2 * a + b;
          x3 = x3 * a + b;
          x4 = x4 * a + b;
          x5 = x5 * a + b;
          x6 = x6 * a + b;
          x7 = x7 * a + b;
        }
        sum += x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7;
      }
      y[i] = sum;
    }
  },
  // Of the twelve chains that fill the registers there.
  wasm(spec, module) {
    if (spec.chains !== 12) return null;
    const { threads } = spec;
    return ([values], [sums]) => {
      const args = module.args([values, sums, threads, WASM_THREADS, ROUNDS * UNROLLED]);
      const chunks = Math.ceil(threads / WASM_THREADS);
      module.parallel("multiplyAddChains", args, chunks, flopOf(spec) / 50);
    };
  },
};

/** Each of `threads` threads copies `each` elements: neighbours, or as far apart as there are threads. */
interface CopySpec {
  readonly threads: number;
  readonly each: number;
  readonly neighbours: boolean;
}

const copy: Kernel<CopySpec> = {
  name: "copy",
  bindings: () => ({ inputs: ["complex64"], outputs: ["complex64"] }),
  wgsl({ threads, each, neighbours }) {
    const places = Array.from(
      { length: each },
      (_, k) => neighbours ? `i * ${each}u + ${k}u` : `i + ${k * threads}u`,
    );
    return {
      source: linearMain(
        threads,
        [
          ...places.map((at, k) => `  let v${k} = in0[${at}];`),
          ...places.map((at, k) => `  out0[${at}] = v${k};`),
        ].join("\n"),
      ),
      workgroups: linearGrid(threads),
    };
  },
  cpu(_, [x], [y]) {
    y.set(x);
  },
  wasm({ threads, each }, module) {
    const bytes = 8 * threads * each;
    return ([from], [to]) => {
      const args = module.args([from, to, bytes, WASM_BYTES]);
      module.parallel("copyBytes", args, Math.ceil(bytes / WASM_BYTES), bytes / 10);
    };
  },
};

/** Milliseconds for which a piece of work is repeated between two waits. */
const LONG_ENOUGH = 50;

/** Milliseconds until the device has done `times` of a piece of work; the waiting itself included. */
async function spent(
  engine: Engine,
  probe: DeviceBuffer,
  times: number,
  work: (pass: Pass) => void,
): Promise<number> {
  const start = performance.now();
  const pass = engine.begin();
  for (let k = 0; k < times; k++) work(pass);
  const outcome = pass.submit();
  await engine.read([{ buffer: probe, offset: 0, bytes: 4 }]);
  const failure = await outcome;
  if (failure) throw failure;
  return performance.now() - start;
}

/** The fewest milliseconds of one run, of `rounds` series. */
async function fastest(
  engine: Engine,
  probe: DeviceBuffer,
  work: (pass: Pass) => void,
  rounds: number,
): Promise<number> {
  const measure = (times: number) => spent(engine, probe, times, work);
  await measure(1);
  const wait = Math.min(await measure(0), await measure(0));
  let times = 1;
  let took = await measure(times) - wait;
  while (took < LONG_ENOUGH) {
    times = Math.ceil(times * Math.min(32, 1.5 * LONG_ENOUGH / Math.max(took, 1)));
    took = await measure(times) - wait;
  }
  let best = took / times;
  for (let r = 1; r < rounds; r++) best = Math.min(best, (await measure(times) - wait) / times);
  return best;
}

/** A kernel with buffers to run it on; one run counts as `amount` flop or bytes. */
interface Loop<Spec> {
  readonly kernel: Kernel<Spec>;
  readonly amount: (spec: Spec) => number;
  readonly buffers: readonly [from: DeviceBuffer, to: DeviceBuffer];
}

/** The fastest of some variants of a loop, and its rate. */
async function bestOf<Spec>(
  engine: Engine,
  { kernel, amount, buffers: [from, to] }: Loop<Spec>,
  specs: readonly Spec[],
): Promise<{ spec: Spec; rate: number }> {
  const rate = async (spec: Spec, rounds: number) => {
    const executable = engine.compile(kernel, spec);
    const run = (pass: Pass) => pass.dispatch(executable, [from], [to]);
    return 1000 * amount(spec) / await fastest(engine, to, run, rounds);
  };
  let [best, chosen] = [0, specs[0]];
  for (const spec of specs) {
    const once = specs.length > 1 ? await rate(spec, 1) : 0;
    if (once > best) [best, chosen] = [once, spec];
  }
  return { spec: chosen, rate: Math.max(best, await rate(chosen, 5)) };
}

function release(engine: Engine, { buffers }: { readonly buffers: readonly DeviceBuffer[] }): void {
  for (const buffer of buffers) engine.release(buffer);
}

function chainsLoop(engine: Engine): Loop<ChainsSpec> {
  const [values, sums] = [engine.acquire(64 * 4), engine.acquire(MOST_THREADS * 4)];
  // The values stay near 1: nothing overflows, nothing becomes subnormal.
  const first = (k: number) => k === 0 ? 0.999 : k === 1 ? 0.001 : 1 + k / 64;
  engine.upload(values, Float32Array.from({ length: 64 }, (_, k) => first(k)));
  return { kernel: multiplyAdd, amount: flopOf, buffers: [values, sums] };
}

function chainsSpecs(engine: Engine): ChainsSpec[] {
  if (engine.kind === "cpu") return [{ threads: 256, chains: 12, fused: true }];
  const threads = MOST_THREADS;
  const fused = { threads, chains: 3, fused: true };
  return [fused, ...[2, 3, 8].map((chains) => ({ threads, chains, fused: false }))];
}

/** Both buffers are written before they are read: memory that nothing was written to reads faster. */
async function copyLoop(engine: Engine, bytes: number): Promise<Loop<CopySpec>> {
  const [from, to] = [engine.acquire(bytes), engine.acquire(bytes)];
  await spent(engine, from, 1, (pass) => pass.copy(to, 0, from, 0, bytes));
  return { kernel: copy, amount: () => 2 * bytes, buffers: [from, to] };
}

function copySpecs(engine: Engine, bytes: number): CopySpec[] {
  const spec = (each: number, neighbours: boolean) => (
    { threads: bytes / 8 / each, each, neighbours }
  );
  if (engine.kind === "cpu") return [spec(1, false)];
  return [spec(1, false), spec(4, false), spec(4, true), spec(8, true)];
}

const largeOf = (engine: Engine) => Math.min(LARGE, engine.maxBufferBytes);

/** The limits, and the variants that reached them. */
interface Measured {
  readonly limits: Limits;
  readonly chains: ChainsSpec;
  readonly copies: CopySpec;
}

async function measureLimits(engine: Engine): Promise<Measured> {
  /** Measures with a loop and gives its buffers back. */
  async function using<Spec, T>(loop: Loop<Spec>, measure: (loop: Loop<Spec>) => Promise<T>) {
    try {
      return await measure(loop);
    } finally {
      release(engine, loop);
    }
  }
  const chains = await using(
    chainsLoop(engine),
    (loop) => bestOf(engine, loop, chainsSpecs(engine)),
  );
  const large = largeOf(engine);
  const { kernel, own } = await using(await copyLoop(engine, large), async (loop) => {
    const [from, to] = loop.buffers;
    const ms = await fastest(engine, to, (pass) => pass.copy(from, 0, to, 0, large), 3);
    return { kernel: await bestOf(engine, loop, copySpecs(engine, large)), own: 2000 * large / ms };
  });
  const cached = Math.min(16 * MIB, large);
  const small = await using(
    await copyLoop(engine, cached),
    (loop) => bestOf(engine, loop, copySpecs(engine, cached)),
  );
  const limits = Object.freeze({
    flopsPerSecond: chains.rate,
    bytesPerSecond: kernel.rate,
    cachedBytesPerSecond: small.rate,
    transferBytesPerSecond: own,
  });
  return { limits, chains: chains.spec, copies: kernel.spec };
}

const measured = new WeakMap<Engine, Promise<Measured>>();

function measurement(current: Engine): Promise<Measured> {
  let found = measured.get(current);
  if (!found) {
    found = measureLimits(current);
    measured.set(current, found);
    found.catch(() => measured.delete(current));
  }
  return found;
}

/**
 * Measures the limits of the engine in use: multiply-adds per second in registers, and bytes per
 * second in a copy. A kernel's rate divided by its limit is the share of the hardware that it uses.
 * Takes a few seconds and 128 MiB on the first call; the engine keeps the result. Other work on the
 * machine makes it smaller than it is.
 *
 * @throws {ArgandError} where the device does not have the memory, or is lost.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 *
 * const { flopsPerSecond, bytesPerSecond } = await gpu.limits();
 * console.log(`${(flopsPerSecond / 1e9).toFixed(0)} GFLOP/s, ${(bytesPerSecond / 1e9).toFixed(1)} GB/s`);
 * ```
 */
export async function limits(): Promise<Limits> {
  return (await measurement(await ready())).limits;
}

/** One of the loops behind {@link limits}, to be run beside other work. */
export interface Probe {
  /** Flop or bytes of one run. */
  readonly amount: number;
  /** Runs it once, without waiting. */
  run(): void;
  /** Gives its buffers back. */
  release(): void;
}

/** The fastest multiply-add loop of the engine in use, and its fastest copying kernel. */
export async function probes(): Promise<{ multiplyAdd: Probe; copy: Probe }> {
  const current = await ready();
  const { chains, copies } = await measurement(current);
  function probe<Spec>(loop: Loop<Spec>, spec: Spec): Probe {
    const [from, to] = loop.buffers;
    const executable = current.compile(loop.kernel, spec);
    return {
      amount: loop.amount(spec),
      run() {
        const pass = current.begin();
        pass.dispatch(executable, [from], [to]);
        pass.submit();
      },
      release: () => release(current, loop),
    };
  }
  return {
    multiplyAdd: probe(chainsLoop(current), chains),
    copy: probe(await copyLoop(current, largeOf(current)), copies),
  };
}
