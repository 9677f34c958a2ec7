import { assert, assertEquals, assertThrows } from "@std/assert";
import { ones, parameter } from "../../../../complex/create/create.ts";
import { LENGTH } from "../../../../complex/lazy/link.ts";
import type { Node } from "../../../../complex/lazy/graph.ts";
import { abandon, mustReturn, Retained } from "../../../../complex/lazy/residency/retained.ts";
import { Stored } from "../../../../complex/lazy/stored.ts";
import { ArgandError } from "../../../../gpu/contract/errors.ts";
import { collected } from "../../../support/collector.ts";
import { WatchedEngine } from "../../../support/watched_engine.ts";

const KIB = 1024;

/** Values of a KiB on an engine of their own; `evaluated` has some evaluated that were computed from others. */
function setUp(budget = 100 * KIB) {
  const engine = new WatchedEngine();
  const { made: retained, collect } = collected(() => new Retained(engine, budget));
  const keep = (node: Node) => {
    node.stored = new Stored();
    retained.keep(node.stored, engine.acquire(KIB));
  };
  const evaluated = (targets: readonly Node[], leaves: readonly Node[]) => {
    retained.age(leaves);
    for (const node of targets) keep(node);
    retained.moveOn(targets, leaves);
  };
  const chain = (length: number, first = recipe()) => {
    const nodes = [first];
    evaluated([first], []);
    for (let k = 1; k < length; k++) {
      nodes.push(recipe());
      evaluated([nodes[k]], [nodes[k - 1]]);
    }
    return nodes;
  };
  return { engine, retained, evaluated, chain, collect };
}

const recipe = (size = 256) => ones([size]).node;
const present = (nodes: readonly Node[]) => nodes.map(({ stored }) => stored !== null);

Deno.test("a value stays as long as nothing was computed from it", () => {
  const { engine, retained, evaluated } = setUp();
  const [a, b] = [recipe(), recipe()];
  evaluated([a, b], []);
  for (let k = 0; k < 5; k++) retained.age([]);
  assertEquals(present([a, b]), [true, true]);
  assertEquals([retained.bytes, engine.live], [2 * KIB, 2 * KIB]);
});

Deno.test("a value with a successor becomes a recipe again once it is not used", () => {
  const { engine, retained, chain } = setUp();
  const nodes = chain(3);
  assertEquals(present(nodes), [true, true, true]);
  retained.age(nodes.slice(2));
  assertEquals(present(nodes), [false, true, true]); // the second is the anchor
  assertEquals([retained.bytes, engine.live], [2 * KIB, 2 * KIB]);
  assert(nodes[0].hasRecipe && mustReturn(nodes[0]) && !mustReturn(nodes[2]));
});

Deno.test("what was evaluated together goes together", () => {
  const { retained, evaluated } = setUp();
  const [field, derived, next] = [recipe(), recipe(128), recipe()];
  evaluated([field, derived], []);
  evaluated([next], [field]);
  for (let k = 0; k < 3; k++) retained.age([next]);
  assertEquals(present([field, derived, next]), [false, false, true]);
});

Deno.test("a value of another shape is not a successor", () => {
  const { retained, evaluated } = setUp();
  const [field, other] = [recipe(), recipe(128)];
  evaluated([field], []);
  evaluated([other], [field]);
  for (let k = 0; k < 5; k++) retained.age([other]);
  assertEquals(present([field, other]), [true, true]);
});

Deno.test("a value that is used stays, though it has a successor", () => {
  const { retained, evaluated } = setUp();
  const [constant, next] = [recipe(), recipe()];
  evaluated([constant], []);
  evaluated([next], [constant]);
  for (let k = 0; k < 10; k++) retained.age([constant, next]);
  assertEquals(present([constant, next]), [true, true]);
});

