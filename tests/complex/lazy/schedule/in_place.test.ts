import { assertEquals, assertStrictEquals } from "@std/assert";
import { updateInPlace } from "../../../../complex/lazy/schedule/in_place.ts";
import type { Draft } from "../../../../complex/lazy/schedule/draft.ts";
import { planGraph } from "../../../../complex/lazy/schedule/plan.ts";
import type { MapSpec } from "../../../../gpu/kernels/elementwise/map.ts";
import type { Node } from "../../../../complex/lazy/graph.ts";
import {
  add,
  capable,
  data,
  exp,
  graphOf,
  neg,
  reshape,
  reverse,
  sum,
} from "../../../support/hand_made.ts";

/** The schedule of updates `[state, new value]` and of other roots. */
function updated(
  updates: readonly (readonly [Node, Node])[],
  others: readonly Node[] = [],
  atomicSubmit = true,
): { draft: Draft; slot: (node: Node) => number } {
  const graph = graphOf(...updates.map(([, next]) => next), ...others);
  const at = (node: Node) => graph.nodes.indexOf(node);
  const { draft } = planGraph(
    graph,
    capable({ atomicSubmit }),
    updates.map(([state]) => at(state)),
  );
  return { draft, slot: (node) => draft.slots[at(node)][0] };
}

Deno.test("a new version is written over the old one, which the kernel no longer binds", () => {
  const w = data([8]), g = data([8]);
  const { draft, slot } = updated([[w, add(w, g)]]);
  const [{ inputs, outputs, spec }] = draft.launches;
  assertEquals([inputs, outputs, draft.results], [[slot(g)], [slot(w)], [slot(w)]]);
  assertEquals((spec as MapSpec).inPlace, 0);
});

Deno.test("what reads the new version reads it in the old one's slot", () => {
  const w = data([8]), next = add(w, data([8]));
  const { draft, slot } = updated([[w, next]], [sum(next)]);
  assertEquals(draft.launches[1].inputs, [slot(w)]);
});

Deno.test("a new version under another shape is the same update", () => {
  const w = data([8]);
  const { draft, slot } = updated([[w, reshape(exp(w), [8])]]);
  assertEquals(draft.results, [slot(w)]);
});

Deno.test("where a pass can fail half way no state is written over", () => {
  const w = data([8]), next = exp(w);
  const { draft, slot } = updated([[w, next]], [], false);
  assertEquals(draft.launches[0].outputs, [slot(next)]);
  assertEquals(draft.results, [slot(next)]);
});

Deno.test("a version that a later launch reads stays", () => {
  const w = data([8]), next = exp(w);
  const late = sum(add(w, next));
  const { draft, slot } = updated([[w, next]], [late]);
  assertEquals(draft.results[0], slot(next));
});

Deno.test("a kernel that reads other elements than it writes, or none, overwrites nothing", () => {
  const w = data([8]);
  for (const next of [neg(reverse(w)), exp(data([8]))]) {
    const { draft, slot } = updated([[w, next]], [sum(w)]);
    assertEquals(draft.results[0], slot(next));
  }
});

Deno.test("two states are updated over each other only where neither is needed any more", () => {
  const v = data([8]), w = data([8]);
  const nextV = exp(v), nextW = add(w, v); // reads the old v after it was updated
  const { draft, slot } = updated([[v, nextV], [w, nextW]]);
  assertEquals(draft.results, [slot(nextV), slot(w)]);
});

Deno.test("a schedule without updates is left as it is", () => {
  const { draft } = updated([], [exp(data([8]))]);
  assertStrictEquals(updateInPlace(draft, [1], []), draft);
});
