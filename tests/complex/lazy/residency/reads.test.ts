import { assert, assertEquals, assertRejects } from "@std/assert";
import { ones, parameter, tensor } from "../../../../complex/create/create.ts";
import { read, run } from "../../../../complex/lazy/realize.ts";
import { evaluate } from "../../../../complex/transforms/transform.ts";
import { WatchedEngine } from "../../../support/watched_engine.ts";

const large = () => ones([512]).mul(3);

Deno.test("what is read twice meanwhile crosses once", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const { node } = large();
    const [[a], [b]] = await Promise.all([read([node]), read([node])]);
    assert(a === b && a[511] === 3);
    assertEquals(engine.reads, 1);
  });
});

Deno.test("values are read in one go", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const [a, b, c] = await read([large().node, ones([1]).add(1).node, tensor([7]).node]);
    assertEquals([a[0], b[0], c[0], engine.reads], [3, 2, 7, 1]);
  });
});

Deno.test("a value that has arrived gives its memory back, a state's stays", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const { node } = large();
    const w = parameter(ones([256]));
    run([]);
    const live = engine.live;
    await read([node, w.node]);
    assertEquals([engine.live, node.stored!.device, w.node.stored], [live, null, null]);
    await read([node]);
    assertEquals(engine.reads, 1);
  });
});

Deno.test("a value that is given back while it is read arrives all the same", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const start = large();
    evaluate(start);
    const arriving = read([start.node]);
    for (let k = 0, x = start; k < 5; k++) evaluate(x = x.add(1));
    assertEquals(start.node.stored, null);
    assertEquals((await arriving)[0][0], 3);
  });
});

Deno.test("a read that fails can be made again", () => {
  const engine = new WatchedEngine();
  return engine.during(async () => {
    const { node } = large();
    run([node]);
    const reading = engine.read;
    engine.read = () => Promise.reject(new Error("lost"));
    await assertRejects(() => read([node]), Error, "lost");
    engine.read = reading;
    assertEquals((await read([node]))[0][0], 3);
  });
});
