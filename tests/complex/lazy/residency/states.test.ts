import { assert, assertEquals } from "@std/assert";
import { ones } from "../../../../complex/create/create.ts";
import { States } from "../../../../complex/lazy/residency/states.ts";
import type { DeviceBuffer } from "../../../../gpu/contract/engine.ts";
import { State } from "../../../../complex/lazy/state.ts";
import { collected } from "../../../support/collector.ts";
import { WatchedEngine } from "../../../support/watched_engine.ts";

const KIB = 1024;
const recipe = () => ones([256]).node;

function setUp() {
  const engine = new WatchedEngine();
  const { made: states, collect } = collected(() => new States(engine));
  const made = () => {
    const state = new State(recipe(), "w", false);
    states.commit(state, engine.acquire(KIB));
    return state;
  };
  return { engine, states, made, collect };
}

Deno.test("states are known with their bytes once they have a value", () => {
  const { engine, states, made } = setUp();
  const all = [made(), made()];
  assertEquals([...states], all);
  assertEquals([states.bytes, engine.live], [2 * KIB, 2 * KIB]);
});

Deno.test("a new version gives the older one's buffer back", () => {
  const { engine, states, made } = setUp();
  const state = made();
  state.assign(recipe());
  states.commit(state, engine.acquire(KIB));
  assertEquals([state.version, states.bytes, engine.live], [2, KIB, KIB]);
  assertEquals([...states], [state]);
});

Deno.test("a version that was written over the older one stays in its buffer", () => {
  const { engine, states, made } = setUp();
  const state = made();
  state.assign(recipe());
  states.commit(state, state.buffer!);
  assertEquals([state.version, states.bytes, engine.live], [2, KIB, KIB]);
});

Deno.test("the buffer of a state that nothing refers to is given back, with its newest version", () => {
  const { engine, states, made, collect } = setUp();
  const [gone, other] = [made(), made()];
  gone.assign(recipe());
  states.commit(gone, engine.acquire(KIB));
  const released: DeviceBuffer[] = [];
  engine.release = (buffer) => released.push(buffer);
  collect(gone);
  assertEquals([...states], [other]);
  assertEquals(states.bytes, KIB);
  assert(released.length === 1 && released[0] === gone.buffer);
});

Deno.test("a state that leaves is given back once", () => {
  const { engine, states, made, collect } = setUp();
  const state = made();
  states.leave(state);
  states.leave(state);
  collect(state);
  assertEquals([[...states], states.bytes, engine.live], [[], 0, 0]);
});
