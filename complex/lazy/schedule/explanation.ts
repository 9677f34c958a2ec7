/** A schedule for people to look at: its kernels, and the buffers between them. */
import { nameClass } from "../../../gpu/contract/class_names.ts";
import type { Engine, KernelForm } from "../../../gpu/contract/engine.ts";
import type { DType } from "../../../gpu/contract/dtype.ts";
import { sizeClass } from "../../../gpu/engines/shared/pool.ts";
import { shortened, showBytes, tableLines } from "../../../gpu/tools/table.ts";
import type { Node } from "../graph.ts";
import { type Shape, show } from "../shape.ts";
import type { Draft, Graph } from "./draft.ts";
import type { Planned } from "./plan.ts";

/** Options of {@link explain}. */
export interface ExplainOptions {
  /** Whether the shaders are written out; false, if absent. */
  readonly wgsl?: boolean;
}

/** One dispatch of a schedule. */
export interface ScheduleRow {
  /** The kernel's name, as in a profile: `matmul+relu` is a product that stores its activation. */
  readonly kernel: string;
  /** The operations that it computes, in order; constants are left out. */
  readonly operations: readonly string[];
  /** The shape of the last one's result. */
  readonly shape: Shape;
  /** Its kind. */
  readonly dtype: DType;
  /** The buffers that it reads: positions in {@link Schedule.buffers}. */
  readonly reads: readonly number[];
  /** The buffers that it writes; one that is there before the schedule is updated in place, so read too. */
  readonly writes: readonly number[];
  /** Bytes that it reads and writes. */
  readonly bytes: number;
  /** Floating-point operations, a complex product-sum counted as 8; null where the kernel doesn't say. */
  readonly flops: number | null;
  /** The form in which it runs. */
  readonly form: KernelForm;
  /** The shader, if it was asked for; on the CPU engine the one that a hardware adapter would get. */
  readonly wgsl: string | null;
}

/** One buffer of a schedule, which may hold several values one after the other. */
export interface ScheduleBuffer {
  /** Bytes that it takes on the device, rounded up to its size class as in `gpu.memory()`. */
  readonly bytes: number;
  /** Its contents: an input such as a parameter, or results of operations, with their shapes. */
  readonly values: readonly string[];
  /** The first row that touches it; −1 where it is there before the schedule. */
  readonly first: number;
  /** The last row that needs it; Infinity where it stays after the schedule. */
  readonly last: number;
}

/** The kernels and buffers of a schedule before it runs; printed, it is a table. See {@link explain}. */
export class Schedule {
  static {
    nameClass(this, "Schedule");
  }

  /** The engine and its adapter. */
  readonly engine: string;
  /** The dispatches, in order. */
  readonly rows: readonly ScheduleRow[];
  /** The buffers, those first that are there before. */
  readonly buffers: readonly ScheduleBuffer[];
  /** The most bytes of these buffers that are held at a time. */
  readonly peak: number;

  /**
   * Made by `gpu.explain`.
   * @internal
   */
  constructor(
    graph: Graph,
    planned: Planned,
    engine: Engine,
    { wgsl = false }: ExplainOptions = {},
  ) {
    this.engine = `${engine.kind}, ${engine.adapter.name}`;
    const held = buffersOf(graph, planned);
    const numbers = new Map<number, number>();
    held.forEach(({ slots }, k) => slots.forEach((slot) => numbers.set(slot, k)));
    this.buffers = held.map(({ buffer }) => buffer);
    const { bytes, launches } = planned.draft;
    this.rows = launches.map((launch): ScheduleRow => {
      const { kernel, spec, inputs, outputs, computes } = launch;
      const { shape, dtype } = graph.nodes[computes[computes.length - 1]];
      return {
        kernel: kernel.name,
        operations: operationsOf(graph, computes),
        shape,
        dtype,
        reads: inputs.map((slot) => numbers.get(slot)!),
        writes: outputs.map((slot) => numbers.get(slot)!),
        bytes: [...inputs, ...outputs].reduce((sum, slot) => sum + bytes[slot], 0),
        flops: kernel.flops?.(spec) ?? null,
        form: engine.formOf(kernel, spec),
        wgsl: wgsl ? engine.shaderOf(kernel, spec) : null,
      };
    });
    this.peak = peakOf(this.buffers, this.rows.length);
  }

  /** The tables of kernels and of buffers, and the shaders if they were asked for. */
  toString(): string {
    const { engine, rows, buffers, peak } = this;
    if (rows.length === 0) return `${engine}: nothing to run`;
    const shaders = rows.map(({ kernel, wgsl }, k) => `\n// ${k}: ${kernel}\n${wgsl}`);
    return [
      `${engine}: ${count(rows.length, "kernel")}, ${count(buffers.length, "buffer")}, ` +
      `at most ${showBytes(peak)} at a time`,
      ...tableLines(kernelTable(rows), 6),
      "",
      ...tableLines(bufferTable(buffers), 4),
      ...(rows[0].wgsl === null ? [] : shaders),
    ].join("\n");
  }

