import { assert, assertStrictEquals } from "@std/assert";
import { limits } from "../../gpu/tools/limits.ts";
import { onEngines } from "../support/engines.ts";

onEngines("limits() measures rates once and keeps them with the engine", async (engine) => {
  const before = engine.memory().live;
  const both = await Promise.all([limits(), limits()]);
  for (const [name, rate] of Object.entries(both[0])) {
    assert(Number.isFinite(rate) && rate > 1e6, `${name}: ${rate}`);
  }
  assertStrictEquals(both[0], both[1]);
  assertStrictEquals(await limits(), both[0]);
  assertStrictEquals(engine.memory().live, before);
});
