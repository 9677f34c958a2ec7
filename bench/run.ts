/** Runs pieces of work: checked, then timed by turns with the other libraries. */
import { gpu } from "@argand/argand";
import { type Patience, single, timeByTurns } from "./measure.ts";
import { deviation } from "./numbers.ts";
import type { Peer } from "./peers/peer.ts";
import { median } from "./statistics.ts";
import type { Contender, Work } from "./work/work.ts";

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
    if (wrong === null && performance.now() - before < longest) return made;
    const once = wrong === null ? await single(made) : 0;
    if (wrong === null && once < longest) return made;
    made.release();
    return wrong ?? once;
  } catch (error) {
    if (typeof made === "object") made.release();
    const [line] = String((error as Error).message ?? error).split("\n");
    console.error(`${peer.name} at ${work.key}: ${line.slice(0, 200)}`);
    return "fails";
  }
}

/** The rate of `work`, and its part of what the engine can do: the longer of both limits counts. */
function rateOf(
  work: Work,
  ms: number,
  limits: gpu.Limits,
): Pick<Row, "rate" | "unit" | "fraction"> {
  const flopTime = (work.flop ?? 0) / limits.flopsPerSecond;
  const byteTime = (work.bytes ?? 0) / limits.bytesPerSecond;
  const byFlop = flopTime > byteTime;
  return {
    rate: 1000 * (byFlop ? work.flop! : work.bytes!) / ms,
    unit: byFlop ? "flop/s" : "B/s",
    fraction: 1000 * Math.max(flopTime, byteTime) / ms,
  };
}

/** Measures a piece of work on the engine in use. */
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
  const turns = [own, ...others.map(({ peer, contender }) => onDevice(peer, contender))];
  const times = await timeByTurns(turns, patience);
  others.forEach(({ peer, contender }, k) => {
    const ratios = times[k + 1].map((ms, round) => ms / times[0][round]);
    cells[peer.column] = { ms: median(times[k + 1]), ratio: median(ratios) };
    contender.release();
  });
  const ms = median(times[0]);
  for (const { peer, once } of slow) {
    cells[peer.column] = { ms: once, ratio: once / ms, once: true };
  }
  const limits = await gpu.limits();
  return { engine: engine.kind, key: work.key, ms, ...rateOf(work, ms, limits), peers: cells };
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
