/** The memory that a program holds. */
import type { Memory } from "../../gpu/contract/engine.ts";
import type { DType } from "../../gpu/contract/dtype.ts";
import { engine } from "../../gpu/engines/device.ts";
import { copiedBytes } from "../lazy/copies.ts";
import { plansOf } from "../lazy/realize.ts";
import { residencyOf } from "../lazy/residency/residency.ts";
import type { Shape } from "../lazy/shape.ts";
import { withDefaults } from "../ops/options.ts";

/** The memory of a program, in bytes: on the device of the engine in use, and on the host. */
export interface ProgramMemory extends Memory {
  /** Bytes on the host of the copies that `gpu.keepCopies` keeps. */
  readonly copies: number;
}

/** Buffers of one kind, or plans. */
export interface Held {
  /** How many there are. */
  readonly count: number;
  /** Their bytes. */
  readonly bytes: number;
}

/** A tensor that lies on the device. */
export interface HeldTensor {
  /** The sizes of its axes. */
  readonly shape: Shape;
  /** The kind of its elements. */
  readonly dtype: DType;
  /** The bytes of its buffer. */
  readonly bytes: number;
}

/** A parameter, a running statistic, or a moment of an optimiser. */
export interface HeldState extends HeldTensor {
  /** Its path in a model, if it has been given one; else a word for what it is. */
  readonly name: string;
}

/** Who holds the memory of the engine in use. */
export interface MemoryDetail {
  /** Parameters, statistics and moments, the largest first. */
  readonly states: Held & { readonly list: readonly HeldState[] };
  /**
   * Values that were computed and not read; in the list those that `evaluate` keeps or a step was given, the
   * largest first.
   */
  readonly values: Held & { readonly list: readonly HeldTensor[] };
  /** Copies of host data that every step uses. */
  readonly uploads: Held;
  /** Small values that nobody has read yet, such as losses: they share pages of 64 KiB. */
  readonly scalars: Held;
  /** What else is in use: results on their way to the host, and what runs just now. */
  readonly other: number;
  /** Buffers that wait to be used again, with those for params. */
  readonly free: number;
  /** Plans of schedules, which take memory of the host: an estimate. */
  readonly plans: Held;
}

/** The memory of a program, with who holds it. */
export interface DetailedMemory extends ProgramMemory {
  /** By kind; `states`, `values`, `uploads`, `scalars` and `other` make up `live`. */
  readonly detail: MemoryDetail;
}

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** Whether to say who holds it; false, if absent. */
  readonly detail?: boolean;
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
export function memory(options?: { readonly detail?: false }): ProgramMemory;
/**
 * The same with `{ detail: true }`, which says who holds it: parameters, statistics and moments by name, kept
 * values by shape, and the rest by kind.
 *
 * @throws {ArgandError} if an option is unknown.
 *
 * @example
 * ```ts
 * import { gpu, nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const model = new nn.Linear(64, 32);
 * await model.apply(randnComplex([1, 64])).data();
 * const { states, plans } = gpu.memory({ detail: true }).detail;
 * const weight = states.list.find(({ name }) => name === "weight");
 * assert(weight && weight.bytes >= 8 * 32 * 64 && weight.dtype === "complex64");
 * console.log(states.bytes, "bytes of", states.count, "states, and", plans.count, "plans");
 * ```
 */
export function memory(options: { readonly detail: true }): DetailedMemory;
export function memory(options?: MemoryOptions): ProgramMemory | DetailedMemory {
  const { detail } = withDefaults<MemoryOptions>("look at the memory", options, { detail: false });
  const whole = { ...engine().memory(), copies: copiedBytes() };
  return detail ? { ...whole, detail: detailOf(whole) } : whole;
}

const largestFirst = (a: HeldTensor, b: HeldTensor) => b.bytes - a.bytes;

function detailOf({ live, bytes }: Memory): MemoryDetail {
  const { states, retained, uploads, scalars } = residencyOf(engine());
  const held = ({ count, bytes }: Held): Held => ({ count, bytes });
  const named = Array.from(states, ({ name, shape, dtype, buffer }): HeldState => (
    { name, shape, dtype, bytes: buffer!.capacity }
  ));
  const values = Array.from(retained.evaluated(), ({ shape, dtype, stored }): HeldTensor => (
    { shape, dtype, bytes: stored!.device!.capacity }
  ));
  const known = states.bytes + retained.bytes + uploads.bytes + scalars.bytes;
  return {
    states: { ...held(states), list: named.sort(largestFirst) },
    values: { ...held(retained), list: values.sort(largestFirst) },
    uploads: held(uploads),
    scalars: held(scalars),
    other: live - known,
    free: bytes - live,
    plans: held(plansOf(engine())),
  };
}
