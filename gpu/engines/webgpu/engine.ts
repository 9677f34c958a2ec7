/** The WebGPU engine: pipelines by kernel and spec, pooled buffers, one submit for many dispatches. */
import type {
  DeviceBuffer,
  Engine,
  Executable,
  KernelForm,
  Memory,
  Pass,
  ReadRange,
  Stopwatch,
} from "../../contract/engine.ts";
import type { HostArray } from "../../contract/dtype.ts";
import { type Adapter, declare, type Kernel, type Shader } from "../../contract/kernel.ts";
import { ArgandError, cannot } from "../../contract/errors.ts";
import { describeAdapter, SOFTWARE_ROUNDS } from "./adapter.ts";
import { Pool, sizeClass } from "../shared/pool.ts";
import { Guards } from "./guards.ts";
import { Timestamps } from "./timestamps.ts";
import { Texels } from "./texels.ts";
import { MOST_PARAMS, Uniforms } from "./uniforms.ts";
import { choicesVersion, chosenVariant } from "../shared/variants.ts";
import { Waiting } from "./waiting.ts";
import {
  type PassHost,
  type Pipeline,
  type RawBuffer,
  type WebGpuBuffer,
  type WebGpuExecutable,
  WebGpuPass,
} from "./pass.ts";

const MAX_GROUPS = 65535;
/** Bytes of free buffers kept for reuse: a quarter of the adapter's largest buffer, within these. */
const LEAST_FREE = 2 ** 29, MOST_FREE = 2 ** 32;
/** Pipelines kept to be found again, and the characters of their shaders. */
const MOST_PIPELINES = 4096, MOST_TEXT = 2 ** 26;
/** Folds a long line of workgroups into two dimensions; refuses what no folding can fit. */
function foldGrid(
  name: string,
  workgroups: readonly [number, number, number],
): [number, number, number] {
  const counts = Array.isArray(workgroups) ? workgroups : [];
  if (counts.length !== 3 || !counts.every((count) => Number.isInteger(count) && count > 0)) {
    throw cannot(
      `run kernel "${name}"`,
      `its workgroups must be three positive integers, got ${counts.join(" × ") || workgroups}`,
    );
  }
  let [x, y, z] = workgroups;
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

/** Runs kernels on a WebGPU device. */
export class WebGpuEngine implements Engine {
  readonly kind = "webgpu";
  readonly adapter: Adapter;
  readonly maxBufferBytes: number;
  readonly maxBindings: number;
  readonly atomicSubmit = true;
  onFull?: () => void;
  /** The device underneath. */
  readonly device: GPUDevice;
  readonly #owned: boolean;
  readonly #pool: Pool<RawBuffer>;
  readonly #staging: Pool<RawBuffer>;
  readonly #host: PassHost;
  readonly #uniforms: Uniforms;
  readonly #texels: Texels;
  readonly #pipelines = new Map<string, Pipeline>();
  #text = 0;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #guards: Guards;
  #timestamps: Timestamps | null = null;
  #waiting: Waiting | null = null;
  /** Whether a pass has begun and is not submitted: its commands may use free buffers. */
  #recording = false;
  #lost: ArgandError | null = null;

  constructor(device: GPUDevice, info: GPUAdapterInfo, owned: boolean) {
    this.device = device;
    this.#owned = owned;
    this.adapter = describeAdapter(info);
    const { maxStorageBufferBindingSize, maxBufferSize, maxStorageBuffersPerShaderStage } =
      device.limits;
    this.maxBufferBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    this.maxBindings = maxStorageBuffersPerShaderStage;
    const guards = new Guards(device);
    this.#guards = guards;
    const freeBudget = Math.min(Math.max(maxBufferSize / 4, LEAST_FREE), MOST_FREE);
    const pool = (usage: number) => {
      const made: Pool<RawBuffer> = new Pool<RawBuffer>({
        create: (size) => this.#create(size, usage, (raw) => made.discard(raw, size)),
        destroy: ({ buffer }) => this.#inTurn(() => buffer.destroy()),
        busy: () => this.#recording,
        freeBudget,
      });
      return made;
    };
    this.#pool = pool(
      GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC |
        GPUBufferUsage.COPY_DST,
    );
    this.#staging = pool(GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const params = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#uniforms = new Uniforms((size, discard) => this.#create(size, params, discard).buffer);
    this.#texels = new Texels(device, guards);
    this.#host = {
      device,
      uniforms: this.#uniforms,
      texels: this.#texels,
      guards,
      renew: (executable) => this.#renew(executable),
      submitted: () => {
        this.#recording = false;
        this.#pool.keepBudget();
      },
    };
    device.lost?.then(({ reason, message }) => {
      const why = message ? `${reason}: ${message}` : reason;
      this.#lost = cannot(
        `compute on "${this.adapter.name}"`,
        `the device was lost (${why}), and with it all values that only it held; ` +
          'gpu.use("webgpu") opens a new one, and gpu.use("cpu") goes on without',
      );
    });
  }

  /** A new buffer; `discard` is called where the device could not make it after all. */
  #create(size: number, usage: number, discard: (raw: RawBuffer) => void): RawBuffer {
    const { value: buffer, failure } = this.#guards.run(
      () => this.device.createBuffer({ size, usage }),
      () => `hold ${size} more bytes on "${this.adapter.name}"`,
    );
    const raw: RawBuffer = { buffer, pending: null, failure: null };
    this.#guards.follow(raw, failure, () => {
      discard(raw);
      this.onFull?.();
      this.#pool.trim(); // for those that come next
    });
    return raw;
  }

  get lost(): ArgandError | null {
    return this.#lost;
  }

  fuses(): boolean {
    return true; // all functions are WGSL
  }

  #check(): void {
    if (this.#lost) throw this.#lost;
  }

  acquire(bytes: number): DeviceBuffer {
    this.#check();
    const capacity = sizeClass(bytes);
    const buffer: WebGpuBuffer = { bytes, capacity, engine: this, raw: this.#pool.take(capacity) };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    this.#pool.give((buffer as WebGpuBuffer).raw, buffer.capacity);
  }

  /** Does at once what concerns the queue, or in its turn where a profile has dispatches in line. */
  #inTurn(work: () => void): void {
    if (this.#waiting) this.#waiting.add(work);
    else work();
  }

  upload(buffer: DeviceBuffer, data: HostArray): void {
    const { raw } = buffer as WebGpuBuffer;
    const source = (this.#waiting ? data.slice() : data) as Float32Array<ArrayBuffer>;
    this.#inTurn(() => this.device.queue.writeBuffer(raw.buffer, 0, source));
  }

  compile<Spec>(kernel: Kernel<Spec>, spec: Spec): Executable {
    this.#check();
    const tunable = kernel.variants ? { kernel, spec, version: choicesVersion() } : null;
    const executable: WebGpuExecutable = {
      pipeline: this.#pipelineOf(kernel, spec),
      name: kernel.name,
      words: kernel.params?.(spec) ?? 0,
      flops: kernel.flops?.(spec),
      tunable,
      bound: [],
    };
    return executable;
  }

  /** Brings an executable of a kernel with variants up to the present choice. */
  #renew(executable: WebGpuExecutable): void {
    const { kernel, spec } = executable.tunable!;
    executable.tunable!.version = choicesVersion();
    const pipeline = this.#pipelineOf(kernel, spec);
    if (pipeline === executable.pipeline) return;
    executable.pipeline = pipeline;
    executable.bound.length = 0;
  }

  formOf(): KernelForm {
    return "WGSL";
  }

  shaderOf<Spec>(kernel: Kernel<Spec>, spec: Spec): string {
    return this.#write(kernel, spec).code;
  }

  /** The shader in the variant that is chosen at present. */
  #write<Spec>(kernel: Kernel<Spec>, spec: Spec): { shader: Shader; code: string } {
    const { adapter } = this;
    const names = kernel.variants?.(spec, adapter);
    const variant = names && chosenVariant(kernel, spec, names, adapter);
    const shader = kernel.wgsl(spec, adapter, variant);
    return { shader, code: declare(kernel, spec, shader) + shader.source };
  }

  #pipelineOf<Spec>(kernel: Kernel<Spec>, spec: Spec): Pipeline {
    const { device } = this;
    const { shader, code } = this.#write(kernel, spec);
    const groups = foldGrid(kernel.name, shader.workgroups);
    this.#checkRounds(kernel.name, shader.rounds ?? 0);
    const words = kernel.params?.(spec) ?? 0;
    if (!(words * 4 <= MOST_PARAMS)) {
      throw cannot(
        `run kernel "${kernel.name}"`,
        `it has ${words} words of params, and a binding holds ${MOST_PARAMS / 4}`,
      );
    }
    const { texels = [] } = shader;
    const { inputs, outputs } = kernel.bindings(spec);
    // The text itself is the key: kernels that come to the same shader share its pipeline.
    const key = `${groups}\n${code}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const { value: made, failure } = this.#guards.run((): Pipeline => {
      const layout = this.#layout(
        inputs.map((_, k) =>
          texels.includes(k) ? "texels" : shader.uniforms?.[k] ? "uniform" : "read-only-storage"
        ),
        outputs.length,
        words > 0,
      );
      const module = device.createShaderModule({ label: kernel.name, code });
      const handle = device.createComputePipeline({
        label: kernel.name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      });
      return { handle, layout, groups, texels, pending: null, failure: null };
    }, () => `build kernel "${kernel.name}"`);
    this.#guards.follow(made, failure, () => this.#pipelines.delete(key));
    // Plans hold on to what they use; shapes that change all the time must not pile up here.
    this.#text += key.length;
    if (this.#pipelines.size >= MOST_PIPELINES || this.#text > MOST_TEXT) {
      this.#pipelines.clear();
      this.#text = key.length;
    }
    this.#pipelines.set(key, made);
    return made;
  }

  /** Refuses shaders that an adapter on the processor would silently end early. */
  #checkRounds(name: string, rounds: number): void {
    if (!this.adapter.software || rounds <= SOFTWARE_ROUNDS) return;
    throw cannot(
      `run kernel "${name}" on "${this.adapter.name}"`,
      `a thread would take ${rounds} rounds of loops and this adapter ends them after ` +
        `${SOFTWARE_ROUNDS}; the CPU engine has no such limit`,
    );
  }

  #layout(
    inputs: readonly (GPUBufferBindingType | "texels")[],
    outputs: number,
    params: boolean,
  ): GPUBindGroupLayout {
    const key = `${inputs};${outputs},${params}`;
    const known = this.#layouts.get(key);
    if (known) return known;
    const types: (GPUBufferBindingType | "texels")[] = [
      ...inputs,
      ...Array<GPUBufferBindingType>(outputs).fill("storage"),
      ...(params ? ["uniform" as const] : []),
    ];
    const made = this.device.createBindGroupLayout({
      entries: types.map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        ...(type === "texels"
          ? { storageTexture: { access: "read-only", format: "rgba32float" } as const }
          : { buffer: { type } }),
      })),
    });
    this.#layouts.set(key, made);
    return made;
  }

  begin(): Pass {
    this.#check();
    this.#recording = true;
    return this.#waiting?.begin() ?? new WebGpuPass(this.#host, this.#timestamps);
  }

  time(): Stopwatch {
    this.#check();
    const stopwatch = this.device.features.has("timestamp-query")
      ? this.#timestamps = new Timestamps(this.device, () => this.#timestamps = null)
      : this.#waiting = new Waiting(this.#host, () => this.#waiting = null);
    return {
      by: stopwatch.by,
      stop: async () => {
        try {
          const timings = await stopwatch.stop();
          this.#check(); // else they are the times of nothing
          return timings;
        } catch (error) {
          throw await this.#reason("time kernels", error);
        }
      },
    };
  }

  /** Why something was refused: the news that the device is lost may come just after what it caused. */
  async #reason(what: string, error: unknown): Promise<ArgandError> {
    await Promise.race([this.device.lost, new Promise((done) => setTimeout(done, 50))]);
    await this.#guards.settle();
    if (this.#lost) return this.#lost;
    return error instanceof ArgandError ? error : cannot(what, (error as Error).message);
  }

  async read(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    this.#check();
    const offsets: number[] = [];
    let total = 0;
    for (const { bytes } of ranges) {
      offsets.push(total);
      total += Math.ceil(bytes / 4) * 4;
    }
    const capacity = sizeClass(total);
    const raw = this.#staging.take(capacity);
    const staging = raw.buffer;
    const copy = () =>
      this.#guards.run(() => {
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
      }, () => "read values back").failure;
    // Nothing is awaited before the copy is under way: the next dispatch may overwrite what is read.
    const failure = this.#waiting ? this.#waiting.follow(copy) : copy();
    if (this.#waiting) await failure;
    let data: ArrayBuffer[];
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, total);
      const mapped = staging.getMappedRange(0, total);
      data = ranges.map(({ bytes }, k) => mapped.slice(offsets[k], offsets[k] + bytes));
      staging.unmap();
    } catch (error) {
      this.#staging.discard(raw, capacity);
      const reason = await this.#reason("read values back", error);
      this.#check();
      throw raw.failure ?? await failure ?? reason;
    }
    this.#staging.give(raw, capacity);
    const error = await failure;
    if (error) throw error;
    this.#check();
    return data;
  }

  memory(): Memory {
    const values = this.#pool.memory();
    const staging = this.#staging.memory();
    const uniforms = this.#uniforms, texels = this.#texels;
    return {
      bytes: values.bytes + staging.bytes + uniforms.bytes + texels.bytes,
      live: values.live + staging.live,
      peak: values.peak + staging.peak + uniforms.bytes + texels.bytes,
      buffers: values.buffers + staging.buffers + uniforms.count + texels.count,
    };
  }

  destroy(): void {
    this.#pool.trim();
    this.#staging.trim();
    this.#uniforms.destroy();
    this.#texels.destroy();
    if (this.#owned) this.device.destroy();
  }
}
