/** The data that the passes of a schedule hand to one another. */
import type { Kernel } from "../../../gpu/contract/kernel.ts";
import type { MapSpec } from "../../../gpu/kernels/elementwise/map.ts";
import type { Node } from "../graph.ts";

/** A graph in topological order: inputs come first. */
export interface Graph {
  readonly nodes: readonly Node[];
  /** For each node the positions of its inputs in `nodes`. */
  readonly inputs: readonly (readonly number[])[];
  /** Which nodes have a buffer already. */
  readonly leaf: readonly boolean[];
  /** The nodes that are asked for. */
  readonly roots: readonly number[];
}

/** A params word of a launch: which node's, and which of its words. */
export type Word = readonly [node: number, word: number];

/** One dispatch that is not compiled yet; the values it binds are named by their slots. */
export interface LaunchDraft {
  readonly kernel: Kernel;
  readonly spec: unknown;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly words: readonly Word[];
  /** Params that follow the words. */
  readonly more: readonly number[];
  /** The step's own params, which stand in place of the words. */
  readonly params: Uint32Array | null;
  /** The nodes that it computes, the one whose value it stores last. */
  readonly computes: readonly number[];
}

/** The launch of a map kernel, and the nodes that it loads. */
export interface MapDraft {
  readonly at: number;
  readonly spec: MapSpec;
  readonly loads: readonly number[];
}

/** A schedule of which nothing is compiled and nothing lies anywhere yet. */
export interface Draft {
  /** The bytes of each slot: a value that is stored. */
  readonly bytes: readonly number[];
  /** The slots that hold leaves: `[slot, node]`. */
  readonly leaves: readonly (readonly [slot: number, node: number])[];
  readonly launches: readonly LaunchDraft[];
  /** For each node the slots of its results; empty where it is computed inside a kernel. */
  readonly slots: readonly (readonly number[])[];
  /** The launches that compute one node by a map kernel, by the node and its views in order. */
  readonly maps: ReadonlyMap<number, MapDraft>;
  /** For each root the slot that holds it in the end. */
  readonly results: readonly number[];
}
