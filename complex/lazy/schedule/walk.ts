/** The walk from what is asked for down to what has a value, and the key of the structure it meets. */
import { cannot } from "../../../gpu/contract/errors.ts";
import type { Graph } from "./draft.ts";
import type { Node, Versioned } from "../graph.ts";
import { mustReturn } from "../residency/retained.ts";

/** True where a value or buffer for the node exists. */
export function hasValue(node: Node): boolean {
  const { state } = node;
  if (state === null) return node.stored !== null;
  if (state.version === node.version) return true;
  if (state.isPending && node.version === state.pendingVersion) return false;
  if (node.stored?.host) return true;
  throw cannot(
    `compute with an older value of ${state.name}`,
    `the recipe was made with version ${node.version} and it has been updated to version ` +
      `${state.version} since; compute what you need before the update, or detach and evaluate it`,
  );
}

/** The first state among all that nodes are computed from whose value is gone; null if there is none. */
export function olderState(nodes: readonly Node[]): Versioned | null {
  const seen = new Set<Node>();
  const stack = [...nodes];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    const { state } = node;
    if (state === null && node.stored !== null) continue;
    const gone = state !== null && state.version !== node.version && !node.stored?.host;
    if (gone && !(state.isPending && state.pendingVersion === node.version)) return state;
    stack.push(...node.inputs);
  }
  return null;
}

/** The nodes that a schedule computes, in topological order: inputs come first. */
export interface Walk {
  readonly nodes: readonly Node[];
  /** The positions of what is asked for. */
  readonly roots: readonly number[];
  /** For each state that is updated the leaf that reads its present version, if it is the only one. */
  readonly own: readonly number[];
  /** Values given back earlier that this walk needs: they are kept again. */
  readonly returning: readonly Node[];
  /**
   * The structure: for each node its signature and the positions of its inputs, or for a leaf its type,
   * counted down from −1; then END, the roots and `own`. It is overwritten by the next walk.
   */
  readonly key: Int32Array;
}

const END = -(2 ** 31);

let walk = 0;
let words = new Int32Array(1 << 12);

/** Everything `asked` needs, down to what has a value; the first are updates of `states`. */
export function gather(asked: readonly Node[], states: readonly Versioned[] = []): Walk {
  walk++;
  const nodes: Node[] = [];
  const returning: Node[] = [];
  const stack: Node[] = [];
  const visited = -walk;
  let length = 0;
  for (let r = 0; r < asked.length; r++) {
    stack.push(asked[r]);
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      if (node.mark === walk) {
        stack.pop();
        continue;
      }
      const ready = hasValue(node);
      const { standIn, inputs } = node;
      if (!ready && standIn !== null && standIn.inputs[0].mark === walk) {
        if (standIn.mark !== walk) stack.push(standIn);
        else {
          node.mark = walk;
          node.order = standIn.order;
        }
        continue;
      }
      if (!ready && node.mark !== visited) {
        node.mark = visited;
        if (mustReturn(node)) returning.push(node);
        for (let k = 0; k < inputs.length; k++) {
          if (inputs[k].mark !== walk) stack.push(inputs[k]);
        }
        continue;
      }
      stack.pop();
      node.mark = walk;
      if (!ready && node.state) { // a pending update: its recipe stands for it
        node.order = inputs[0].order;
        continue;
      }
      node.order = nodes.length;
      nodes.push(node);
      if (length + inputs.length + 2 > words.length) room(length + inputs.length + 2);
      if (ready && node.state !== null) noteLeaf(node.state, node);
      if (ready) words[length++] = -1 - node.type;
      else {
        words[length++] = node.signature;
        for (let k = 0; k < inputs.length; k++) words[length++] = inputs[k].order;
      }
    }
  }
  const roots: number[] = [];
  for (const root of asked) roots.push(root.order);
  for (const root of returning) roots.push(root.order);
  const own: number[] = [];
  for (const state of states) own.push(state.mark === walk ? state.leaf : -1);
  room(length + 1 + roots.length + own.length);
  words[length++] = END;
  for (const root of roots) words[length++] = root;
  for (const leaf of own) words[length++] = leaf;
  return { nodes, roots, own, returning, key: words.subarray(0, length) };
}

/** Notes the leaf that reads a state's buffer. */
function noteLeaf(state: Versioned, { version, stored, order }: Node): void {
  const alone = state.mark !== walk && state.version === version && !stored?.host;
  state.leaf = alone ? order : -1;
  state.mark = walk;
}

/** Makes the key's array as long as is needed, with what it holds. */
function room(length: number): void {
  if (length <= words.length) return;
  const before = words;
  words = new Int32Array(2 * length);
  words.set(before);
}

/** The graph that a walk met; to be asked before the next walk. */
export function graphOf({ nodes, roots, key }: Walk): Graph {
  const inputs: number[][] = [];
  const leaf: boolean[] = [];
  let at = 0;
  for (const node of nodes) {
    const isLeaf = key[at++] < 0;
    leaf.push(isLeaf);
    inputs.push(isLeaf ? [] : Array.from(node.inputs, () => key[at++]));
  }
  return { nodes, inputs, leaf, roots };
}
