import type { InexactArray } from "@argand/argand";
import { assert, assertEquals } from "@std/assert";
import type { DeviceBuffer, Engine } from "../../gpu/contract/engine.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { use, useEngine } from "../../gpu/engines/device.ts";
import { complex, parameter, tensor } from "../../complex/create/create.ts";
import { fft, ifft } from "../../complex/fft/fft.ts";
import { manualSeed, randnComplex } from "../../complex/create/random.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import { FoundingNetwork } from "../../examples/support/networks.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";
import { onlyWithAll } from "../support/exhaustive.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const adapter = await navigator.gpu?.requestAdapter();

/** Which memory a buffer is, whoever looks at it: a GPU's buffer, or a place on the CPU engine. */
function memoryOf(buffer: DeviceBuffer): unknown {
  const { raw, storage } = buffer as { raw?: unknown; storage?: unknown };
  return raw ?? storage;
}

/**
 * The bytes that are needed at once: what is held before, and at each dispatch the values of this work
 * that it or a later one touches. A value begins with the dispatch that writes it; one that is not given
 * back stays.
 */
function needed(engine: Engine, work: () => void): number {
  const held = engine.memory().live;
  const own = new Set<unknown>();
  const kept = new Map<unknown, number>();
  const dispatches: { reads: readonly DeviceBuffer[]; writes: readonly DeviceBuffer[] }[] = [];
  const { acquire, release, begin } = engine;
  engine.acquire = (bytes) => {
    const buffer = acquire.call(engine, bytes);
    own.add(memoryOf(buffer));
    kept.set(memoryOf(buffer), buffer.bytes);
    return buffer;
  };
  engine.release = (buffer) => {
    kept.delete(memoryOf(buffer));
    release.call(engine, buffer);
  };
  engine.begin = () => {
    const pass = begin.call(engine);
    const { dispatch } = pass;
    pass.dispatch = (executable, reads, writes, params) => {
      dispatches.push({ reads, writes });
      dispatch.call(pass, executable, reads, writes, params);
    };
    return pass;
  };
  try {
    work();
  } finally {
    delete (engine as Partial<Engine>).acquire;
    delete (engine as Partial<Engine>).release;
    delete (engine as Partial<Engine>).begin;
  }
  let most = 0;
  const alive = new Map(kept);
  for (const { reads, writes } of dispatches.reverse()) {
    for (const buffer of [...reads, ...writes]) {
      const memory = memoryOf(buffer);
      if (own.has(memory) && !alive.has(memory)) alive.set(memory, buffer.bytes);
    }
    most = Math.max(most, [...alive.values()].reduce((a, b) => a + b, 0));
    for (const buffer of writes) {
      if (!reads.some((b) => memoryOf(b) === memoryOf(buffer))) alive.delete(memoryOf(buffer));
    }
  }
  return held + most;
}

/** Some rounds of work on an engine that has done nothing yet, and what it holds then. */
function checkPeak(engine: Engine, most: number, make: () => () => void): void {
  manualSeed(1);
  const work = make();
  for (let k = 0; k < 3; k++) work();
  const least = needed(engine, work);
  const { bytes, peak } = engine.memory();
  assert(bytes <= most * least, `${bytes} bytes are held and ${least} needed at once`);
  assertEquals(peak, bytes);
}

async function onFreshDevice(make: () => () => void): Promise<void> {
  const device = await adapter!.requestDevice();
  const engine = await use(device);
  // Buffers are compared: textures, into which llvmpipe's convolutions copy an input, come on top.
  Object.assign(engine.adapter, { texels: false });
  try {
    checkPeak(engine, 1.2, make);
  } finally {
    engine.destroy();
    device.destroy();
    await use("cpu");
  }
}

async function onFreshCpu(most: number, make: () => () => void): Promise<void> {
  const engine = new CpuEngine();
  useEngine(engine);
  try {
    checkPeak(engine, most, make);
  } finally {
    engine.destroy();
    await use("cpu");
  }
}

/**
 * Two tests: on a device of its own and on a CPU engine of its own. The CPU engine doesn't write states
 * over their old versions, and a new version, which stays, takes no buffer that a larger value had: in
 * networks of few large states `onCpu` is more than 1.2. A device of its own compiles all shaders anew,
 * which takes seconds: where another test says the same, that one is `exhaustive`.
 */
function onFresh(
  work: string,
  make: () => () => void,
  { onCpu = 1.2, exhaustive = false }: { onCpu?: number; exhaustive?: boolean } = {},
): void {
  const name = (most: number) => `${work} takes at most ${most} of what it needs at once`;
  const why = noAdapter ?? (exhaustive ? onlyWithAll : null);
  Deno.test({ ...unless(why, `${name(1.2)} (webgpu)`), fn: () => onFreshDevice(make) });
  Deno.test(`${name(onCpu)} (cpu)`, () => onFreshCpu(onCpu, make));
}

for (const norm of ["covariance", "naive", "none"] as const) {
  onFresh(
    `training the founding network, norm ${norm}`,
    () => {
      const network = new FoundingNetwork(norm);
      const optimizer = new nn.SGD(network.parameters(), { lr: 0.01, momentum: 0.9 });
      return () => {
        const images = complex(tensor(new Float32Array(64 * 784).fill(0.5), [64, 1, 28, 28]));
        nn.crossEntropy(network.logits(images), new Uint8Array(64)).backward();
        optimizer.step();
      };
    },
    { onCpu: 1.3, exhaustive: norm !== "covariance" },
  );
}

onFresh("training a deep network", () => {
  const layers = Array.from({ length: 12 }, () => [new nn.Linear(128, 128), new nn.CReLU()]);
  const network = new nn.Sequential(...layers.flat());
  const optimizer = new nn.SGD(network.parameters(), { lr: 1e-4, momentum: 0.9 });
  const x = randnComplex([64, 128]);
  evaluate(x);
  return () => {
    network.apply(x).absSquared().mean().backward();
    optimizer.step();
  };
});

onFresh("a chain of transforms", () => {
  const x = randnComplex([128, 1024]);
  evaluate(x);
  return () => {
    let y = x;
    for (let k = 0; k < 4; k++) y = ifft(fft(y).mul({ re: 0, im: 1 }));
    evaluate(y.absSquared().sum());
  };
});

onEngines("updates are right whichever states read one another", async () => {
  const values = async (...list: { data(): Promise<InexactArray> }[]) =>
    (await Promise.all(list.map((x) => x.data()))).map((x) => [...x]);
  const make = () => [parameter(tensor([1, 2])), parameter(tensor([10, 20]))] as const;
  for (let round = 0; round < 2; round++) { // the second takes the plan of the first
    const [a, b] = make();
    evaluate(a, b);
    a.assign(a.add(1)); // over itself
    evaluate(a);
    a.assign(b.add(1)); // the same structure, of another state
    evaluate(a);
    assertEquals(await values(a, b), [[11, 21], [10, 20]]);
  }
  for (let round = 0; round < 2; round++) {
    const [a, b] = make();
    evaluate(a, b);
    const before = a.mul(3), reversed = a.flip(0);
    a.assign(a.add(b));
    b.assign(b.sub(reversed).add(before)); // needs what a was
    evaluate(a, b);
    assertEquals(await values(a, b), [[11, 22], [11, 25]]);
    a.assign(a.flip(0).sub(a)); // other elements than its own
    evaluate(a);
    assertEquals(await values(a), [[11, -11]]);
  }
});
