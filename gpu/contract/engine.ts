/** The interface of an engine, as the schedule sees it. */
import type { ArgandError } from "./errors.ts";
import type { HostArray } from "./dtype.ts";
import type { Adapter, Kernel } from "./kernel.ts";
import type { MapFunction } from "./map_function.ts";

/** A piece of device memory. A copy of this object with fewer bytes stands for the beginning of it. */
export interface DeviceBuffer {
  /** The bytes that were asked for. */
  readonly bytes: number;
  /** The bytes that it takes on the device, rounded up to its size class. */
  readonly capacity: number;
  /** The engine that owns it. */
  readonly engine: Engine;
}

/** A kernel made ready for one spec: a pipeline on WebGPU. */
export interface Executable {
  /** The kernel's name. */
  readonly name: string;
  /** The floating-point operations of a dispatch, where the kernel states them. */
  readonly flops?: number;
}

/** The form in which a kernel runs. */
export type KernelForm = "WGSL" | "WebAssembly" | "TypeScript";

/** One dispatch, timed. */
export interface Timing {
  /** The kernel that was dispatched. */
  readonly executable: Executable;
  /** The bytes of the buffers that it binds. */
  readonly bytes: number;
  /** Milliseconds on the device. */
  readonly ms: number;
}

/** Times dispatches until it is stopped. */
export interface Stopwatch {
  /** By the device's own timestamps, or by waiting for each dispatch. */
  readonly by: "timestamps" | "waiting";
  /** Waits for the device; the times in the order of the dispatches. */
  stop(): Promise<readonly Timing[]>;
}

/** The exact memory of an engine on its device, in bytes. */
export interface Memory {
  /** Bytes of every buffer that exists on the device: in use, or kept for reuse. */
  readonly bytes: number;
  /** Bytes of the buffers that hold something: values, state, cached inputs. */
  readonly live: number;
  /** The largest `bytes` so far. */
  readonly peak: number;
  /** How many buffers exist. */
  readonly buffers: number;
}

/** A batch of dispatches that is submitted as one. */
export interface Pass {
  /** Adds a dispatch. Output buffers must differ from each other and from the inputs. */
  dispatch(
    executable: Executable,
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    params?: Uint32Array,
  ): void;
  /** Adds a copy of `bytes` bytes (a multiple of 4). */
  copy(
    from: DeviceBuffer,
    fromOffset: number,
    to: DeviceBuffer,
    toOffset: number,
    bytes: number,
  ): void;
  /**
   * Submits everything added, all of it or nothing, and returns without waiting for the device. The
   * promise tells later why nothing of it ran, or null; where it is null all has run already.
   */
  submit(): Promise<ArgandError | null> | null;
}

/** A stretch of a buffer to be read back. */
export interface ReadRange {
  /** Where to read. */
  readonly buffer: DeviceBuffer;
  /** The first byte. */
  readonly offset: number;
  /** How many bytes. */
  readonly bytes: number;
}

/** The capabilities of an engine that a schedule asks for. */
export interface Capabilities {
  /** The adapter, as kernels see it. */
  readonly adapter: Adapter;
  /** The largest buffer that a kernel can bind, in bytes. */
  readonly maxBufferBytes: number;
  /** Buffers a kernel may bind, params aside. */
  readonly maxBindings: number;
  /** All of a pass is submitted, or nothing is: a kernel that fails leaves none before it carried out. */
  readonly atomicSubmit: boolean;
  /** True where a kernel that has this function among others runs as fast as one without it. */
  fuses(fn: MapFunction): boolean;
}

/** Runs kernels: on WebGPU, or on the processor in WebAssembly and plain TypeScript. */
export interface Engine extends Capabilities {
  /** Which of the two. */
  readonly kind: "webgpu" | "cpu";
  /** A buffer of at least `bytes` bytes with undefined content. */
  acquire(bytes: number): DeviceBuffer;
  /** Gives a buffer back for reuse; work already added to a pass still sees its content. */
  release(buffer: DeviceBuffer): void;
  /** Writes host data, before any pass that is submitted later. */
  upload(buffer: DeviceBuffer, data: HostArray): void;
  /** The kernel for this spec; compiled once. */
  compile<Spec>(kernel: Kernel<Spec>, spec: Spec): Executable;
  /** The form in which the kernel would run for this spec. */
  formOf<Spec>(kernel: Kernel<Spec>, spec: Spec): KernelForm;
  /** The whole shader for this spec; where none is run, the one that a hardware adapter would get. */
  shaderOf<Spec>(kernel: Kernel<Spec>, spec: Spec): string;
  /** Starts a batch of dispatches. */
  begin(): Pass;
  /** Reads ranges back in one go, after everything submitted so far. */
  read(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]>;
  /** The memory held on the device. */
  memory(): Memory;
  /** Times every dispatch from now on; one stopwatch at a time. */
  time(): Stopwatch;
  /** Called where there is no room for a buffer, to give back what nobody needs; set by its user. */
  onFull?: () => void;
  /** Why the engine can't be used any more: its device was lost. Null while it can. */
  readonly lost: ArgandError | null;
  /** Gives everything back; the engine can't be used afterwards. */
  destroy(): void;
}
