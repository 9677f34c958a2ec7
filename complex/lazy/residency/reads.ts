/** Reads that are under way: what is asked for twice meanwhile crosses to the host once. */
import type { Engine, ReadRange } from "../../../gpu/contract/engine.ts";
import { bytesOf, type HostArray, hostView } from "../../../gpu/contract/dtype.ts";
import type { Node } from "../graph.ts";
import type { Retained } from "./retained.ts";
import type { Scalars } from "./scalars.ts";
import type { State } from "../state.ts";
import type { Submissions } from "./submissions.ts";

/** Where a computed value lies. */
export function placeOf(node: Node): ReadRange {
  const { stored, state } = node;
  const bytes = node.size * bytesOf(node.dtype);
  if (stored?.entry) return { ...stored.entry, bytes };
  return { buffer: stored?.device ?? state!.buffer!, offset: 0, bytes };
}

/** The parts of a residency that an arrival concerns. */
interface Owner {
  readonly submissions: Submissions;
  readonly scalars: Scalars;
  readonly retained: Retained;
}

/** The reads from one engine. */
export class Reads {
  readonly #engine: Engine;
  readonly #owner: Owner;
  readonly #underWay = new Map<Node, Promise<HostArray>>();

  /** A value that has arrived gives its place among the small or the retained values back. */
  constructor(engine: Engine, owner: Owner) {
    this.#engine = engine;
    this.#owner = owner;
  }

  /** The values of nodes that lie on this engine, in one go. */
  read(nodes: readonly Node[]): Promise<HostArray>[] {
    const asked = nodes.filter((node) => !this.#underWay.has(node));
    if (asked.length > 0) {
      const data = this.#engine.read(asked.map(placeOf));
      asked.forEach((node, k) => this.#underWay.set(node, this.#arrival(node, data, k)));
    }
    return nodes.map((node) => this.#underWay.get(node)!);
  }

  async #arrival(node: Node, data: Promise<ArrayBuffer[]>, k: number): Promise<HostArray> {
    const { state, stored, dtype } = node;
    const isState = state !== null && node.version === state.version;
    const { submissions, scalars, retained } = this.#owner;
    try {
      const bytes = (await data)[k];
      await submissions.settled();
      submissions.check(isState ? state as State : stored!);
      const host = hostView(dtype, bytes);
      if (isState) return host; // the state's own buffer goes on being the value
      stored!.host ??= host;
      scalars.leave(stored!);
      retained.giveBack(stored!);
      return host;
    } finally {
      this.#underWay.delete(node);
    }
  }
}
