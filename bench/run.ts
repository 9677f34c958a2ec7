/** Runs pieces of work: checks them, then times them in alternation with the other libraries. */
import { gpu } from "@argand/argand";
import { type Probe, probes } from "../gpu/tools/limits.ts";
import { type Patience, single, timeByTurns } from "./measure.ts";
import { deviation } from "./numbers.ts";
import type { Peer } from "./peers/peer.ts";
import { median } from "./statistics.ts";
import type { Contender } from "./contender.ts";
import { settle, type Work } from "./work/work.ts";

/** What another library took, or in a word why it has no time. */
export type PeerResult =
  | {
    readonly ms: number;
    /** Its time to ours: the median over rounds. */
    readonly ratio: number;
    /** Slow enough to be run a single time. */
    readonly once?: boolean;
  }
  | { readonly word: string };

/** The measurement of a piece of work on an engine. */
export interface Row {
  readonly engine: "webgpu" | "cpu";
  readonly key: string;
  /** Milliseconds, the median. */
  readonly ms: number;
  /** Flop or bytes a second, whichever takes longer at the limits. */
  readonly rate?: number;
  readonly unit?: "flop/s" | "B/s";
  /** The rate as a part of the limit. */
  readonly fraction?: number;
  /** By the table's columns. */
  readonly peers: Readonly<Record<string, PeerResult>>;
  /** Milliseconds of JavaScript, of the device and of the first run, where they are measured apart. */
  readonly script?: number;
  readonly device?: number;
  readonly first?: number;
}

/** The deviation of a result from float64, if it is more than it may be. */
async function deviates(work: Work, contender: Contender, slack = 1): Promise<string | null> {
  const off = deviation(await contender.result(), work.samples());
  return off <= slack * (work.tolerance ?? 1e-4) ? null : `wrong by ${off.toExponential(0)}`;
}

/** Other libraries may be this much further off than this one. */
const SLACK = 10;

/** Milliseconds of a first run after which there is no second. */
const GIVE_UP = 6000;

/** The other library, checked; or the time of a single run if that is long; or a word. */
async function prepared(
  work: Work,
  peer: Peer,
  longest: number,
): Promise<Contender | number | string> {
  let made: Contender | string = "";
  try {
    await peer.begin();
    made = work.theirs(peer);
    if (typeof made === "string") return made;
    const before = performance.now();
    const wrong = await deviates(work, made, SLACK);
    const cold = performance.now() - before; // compiling and reading included
    if (wrong === null && cold < longest) return made;
    const once = wrong === null && cold < GIVE_UP ? await single(made) : Infinity;
    if (once < longest) return made;
    made.release();
    return wrong ?? (once < Infinity ? once : `${(cold / 1000).toFixed(0)} s, cold`);
  } catch (error) {
    if (typeof made === "object") made.release();
    const [line] = String((error as Error).message ?? error).split("\n");
    console.error(`${peer.name} at ${work.key}: ${line.slice(0, 200)}`);
    return "fails";
  }
}

/** A loop that shows what the device gives at the moment, as a contender. */
function probing(probe: Probe): Contender {
  return {
    run: probe.run,
    settle,
    result: () => Promise.resolve(new Float32Array()),
    release() {},
  };
}

/** Which limit a piece of work meets first: that of multiply-adds, or that of copies. */
function boundOf(work: Work, limits: gpu.Limits): "flop" | "bytes" {
  const flopTime = (work.flop ?? 0) / limits.flopsPerSecond;
  return flopTime > (work.bytes ?? 0) / limits.bytesPerSecond ? "flop" : "bytes";
}

/**
 * Measures a piece of work on the engine in use. The limit that it meets first takes its turn beside
 * it, so that other load on the machine meets both alike; the part of the limit is the median of the
 * rounds' ratios.
 */
export async function measure(
  work: Work,
  peers: readonly Peer[],
  patience: Patience,
): Promise<Row> {
  const engine = gpu.engine();
  const own = work.ours();
  const wrong = await deviates(work, own);
  if (wrong) throw new Error(`Cannot measure ${work.key} on ${engine.kind}: it is ${wrong}`);
  const cells: Record<string, PeerResult> = {};
  const slow: { peer: Peer; once: number }[] = [];
  const others: { peer: Peer; contender: Contender }[] = [];
  for (const peer of peers) {
    const contender = await prepared(work, peer, patience.longest);
    if (typeof contender === "string") cells[peer.column] = { word: contender };
    else if (typeof contender === "number") slow.push({ peer, once: contender });
    else others.push({ peer, contender });
  }
  const bound = boundOf(work, await gpu.limits());
  const { multiplyAdd, copy } = await probes();
  const probe = bound === "flop" ? multiplyAdd : copy;
  const [times, limit, ...rest] = await timeByTurns([
    own,
    probing(probe),
    ...others.map(({ peer, contender }) => onDevice(peer, contender)),
  ], patience);
  multiplyAdd.release();
  copy.release();
  const ms = median(times);
  others.forEach(({ peer, contender }, k) => {
    cells[peer.column] = {
      ms: median(rest[k]),
      ratio: median(rest[k].map((t, r) => t / times[r])),
    };
    contender.release();
  });
  for (const { peer, once } of slow) {
    cells[peer.column] = { ms: once, ratio: once / ms, once: true };
  }
  const amount = bound === "flop" ? work.flop! : work.bytes!;
  return {
    engine: engine.kind,
    key: work.key,
    ms,
    rate: 1000 * amount / ms,
    unit: bound === "flop" ? "flop/s" : "B/s",
    fraction: amount / probe.amount * median(limit.map((t, r) => t / times[r])),
    peers: cells,
  };
}

/** Chooses the peer's device before each of its turns. */
function onDevice(peer: Peer, contender: Contender): Contender {
  return {
    ...contender,
    async run() {
      await peer.begin();
      await contender.run();
    },
    async settle() {
      await peer.begin();
      await contender.settle();
    },
  };
}
