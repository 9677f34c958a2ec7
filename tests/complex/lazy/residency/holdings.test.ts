import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { collectGarbage, nextTurn } from "../../../../complex/lazy/residency/collector.ts";
import { Holdings } from "../../../../complex/lazy/residency/holdings.ts";
import { WatchedEngine } from "../../../support/watched_engine.ts";

const KIB = 1024;

function setUp() {
  const engine = new WatchedEngine();
  const holdings = new Holdings<object>(engine);
  const held = (owner: object = {}) => {
    holdings.hold(owner, engine.acquire(KIB));
    return owner;
  };
  return { engine, holdings, held };
}

Deno.test("buffers are known by their objects, with their bytes", () => {
  const { engine, holdings, held } = setUp();
  const [a, b] = [held(), held()];
  assertEquals([...holdings].map(([owner]) => owner), [a, b]);
  assertEquals([holdings.bytes, holdings.count, engine.live], [2 * KIB, 2, 2 * KIB]);
  assertEquals(holdings.bufferOf(a)!.bytes, KIB);
  assertEquals(holdings.bufferOf({}), null);
});

Deno.test("another buffer takes the place of the one that an object had", () => {
  const { engine, holdings, held } = setUp();
  const a = held();
  const next = engine.acquire(KIB);
  holdings.hold(a, next);
  assertStrictEquals(holdings.bufferOf(a), next);
  assertEquals([holdings.bytes, engine.live], [KIB, KIB]);
});

Deno.test("an object leaves once; trim() lets those go first that were touched longest ago", () => {
  const { engine, holdings, held } = setUp();
  const [a, b, c] = [held(), held(), held()];
  holdings.leave(b);
  holdings.leave(b);
  holdings.touch(a);
  holdings.trim(KIB);
  assertEquals([...holdings].map(([owner]) => owner), [a]);
  assertEquals([holdings.bufferOf(c), engine.live], [null, KIB]);
});

Deno.test("sweep() gives back what belonged to objects that were collected", async () => {
  const { engine, holdings, held } = setUp();
  const kept = held();
  for (let k = 0; k < 10; k++) held();
  holdings.sweep();
  assertEquals(holdings.count, 11, "until the event loop turns they count as used");
  await nextTurn();
  collectGarbage();
  holdings.sweep();
  assertEquals([...holdings].map(([owner]) => owner), [kept]);
  assertEquals([holdings.bytes, engine.live], [KIB, KIB]);
  assert(holdings.bufferOf(kept));
});
