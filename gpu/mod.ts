/**
 * The engines: a WebGPU device or the processor, behind one interface, with the kernels they share.
 * Buffers, not tensors. Most programs need of this only {@link use} and {@link memory}.
 *
 * @example
 * ```ts
 * import { gpu, ones } from "@argand/argand";
 *
 * console.log(gpu.engine().kind, gpu.engine().adapter.name);
 * await ones([1000]).sum().item();
 * console.log(gpu.memory().bytes, "bytes on the device");
 * ```
 *
 * @module
 */
export { type DeviceKind, engine, memory, use } from "./device.ts";
export type {
  DeviceBuffer,
  Engine,
  Executable,
  Memory,
  Pass,
  ReadRange,
  Stopwatch,
  Timing,
} from "./engine.ts";
export { ArgandError } from "./errors.ts";
export type { MapFunction, Wgsl } from "./function.ts";
export { type Limits, limits } from "./measuring/limits.ts";
export {
  type Adapter,
  declare,
  type DType,
  type HostArray,
  type Kernel,
  linearGrid,
  linearMain,
  type Params,
  type Program,
  type Shader,
  single,
  type Slot,
  type Step,
  type WasmRun,
  WORKGROUP,
} from "./kernel.ts";
export type { WasmModule } from "./wasm/instance.ts";
export { Profile, profile, type ProfiledDispatch, type ProfileRow } from "./measuring/profile.ts";
export { tune, type TunedKernel } from "./tuning/tuner.ts";
export { deterministic } from "./tuning/variants.ts";
