/**
 * The engines: a WebGPU device or the processor, behind one interface, with the kernels they share.
 * Buffers, not tensors. Most programs need of this only {@link use}.
 *
 * @example
 * ```ts
 * import { gpu, ones } from "@argand/argand";
 *
 * console.log(gpu.engine().kind, gpu.engine().adapter.name);
 * await ones([1000]).sum().item();
 * console.log(gpu.engine().memory().bytes, "bytes on the device");
 * ```
 *
 * @module
 */
export { type DeviceKind, engine, ready, use } from "./engines/device.ts";
export type {
  Capabilities,
  DeviceBuffer,
  Engine,
  Executable,
  KernelForm,
  Memory,
  Pass,
  ReadRange,
  Stopwatch,
  Timing,
} from "./contract/engine.ts";
export { ArgandError } from "./contract/errors.ts";
export type {
  ComplexDType,
  DType,
  HostArray,
  HostArrays,
  InexactDType,
  Kind,
  RealDType,
} from "./contract/dtype.ts";
export type { MapFunction, Wgsl } from "./contract/map_function.ts";
export { type Limits, limits } from "./tools/limits.ts";
export {
  type Adapter,
  declare,
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
} from "./contract/kernel.ts";
export type { WasmModule } from "./contract/wasm_module.ts";
export { Profile, profile, type ProfiledDispatch, type ProfileRow } from "./tools/profile.ts";
export { tune, type TunedKernel } from "./tools/tuner.ts";
export { deterministic } from "./engines/shared/variants.ts";
