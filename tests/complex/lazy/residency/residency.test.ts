import { assert, assertEquals } from "@std/assert";
import { ones, parameter, tensor } from "../../../../complex/create/create.ts";
import { Residency, residencyOf } from "../../../../complex/lazy/residency/residency.ts";
import { run } from "../../../../complex/lazy/realize.ts";
import { Stored } from "../../../../complex/lazy/stored.ts";
import { evaluate } from "../../../../complex/transforms/transform.ts";
import { WatchedEngine } from "../../../support/watched_engine.ts";

const KIB = 1024;

Deno.test("an engine has one residency", () => {
  const [one, other] = [new WatchedEngine(), new WatchedEngine()];
  assert(residencyOf(one) === residencyOf(one) && residencyOf(one) !== residencyOf(other));
});

Deno.test("two engines share no budget", () => {
  const budgets = { uploads: 2 * KIB, retained: 2 * KIB };
  const [one, other] = [new WatchedEngine(), new WatchedEngine()].map((e) =>
    new Residency(e, budgets)
  );
  const constant = new Stored(new Float32Array(256));
  for (const { engine, uploads, retained } of [one, other]) {
    engine.release(uploads.take(constant, 1).buffer);
    uploads.take(constant, 1);
    for (let k = 0; k < 2; k++) {
      const { node } = ones([256]);
      node.stored = new Stored();
      retained.keep(node.stored, engine.acquire(KIB));
      retained.moveOn([node], []);
    }
    uploads.trim();
  }
  for (const { uploads, retained } of [one, other]) {
    assertEquals([uploads.bytes, retained.bytes], [KIB, 2 * KIB]);
  }
});

Deno.test("all that is in use on an engine has an owner", async () => {
  const engine = new WatchedEngine();
  const constant = tensor(new Float32Array(1024).fill(2));
  await engine.during(() => {
    const w = parameter(ones([512]));
    for (let k = 0; k < 3; k++) {
      const x = constant.mul(k);
      evaluate(x);
      run([x.sum().node]);
      w.assign(w.add(1));
      run([]);
    }
  });
  const { uploads, scalars, retained, states } = residencyOf(engine);
  const owned = [uploads, scalars, retained, states].map(({ bytes }) => bytes);
  assert(owned.every((bytes) => bytes > 0), `${owned}`);
  assertEquals(owned.reduce((sum, bytes) => sum + bytes), engine.live);
});
