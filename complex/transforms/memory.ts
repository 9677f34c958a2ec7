/** The memory that a program holds. */
import type { Memory } from "../../gpu/contract/engine.ts";
import { engine } from "../../gpu/engines/device.ts";
import { copiedBytes } from "../lazy/copies.ts";

/** The memory of a program, in bytes: on the device of the engine in use, and on the host. */
export interface ProgramMemory extends Memory {
  /** Bytes on the host of the copies that `gpu.keepCopies` keeps. */
  readonly copies: number;
}

/**
 * The memory that the engine in use holds on its device, and that copies of states hold on the host, in
 * bytes.
 *
 * @example
 * ```ts
 * import { evaluate, gpu, ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const before = gpu.memory().live;
 * const x = ones([1 << 22]);
 * assert(gpu.memory().live === before); // an unread recipe
 * evaluate(x);
 * assert(gpu.memory().live > before);
 * ```
 */
export function memory(): ProgramMemory {
  return { ...engine().memory(), copies: copiedBytes() };
}
