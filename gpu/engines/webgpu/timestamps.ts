/** Device times of dispatches by WebGPU's timestamp queries: each dispatch in a compute pass of its own. */
import type { Executable, Stopwatch, Timing } from "../../contract/engine.ts";

/** Timestamps of one query set: the most that WebGPU allows. */
const QUERIES = 4096;
const STAMP = 8;

/** The dispatches of which one buffer holds the times. */
interface Page {
  readonly results: GPUBuffer;
  readonly dispatches: readonly Omit<Timing, "ms">[];
}

/** Collects the times of the passes of a device. */
export class Timestamps implements Stopwatch {
  readonly by = "timestamps";
  readonly device: GPUDevice;
  readonly #stopped: () => void;
  readonly #sets: GPUQuerySet[] = [];
  readonly #pages: Page[] = [];

  /** `stopped` is called at the end. */
  constructor(device: GPUDevice, stopped: () => void) {
    this.device = device;
    this.#stopped = stopped;
  }

  /** The times of the commands of one encoder. */
  begin(encoder: GPUCommandEncoder): PassTimestamps {
    return new PassTimestamps(this, encoder);
  }

  /** The k-th query set of every command encoder. */
  querySet(k: number): GPUQuerySet {
    return this.#sets[k] ??= this.device.createQuerySet({ type: "timestamp", count: QUERIES });
  }

  /** Takes in what has been submitted. */
  add(pages: readonly Page[]): void {
    this.#pages.push(...pages);
  }

  async stop(): Promise<readonly Timing[]> {
    this.#stopped();
    const timings: Timing[] = [];
    try {
      for (const { results, dispatches } of this.#pages) {
        const stamps = await this.#read(results);
        dispatches.forEach((dispatch, k) => {
          const ns = Number(stamps[2 * k + 1] - stamps[2 * k]);
          timings.push({ ...dispatch, ms: Math.max(ns, 0) / 1e6 });
        });
      }
    } finally {
      for (const { results } of this.#pages) results.destroy();
      for (const set of this.#sets) set.destroy();
    }
    return timings;
  }

  async #read(results: GPUBuffer): Promise<BigUint64Array> {
    const { device } = this;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = device.createBuffer({ size: results.size, usage });
    try {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(results, 0, staging, 0, results.size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      return new BigUint64Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }
}

/** The times of one command encoder. */
export class PassTimestamps {
  readonly #all: Timestamps;
  readonly #encoder: GPUCommandEncoder;
  readonly #pages: Page[] = [];
  #dispatches: Omit<Timing, "ms">[] = [];

  constructor(all: Timestamps, encoder: GPUCommandEncoder) {
    this.#all = all;
    this.#encoder = encoder;
  }

  /** The compute pass for one dispatch; the previous pass must have ended. */
  beginPass(executable: Executable, bytes: number): GPUComputePassEncoder {
    if (2 * this.#dispatches.length === QUERIES) this.#turnPage();
    const at = 2 * this.#dispatches.length;
    this.#dispatches.push({ executable, bytes });
    return this.#encoder.beginComputePass({
      timestampWrites: {
        querySet: this.#all.querySet(this.#pages.length),
        beginningOfPassWriteIndex: at,
        endOfPassWriteIndex: at + 1,
      },
    });
  }

  /** Keeps the times; call it after all passes have ended and before the encoder is finished. */
  end(): void {
    if (this.#dispatches.length > 0) this.#turnPage();
    this.#all.add(this.#pages);
  }

  #turnPage(): void {
    const queries = 2 * this.#dispatches.length;
    const results = this.#all.device.createBuffer({
      size: queries * STAMP,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const set = this.#all.querySet(this.#pages.length);
    this.#encoder.resolveQuerySet(set, 0, queries, results, 0);
    this.#pages.push({ results, dispatches: this.#dispatches });
    this.#dispatches = [];
  }
}
