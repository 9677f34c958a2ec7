/**
 * Reverse-mode derivatives. The gradients are built from the same operations as everything else, so
 * they can be differentiated again. For a real L, the gradient of z = x + iy is ∂L/∂x + i ∂L/∂y.
 */
import { cannot } from "../../gpu/contract/errors.ts";
import { type Node, recorder, resultOf } from "../lazy/graph.ts";
import { add } from "./arithmetic.ts";
import { sameShape, show } from "../lazy/shape.ts";

/** How long a walk may be. */
export interface Limit {
  readonly nodes: number;
  /** Of all nodes together. */
  readonly elements: number;
}

const NO_LIMIT: Limit = { nodes: Infinity, elements: Infinity };

/**
 * The tracked nodes that `root` depends on, in topological order; what lies behind `end` is left out.
 * Null where they are more than the limit, or have more elements.
 */
function trackedOrder(root: Node, end?: Node, limit = NO_LIMIT): Node[] | null {
  let elements = 0;
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: (Node | null)[] = [root];
  const opened: Node[] = [];
  while (stack.length > 0) {
    const node = stack.pop();
    if (node === null) {
      order.push(opened.pop()!);
      continue;
    }
    if (seen.has(node!)) continue;
    seen.add(node!);
    elements += node!.size;
    if (seen.size > limit.nodes || elements > limit.elements) return null;
    opened.push(node!);
    stack.push(null);
    if (node!.state || node === end) continue; // derivatives end at states
    for (const input of node!.inputs) if (input.tracked && !seen.has(input)) stack.push(input);
  }
  return order;
}

/**
 * The gradient, for each tracked node, of Re⟨seed, root⟩ (for a real root: of Σ seed·root).
 * Only nodes on a path from `ends` (all states, if absent) to the root are visited.
 */
export function gradients(root: Node, seed: Node, ends?: readonly Node[]): Map<Node, Node> {
  return noted(() => walkBack(trackedOrder(root)!, seed, ends)).found;
}

/** A walk that tells the recorder, if there is one, whose derivatives it records. */
function noted<T>(walk: () => T): T {
  if (recorder === null) return walk();
  const { derivativeOf } = recorder;
  try {
    return walk();
  } finally {
    recorder.derivativeOf = derivativeOf;
  }
}

/**
 * The gradients, for the results of `call`, of Σ seed·root for a real root: null for those that it does
 * not depend on, and null in all where the way there is longer than the limit.
 */
export function gradientsOfResults(
  root: Node,
  seed: Node,
  call: Node,
  limit: Limit,
): readonly (Node | null)[] | null {
  const order = trackedOrder(root, call, limit);
  if (!order) return null;
  return noted(() => walkBack(order, seed, [call])).ofParts.get(call) ??
    call.results.map(() => null);
}

/** The gradients of nodes, and of calls that have several results, given that of the last of `order`. */
function walkBack(order: readonly Node[], seed: Node, ends?: readonly Node[]): {
  readonly found: Map<Node, Node>;
  readonly ofParts: Map<Node, (Node | null)[]>;
} {
  const useful = usefulNodes(order, ends);
  const found = new Map<Node, Node>();
  const ofParts = new Map<Node, (Node | null)[]>();
  const root = order[order.length - 1];
  found.set(root, seed);
  const collect = (node: Node, g: Node): void => {
    const before = found.get(node);
    found.set(node, before ? add(before, g) : g);
  };
  for (let k = order.length - 1; k >= 0; k--) {
    const node = order[k];
    if (!useful.has(node)) continue;
    const several = ofParts.get(node);
    const g = found.get(node);
    if (g === undefined && several === undefined) continue;
    const result = resultOf(node);
    if (result) {
      const { call, index } = result;
      const list = ofParts.get(call) ?? call.results.map(() => null);
      // Several nodes may stand for one result, since vjp rules make the parts anew.
      const before = list[index];
      list[index] = before ? add(before, g!) : g!;
      ofParts.set(call, list);
      continue;
    }
    if (node.state || node.inputs.length === 0 || ends?.includes(node)) continue;
    const { primitive } = node;
    if (!primitive.vjp) continue;
    if (recorder !== null) recorder.derivativeOf = node;
    const of = primitive.vjp(node, several ?? [g!]);
    node.inputs.forEach((input, i) => {
      const gi = of[i];
      if (gi && input.tracked && useful.has(input)) collect(input, checked(node, input, gi));
    });
  }
  return { found, ofParts };
}

function checked(call: Node, input: Node, g: Node): Node {
  if (g.dtype === input.dtype && sameShape(g.shape, input.shape)) return g;
  throw cannot(
    `differentiate ${call.primitive.name}`,
    `its vjp gives ${g.dtype} ${show(g.shape)} for an input ${input.dtype} ${show(input.shape)}`,
  );
}

/** The nodes of `order` that lie on a path from an end. */
function usefulNodes(order: readonly Node[], ends?: readonly Node[]): Set<Node> {
  const useful = new Set<Node>(ends ?? order.filter((n) => n.state));
  for (const node of order) {
    if (!node.state && node.inputs.some((n) => useful.has(n))) useful.add(node);
  }
  return useful;
}
