import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { complex, ones, tensor } from "../../../complex/create/create.ts";
import { pendingStates, State } from "../../../complex/lazy/state.ts";
import { ArgandError } from "../../../gpu/contract/errors.ts";
import { WatchedEngine } from "../../support/watched_engine.ts";

const engine = new WatchedEngine();
const value = (size = 2) => ones([size]).node;

Deno.test("a state begins with a recipe that has not run", () => {
  const recipe = value();
  const w = new State(recipe, "w", true);
  assertEquals([w.version, w.pendingVersion, w.isPending, w.buffer], [0, 1, true, null]);
  assertStrictEquals(w.pending, recipe);
  assertEquals(w.current.inputs, [recipe]);
  assert(w.current.tracked && pendingStates.has(w));
  w.rollback();
});

Deno.test("a state that requires no gradient is read by nodes without one", () => {
  const w = new State(value(), "w", false);
  assert(!w.current.tracked);
  w.rollback();
});

Deno.test("assign() leaves the present version and the nodes that read it as they are", () => {
  const w = new State(value(), "w", true);
  const buffer = engine.acquire(8);
  w.commit(buffer);
  const reader = w.current;
  w.assign(value());
  assertEquals([w.version, w.pendingVersion, reader.version], [1, 2, 1]);
  assertStrictEquals(w.buffer, buffer);
  assert(w.current !== reader);
  w.rollback();
});

Deno.test("commit() makes the pending version the present one, which holds no recipe", () => {
  const w = new State(value(), "w", true);
  const reader = w.current;
  const buffer = engine.acquire(8);
  w.commit(buffer);
  assertEquals([w.version, w.isPending, pendingStates.has(w)], [1, false, false]);
  assertStrictEquals(w.buffer, buffer);
  assertStrictEquals(w.current, reader);
  assert(!reader.hasRecipe);
});

Deno.test("rollback() leaves the version, and its number is never given again", () => {
  const w = new State(value(), "w", true);
  const buffer = engine.acquire(8);
  w.commit(buffer);
  w.assign(value());
  const taken = w.current;
  w.rollback();
  assertEquals([w.version, w.isPending, w.current.version], [1, false, 1]);
  assertStrictEquals(w.buffer, buffer);
  assert(!pendingStates.has(w));
  w.assign(value());
  assert(w.current.version > taken.version, "a recipe made with it would read another value");
  w.rollback();
});

Deno.test("rollback() of a first value keeps the recipe and has no schedule run it", () => {
  const w = new State(value(), "w", true);
  w.rollback();
  assert(w.isPending && !pendingStates.has(w));
});

Deno.test("rollback() where nothing is pending changes nothing", () => {
  const w = new State(value(), "w", true);
  w.commit(engine.acquire(8));
  const { current } = w;
  w.rollback();
  assertStrictEquals(w.current, current);
});

Deno.test("updates wait in their order", () => {
  const [a, b] = [new State(value(), "a", true), new State(value(), "b", true)];
  assertEquals([...pendingStates].filter((s) => s === a || s === b), [a, b]);
  a.rollback();
  b.rollback();
});

Deno.test("check() refuses another shape and another kind, with both", () => {
  const w = new State(value(), "fc.weight", true);
  w.check(tensor([3, 4]).node);
  assertThrows(
    () => w.check(value(3)),
    ArgandError,
    "Cannot assign to fc.weight: it is float32 [2] and the value float32 [3]",
  );
  assertThrows(() => w.check(complex([1, 2]).node), ArgandError, "and the value complex64 [2]");
  w.rollback();
});
