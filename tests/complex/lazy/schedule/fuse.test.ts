import { assertEquals } from "@std/assert";
import { fuse } from "../../../../complex/lazy/schedule/fuse.ts";
import type { Graph } from "../../../../complex/lazy/schedule/draft.ts";
import { expReal } from "../../../../gpu/functions/mod.ts";
import {
  add,
  capable,
  data,
  exp,
  graphOf,
  map,
  neg,
  product,
  repeat,
  reshape,
  reverse,
  sum,
} from "../../../support/hand_made.ts";
import type { Node } from "../../../../complex/lazy/graph.ts";

/** Whether each node gets a buffer. */
function stored(graph: Graph, engine = capable()): (...nodes: Node[]) => boolean[] {
  const fusion = fuse(graph, engine);
  return (...nodes) => nodes.map((node) => fusion.stored[graph.nodes.indexOf(node)]);
}

Deno.test("a chain of functions is stored at its end only", () => {
  const x = data([8]), a = exp(x), b = exp(a), c = exp(b);
  assertEquals(stored(graphOf(c))(x, a, b, c), [true, false, false, true]);
});

Deno.test("what two kernels need is stored, unless it is cheap to compute again", () => {
  const x = data([8]);
  const dear = exp(x), cheap = neg(x);
  assertEquals(stored(graphOf(exp(dear), sum(dear)))(dear), [true]);
  assertEquals(stored(graphOf(exp(cheap), sum(cheap)))(cheap), [false]);
});

Deno.test("what one kernel needs at two places is stored", () => {
  const dear = exp(data([8]));
  assertEquals(stored(graphOf(add(dear, dear)))(dear), [false], "the same element twice");
  assertEquals(stored(graphOf(add(dear, reverse(dear))))(dear), [true]);
});

Deno.test("a sum takes in the functions before it, and none after it", () => {
  const inner = exp(data([8])), total = sum(inner), outer = exp(total);
  assertEquals(stored(graphOf(outer))(inner, total, outer), [false, true, true]);
});

Deno.test("a value that is repeated four times or more is stored", () => {
  for (const [times, expected] of [[3, false], [4, true]] as const) {
    const row = exp(data([8]));
    assertEquals(stored(graphOf(exp(repeat(row, 8 * times))))(row), [expected]);
  }
});

Deno.test("a kernel takes in no more inputs than it can bind", () => {
  const sums = [data([8])].concat(Array.from({ length: 9 }, () => data([8])));
  const nodes = sums.slice(1).reduce((all, x) => [...all, add(all[all.length - 1], x)], [sums[0]]);
  const adds = nodes.slice(1);
  const count = (bindings: number) => {
    const which = stored(graphOf(adds[adds.length - 1]), capable({ maxBindings: bindings }));
    return which(...adds).filter(Boolean).length;
  };
  assertEquals(count(16), 2, "8 bindings at most, of which one is the result");
  assertEquals(count(4), 5, "of three inputs each takes two sums");
});

Deno.test("a function that the engine doesn't fuse has a kernel to itself", () => {
  const x = data([8]), before = exp(x), inner = neg(before);
  const odd = { ...expReal, name: "odd" };
  const own = map(odd, inner), after = neg(own), end = exp(after);
  const graph = graphOf(end);
  assertEquals(stored(graph)(before, inner, own, after, end), [false, false, false, false, true]);
  const cut = stored(graph, capable({ fuses: (fn) => fn !== odd }));
  assertEquals(cut(before, inner, own, after, end), [false, true, true, false, true]);
  assertEquals(stored(graphOf(sum(own)), capable({ fuses: (fn) => fn !== odd }))(own), [true]);
});

Deno.test("a view in the order of its input lies in its buffer when it is asked for", () => {
  const inner = exp(data([8])), view = reshape(inner, [2, 4]);
  assertEquals(stored(graphOf(view))(inner, view), [true, true]);
  assertEquals(stored(graphOf(exp(view)))(inner, view), [false, false]);
});

Deno.test("the one function that needs a product is offered as its epilogue", () => {
  const make = () => product(data([8]), data([8]));
  const offered = (y: Node, ...roots: Node[]) => {
    const graph = graphOf(...roots);
    const { epilogues } = fuse(graph, capable());
    return [...epilogues].map(([, of]) => graph.nodes[of] === y);
  };
  const y = make();
  assertEquals(offered(y, exp(y)), [true]);
  assertEquals(offered(y, exp(exp(y))), [true], "with the functions between");
  assertEquals(offered(y, exp(y), y), [], "it is asked for itself");
  assertEquals(offered(y, exp(y), neg(y)), [], "two kernels need it");
  assertEquals(offered(y, exp(reverse(y))), [], "other elements than its own");
  assertEquals(offered(y, sum(y)), [], "a sum is not a function of elements");
});
