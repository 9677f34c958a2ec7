/** A profile: the time of some work by kernel, as a table. */
import { nameClass } from "../contract/class_names.ts";
import { engine } from "../engines/device.ts";
import type { Timing } from "../contract/engine.ts";
import { groupBy } from "../contract/collections.ts";
import { cannot } from "../contract/errors.ts";
import { type Limits, limits } from "./limits.ts";
import { shortened, tableLines } from "./table.ts";

/** The totals of a kernel over all its dispatches. */
export interface ProfileRow {
  /** The kernel's name. */
  readonly kernel: string;
  /** How many dispatches there were. */
  readonly calls: number;
  /** Milliseconds on the device. */
  readonly ms: number;
  /** The part of all the device's time, 0 to 1. */
  readonly share: number;
  /** Bytes of the buffers that were bound, each counted once a dispatch. */
  readonly bytes: number;
  /** Floating-point operations, a complex product-sum counted as 8; null where the kernel doesn't say. */
  readonly flops: number | null;
  /** Bytes a second. */
  readonly bytesPerSecond: number;
  /** Floating-point operations a second; null where the kernel doesn't say how many there are. */
  readonly flopsPerSecond: number | null;
  /** How near it comes to its bound: the larger of its two rates, each as a share of its limit. */
  readonly ofLimit: number;
  /** Which limit that is. */
  readonly boundBy: "bytes" | "flops";
}

/** One dispatch of a profile. */
export interface ProfiledDispatch {
  /** The kernel's name. */
  readonly kernel: string;
  /** Milliseconds on the device. */
  readonly ms: number;
  /** Bytes of the buffers that it binds. */
  readonly bytes: number;
  /** Its floating-point operations; null where the kernel doesn't say. */
  readonly flops: number | null;
}

/** The result of {@link profile}; printed, it is a table. */
export class Profile {
  static {
    nameClass(this, "Profile");
  }

  /** The engine and its adapter. */
  readonly engine: string;
  /** How the times were taken: by the device's timestamps, or by waiting for each dispatch. */
  readonly by: "timestamps" | "waiting";
  /** The limits of the engine. */
  readonly limits: Limits;
  /** Every dispatch, in order. */
  readonly dispatches: readonly ProfiledDispatch[];
  /** The kernels, the slowest first. */
  readonly rows: readonly ProfileRow[];
  /** Milliseconds on the device in all. */
  readonly ms: number;

  /**
   * Made by {@link profile}.
   * @internal
   */
  constructor(
    engine: string,
    by: "timestamps" | "waiting",
    limits: Limits,
    timings: readonly Timing[],
  ) {
    this.engine = engine;
    this.by = by;
    this.limits = limits;
    this.dispatches = timings.map(({ executable, bytes, ms }) => (
      { kernel: executable.name, ms, bytes, flops: executable.flops ?? null }
    ));
    this.ms = this.dispatches.reduce((sum, { ms }) => sum + ms, 0);
    this.rows = [...groupBy(this.dispatches, ({ kernel }) => kernel)]
      .map(([kernel, list]) => rowOf(kernel, list, this.ms, limits))
      .sort((a, b) => b.ms - a.ms);
  }

  /** The table. */
  toString(): string {
    const how = this.by === "timestamps" ? "by timestamps" : "by waiting for each dispatch";
    const head = ["kernel", "calls", "ms", "share", "GB/s", "GFLOP/s", "of limit"];
    const giga = (rate: number | null) => rate === null ? "" : (rate / 1e9).toFixed(1);
    const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
    const table = [
      head,
      ...this.rows.map((row) => [
        shortened(row.kernel, 40),
        `${row.calls}`,
        row.ms.toFixed(2),
        percent(row.share),
        giga(row.bytesPerSecond),
        giga(row.flopsPerSecond),
        `${percent(row.ofLimit)} (${row.boundBy})`,
      ]),
    ];
    const { flopsPerSecond, bytesPerSecond } = this.limits;
    return [
      `${this.engine}: ${this.ms.toFixed(2)} ms in ${this.dispatches.length} dispatches, ${how}; ` +
      `limits ${giga(flopsPerSecond)} GFLOP/s, ${giga(bytesPerSecond)} GB/s`,
      ...tableLines(table),
    ].join("\n");
  }

  /** The text that `console.log` prints in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** The text that `console.log` prints in Node.js. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function rowOf(
  kernel: string,
  list: readonly ProfiledDispatch[],
  total: number,
  limits: Limits,
): ProfileRow {
  const sum = (of: (d: ProfiledDispatch) => number) => list.reduce((all, d) => all + of(d), 0);
  const ms = sum((d) => d.ms);
  const bytes = sum((d) => d.bytes);
  const flops = list.some((d) => d.flops === null) ? null : sum((d) => d.flops!);
  // A clock too coarse for a kernel gives no rates.
  const rate = (amount: number) => ms > 0 ? 1000 * amount / ms : 0;
  const flopsPerSecond = flops === null ? null : rate(flops);
  const ofBytes = rate(bytes) / limits.bytesPerSecond;
  const ofFlops = (flopsPerSecond ?? 0) / limits.flopsPerSecond;
  return {
    kernel,
    calls: list.length,
    ms,
    share: total > 0 ? ms / total : 0,
    bytes,
    flops,
    bytesPerSecond: rate(bytes),
    flopsPerSecond,
    ofLimit: Math.max(ofBytes, ofFlops),
    boundBy: ofFlops > ofBytes ? "flops" : "bytes",
  };
}

let running = false;

/**
 * Runs `fn` and measures every dispatch of the engine in use: a table by kernel of calls, device
 * time, bytes, floating-point operations and rates, beside the engine's measured {@link limits}. On
 * WebGPU the times are the device's timestamps, or, where it has none, those of dispatches that are
 * waited for one by one; on the CPU engine they are those of the calls. Tensors are recipes: those
 * that `fn` neither reads nor evaluates do not run. The first call on an engine takes seconds
 * longer, for its limits.
 *
 * @param fn The work; it may be asynchronous. Run it once before, so that nothing is compiled during
 * the profile.
 * @throws {ArgandError} if a profile is already being taken. Errors of `fn` pass through.
 *
 * @example
 * ```ts
 * import { evaluate, gpu, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const a = randnComplex([64, 64]);
 * const profile = await gpu.profile(() => evaluate(a.matmul(a)));
 * console.log(profile); // such as: matmul 1 0.13 55 % …
 * assert(profile.rows.some((row) => row.kernel === "matmul" && row.flops === 8 * 64 ** 3));
 * ```
 */
export async function profile(fn: () => unknown): Promise<Profile> {
  if (typeof fn !== "function") throw cannot("profile", `it takes a function, got ${typeof fn}`);
  if (running) throw cannot("profile", "a profile is being taken already");
  running = true;
  try {
    const measured = await limits();
    const { adapter, kind } = engine();
    const stopwatch = engine().time();
    try {
      await fn();
    } catch (error) {
      await stopwatch.stop().catch(() => {}); // what fn met came first
      throw error;
    }
    const timings = await stopwatch.stop();
    return new Profile(`${kind}, ${adapter.name}`, stopwatch.by, measured, timings);
  } finally {
    running = false;
  }
}
