import { assertEquals } from "@std/assert";
import { lifetimesOf } from "../../../../complex/lazy/schedule/lifetimes.ts";
import { planGraph } from "../../../../complex/lazy/schedule/plan.ts";
import { capable, data, exp, graphOf, product, sum } from "../../../support/hand_made.ts";

Deno.test("a value lives from the launch that writes it to the last that reads it", () => {
  const y = exp(data([8]));
  const { draft } = planGraph(graphOf(sum(y), product(y, y)), capable(), []);
  const lives = lifetimesOf(draft).map(({ first, last, alone }) => [first, last, alone]);
  assertEquals(draft.launches.map(({ kernel }) => kernel.name), [
    "exp",
    "fold",
    "pack",
    "multiply",
  ]);
  assertEquals(lives, [
    [0, 0, true], // the leaf
    [0, 3, false], // exp
    [1, Infinity, false], // the sum, a result
    [3, Infinity, false], // the product, a result
    [2, 3, false], // its scratch
  ]);
});

Deno.test("a slot that no launch touches, as after an update in place, is alone", () => {
  const launch = { inputs: [0], outputs: [0] };
  const [, second] = lifetimesOf({
    bytes: [4, 4],
    leaves: [[0, 0]],
    launches: [launch as never],
    results: [0],
  });
  assertEquals(second, { bytes: 4, first: Infinity, last: -1, alone: true });
});
