import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Uploads } from "../../../../complex/lazy/residency/uploads.ts";
import { Stored } from "../../../../complex/lazy/stored.ts";
import { WatchedEngine } from "../../../support/watched_engine.ts";

const KIB = 1024;
/** Data of a KiB. */
const data = () => new Stored(new Float32Array(256));

/** Uploads of at most `budget` bytes, and what a schedule does with data. */
function setUp(budget: number) {
  const engine = new WatchedEngine();
  const uploads = new Uploads(engine, budget);
  const schedule = (number: number, ...all: Stored[]) => {
    const taken = all.map((stored) => uploads.take(stored, number));
    for (const { buffer, stays } of taken) if (!stays) engine.release(buffer);
    uploads.trim();
    return taken;
  };
  return { engine, uploads, schedule };
}

Deno.test("a first upload by a schedule does not stay", () => {
  const { engine, uploads, schedule } = setUp(4 * KIB);
  const stored = data();
  for (const number of [1, 2, 3]) assert(!schedule(number, stored)[0].stays);
  assertEquals([engine.uploads, engine.live, uploads.bytes], [3, 0, 0]);
});

Deno.test("a second upload by the same schedule stays, and serves every schedule", () => {
  const { engine, uploads, schedule } = setUp(4 * KIB);
  const stored = data();
  schedule(1, stored);
  const [{ buffer, stays }] = schedule(1, stored);
  assert(stays);
  for (const number of [1, 2]) assertStrictEquals(schedule(number, stored)[0].buffer, buffer);
  assertEquals([engine.uploads, engine.live, uploads.bytes], [2, KIB, KIB]);
});

Deno.test("of the schedules that asked for the same data the last eight are remembered", () => {
  const { schedule } = setUp(4 * KIB);
  const stored = data();
  for (let number = 0; number < 9; number++) schedule(number, stored);
  assert(!schedule(0, stored)[0].stays);
  assert(schedule(8, stored)[0].stays);
});

Deno.test("the least recently used copy goes first over budget", () => {
  const { engine, uploads, schedule } = setUp(2 * KIB);
  const [a, b, c] = [data(), data(), data()];
  for (const stored of [a, b]) {
    schedule(1, stored);
    schedule(1, stored);
  }
  schedule(1, a);
  schedule(2, c);
  schedule(2, c);
  assertEquals(uploads.bytes, 2 * KIB);
  const before = engine.uploads;
  schedule(1, a, c);
  assertEquals(engine.uploads, before);
  schedule(1, b);
  assertEquals(engine.uploads, before + 1);
});

Deno.test("a copy that a schedule uses is not given back before its end", () => {
  const { engine, uploads } = setUp(2 * KIB);
  const all = [data(), data(), data()];
  for (const stored of all) engine.release(uploads.take(stored, 1).buffer);
  const taken = all.map((stored) => uploads.take(stored, 1).buffer);
  assert(!taken.includes(engine.acquire(KIB)));
  assertEquals(uploads.bytes, 3 * KIB);
  uploads.trim();
  assertEquals(uploads.bytes, 2 * KIB);
});

Deno.test("a copy of more than half the budget never stays", () => {
  const { uploads, schedule } = setUp(1.5 * KIB);
  const stored = data();
  for (let k = 0; k < 3; k++) assert(!schedule(1, stored)[0].stays);
  assertEquals(uploads.bytes, 0);
});
