/**
 * Fusion: which nodes become buffers, and which are only computed inside the kernel that needs them.
 *
 * From the results backwards, a node joins the one kernel that asks for it. It becomes a buffer of
 * its own when several kernels ask, or one kernel asks at different places (unless it is cheap to
 * compute again), when a kernel would grow too large or bind too many buffers, and when it would be
 * computed again for every repetition of a broadcast. A function that the engine can't fuse has a
 * kernel to itself, so that those around it stay fast.
 */
import type { Capabilities } from "../../../gpu/contract/engine.ts";
import type { Lowering } from "../graph.ts";
import type { Graph } from "./draft.ts";

/** Nodes in one kernel at most. */
const MOST_NODES = 64;
/** Buffers that a kernel binds at most, where the engine allows that many. */
const MOST_BINDINGS = 8;
/** Repetitions from which on a broadcast value is stored. */
const MOST_REPEATS = 4;

/** A kernel that asks for a node; `path` tells apart the views through which it looks. */
interface Request {
  readonly kernel: number;
  readonly path: string;
}

/** A kernel with the nodes that it has taken in so far. */
interface FusedKernel {
  nodes: number;
  readonly size: number;
  /** Nodes it needs that are not (yet) computed inside it: each may become a binding. */
  readonly frontier: Set<number>;
  /** How many of them it can bind. */
  room: number;
}

/** The decisions on the nodes of a graph. */
export interface Fusion {
  /** Which nodes get a buffer. */
  readonly stored: readonly boolean[];
  /** Nodes that may be computed as the epilogue of a product, and the product, which is theirs alone. */
  readonly epilogues: ReadonlyMap<number, number>;
}

/** Decides what each node becomes on an engine of these capabilities. */
export function fuse(
  graph: Graph,
  engine: Pick<Capabilities, "maxBindings" | "fuses">,
): Fusion {
  const fuser = new Fuser(graph, engine);
  for (let k = graph.nodes.length - 1; k >= 0; k--) fuser.decide(k);
  return fuser;
}

class Fuser implements Fusion {
  readonly stored: boolean[];
  readonly epilogues = new Map<number, number>();
  readonly #graph: Graph;
  /** The inputs that a kernel can have. */
  readonly #bindings: number;
  readonly #engine: Pick<Capabilities, "fuses">;
  readonly #requests: Request[][];
  readonly #kernels = new Map<number, FusedKernel>();
  /** Nodes that must have a buffer if they are needed at all. */
  readonly #demanded: Set<number>;

  constructor(graph: Graph, engine: Pick<Capabilities, "maxBindings" | "fuses">) {
    this.#graph = graph;
    this.#bindings = Math.min(engine.maxBindings, MOST_BINDINGS) - 1;
    this.#engine = engine;
    this.stored = graph.leaf.slice();
    this.#requests = graph.nodes.map(() => []);
    this.#demanded = new Set(graph.roots);
  }

  /** Decides on node k; everything that needs it has been decided on. */
  decide(k: number): void {
    const { nodes, inputs, leaf } = this.#graph;
    const demanded = this.#demanded.has(k);
    if (leaf[k] || (this.#requests[k].length === 0 && !demanded)) return;
    const { lowering } = nodes[k].primitive;
    if (this.#standsAlone(lowering)) {
      this.stored[k] = true;
      if (lowering.kind === "program" && lowering.epilogue) this.#offerEpilogue(k);
      for (const input of inputs[k]) this.#demanded.add(input);
    } else if (lowering.kind === "view" && lowering.alias && demanded) {
      this.stored[k] = true; // in the buffer of its input
      this.#demanded.add(inputs[k][0]);
    } else if (this.#needsBuffer(k, lowering)) this.#open(k, lowering);
    else this.#join(k, lowering);
  }

  /** True where nothing is computed in the same kernel, but for an epilogue. */
  #standsAlone(lowering: Lowering): boolean {
    if (lowering.kind === "map") return !this.#engine.fuses(lowering.fn);
    return lowering.kind === "program" || lowering.kind === "part";
  }

  #needsBuffer(k: number, lowering: Lowering): boolean {
    const mine = this.#requests[k];
    const cheap = lowering.kind !== "map" || lowering.cheap === true;
    const loops = lowering.kind === "map" && lowering.loops === true;
    return lowering.kind === "reduce" || loops || this.#demanded.has(k) ||
      (mine.length > 1 && !cheap) || !mine.every((r) => this.#fits(k, r)) ||
      (!cheap &&
        this.#kernels.get(mine[0].kernel)!.size >= MOST_REPEATS * this.#graph.nodes[k].size);
  }

  #fits(k: number, request: Request): boolean {
    const kernel = this.#kernels.get(request.kernel)!;
    if (kernel.nodes >= MOST_NODES) return false;
    let added = -1;
    for (const input of this.#graph.inputs[k]) if (!kernel.frontier.has(input)) added++;
    return kernel.frontier.size + added <= kernel.room;
  }

  /** Node k is stored by a kernel of its own, which others may join. */
  #open(k: number, lowering: Lowering): void {
    const { nodes, inputs } = this.#graph;
    this.stored[k] = true;
    const size = nodes[lowering.kind === "reduce" ? inputs[k][0] : k].size;
    this.#kernels.set(k, { nodes: 0, size, frontier: new Set(), room: this.#bindings });
    for (const input of inputs[k]) this.#ask(input, k, "");
  }

  /** Node k is computed inside the kernels that ask for it. */
  #join(k: number, lowering: Lowering): void {
    for (const { kernel, path } of this.#requests[k]) {
      const joined = this.#kernels.get(kernel)!;
      joined.nodes++;
      joined.frontier.delete(k);
      const moves = lowering.kind === "view" && !lowering.alias;
      for (const input of this.#graph.inputs[k]) {
        this.#ask(input, kernel, moves ? `${path}/${k}` : path);
      }
    }
  }

  #ask(of: number, kernel: number, path: string): void {
    this.#kernels.get(kernel)!.frontier.add(of);
    const requests = this.#requests[of];
    if (!requests.some((r) => r.kernel === kernel && r.path === path)) {
      requests.push({ kernel, path });
    }
  }

  /** Makes the one kernel that asks for product k its epilogue, if it can be. */
  #offerEpilogue(k: number): void {
    const { nodes, inputs } = this.#graph;
    if (this.#requests[k].length !== 1 || this.#demanded.has(k)) return;
    const [{ kernel: root, path }] = this.#requests[k];
    const kernel = this.#kernels.get(root)!;
    const alike = nodes[root].primitive.lowering.kind === "map" && path === "" &&
      nodes[root].size === nodes[k].size && nodes[root].dtype === nodes[k].dtype;
    const room = this.#bindings - inputs[k].length;
    if (!alike || this.epilogues.has(root) || kernel.frontier.size - 1 > room) return;
    kernel.frontier.delete(k);
    kernel.room = room;
    this.epilogues.set(root, k);
  }
}
