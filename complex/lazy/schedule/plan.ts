/** Plans: from a graph to launches that are compiled, pass by pass. */
import type { Engine, Executable } from "../../../gpu/contract/engine.ts";
import type { Draft, Graph } from "./draft.ts";
import { chooseEpilogues } from "./epilogues.ts";
import { fuse } from "./fuse.ts";
import { updateInPlace } from "./in_place.ts";
import { type Lifetime, lifetimesOf } from "./lifetimes.ts";
import { lower } from "./lower.ts";
import { allocate, type Allocation, releases } from "./memory.ts";

/** One dispatch; the values it binds are named by their slots in the plan. */
export interface Launch {
  readonly executable: Executable;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Pairs of a node and one of its words. */
  readonly words: Int32Array;
  /** The step's own params, which stand in place of the words. */
  readonly params: Uint32Array | null;
  /** Where the words are put together in each run, before params that stay; null where there are none. */
  readonly scratch: Uint32Array | null;
  /** Buffers that nothing needs after this launch. */
  readonly release: readonly number[];
}

/** A schedule that can be run again for every graph of the same structure. */
export interface Plan {
  /** A number that no other plan has. */
  readonly id: number;
  /** The bytes of each slot. */
  readonly bytes: readonly number[];
  /** The buffers in which the slots lie. */
  readonly allocation: Allocation;
  /** The slots that hold leaves, `[slot, node]`: those that some launch reads. */
  readonly leaves: readonly (readonly [slot: number, node: number])[];
  readonly launches: readonly Launch[];
  /** For each root the slot that holds it in the end. */
  readonly results: readonly number[];
}

/** All of a plan but what is compiled. */
export interface Planned {
  readonly draft: Draft;
  readonly lifetimes: readonly Lifetime[];
  readonly allocation: Allocation;
}

/**
 * Works out the launches of a graph and their memory. Nothing is compiled and nothing allocated. `own`
 * has, for each of the first roots, the leaf that it replaces, or −1.
 */
export function planGraph(graph: Graph, engine: Engine, own: readonly number[]): Planned {
  const updates = new Set(graph.roots.filter((_, r) => own[r] >= 0));
  const fusion = fuse(graph, engine);
  const epilogues = chooseEpilogues(graph, fusion, updates);
  const lowered = lower(graph, fusion.stored, epilogues, engine);
  const draft = engine.atomicSubmit ? updateInPlace(lowered, graph.roots, own) : lowered;
  const lifetimes = lifetimesOf(draft);
  return { draft, lifetimes, allocation: allocate(lifetimes) };
}

let nextId = 0;

/** Makes a plan ready to run. */
export function compile({ draft, lifetimes, allocation }: Planned, engine: Engine): Plan {
  const { bytes, leaves, launches, results } = draft;
  const release = releases(launches, allocation, results);
  return {
    id: nextId++,
    bytes,
    allocation,
    leaves: leaves.filter(([slot]) => lifetimes[slot].last >= 0),
    launches: launches.map(({ kernel, spec, inputs, outputs, words, more, params }, l): Launch => ({
      executable: engine.compile(kernel, spec),
      inputs,
      outputs,
      words: Int32Array.from(words.flat()),
      params: params ?? (words.length === 0 && more.length > 0 ? Uint32Array.from(more) : null),
      scratch: words.length > 0 ? Uint32Array.from([...words.map(() => 0), ...more]) : null,
      release: release[l],
    })),
    results,
  };
}
