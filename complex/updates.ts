/** Updates of states that are computed in one kernel, since they read one another or the same. */
import type { Graph } from "./fuse.ts";

/**
 * The updates among the first `count` roots, in sets that can be computed together: an update with those
 * that it reads, as a parameter's next value reads its next moments. Nothing else reads any of them, so
 * that a set may be computed at any time after what it reads. `stored` says what has a buffer, and
 * `excluded` which nodes have a kernel of their own.
 */
export function updateSets(
  { nodes, inputs, leaf, roots }: Graph,
  stored: readonly boolean[],
  count: number,
  excluded: { has(k: number): boolean },
): number[][] {
  const together = new Set(
    roots.slice(0, count).filter((k) => {
      if (roots.indexOf(k) !== roots.lastIndexOf(k)) return false; // it is copied
      const { lowering } = nodes[k].primitive;
      const elementwise = lowering.kind === "map" || lowering.kind === "fill" ||
        lowering.kind === "view" && !lowering.alias;
      return elementwise && stored[k] && !leaf[k] && !excluded.has(k);
    }),
  );
  /** For each node the updates that a kernel which computes it would read. */
  let reads: ReadonlySet<number>[];
  for (let before = -1; before !== together.size;) {
    before = together.size;
    reads = [];
    nodes.forEach((_, k) => {
      const own = new Set<number>();
      for (const input of inputs[k]) {
        if (together.has(input)) own.add(input);
        else if (!stored[input]) { for (const update of reads[input]) own.add(update); }
      }
      reads.push(own);
      if (stored[k] && !together.has(k)) { for (const update of own) together.delete(update); }
    });
  }
  const sets = new Map<number, number[]>();
  nodes.forEach((_, k) => {
    if (!together.has(k)) return;
    const merged = new Set([...reads[k]].map((update) => sets.get(update)!));
    const set = [...[...merged].flat(), k].sort((a, b) => a - b);
    for (const member of set) sets.set(member, set);
  });
  return [...new Set(sets.values())].filter((set) =>
    set.every((k) => nodes[k].size === nodes[set[0]].size)
  );
}

/** Updates that are computed together, and what their kernel binds. */
export interface Updates {
  readonly members: readonly number[];
  /** What they read. */
  readonly inputs: readonly number[];
  /** How many of the inputs are states' present values that give way to a member. */
  readonly replaced: number;
}

/** How many buffers a kernel of several sets binds, where each update is written over its state. */
export function bindingsOf(sets: readonly Updates[]): number {
  return new Set(sets.flatMap(({ inputs }) => inputs)).size +
    sets.reduce((sum, { members, replaced }) => sum + members.length - replaced, 0);
}

/** Puts sets into as few kernels as bind no more than `most` buffers, each in its turn. */
export function packed(sets: readonly Updates[], most: number): Updates[][] {
  const packs: Updates[][] = [];
  for (const set of sets) {
    const last = packs.at(-1);
    if (last && bindingsOf([...last, set]) <= most) last.push(set);
    else packs.push([set]);
  }
  return packs;
}