  /** What `console.log` prints in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** What `console.log` prints in Node.js. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A buffer with the slots that lie in it. */
interface Held {
  readonly slots: readonly number[];
  readonly buffer: ScheduleBuffer;
}

/** The buffers of a plan, in the order in which they begin to hold something. */
function buffersOf(graph: Graph, { draft, lifetimes, allocation }: Planned): Held[] {
  const { nodes } = graph;
  const leafOf = new Map(draft.leaves);
  const names = namesOf(graph, draft);
  const slots = allocation.bytes.map((): number[] => []);
  lifetimes.forEach(({ last }, slot) => last >= 0 && slots[allocation.bufferOf[slot]].push(slot));
  const held = slots.map((list, b): Held => {
    list.sort((a, z) => lifetimes[a].first - lifetimes[z].first);
    const leaf = leafOf.get(list[0]);
    const last = lifetimes[list[list.length - 1]]?.last;
    const buffer: ScheduleBuffer = {
      bytes: sizeClass(allocation.bytes[b]),
      values: list.map((slot) => names.get(slot)!),
      first: leaf === undefined ? lifetimes[list[0]]?.first : -1,
      last: leaf === undefined ? last : lastOf(nodes[leaf], last, draft.launches.length - 1),
    };
    return { slots: list, buffer };
  });
  return held.filter(({ slots }) => slots.length > 0)
    .sort((a, b) => a.buffer.first - b.buffer.first);
}

/** The last launch before the end of which a leaf is given back; Infinity where it stays. */
function lastOf({ state, stored }: Node, used: number, end: number): number {
  if (state !== null) return state.isPending ? Math.max(used, end) : Infinity;
  return stored?.device && !stored.onHost ? Infinity : used;
}

/** The contents of each slot, in words. */
function namesOf({ nodes }: Graph, { leaves, launches, slots }: Draft): Map<number, string> {
  const names = new Map<number, string>();
  for (const [slot, k] of leaves) {
    const { state, stored, shape } = nodes[k];
    const what = state?.name ?? (stored?.onHost ? "data of the host" : "a value");
    names.set(slot, `${what} ${show(shape)}`);
  }
  const own = new Set(slots.flat());
  for (const { outputs, computes } of launches) {
    const { primitive, shape } = nodes[computes[computes.length - 1]];
    for (const slot of outputs) {
      const what = own.has(slot) ? primitive.name : `for ${primitive.name}`;
      if (!names.has(slot)) names.set(slot, `${what} ${show(shape)}`);
    }
  }
  return names;
}

function operationsOf({ nodes }: Graph, computes: readonly number[]): string[] {
  return computes.map((k) => nodes[k].primitive)
    .filter(({ lowering }) => lowering.kind !== "fill").map(({ name }) => name);
}

/** The most bytes that are held during one of the rows. */
function peakOf(buffers: readonly ScheduleBuffer[], rows: number): number {
  const changes = new Float64Array(rows + 1);
  for (const { bytes, first, last } of buffers) {
    changes[Math.max(0, first)] += bytes;
    if (last < rows) changes[last + 1] -= bytes;
  }
  let held = 0, peak = 0;
  for (let row = 0; row < rows; row++) {
    held += changes[row];
    peak = Math.max(peak, held);
  }
  return peak;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** Kernels, one a line; a kernel that runs several times in a row has one line. */
function kernelTable(rows: readonly ScheduleRow[]): string[][] {
  const table = [["", "kernel", "computes", "result", "runs as", "buffers", "bytes"]];
  for (let k = 0, next; k < rows.length; k = next) {
    const { kernel, operations, shape, dtype, reads, writes, bytes, form } = rows[k];
    next = k + 1;
    while (next < rows.length && again(rows[k], rows[next])) next++;
    table.push([
      next > k + 1 ? `${k}–${next - 1}` : `${k}`,
      shortened(kernel, 40),
      shortened(operations.join(", "), 60),
      `${dtype} ${show(shape)}`,
      form,
      `${reads.join(" ")} → ${writes.join(" ")}`.trimStart(),
      showBytes(bytes),
    ]);
  }
  return table;
}

/** True where a row is like the one before, over the same buffers. */
function again(a: ScheduleRow, b: ScheduleRow): boolean {
  return a.kernel === b.kernel && a.form === b.form && `${a.operations}` === `${b.operations}` &&
    `${a.reads}>${a.writes}` === `${b.reads}>${b.writes}`;
}

function bufferTable(buffers: readonly ScheduleBuffer[]): string[][] {
  const line = ({ bytes, values, first, last }: ScheduleBuffer, k: number): string[] => [
    `${k}`,
    shortened(values.join(", "), 60),
    first < 0 ? "before" : `${first}`,
    last === Infinity ? "stays" : `${last}`,
    showBytes(bytes),
  ];
  return [["", "buffer", "from", "to", "bytes"], ...buffers.map(line)];
}
