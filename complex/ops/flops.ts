/** The arithmetic of recipes, from their shapes alone. */
import { multiplyAddFlops } from "../../gpu/contract/dtype.ts";
import type { Node } from "../lazy/graph.ts";
import { sizeOf } from "../lazy/shape.ts";

/** Real operations of one product and its sum. */
const ofProducts = ({ dtype }: Node) => multiplyAddFlops(dtype);

const last = ({ shape }: Node, k: number) => shape[shape.length - k];

/** The operations of the primitives that dominate; what goes element by element counts as nothing. */
const COUNTS: Readonly<Record<string, (node: Node) => number>> = {
  matmul(node) {
    const [a] = node.inputs;
    const k = last(a, 1) * last(a, 2) / last(node, 2);
    return ofProducts(node) * node.size * k;
  },
  conv2d: convolution,
  conv3d: convolution,
  conv2dInputGradient: transposedConvolution,
  conv3dInputGradient: transposedConvolution,
  fft({ shape, size, attrs }) {
    return 5 * size * Math.log2(shape[(attrs as { axis: number }).axis]);
  },
};

/** Every element of the result is a sum over one filter. */
function convolution(node: Node): number {
  return ofProducts(node) * node.size * sizeOf(node.inputs[1].shape.slice(1));
}

/** Every element of the input is spread by one filter. */
function transposedConvolution(node: Node): number {
  const [g, w] = node.inputs;
  return ofProducts(node) * g.size * sizeOf(w.shape.slice(1));
}

/** Counts each recipe once, for whoever asks first. */
export class FlopCounter {
  readonly #seen = new Set<Node>();

  /** The operations behind `roots` that have not been counted yet, down to what has a value. */
  count(roots: readonly Node[]): number {
    const stack = [...roots];
    let flops = 0;
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (this.#seen.has(node)) continue;
      this.#seen.add(node);
      if (node.stored || node.state) continue;
      flops += COUNTS[node.primitive.name]?.(node) ?? 0;
      for (const input of node.inputs) stack.push(input);
    }
    return flops;
  }
}
