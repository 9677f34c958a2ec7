/** Which of the nodes that fusion has offered a product become its epilogue. */
import { linear } from "../../../gpu/contract/indexing.ts";
import { type Epilogue, isEpilogue } from "../../../gpu/kernels/products/epilogue.ts";
import type { Graph } from "./draft.ts";
import { ExpressionBuilder } from "./expression_builder.ts";
import type { Fusion } from "./fuse.ts";

/** A product with the epilogue that gives a node. */
export interface Finish {
  /** The product. */
  readonly of: number;
  readonly builder: ExpressionBuilder;
  readonly epilogue: Epilogue;
}

/**
 * The products with their epilogues, by the node that they give. `updates` are nodes that are written
 * over an old version of a state, and so have a map kernel to themselves.
 */
export function chooseEpilogues(
  graph: Graph,
  { stored, epilogues }: Fusion,
  updates: ReadonlySet<number>,
): Map<number, Finish> {
  const finishes = new Map<number, Finish>();
  for (const [k, of] of epilogues) {
    const finish = updates.has(k) ? null : finishOf(graph, stored, k, of);
    if (finish) finishes.set(k, finish);
  }
  return finishes;
}

/** Node k as the epilogue of product `of`; null where it is better off as a pass of its own. */
function finishOf(
  graph: Graph,
  stored: readonly boolean[],
  k: number,
  of: number,
): Finish | null {
  const builder = new ExpressionBuilder(graph, stored);
  builder.input(of); // its result is input 0
  const value = builder.compute(k, linear(graph.nodes[k].size));
  const epilogue = { value, inputs: builder.dtypes.slice(1), words: builder.words.length };
  return isEpilogue(epilogue) ? { of, builder, epilogue } : null;
}
