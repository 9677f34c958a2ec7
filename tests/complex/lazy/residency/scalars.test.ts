import { assert, assertEquals } from "@std/assert";
import { Scalars, SMALL } from "../../../../complex/lazy/residency/scalars.ts";
import { Stored } from "../../../../complex/lazy/stored.ts";
import { WatchedEngine } from "../../../support/watched_engine.ts";

const PAGE = 4096 * SMALL;

/** Small values on an engine of their own; `enter` has the next one, a float32, entered. */
function setUp() {
  const engine = new WatchedEngine();
  const scalars = new Scalars(engine);
  const from = engine.acquire(4);
  const enter = (value: number): Stored => {
    const stored = new Stored();
    engine.upload(from, Float32Array.of(value));
    const pass = engine.begin();
    scalars.enter(pass, from, { size: 1, dtype: "float32" }, stored);
    pass.submit();
    return stored;
  };
  return { engine, scalars, enter };
}

const turn = () => new Promise((done) => setTimeout(done, 0));

Deno.test("small values share a page, each at a place of its own", async () => {
  const { engine, scalars, enter } = setUp();
  const values = Array.from({ length: 100 }, (_, k) => enter(k));
  assertEquals(scalars.bytes, PAGE);
  assertEquals(new Set(values.map(({ entry }) => entry!.offset)).size, 100);
  const data = await engine.read(values.map(({ entry }) => ({ ...entry!, bytes: 4 })));
  assertEquals(data.map((bytes) => new Float32Array(bytes)[0]), values.map((_, k) => k));
});

Deno.test("a value that leaves makes room for another", () => {
  const { scalars, enter } = setUp();
  const stored = enter(1);
  const { offset } = stored.entry!;
  scalars.leave(stored);
  assertEquals(stored.entry, null);
  assertEquals(enter(2).entry!.offset, offset);
});

Deno.test("a value of another engine's page leaves nothing here", () => {
  const [one, other] = [setUp(), setUp()];
  const stored = one.enter(1);
  other.scalars.leave(stored);
  assert(stored.entry);
});

Deno.test("a full page is followed by another", () => {
  const { scalars, enter } = setUp();
  for (let k = 0; k <= 4096; k++) enter(k);
  assertEquals(scalars.bytes, 2 * PAGE);
});

Deno.test("the values of a page that is half full move to the host, and their places serve again", async () => {
  const { engine, scalars, enter } = setUp();
  const values = Array.from({ length: 2048 }, (_, k) => enter(k));
  scalars.drain();
  scalars.drain(); // while the first is under way
  await turn();
  assertEquals(engine.reads, 1);
  assertEquals(values.map(({ host }) => host![0]), values.map((_, k) => k));
  assert(values.every(({ entry }) => entry === null));
  for (let k = 0; k < 4096; k++) enter(k);
  assertEquals(scalars.bytes, PAGE);
});

Deno.test("a page that is less than half full stays", async () => {
  const { engine, scalars, enter } = setUp();
  for (let k = 0; k < 2047; k++) enter(k);
  scalars.drain();
  await turn();
  assertEquals(engine.reads, 0);
});

Deno.test("a place that was given to another value meanwhile keeps that value", async () => {
  const { scalars, enter } = setUp();
  const values = Array.from({ length: 2048 }, (_, k) => enter(k));
  scalars.drain();
  scalars.leave(values[5]);
  const late = enter(-1);
  await turn();
  assertEquals([values[5].host, late.host], [null, null]);
  assert(late.entry);
});
