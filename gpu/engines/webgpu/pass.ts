/** The commands of one submit: dispatches with their bind groups, and copies. */
import type { DeviceBuffer, Executable, Pass } from "../../contract/engine.ts";
import type { Kernel } from "../../contract/kernel.ts";
import { boundBytes } from "../shared/timing.ts";
import { type Failure, firstFailure, type Guards, type Made } from "./guards.ts";
import type { PassTimestamps, Timestamps } from "./timestamps.ts";
import type { Texels } from "./texels.ts";
import { PassParams, type Uniforms } from "./uniforms.ts";
import { choicesVersion, dispatchListener } from "../shared/variants.ts";

/** Bind groups that a launch remembers. */
const MOST_BOUND = 8;

/** A buffer of the device, known by its identity. */
export interface RawBuffer extends Made {
  readonly buffer: GPUBuffer;
}

/** A buffer as this engine hands it out. */
export interface WebGpuBuffer extends DeviceBuffer {
  readonly raw: RawBuffer;
}

/** A bind group and what it binds. */
interface Bound {
  readonly buffers: readonly RawBuffer[];
  readonly sizes: readonly number[];
  readonly uniforms: GPUBuffer | null;
  readonly paramsAt: number;
  readonly group: GPUBindGroup;
}

/** A kernel that has variants, and under which choices it was compiled. */
export interface Tunable {
  readonly kernel: Kernel;
  readonly spec: unknown;
  version: number;
}

/** A compiled shader; kernels that come to the same text share it. */
export interface Pipeline extends Made {
  readonly handle: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly groups: readonly [number, number, number];
  /** Inputs that are copied to textures first. */
  readonly texels: readonly number[];
}

/** A kernel's pipeline, as one place of one plan uses it. */
export interface WebGpuExecutable extends Executable {
  pipeline: Pipeline;
  /** Null where the kernel is written in one way only. */
  readonly tunable: Tunable | null;
  readonly words: number;
  /** Bind groups of earlier runs: a plan that runs again mostly gets the same buffers. */
  readonly bound: Bound[];
}

/** The parts of the engine that a pass uses. */
export interface PassHost {
  readonly device: GPUDevice;
  readonly uniforms: Uniforms;
  readonly texels: Texels;
  readonly guards: Guards;
  /** Compiles a kernel anew if the choice of variants has changed. */
  renew(executable: WebGpuExecutable): void;
  /** Notes that a pass has been submitted. */
  submitted(): void;
}

/** To be called before a dispatch: brings its variant up to date, and tells the tuner if it listens. */
export function prepare(
  host: PassHost,
  executable: WebGpuExecutable,
  inputs: readonly DeviceBuffer[],
  outputs: readonly DeviceBuffer[],
  params?: Uint32Array,
): void {
  const { tunable } = executable;
  if (!tunable) return;
  if (tunable.version !== choicesVersion()) host.renew(executable);
  const listen = dispatchListener();
  if (!listen) return;
  const bytes = (list: readonly DeviceBuffer[]) => list.map((b) => b.bytes);
  listen({
    kernel: tunable.kernel,
    spec: tunable.spec,
    inputs: bytes(inputs),
    outputs: bytes(outputs),
    params: params?.slice() ?? null,
  });
}

/** The bytes of a buffer that a kernel sees. */
function bindingSize({ bytes }: DeviceBuffer): number {
  return Math.ceil(bytes / 4) * 4;
}

function binds(
  bound: Bound,
  inputs: readonly DeviceBuffer[],
  outputs: readonly DeviceBuffer[],
  uniforms: GPUBuffer | null,
  paramsAt: number,
): boolean {
  const { buffers, sizes } = bound;
  if (bound.uniforms !== uniforms || bound.paramsAt !== paramsAt) return false;
  const n = inputs.length;
  for (let k = 0; k < buffers.length; k++) {
    const buffer = (k < n ? inputs[k] : outputs[k - n]) as WebGpuBuffer;
    if (buffers[k] !== buffer.raw || sizes[k] !== bindingSize(buffer)) return false;
  }
  return true;
}