Deno.test("a value that came back is kept for longer, and then goes again", () => {
  const { retained, evaluated, chain } = setUp();
  const nodes = chain(3);
  for (let k = 0; k < 3; k++) retained.age(nodes.slice(2));
  assertEquals(nodes[0].stored, null);
  evaluated([nodes[0]], []);
  for (let k = 0; k < 4; k++) retained.age([]);
  assert(nodes[0].stored);
  retained.age([]);
  assertEquals(nodes[0].stored, null);
});

Deno.test("an anchor drops its recipe and stays, and the one before it goes", () => {
  const { retained, chain } = setUp();
  const nodes = chain(LENGTH + 2);
  const anchor = nodes[LENGTH + 1];
  assert(!anchor.hasRecipe && nodes[1].hasRecipe);
  for (let k = 0; k < 3; k++) retained.age([anchor]);
  assertEquals(present([nodes[1], anchor]), [false, true]);
  assertEquals(retained.bytes, KIB);
});

Deno.test("an anchor that is gone is refused, never wrong", () => {
  const { retained, chain } = setUp();
  const nodes = chain(2 * LENGTH + 2);
  for (let k = 0; k < 3; k++) retained.age([]);
  assertThrows(() => mustReturn(nodes[LENGTH + 1]), ArgandError, "evaluate kept long ago");
});

Deno.test("the oldest value goes first over budget, and what is fresh never", () => {
  const { engine, retained, evaluated } = setUp(2 * KIB);
  const nodes = [recipe(), recipe(), recipe()];
  for (const node of nodes) evaluated([node], []);
  assertEquals(present(nodes), [false, true, true]);
  const many = [recipe(), recipe(), recipe()];
  evaluated(many, []);
  assertEquals(present([...nodes, ...many]), [false, false, false, true, true, true]);
  assertEquals([retained.bytes, engine.live], [3 * KIB, 3 * KIB]);
});

Deno.test("over budget nothing goes that can't be computed again", () => {
  const { evaluated } = setUp(KIB);
  const anchor = recipe(), next = recipe();
  const stateful = parameter(ones([256])).mul(2).node;
  evaluated([anchor], []);
  anchor.dropRecipe();
  evaluated([stateful], []);
  evaluated([next], []);
  assertEquals(present([anchor, stateful, next]), [true, true, true]);
});

Deno.test("a value whose states have moved on drops its recipe when it goes, and is refused", () => {
  const { retained, evaluated } = setUp();
  const w = parameter(ones([256]));
  const [hidden, next] = [w.mul(2).node, w.mul(3).node];
  evaluated([hidden], []);
  evaluated([next], [hidden]);
  abandon([hidden, next]);
  for (let k = 0; k < 3; k++) retained.age([next]);
  assert(hidden.stored === null && !hidden.hasRecipe);
  assertThrows(() => mustReturn(hidden), ArgandError, "a step of an optimiser kept");
});

Deno.test("abandon() concerns no value that depends on no state", () => {
  const { chain, retained } = setUp();
  const nodes = chain(3);
  abandon(nodes);
  for (let k = 0; k < 3; k++) retained.age(nodes.slice(2));
  assert(nodes[0].stored === null && mustReturn(nodes[0]));
});

Deno.test("a value that lies on another engine is not given back here", () => {
  const [here, there] = [setUp(), setUp()];
  const nodes = here.chain(3);
  nodes[0].stored = new Stored();
  there.retained.keep(nodes[0].stored, there.engine.acquire(KIB));
  const bytes = here.retained.bytes;
  for (let k = 0; k < 3; k++) here.retained.age(nodes.slice(2));
  here.retained.giveBack(nodes[0].stored);
  assert(nodes[0].stored?.device);
  assertEquals([here.retained.bytes, there.retained.bytes], [bytes, KIB]);
});

Deno.test("a value that nothing refers to is given back, and one that was given back only once", () => {
  const { engine, retained, evaluated, collect } = setUp();
  const nodes = [recipe(), recipe(), recipe()];
  evaluated(nodes, []);
  const [first, second] = nodes.map(({ stored }) => stored!);
  collect(first);
  retained.giveBack(second);
  collect(second);
  assertEquals([retained.bytes, engine.live], [KIB, KIB]);
});
