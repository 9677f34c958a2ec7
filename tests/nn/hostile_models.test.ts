import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgandError, formatSafetensors } from "../../complex/mod.ts";
import { pendingStates } from "../../complex/lazy/state.ts";
import { use } from "../../gpu/engines/device.ts";
import * as nn from "../../nn/mod.ts";

await use("cpu"); // nothing here depends on the engine

/** A model's file with this text as its description and no values. */
const forged = (description: string) =>
  formatSafetensors([], {
    argand: `{"format":"model","version":1,"description":${description}}`,
  });

const fno = (layers: number, activation: string) =>
  `{"type":"FNO2d","inChannels":1,"outChannels":1,"modes":1,"width":1,"layers":${layers},` +
  `"hidden":1,"activation":${activation}}`;
const gru = (layers: number) =>
  `{"type":"GRU","inFeatures":1,"hidden":1,"layers":${layers},"bidirectional":true,"form":"split"}`;
const nested = (depth: number, layers: number): string =>
  depth === 0 ? `{"type":"CReLU"}` : fno(layers, nested(depth - 1, layers));
const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const sequence = (levels: number): string =>
  `{"type":"Sequential","layers":[`.repeat(levels) + "]}".repeat(levels);

Deno.test("a forged model of a few hundred bytes is refused before it takes memory or time", () => {
  const cases: [string, string][] = [
    [gru(65_536), "layers"],
    [gru(4096), "it would be made of more than 1008 modules"],
    [fno(1e6, `{"type":"CReLU"}`), "layers"],
    [fno(4096, `{"type":"CReLU"}`), "it would be made of more than 1016 modules"],
    [fno(1e9, `{"type":"CReLU"}`), "layers"],
    [nested(6, 10), "it would be made of more than"],
    [nested(80, 2), "it would be made of more than"],
    [sequence(150), "modules lie deeper than 100 in one another"],
    [deep(2000), "its header has values deeper than 512 in one another"],
    [deep(200_000), "its header has values deeper than 512 in one another"],
    ["[" + "[],".repeat(2 ** 22) + "0]", "its header has more than 4194304 values"],
    // Sizes without values: nothing is made of them before they are compared with the file.
    [`{"type":"Embedding","count":100000000,"dim":1,"paddingIdx":3}`, "weight"],
    [`{"type":"Linear","inFeatures":1000000,"outFeatures":100}`, "weight"],
  ];
  for (const [description, why] of cases) {
    const [start, waiting] = [performance.now(), pendingStates.size];
    const error = assertThrows(() => nn.parseModel(forged(description)), ArgandError);
    assert(error.message.startsWith("Cannot load a model: "), error.message.slice(0, 200));
    assert(error.message.includes(why), `${error.message.slice(0, 300)} lacks ${why}`);
    assert(error.message.length < 2000);
    assertEquals(pendingStates.size, waiting, "nothing of it is left to be drawn");
    const seconds = (performance.now() - start) / 1000;
    assert(seconds < 5, `${description.slice(0, 40)} took ${seconds} s`);
  }
});

Deno.test("buildModule() makes few modules more than are named, and counts those within layers", () => {
  const build = (text: string) => () => nn.buildModule(JSON.parse(text));
  const why = (most: number) =>
    `Cannot build a module: it would be made of more than ${most} modules`;
  assertThrows(build(fno(4096, `{"type":"CReLU"}`)), ArgandError, why(10_016));
  const waiting = pendingStates.size;
  assertThrows(build(nested(6, 10)), ArgandError, why(10_056));
  assertEquals(pendingStates.size, waiting, "nothing of it is left to be drawn");
  // The count ends with the description that exceeds it.
  assertEquals(
    (nn.buildModule(JSON.parse(fno(3, `{"type":"CReLU"}`))) as nn.FNO2d).spectral.length,
    3,
  );
  assert(new nn.GRU(1, 1, { layers: 60 }).modules().length > 60);
});

Deno.test("models with many modules and few values are saved and loaded", async () => {
  const many = new nn.Sequential(...Array.from({ length: 12_000 }, () => new nn.CReLU()));
  assertEquals(nn.parseModel(await nn.formatModel(many), nn.Sequential).layers.length, 12_000);
  const deepest = new nn.FNO2d({
    inChannels: 1,
    outChannels: 1,
    modes: 1,
    width: 1,
    hidden: 1,
    layers: 100,
  });
  assertEquals(nn.parseModel(await nn.formatModel(deepest), nn.FNO2d).spectral.length, 100);
});

Deno.test("a checkpoint is not written with an extra that could not be read again", async () => {
  const model = new nn.Linear(1, 1);
  const extra = (levels: number) => JSON.parse(deep(levels));
  await assertRejects(
    () => nn.formatCheckpoint({ model, extra: extra(2000) }),
    ArgandError,
    "Cannot make a checkpoint: its header has values deeper than 512 in one another",
  );
  const bytes = await nn.formatCheckpoint({ model, extra: extra(500) });
  assertEquals((await nn.parseCheckpoint(bytes, { model })).extra, extra(500));
});

Deno.test("an Embedding has 0 in its padding row alone, wherever that is", async () => {
  for (const paddingIdx of [0, 2, 4]) {
    const values = await new nn.Embedding(5, 2, { paddingIdx }).weight.abs().sum(1).data();
    assertEquals(Array.from(values, (x) => x === 0), [0, 1, 2, 3, 4].map((k) => k === paddingIdx));
  }
});