/** The bind group of a dispatch, remembered or made; `work` takes in what it depends on. */
export function bindGroup(
  { device, guards, texels }: PassHost,
  executable: WebGpuExecutable,
  inputs: readonly DeviceBuffer[],
  outputs: readonly DeviceBuffer[],
  uniforms: GPUBuffer | null,
  paramsAt: number,
  work: Failure[],
): GPUBindGroup {
  const { bound, pipeline, words, name } = executable;
  for (let k = 0; k < bound.length; k++) {
    if (binds(bound[k], inputs, outputs, uniforms, paramsAt)) return bound[k].group;
  }
  const all = [...inputs, ...outputs] as WebGpuBuffer[];
  const entries: GPUBindGroupEntry[] = all.map((b, binding) => ({
    binding,
    resource: pipeline.texels.includes(binding)
      ? texels.view(binding, b.bytes)
      : { buffer: b.raw.buffer, size: bindingSize(b) },
  }));
  if (uniforms) {
    entries.push({
      binding: entries.length,
      resource: { buffer: uniforms, offset: paramsAt, size: Math.ceil(words / 4) * 16 },
    });
  }
  const { value: group, failure } = guards.run(
    () => device.createBindGroup({ layout: pipeline.layout, entries }),
    () => `bind the buffers of kernel "${name}"`,
  );
  for (const { raw } of all) if (raw.pending) work.push(raw.pending);
  work.push(failure);
  if (bound.length === MOST_BOUND) bound.shift();
  const made = {
    buffers: all.map((b) => b.raw),
    sizes: all.map(bindingSize),
    uniforms,
    paramsAt,
    group,
  };
  bound.push(made);
  failure.then((error) => {
    const at = error ? bound.indexOf(made) : -1;
    if (at >= 0) bound.splice(at, 1);
  });
  return group;
}

/** Encodes the copies of inputs that the dispatch reads as texels; no compute pass may be open. */
export function copyTexels(
  { texels }: PassHost,
  encoder: GPUCommandEncoder,
  executable: WebGpuExecutable,
  inputs: readonly DeviceBuffer[],
): void {
  for (const k of executable.pipeline.texels) {
    const { raw, bytes } = inputs[k] as WebGpuBuffer;
    texels.copy(encoder, raw.buffer, bytes, k);
  }
}

/** Encodes as it is told, and submits once. */
export class WebGpuPass implements Pass {
  readonly #host: PassHost;
  readonly #params: PassParams;
  readonly #encoder: GPUCommandEncoder;
  readonly #times: PassTimestamps | null;
  readonly #kernels: Executable[] = [];
  /** Work that the pass depends on and that is not known to be good. */
  readonly #work: Failure[] = [];
  #pass: GPUComputePassEncoder | null = null;
  #pipeline: Pipeline | null = null;

  constructor(host: PassHost, timestamps: Timestamps | null) {
    this.#host = host;
    this.#params = new PassParams(host.uniforms);
    this.#encoder = host.device.createCommandEncoder();
    this.#times = timestamps?.begin(this.#encoder) ?? null;
  }

  dispatch(
    executable: Executable,
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    params?: Uint32Array,
  ): void {
    const e = executable as WebGpuExecutable;
    prepare(this.#host, e, inputs, outputs, params);
    const { pipeline } = e;
    noteWork(pipeline, this.#work);
    const at = e.words > 0 ? this.#params.put(e.words, params) : 0;
    const uniforms = e.words > 0 ? this.#params.buffer : null;
    const group = bindGroup(this.#host, e, inputs, outputs, uniforms, at, this.#work);
    if (pipeline.texels.length > 0) {
      this.#endPass();
      copyTexels(this.#host, this.#encoder, e, inputs);
    }
    if (this.#times) {
      this.#endPass();
      this.#pass = this.#times.beginPass(e, boundBytes(inputs, outputs));
    }
    this.#pass ??= this.#encoder.beginComputePass();
    if (this.#pipeline !== pipeline) {
      this.#pass.setPipeline(pipeline.handle);
      this.#pipeline = pipeline;
    }
    this.#pass.setBindGroup(0, group);
    this.#pass.dispatchWorkgroups(pipeline.groups[0], pipeline.groups[1], pipeline.groups[2]);
    this.#kernels.push(e);
  }

  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, bytes: number) {
    this.#endPass();
    this.#encoder.copyBufferToBuffer(
      (from as WebGpuBuffer).raw.buffer,
      fromOffset,
      (to as WebGpuBuffer).raw.buffer,
      toOffset,
      bytes,
    );
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
    this.#pipeline = null;
  }

  submit(): Failure {
    const { device, guards, submitted } = this.#host;
    this.#params.upload(device.queue);
    const { failure } = guards.run(() => {
      this.#endPass();
      this.#times?.end();
      device.queue.submit([this.#encoder.finish()]);
    }, () => `run kernels ${namesOnce(this.#kernels)}`);
    submitted();
    return firstFailure([...this.#work, failure]);
  }
}

/** Refuses to go on with what the device could not make; else notes in `work` what is not known yet. */
export function noteWork({ failure, pending }: Made, work: Failure[]): void {
  if (failure) throw failure;
  if (pending) work.push(pending);
}

/** The kernels' names, each once, for an error. */
export function namesOnce(kernels: readonly Executable[]): string {
  return [...new Set(kernels.map(({ name }) => `"${name}"`))].join(", ");
}
