/**
 * The engines, and what they are about to do: all of `gpu/`, and {@link explain}, which looks at
 * tensors. Most programs need of this only {@link use} and {@link memory}.
 *
 * @example
 * ```ts
 * import { gpu, ones } from "@argand/argand";
 *
 * console.log(gpu.engine().kind, gpu.engine().adapter.name);
 * console.log(gpu.explain(ones([1000]).exp().sum()));
 * ```
 *
 * @module
 */
export * from "./gpu/mod.ts";
export {
  explain,
  type ExplainOptions,
  Schedule,
  type ScheduleBuffer,
  type ScheduleRow,
} from "./complex/transforms/explain.ts";
export {
  type Copies,
  type CopyOptions,
  keepCopies,
  type Restored,
} from "./complex/transforms/keep_copies.ts";
export {
  type DetailedMemory,
  type Held,
  type HeldState,
  type HeldTensor,
  memory,
  type MemoryDetail,
  type MemoryOptions,
  type ProgramMemory,
} from "./complex/transforms/memory.ts";
