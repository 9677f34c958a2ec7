/**
 * Device times of dispatches where the adapter has no timestamps: each is submitted alone and
 * waited for. Other work on the queue waits its turn.
 */
import type { DeviceBuffer, Executable, Pass, Stopwatch, Timing } from "../../contract/engine.ts";
import { boundBytes } from "../shared/timing.ts";
import { type Failure, firstFailure } from "./guards.ts";
import { PassParams } from "./uniforms.ts";
import {
  bindGroup,
  copyTexels,
  noteWork,
  type PassHost,
  prepare,
  type WebGpuBuffer,
  type WebGpuExecutable,
} from "./pass.ts";

/** Times dispatches by waiting for them. */
export class Waiting implements Stopwatch {
  readonly by = "waiting";
  readonly #host: PassHost;
  readonly #stopped: () => void;
  readonly #timings: Timing[] = [];
  #line: Promise<unknown>;
  #standing = 0;
  /** Milliseconds of waiting for nothing. */
  #idle = Infinity;

  /** `stopped` is called at the end. */
  constructor(host: PassHost, stopped: () => void) {
    this.#host = host;
    this.#stopped = stopped;
    this.#line = this.#measureIdle();
  }

  async #measureIdle(): Promise<void> {
    for (let k = 0; k < 3; k++) this.#idle = Math.min(this.#idle, await this.#spent(() => {}));
  }

  /** Has `work` done after everything that stands in line; tells later how it failed, or null. */
  add(work: () => unknown): Failure {
    this.#standing++;
    const done = this.#line.then(work).finally(() => this.#standing--);
    this.#line = done.catch(() => {});
    return done.then(() => null, (error) => error);
  }

  /** Has `work` done in its turn; tells later how it, or what it did, failed. */
  async follow(work: () => Failure): Failure {
    let outcome: Failure | null = null;
    return await this.add(() => outcome = work()) ?? await outcome;
  }

  /** Waits until nothing stands in line. */
  async empty(): Promise<void> {
    while (this.#standing > 0) await this.#line;
  }

  async stop(): Promise<readonly Timing[]> {
    try {
      await this.#line;
      await this.empty();
    } finally {
      this.#stopped();
    }
    return this.#timings;
  }

  begin(): Pass {
    return new WaitingPass(this.#host, this);
  }

  /** Milliseconds until the device has done what `encode` says. */
  async #spent(encode: (encoder: GPUCommandEncoder) => void, what = "wait"): Promise<number> {
    const { device, guards } = this.#host;
    const start = performance.now();
    const { failure } = guards.run(() => {
      const encoder = device.createCommandEncoder();
      encode(encoder);
      device.queue.submit([encoder.finish()]);
    }, () => what);
    await device.queue.onSubmittedWorkDone().catch(() => {}); // a lost device reports itself
    const ms = performance.now() - start;
    const error = await failure;
    if (error) throw error;
    return ms;
  }

  /** Does a dispatch and notes its time. */
  async time(
    executable: WebGpuExecutable,
    group: GPUBindGroup,
    bytes: number,
    copy: (encoder: GPUCommandEncoder) => void,
  ): Promise<void> {
    const { name, pipeline } = executable;
    const ms = await this.#spent((encoder) => {
      copy(encoder);
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline.handle);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...pipeline.groups);
      pass.end();
    }, `run kernel "${name}"`) - this.#idle;
    this.#timings.push({ executable, bytes, ms: Math.max(ms, 0) });
  }
}

/** Puts its dispatches in line, each for itself. */
class WaitingPass implements Pass {
  readonly #host: PassHost;
  readonly #params: PassParams;
  readonly #waiting: Waiting;
  readonly #work: (() => unknown)[] = [];
  readonly #made: Failure[] = [];

  constructor(host: PassHost, waiting: Waiting) {
    this.#host = host;
    this.#params = new PassParams(host.uniforms);
    this.#waiting = waiting;
  }

  dispatch(
    executable: Executable,
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    params?: Uint32Array,
  ): void {
    const e = executable as WebGpuExecutable;
    prepare(this.#host, e, inputs, outputs, params);
    noteWork(e.pipeline, this.#made);
    const at = e.words > 0 ? this.#params.put(e.words, params) : 0;
    const uniforms = e.words > 0 ? this.#params.buffer : null;
    const group = bindGroup(this.#host, e, inputs, outputs, uniforms, at, this.#made);
    const bytes = boundBytes(inputs, outputs);
    const copy = (encoder: GPUCommandEncoder) => copyTexels(this.#host, encoder, e, inputs);
    this.#work.push(() => this.#waiting.time(e, group, bytes, copy));
  }

  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, bytes: number) {
    const [source, target] = [from, to].map((b) => (b as WebGpuBuffer).raw.buffer);
    const { device, guards } = this.#host;
    this.#work.push(async () => {
      const { failure } = guards.run(() => {
        const encoder = device.createCommandEncoder();
        encoder.copyBufferToBuffer(source, fromOffset, target, toOffset, bytes);
        device.queue.submit([encoder.finish()]);
      }, () => "copy a value");
      const error = await failure;
      if (error) throw error;
    });
  }

  submit(): Failure {
    const ran = this.#waiting.add(async () => {
      this.#params.upload(this.#host.device.queue);
      for (const work of this.#work) await work();
    });
    this.#host.submitted();
    return firstFailure([...this.#made, ran]);
  }
}
