import { assertEquals, assertThrows } from "@std/assert";
import { parameter, tensor } from "../../../complex/create/create.ts";
import { read, run } from "../../../complex/lazy/realize.ts";
import { residencyOf } from "../../../complex/lazy/residency/residency.ts";
import { WatchedEngine } from "../../support/watched_engine.ts";

/** A schedule with a parameter's update, a small result and a large one. */
function recipes() {
  const w = parameter(tensor(new Float32Array(512).fill(1)));
  const next = w.mul(2);
  return { w, next, small: next.sum(), large: next.add(1) };
}

Deno.test("a schedule that fails leaves states and nodes as they were, and holds nothing", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const { w, next, small, large } = recipes();
    run([]);
    const live = engine.live;
    w.assign(next);
    engine.fails = true;
    assertThrows(() => run([small.node, large.node]), Error, "the device is lost");
    engine.fails = false;
    assertEquals([w.state!.version, small.node.stored, large.node.stored], [1, null, null]);
    const places = 4096 * 16; // the page of small values, which the failed schedule opened
    assertEquals(engine.live - live, places);
    run([small.node, large.node]);
    assertEquals(small.node.stored!.entry!.offset, 0); // the failed schedule's place
    const [sum, more] = await read([small.node, large.node]);
    assertEquals([sum[0], more[0], (await w.data())[0]], [1024, 3, 2]);
  });
});

Deno.test("an update that has run is carried out once", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const { w, next } = recipes();
    w.assign(next);
    run([]);
    run([]);
    assertEquals([w.state!.version, (await w.data())[511]], [2, 2]);
  });
});

Deno.test("what waits on one engine is not carried out by another", async () => {
  const [one, other] = [new WatchedEngine(), new WatchedEngine()];
  const { w, next } = recipes();
  await one.during(() => {
    run([]);
    w.assign(next);
  });
  await other.during(() => run([tensor([1]).add(1).node]));
  assertEquals([w.state!.version, w.state!.isPending], [1, true]);
  await one.during(async () => assertEquals((await w.data())[0], 2));
});

Deno.test("copies of host data are brought within their budget after every schedule", () => {
  const engine = new WatchedEngine();
  return engine.during(() => {
    let trims = 0;
    residencyOf(engine).uploads.trim = () => trims++;
    for (let k = 0; k < 2; k++) run([tensor([1, 2]).mul(2).node]);
    assertEquals(trims, 2);
  });
});
