/** The WebGPU engine: pipelines by kernel and spec, pooled buffers, one submit for many dispatches. */
import type {} from "@webgpu/types";
import type { DeviceBuffer, Engine, Executable, Memory, Pass, ReadRange } from "./engine.ts";
import { type Adapter, declare, type HostArray, type Kernel } from "./kernel.ts";
import { type ArgandError, cannot } from "./errors.ts";
import { Pool, sizeClass } from "./pool.ts";

const MAX_GROUPS = 65535;
const UNIFORM_ALIGN = 256;
const LLVMPIPE_ROUNDS = 65535;
/** Pipelines kept to be found again. */
const MOST_PIPELINES = 4096;
/** Bind groups kept for each layout. */
const MOST_BIND_GROUPS = 4096;

/** A buffer of the device with a number that no other has, by which bind groups are found again. */
interface RawBuffer {
  readonly buffer: GPUBuffer;
  readonly id: number;
}

interface WebGpuBuffer extends DeviceBuffer {
  readonly raw: RawBuffer;
}

interface WebGpuExecutable extends Executable {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly groups: readonly [number, number, number];
  readonly words: number;
}

/** Folds a long line of workgroups into two dimensions; refuses what no folding can fit. */
function foldGrid(
  name: string,
  [x, y, z]: readonly [number, number, number],
): [number, number, number] {
  if (x > MAX_GROUPS && y === 1 && z === 1) {
    const rows = Math.ceil(x / MAX_GROUPS);
    [x, y] = [Math.ceil(x / rows), rows];
  }
  const most = Math.max(x, y, z);
  if (most > MAX_GROUPS) {
    throw cannot(
      `run kernel "${name}"`,
      `its grid of ${x} × ${y} × ${z} workgroups is over maxComputeWorkgroupsPerDimension, ${MAX_GROUPS}`,
    );
  }
  return [x, y, z];
}

