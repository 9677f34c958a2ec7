/**
 * Fusion: which nodes become buffers, and which are only computed inside the kernel that needs them.
 *
 * From the results backwards, a node joins the one kernel that asks for it. It becomes a buffer of
 * its own when several kernels ask, or one kernel asks at different places (unless it is cheap to
 * compute again), when a kernel would grow too large or bind too many buffers, and when it would be
 * computed again for every repetition of a broadcast.
 */
import type { Node } from "../graph.ts";

/** A graph in an order in which inputs come first. */
export interface Graph {
  readonly nodes: readonly Node[];
  /** For each node the places of its inputs in `nodes`. */
  readonly inputs: readonly (readonly number[])[];
  /** Which nodes have a buffer already. */
  readonly leaf: readonly boolean[];
  /** The nodes that are asked for. */
  readonly roots: readonly number[];
}

/** Nodes in one kernel at most. */
const MOST_NODES = 64;
/** Repetitions from which on a broadcast value is stored. */
const MOST_REPEATS = 4;

/** A kernel that asks for a node; `place` tells apart views through which it looks. */
interface Request {
  readonly kernel: number;
  readonly place: string;
}

/** What a kernel has taken in so far. */
interface Kernel {
  nodes: number;
  readonly size: number;
  /** Nodes it needs that are not (yet) computed inside it: each may become a binding. */
  readonly frontier: Set<number>;
  /** How many of them it can bind. */
  room: number;
}

/** What becomes of the nodes of a graph. */
export interface Fusion {
  /** Which nodes get a buffer. */
  readonly stored: readonly boolean[];
  /** Nodes that may be computed as the epilogue of a product, and the product, which is theirs alone. */
  readonly epilogues: ReadonlyMap<number, number>;
}

/** Decides what each node becomes. `bindings` is how many inputs a kernel can have. */
export function fuse({ nodes, inputs, leaf, roots }: Graph, bindings: number): Fusion {
  const stored = leaf.slice();
  const epilogues = new Map<number, number>();
  const requests: Request[][] = nodes.map(() => []);
  const kernels = new Map<number, Kernel>();
  const demanded = new Set(roots);

  const ask = (of: number, kernel: number, place: string): void => {
    kernels.get(kernel)!.frontier.add(of);
    if (!requests[of].some((r) => r.kernel === kernel && r.place === place)) {
      requests[of].push({ kernel, place });
    }
  };
  const fits = (k: number, request: Request): boolean => {
    const kernel = kernels.get(request.kernel)!;
    if (kernel.nodes >= MOST_NODES) return false;
    let added = -1;
    for (const input of inputs[k]) if (!kernel.frontier.has(input)) added++;
    return kernel.frontier.size + added <= kernel.room;
  };
  /** Makes the one kernel that asks for product k its epilogue, if it can be. */
  const finish = (k: number): void => {
    if (requests[k].length !== 1 || demanded.has(k)) return;
    const [{ kernel: root, place }] = requests[k];
    const kernel = kernels.get(root)!;
    const alike = nodes[root].primitive.lowering.kind === "map" && place === "" &&
      nodes[root].size === nodes[k].size && nodes[root].dtype === nodes[k].dtype;
    const room = bindings - inputs[k].length;
    if (!alike || epilogues.has(root) || kernel.frontier.size - 1 > room) return;
    kernel.frontier.delete(k);
    kernel.room = room;
    epilogues.set(root, k);
  };

  for (let k = nodes.length - 1; k >= 0; k--) {
    if (leaf[k]) continue;
    const { lowering } = nodes[k].primitive;
    if (requests[k].length === 0 && !demanded.has(k)) continue;
    if (lowering.kind === "part" || lowering.kind === "program") {
      stored[k] = true;
      if (lowering.kind === "program" && lowering.epilogue) finish(k);
      for (const input of inputs[k]) demanded.add(input);
      continue;
    }
    if (lowering.kind === "view" && lowering.alias && demanded.has(k)) {
      stored[k] = true; // in the buffer of its input
      demanded.add(inputs[k][0]);
      continue;
    }
    const mine = requests[k];
    const cheap = lowering.kind !== "map" || lowering.cheap === true;
    const loops = lowering.kind === "map" && lowering.loops === true;
    const own = lowering.kind === "reduce" || loops || demanded.has(k) ||
      (mine.length > 1 && !cheap) || !mine.every((r) => fits(k, r)) ||
      (!cheap && kernels.get(mine[0].kernel)!.size >= MOST_REPEATS * nodes[k].size);
    if (own) {
      stored[k] = true;
      const size = nodes[lowering.kind === "reduce" ? inputs[k][0] : k].size;
      kernels.set(k, { nodes: 0, size, frontier: new Set(), room: bindings });
      for (const input of inputs[k]) ask(input, k, "");
      continue;
    }
    for (const { kernel, place } of mine) {
      kernels.get(kernel)!.nodes++;
      kernels.get(kernel)!.frontier.delete(k);
      const moves = lowering.kind === "view" && !lowering.alias;
      const below = moves ? `${place}/${k}` : place;
      for (const input of inputs[k]) ask(input, kernel, below);
    }
  }
  return { stored, epilogues };
}
