/**
 * Which of its variants a kernel is written in: what a tuner has chosen for the adapter, else the first
 * one, which the kernel's own estimate puts in front.
 */
import type { Adapter, Kernel } from "../../contract/kernel.ts";
import { cannot } from "../../contract/errors.ts";
import { readChoices } from "./variants_file.ts";

/** Names of variants by shape class. */
export type Choices = Map<string, string>;

/** A dispatch of a kernel that has variants. */
export interface Dispatched {
  readonly kernel: Kernel;
  readonly spec: unknown;
  /** Bytes of the buffers that it reads, and of those that it writes. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly params: Uint32Array | null;
}

const byAdapter = new Map<string, Choices>();
let fixed = false;
let version = 0;
let listener: ((dispatched: Dispatched) => void) | null = null;

/** Numbers up to this one are told apart in shape classes. */
const SMALL = 16;

/**
 * The class of specs that share a choice: everything but the exact size of numbers over 16, of
 * which the class keeps the next power of two and whether they are multiples of 4, 2 or 1.
 */
export function shapeClass({ name }: { readonly name: string }, spec: unknown): string {
  const text = JSON.stringify(spec, (_, value) => {
    if (typeof value !== "number" || !(value > SMALL)) return value;
    const divisor = [4, 2].find((d) => value % d === 0) ?? 1;
    return `≤${2 ** Math.ceil(Math.log2(value))}/${divisor}`;
  });
  return `${name} ${text}`;
}

/** The choices for an adapter, to be read and changed; those of earlier runs are read first. */
export function choicesFor(adapter: Adapter): Choices {
  let choices = byAdapter.get(adapter.name);
  if (!choices) byAdapter.set(adapter.name, choices = readChoices(adapter.name));
  return choices;
}

/** The variant to write the kernel in, one of `names`. */
export function chosenVariant<Spec>(
  kernel: Kernel<Spec>,
  spec: Spec,
  names: readonly string[],
  adapter: Adapter,
): string {
  if (fixed) return names[0];
  const name = choicesFor(adapter).get(shapeClass(kernel, spec));
  // The choice for one member of a class may not exist for another.
  return name !== undefined && names.includes(name) ? name : names[0];
}

/**
 * Counts the changes of choices: a kernel compiled under an older number may have to be compiled
 * again.
 */
export function choicesVersion(): number {
  return version;
}

/** Says that choices have changed. */
export function choicesChanged(): void {
  version++;
}

/** True where all kernels keep to their first variant. */
export function isDeterministic(): boolean {
  return fixed;
}

/**
 * With `true`, no choice of {@link tune} counts, of this run or of earlier ones: each kernel is written
 * as its own estimate has it, so that the bits of results depend on the adapter alone and not on what
 * was measured on it. With `false`, the choices count again. Kernels that are compiled already change with it.
 *
 * @throws {ArgandError} if it is given anything else.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 *
 * gpu.deterministic(true); // results to the last bit as on every machine with this adapter
 * gpu.deterministic(false);
 * ```
 */
export function deterministic(on: boolean): void {
  if (typeof on !== "boolean") {
    throw cannot("choose deterministic kernels", `it takes true or false, got ${String(on)}`);
  }
  if (fixed === on) return;
  fixed = on;
  choicesChanged();
}

/** Has `listen` told of every dispatch of a kernel that has variants; null ends it. */
export function listenToDispatches(listen: ((dispatched: Dispatched) => void) | null): void {
  listener = listen;
}

/** The listener for dispatches, if any. */
export function dispatchListener(): ((dispatched: Dispatched) => void) | null {
  return listener;
}