/** True for adapters that run shaders on the processor. */
function isSoftware(info: GPUAdapterInfo, name: string): boolean {
  const flagged = (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  return flagged || /llvmpipe|lavapipe|swiftshader|softpipe|basic render/i.test(name);
}

class WebGpuPass implements Pass {
  readonly #engine: WebGpuEngine;
  readonly #encoder: GPUCommandEncoder;
  readonly #names: string[] = [];
  readonly #params: { at: number; words: Uint32Array }[] = [];
  readonly #dispatches: (() => void)[] = [];
  #pass: GPUComputePassEncoder | null = null;
  #uniformBytes = 0;

  constructor(engine: WebGpuEngine) {
    this.#engine = engine;
    this.#encoder = engine.device.createCommandEncoder();
  }

  dispatch(
    executable: Executable,
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    params?: Uint32Array,
  ): void {
    const e = executable as WebGpuExecutable;
    const buffers = [...inputs, ...outputs];
    const at = this.#uniformBytes;
    if (e.words > 0 && params) {
      this.#params.push({ at, words: params });
      this.#uniformBytes += Math.ceil(e.words * 4 / UNIFORM_ALIGN) * UNIFORM_ALIGN;
    }
    this.#names.push(e.name);
    // Recorded and encoded at the end: the uniform buffer's size is known only then.
    this.#dispatches.push(() => {
      this.#pass ??= this.#encoder.beginComputePass();
      this.#pass.setPipeline(e.pipeline);
      this.#pass.setBindGroup(0, this.#engine.bindGroup(e, buffers, at, this.#uniformBytes));
      this.#pass.dispatchWorkgroups(...e.groups);
    });
  }

  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, bytes: number) {
    this.#dispatches.push(() => {
      this.#pass?.end();
      this.#pass = null;
      this.#encoder.copyBufferToBuffer(
        (from as WebGpuBuffer).raw.buffer,
        fromOffset,
        (to as WebGpuBuffer).raw.buffer,
        toOffset,
        bytes,
      );
    });
  }

  submit(): void {
    const { device } = this.#engine;
    if (this.#uniformBytes > 0) {
      const block = new Uint32Array(this.#uniformBytes / 4);
      for (const { at, words } of this.#params) block.set(words, at / 4);
      device.queue.writeBuffer(this.#engine.uniforms(this.#uniformBytes), 0, block);
    }
    this.#engine.guarded(() => {
      for (const encode of this.#dispatches) encode();
      this.#pass?.end();
      device.queue.submit([this.#encoder.finish()]);
    }, `run kernels ${this.#namesOnce()}`);
  }

  #namesOnce(): string {
    return [...new Set(this.#names)].map((n) => `"${n}"`).join(", ");
  }
}

/** Runs kernels on a WebGPU device. */
export class WebGpuEngine implements Engine {
  readonly kind = "webgpu";
  readonly adapter: Adapter;
  readonly maxBufferBytes: number;
  readonly maxBindings: number;
  /** The device underneath. */
  readonly device: GPUDevice;
  readonly #owned: boolean;
  readonly #pool: Pool<RawBuffer>;
  readonly #staging: Pool<RawBuffer>;
  readonly #executables = new Map<string, WebGpuExecutable>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #guards = new Set<Promise<void>>();
  readonly #bindGroups = new Map<GPUBindGroupLayout, Map<string, GPUBindGroup>>();
  #nextId = 0;
  #uniforms: GPUBuffer | null = null;
  #uniformPeak = 0;
  #failure: ArgandError | null = null;

  constructor(device: GPUDevice, info: GPUAdapterInfo, owned: boolean) {
    this.device = device;
    this.#owned = owned;
    const name = info.description || info.device || info.vendor || "WebGPU adapter";
    this.adapter = { name, software: isSoftware(info, name) };
    const { maxStorageBufferBindingSize, maxBufferSize, maxStorageBuffersPerShaderStage } =
      device.limits;
    this.maxBufferBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    this.maxBindings = maxStorageBuffersPerShaderStage;
    const pool = (usage: number) =>
      new Pool<RawBuffer>(
        (size) => ({
          id: this.#nextId++,
          buffer: this.guarded(
            () => device.createBuffer({ size, usage }),
            `hold ${size} more bytes on "${name}"`,
          ),
        }),
        (raw) => {
          raw.buffer.destroy();
          this.#bindGroups.clear();
        },
      );
    this.#pool = pool(GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST);
    this.#staging = pool(GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    device.lost?.then((lost) => {
      this.#failure = cannot(
        `compute on "${name}"`,
        `the device was lost (${lost.reason}): ${lost.message}`,
      );
    });
  }

  /** Runs `work` in error scopes; what they catch is thrown at the next {@link check} or read. */
  guarded<T>(work: () => T, what: string): T {
    const { device } = this;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    try {
      return work();
    } finally {
      for (let scope = 0; scope < 2; scope++) {
        const caught = device.popErrorScope().then((error) => {
          if (error) this.#failure ??= cannot(what, error.message);
        }, () => {}) // a lost device has no scopes; `lost` itself says so
          .finally(() => this.#guards.delete(caught));
        this.#guards.add(caught);
      }
    }
  }

  check(): void {
    if (this.#failure) throw this.#failure;
  }

  acquire(bytes: number): DeviceBuffer {
    this.check();
    const capacity = sizeClass(bytes);
    const buffer: WebGpuBuffer = { bytes, capacity, engine: this, raw: this.#pool.take(capacity) };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    this.#pool.give((buffer as WebGpuBuffer).raw, buffer.capacity);
  }

  upload(buffer: DeviceBuffer, data: HostArray): void {
    this.device.queue.writeBuffer(
      (buffer as WebGpuBuffer).raw.buffer,
      0,
      data as Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
    );
  }

  /** The uniform buffer, grown to at least `bytes`. */
  uniforms(bytes: number): GPUBuffer {
    if (!this.#uniforms || this.#uniforms.size < bytes) {
      this.#uniforms?.destroy();
      this.#bindGroups.clear();
      const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, 16384)));
      this.#uniforms = this.device.createBuffer({
        size,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      this.#uniformPeak = Math.max(this.#uniformPeak, size);
    }
    return this.#uniforms;
  }

  compile<Spec>(kernel: Kernel<Spec>, spec: Spec): Executable {
    this.check();
    const { device } = this;
    const shader = kernel.wgsl(spec, this.adapter);
    const groups = foldGrid(kernel.name, shader.workgroups);
    this.#checkRounds(kernel.name, shader.rounds ?? 0);
    const words = kernel.params?.(spec) ?? 0;
    const { inputs, outputs } = kernel.bindings(spec);
    // The text itself is the key: kernels that come to the same shader share its pipeline.
    const code = declare(kernel, spec) + shader.source;
    const key = `${groups}\n${code}`;
    const known = this.#executables.get(key);
    if (known) return known;
    const made = this.guarded((): WebGpuExecutable => {
      const layout = this.#layout(inputs.length, outputs.length, words > 0);
      const module = device.createShaderModule({ label: kernel.name, code });
      const pipeline = device.createComputePipeline({
        label: kernel.name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      });
      return { name: kernel.name, pipeline, layout, groups, words };
    }, `build kernel "${kernel.name}"`);
    // Plans hold on to what they use; shapes that change all the time must not pile up here.
    if (this.#executables.size >= MOST_PIPELINES) this.#executables.clear();
    this.#executables.set(key, made);
    return made;
  }

  /** Mesa's llvmpipe ends a thread's loops after {@link LLVMPIPE_ROUNDS} rounds without a word. */
  #checkRounds(name: string, rounds: number): void {
    if (!this.adapter.software || rounds <= LLVMPIPE_ROUNDS) return;
    throw cannot(
      `run kernel "${name}" on "${this.adapter.name}"`,
      `a thread would take ${rounds} rounds of loops and this adapter ends them after ` +
        `${LLVMPIPE_ROUNDS}; the CPU engine has no such limit`,
    );
  }

  /** The bind group of a dispatch; a schedule that runs again mostly gets the same buffers. */
  bindGroup(
    executable: WebGpuExecutable,
    buffers: readonly DeviceBuffer[],
    paramsAt: number,
    uniformBytes: number,
  ): GPUBindGroup {
    const { layout, words } = executable;
    const uniforms = words > 0 ? this.uniforms(uniformBytes) : null;
    let key = `${words},${paramsAt}`;
    for (const b of buffers) key += `;${(b as WebGpuBuffer).raw.id},${b.bytes}`;
    let groups = this.#bindGroups.get(layout);
    if (!groups) this.#bindGroups.set(layout, groups = new Map());
    const known = groups.get(key);
    if (known) return known;
    const entries: GPUBindGroupEntry[] = buffers.map((b, binding) => ({
      binding,
      resource: { buffer: (b as WebGpuBuffer).raw.buffer, size: Math.ceil(b.bytes / 4) * 4 },
    }));
    if (uniforms) {
      entries.push({
        binding: entries.length,
        resource: { buffer: uniforms, offset: paramsAt, size: Math.ceil(words / 4) * 16 },
      });
    }
    if (groups.size >= MOST_BIND_GROUPS) groups.clear();
    const made = this.device.createBindGroup({ layout, entries });
    groups.set(key, made);
    return made;
  }

  #layout(inputs: number, outputs: number, params: boolean): GPUBindGroupLayout {
    const key = `${inputs},${outputs},${params}`;
    const known = this.#layouts.get(key);
    if (known) return known;
    const types: GPUBufferBindingType[] = [
      ...Array<GPUBufferBindingType>(inputs).fill("read-only-storage"),
      ...Array<GPUBufferBindingType>(outputs).fill("storage"),
      ...(params ? ["uniform" as const] : []),
    ];
    const made = this.device.createBindGroupLayout({
      entries: types.map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    });
    this.#layouts.set(key, made);
    return made;
  }

  begin(): Pass {
    this.check();
    return new WebGpuPass(this);
  }

  async read(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    this.check();
    const offsets: number[] = [];
    let total = 0;
    for (const { bytes } of ranges) {
      offsets.push(total);
      total += Math.ceil(bytes / 4) * 4;
    }
    const capacity = sizeClass(total);
    const raw = this.#staging.take(capacity);
    const staging = raw.buffer;
    this.guarded(() => {
      const encoder = this.device.createCommandEncoder();
      ranges.forEach(({ buffer, offset, bytes }, k) =>
        encoder.copyBufferToBuffer(
          (buffer as WebGpuBuffer).raw.buffer,
          offset,
          staging,
          offsets[k],
          Math.ceil(bytes / 4) * 4,
        )
      );
      this.device.queue.submit([encoder.finish()]);
    }, "read values back");
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, total);
    } catch (error) {
      // The news that the device is lost may come just after the failure that it caused.
      await Promise.race([this.device.lost, new Promise((done) => setTimeout(done, 50))]);
      await Promise.all(this.#guards);
      this.check();
      throw cannot("read values back", (error as Error).message);
    }
    const mapped = staging.getMappedRange(0, total);
    const data = ranges.map(({ bytes }, k) => mapped.slice(offsets[k], offsets[k] + bytes));
    staging.unmap();
    this.#staging.give(raw, capacity);
    if (this.#guards.size > 0) await Promise.all(this.#guards);
    this.check();
    return data;
  }

  memory(): Memory {
    const values = this.#pool.memory();
    const staging = this.#staging.memory();
    const uniforms = this.#uniforms?.size ?? 0;
    return {
      bytes: values.bytes + staging.bytes + uniforms,
      live: values.live + staging.live,
      peak: values.peak + staging.peak + this.#uniformPeak,
      buffers: values.buffers + staging.buffers + (uniforms > 0 ? 1 : 0),
    };
  }

  destroy(): void {
    this.#pool.trim();
    this.#staging.trim();
    this.#uniforms?.destroy();
    if (this.#owned) this.device.destroy();
  }
}
