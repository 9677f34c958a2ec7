/** What WebGPU is told for one submit: dispatches with their bind groups, and copies. */
import type {} from "@webgpu/types";
import type { DeviceBuffer, Executable, Pass } from "../../contract/engine.ts";
import type { Kernel } from "../../contract/kernel.ts";
import { boundBytes } from "../timing.ts";
import type { PassTimestamps, Timestamps } from "./timestamps.ts";
import type { Texels } from "./texels.ts";
import { PassParams, type Uniforms } from "./uniforms.ts";
import { choicesVersion, dispatchListener } from "../variants.ts";

/** Bind groups that a launch remembers. */
const MOST_BOUND = 8;

/** A buffer of the device, known by its identity. */
export interface RawBuffer {
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

/** A kernel's pipeline, as one place of one plan uses it. */
export interface WebGpuExecutable extends Executable {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  groups: readonly [number, number, number];
  /** Inputs that are copied to textures first. */
  texels: readonly number[];
  /** Null where the kernel is written in one way only. */
  readonly tunable: Tunable | null;
  readonly words: number;
  /** Bind groups of earlier runs: a plan that runs again mostly gets the same buffers. */
  readonly bound: Bound[];
}

/** What a pass needs of its engine. */
export interface PassHost {
  readonly device: GPUDevice;
  readonly uniforms: Uniforms;
  readonly texels: Texels;
  /** Has `work` done in error scopes. */
  guarded<T>(work: () => T, what: () => string): T;
  /** Compiles a kernel anew if the choice of variants has changed. */
  renew(executable: WebGpuExecutable): void;
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

/** The bind group of a dispatch, remembered or made. */
export function bindGroup(
  { device, guarded, texels }: PassHost,
  executable: WebGpuExecutable,
  inputs: readonly DeviceBuffer[],
  outputs: readonly DeviceBuffer[],
  uniforms: GPUBuffer | null,
  paramsAt: number,
): GPUBindGroup {
  const { bound, layout, words, name } = executable;
  for (let k = 0; k < bound.length; k++) {
    if (binds(bound[k], inputs, outputs, uniforms, paramsAt)) return bound[k].group;
  }
  const all = [...inputs, ...outputs] as WebGpuBuffer[];
  const entries: GPUBindGroupEntry[] = all.map((b, binding) => ({
    binding,
    resource: executable.texels.includes(binding)
      ? texels.view(binding, b.bytes)
      : { buffer: b.raw.buffer, size: bindingSize(b) },
  }));
  if (uniforms) {
    entries.push({
      binding: entries.length,
      resource: { buffer: uniforms, offset: paramsAt, size: Math.ceil(words / 4) * 16 },
    });
  }
  const group = guarded(
    () => device.createBindGroup({ layout, entries }),
    () => `bind the buffers of kernel "${name}"`,
  );
  if (bound.length === MOST_BOUND) bound.shift();
  bound.push({
    buffers: all.map((b) => b.raw),
    sizes: all.map(bindingSize),
    uniforms,
    paramsAt,
    group,
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
  for (const k of executable.texels) {
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
  #pass: GPUComputePassEncoder | null = null;
  #pipeline: GPUComputePipeline | null = null;

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
    const at = e.words > 0 ? this.#params.put(e.words, params) : 0;
    const uniforms = e.words > 0 ? this.#params.buffer : null;
    const group = bindGroup(this.#host, e, inputs, outputs, uniforms, at);
    if (e.texels.length > 0) {
      this.#endPass();
      copyTexels(this.#host, this.#encoder, e, inputs);
    }
    if (this.#times) {
      this.#endPass();
      this.#pass = this.#times.beginPass(e, boundBytes(inputs, outputs));
    }
    this.#pass ??= this.#encoder.beginComputePass();
    if (this.#pipeline !== e.pipeline) {
      this.#pass.setPipeline(e.pipeline);
      this.#pipeline = e.pipeline;
    }
    this.#pass.setBindGroup(0, group);
    this.#pass.dispatchWorkgroups(e.groups[0], e.groups[1], e.groups[2]);
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

  submit(): void {
    const { device, guarded } = this.#host;
    this.#params.upload(device.queue);
    guarded(() => {
      this.#endPass();
      this.#times?.end();
      device.queue.submit([this.#encoder.finish()]);
    }, () => `run kernels ${namesOnce(this.#kernels)}`);
  }
}

/** The kernels' names, each once, for an error. */
export function namesOnce(kernels: readonly Executable[]): string {
  return [...new Set(kernels.map(({ name }) => `"${name}"`))].join(", ");
}
