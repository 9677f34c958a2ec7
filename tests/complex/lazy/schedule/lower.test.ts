import { assert, assertEquals, assertThrows } from "@std/assert";
import { chooseEpilogues } from "../../../../complex/lazy/schedule/epilogues.ts";
import type { Draft, Graph } from "../../../../complex/lazy/schedule/draft.ts";
import { fuse } from "../../../../complex/lazy/schedule/fuse.ts";
import { lower } from "../../../../complex/lazy/schedule/lower.ts";
import type { Finished } from "../../../../gpu/kernels/products/epilogue.ts";
import type { Node } from "../../../../complex/lazy/graph.ts";
import {
  add,
  capable,
  data,
  exp,
  fill,
  graphOf,
  neg,
  product,
  reshape,
  reverse,
  sum,
} from "../../../support/hand_made.ts";

/** The launches of a graph. */
function lowered(graph: Graph, updates: readonly Node[] = []): Draft {
  const engine = capable();
  const fusion = fuse(graph, engine);
  const updated = new Set(updates.map((node) => graph.nodes.indexOf(node)));
  return lower(graph, fusion.stored, chooseEpilogues(graph, fusion, updated), engine);
}

const names = ({ launches }: Draft) => launches.map(({ kernel }) => kernel.name);

Deno.test("each stored node is a launch, in topological order, over numbered slots", () => {
  const x = data([8]), y = exp(x);
  const draft = lowered(graphOf(sum(y), neg(y)));
  assertEquals(names(draft), ["exp", "fold", "neg"]);
  assertEquals(draft.leaves.map(([slot]) => slot), [0]);
  assertEquals(draft.launches.map(({ inputs, outputs }) => [...inputs, ...outputs]), [
    [0, 1],
    [1, 2],
    [1, 3],
  ]);
  assertEquals(draft.bytes, [32, 32, 4, 32]);
  assertEquals(draft.results, [2, 3]);
});

Deno.test("a launch names the nodes that it computes, operands first", () => {
  const x = data([8]), a = exp(x), b = neg(a), c = sum(b);
  const graph = graphOf(c);
  const at = (node: Node) => graph.nodes.indexOf(node);
  assertEquals(lowered(graph).launches.map(({ computes }) => computes), [[at(a), at(b), at(c)]]);
});

Deno.test("a program's scratch has slots of its own", () => {
  const draft = lowered(graphOf(product(data([8]), data([8]))));
  assertEquals(names(draft), ["pack", "multiply"]);
  assertEquals(draft.launches.map(({ inputs }) => inputs), [[0], [3, 1]]);
  assertEquals(draft.launches.map(({ outputs }) => outputs), [[3], [2]]);
  assertEquals(draft.bytes[3], 64);
});

Deno.test("an epilogue goes into the last kernel of its product, with its own operands", () => {
  const x = data([8]), y = data([8]), z = data([8]);
  const p = product(x, y), end = add(p, z);
  const graph = graphOf(end);
  const draft = lowered(graph);
  assertEquals(names(draft), ["pack", "multiply+add"]);
  const [pack, multiply] = draft.launches;
  assertEquals(multiply.inputs.slice(1), [1, 2], "y and then z");
  assertEquals((multiply.spec as Finished).epilogue?.inputs, ["float32"]);
  assertEquals(pack.computes, [graph.nodes.indexOf(p)]);
  assertEquals(multiply.computes, [p, end].map((node) => graph.nodes.indexOf(node)));
  assertEquals(draft.slots[graph.nodes.indexOf(p)], [], "the product is not stored");
});

Deno.test("an update of a state is not an epilogue", () => {
  const end = exp(product(data([8]), data([8])));
  assertEquals(names(lowered(graphOf(end), [end])), ["pack", "multiply", "exp"]);
});

Deno.test("only kernels that read params get the words, and a launch its own scratch", () => {
  const two = fill([8], 2);
  const graph = graphOf(add(data([8]), two), exp(data([8])));
  const words = lowered(graph).launches.map(({ words }) => words);
  assertEquals(words, [[[graph.nodes.indexOf(two), 0]], []]);
});

Deno.test("a view in order is another name for its input's slot; a root of its own is a copy", () => {
  const x = exp(data([8])), view = reshape(x, [2, 4]);
  const draft = lowered(graphOf(x, view));
  assertEquals(names(draft), ["exp", "copy"]);
  assert(draft.results[0] !== draft.results[1]);
  const leaf = data([8]);
  assertEquals(
    names(lowered(graphOf(reshape(leaf, [8, 1])))),
    ["copy"],
    "a leaf's buffer stays its",
  );
  assertEquals(names(lowered(graphOf(reverse(leaf)))), ["copy"]);
});

Deno.test("a map kernel is known by its node, for updates in place", () => {
  const x = data([8]), y = exp(x);
  const graph = graphOf(y);
  const { maps } = lowered(graph);
  const map = maps.get(graph.nodes.indexOf(y))!;
  assertEquals([map.at, map.loads, map.spec.size], [0, [graph.nodes.indexOf(x)], 8]);
});

Deno.test("a value that the engine can't bind is refused with its shape", () => {
  const graph = graphOf(exp(data([8])));
  const engine = capable({ maxBufferBytes: 31 });
  const { stored } = fuse(graph, engine);
  assertThrows(
    () => lower(graph, stored, new Map(), engine),
    Error,
    'it takes 32 bytes and "an engine of words" binds at most maxStorageBufferBindingSize, 31',
  );
});
