import { z as zod } from "zod";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatSafetensors, parseSafetensors } from "../../complex/files/safetensors.ts";
import { getRandomState, manualSeed, setRandomState } from "../../complex/create/random.ts";
import { run } from "../../complex/lazy/realize.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";
import { random } from "./support.ts";
import { native } from "./zoo/case.ts";
import { zoo } from "./zoo/mod.ts";

onEngines("every layer comes back from its file, with the same outputs bit for bit", async () => {
  for (const one of zoo) {
    manualSeed(3);
    const first = one.make();
    const x = random([...one.shape], 3);
    await native(one, first, x).data(); // moves running statistics
    const bytes = await nn.formatModel(first);
    const state = getRandomState();
    const second = nn.parseModel(bytes);
    assertEquals(getRandomState(), state, `${one.name} draws nothing`);
    assert(second.constructor === first.constructor, one.name);
    assertEquals(nn.describeModule(second), nn.describeModule(first), one.name);
    const outputs = [];
    for (const module of [first, second]) {
      setRandomState(state); // the masks of dropout
      outputs.push(await native(one, module, x).data());
    }
    assertEquals(outputs[1], outputs[0], one.name);
  }
});

Deno.test("every layer of the table can be built from its description", async () => {
  const table = await Deno.readTextFile(new URL("../../nn/LAYERS.md", import.meta.url));
  const names = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  assert(names.length > 50);
  for (const type of names) {
    const error = assertThrows(() => nn.buildModule({ type, nonsense: 1 }), ArgandError);
    assert(error.message.startsWith(`Cannot build a module: the options of ${type} are`), type);
  }
});

Deno.test("a description is JSON with all options, and lists modules within", () => {
  const net = new nn.Sequential(
    new nn.Conv2d(1, 4, [3, 5], { stride: 1, padding: "same" }),
    new nn.TransformerEncoderLayer(4, 2, { activation: new nn.ModReLU(), feedForward: 8 }),
  );
  const json = nn.describeModule(net);
  assertEquals(JSON.parse(JSON.stringify(json)), json);
  assertEquals(json.layers, [
    {
      type: "Conv2d",
      inChannels: 1,
      outChannels: 4,
      kernel: [3, 5],
      bias: true,
      stride: 1,
      padding: "same",
      dilation: 1,
      groups: 1,
    },
    {
      type: "TransformerEncoderLayer",
      embed: 4,
      heads: 2,
      feedForward: 8,
      dropout: 0.1,
      activation: { type: "ModReLU", numParameters: 1, init: 0 },
      normFirst: false,
      scores: "real",
      batchFirst: false,
    },
  ]);
});

Deno.test("buildModule() says where in the JSON something is wrong", () => {
  const refused = (json: unknown, why: string) => {
    assertThrows(() => nn.buildModule(json), ArgandError, `Cannot build a module: ${why}`);
  };
  const inner = (options: object) => ({ type: "Sequential", layers: [{ type: "CReLU" }, options] });
  refused(null, "it takes { type, … }, got null");
  refused({ type: 3 }, "it takes { type, … }, got an object");
  refused({ type: "Lineer" }, 'the type "Lineer" is not known');
  refused({ type: "constructor" }, 'the type "constructor" is not known');
  refused(inner({ type: "x" }), 'the type "x" at layers.1 is not known');
  refused(
    inner({ type: "Linear", inFeatures: 0, outFeatures: 1 }),
    "the options of Linear are wrong at layers.1.inFeatures: Too small",
  );
  refused(
    inner({ type: "Linear", inFeatures: 1, outFeatures: 1, bais: true }),
    'the options of Linear are wrong at layers.1: Unrecognized key: "bais"',
  );
  refused(
    inner({ type: "GroupNorm", numGroups: 2, numChannels: 3 }),
    "the GroupNorm at layers.1 can't be made: Cannot make a GroupNorm: ",
  );
  refused(
    inner({ type: "Embedding", count: 1, dim: 1 }),
    "the Sequential can't be made: Cannot make a Sequential: layer 1 is not a Layer",
  );
  let deep: object = { type: "CReLU" };
  for (let k = 0; k < 200; k++) deep = { type: "Sequential", layers: [deep] };
  refused(deep, "modules lie deeper than 100");
});

class Twice extends nn.Layer {
  constructor(readonly inner: nn.Layer, readonly times: number) {
    super();
  }
  override apply(z: Parameters<nn.Layer["apply"]>[0]) {
    return this.inner.apply(z).mul(this.times);
  }
}

let registered = false;

onEngines("a class of one's own is unknown until it is registered", async () => {
  class Other extends nn.Linear {}
  const z = random([2, 3], 1);
  const net = new nn.Sequential(new Twice(new nn.Linear(3, 3), 2), new nn.CTanh());
  const kind: nn.ModuleKind<Twice, { inner: { type: string }; times: number }> = {
    of: Twice,
    schema: zod.strictObject({
      inner: zod.looseObject({ type: zod.string() }),
      times: zod.number(),
    }),
    describe: ({ inner, times }, child) => ({ inner: child(inner, "inner"), times }),
    build: ({ inner, times }, child) => new Twice(child(inner, "inner") as nn.Layer, times),
  };
  if (!registered) {
    assertThrows(
      () => nn.describeModule(net),
      ArgandError,
      "the class Twice at layers.0 is not known; nn.registerModule makes it so, and nn.saveCheckpoint(",
    );
    nn.registerModule("Twice", kind);
    registered = true;
  }
  const again = nn.parseModel(await nn.formatModel(net), nn.Sequential);
  assertEquals(await again.apply(z).data(), await net.apply(z).data());
  assertThrows(
    () => nn.buildModule({ type: "Twice", inner: { type: "?" }, times: 1 }),
    ArgandError,
    'the type "?" at inner is not known',
  );
  assertThrows(
    () => nn.describeModule(new Twice(new nn.CReLU(), "2" as unknown as number)),
    ArgandError,
    "Cannot describe a module: the options of Twice are wrong at times: ",
  );
  assertThrows(() => nn.registerModule("Twice", kind), ArgandError, "the type is taken");
  assertThrows(() => nn.registerModule("Two", kind), ArgandError, 'is known as "Twice"');
  // A subclass may compute something else.
  assertThrows(() => nn.describeModule(new Other(1, 1)), ArgandError, "the class Other");
});
onEngines("a model is built from a checkpoint too, unless its class is not known", async () => {
  const z = random([2, 3], 1);
  const model = new nn.Sequential(new nn.Linear(3, 2), new nn.CReLU());
  const optimizer = new nn.Adam(model.parameters());
  const built = nn.parseModel(await nn.formatCheckpoint({ model, optimizer }), nn.Sequential);
  assertEquals(await built.apply(z).data(), await model.apply(z).data());

  class Mine extends nn.Module {
    readonly inner = new nn.Linear(2, 2);
  }
  const bytes = await nn.formatCheckpoint({ model: new Mine() });
  assertThrows(
    () => nn.parseModel(bytes, nn.Module, "mine.safetensors"),
    ArgandError,
    "and nn.loadCheckpoint(path, { model }) gives it the values",
  );
});

onEngines("a file whose description and values differ loads nothing", async (engine) => {
  const models = [new nn.Linear(3, 2), new nn.BatchNorm1d(2)];
  const [bytes, norm] = await Promise.all(models.map(nn.formatModel));
  const { metadata, tensors } = parseSafetensors(bytes);
  const forged = (from: string, to: string) =>
    formatSafetensors(tensors, { argand: metadata.argand.replace(from, to) });
  const before = engine.memory().bytes;
  const refused = (bytes: Uint8Array, why: string) => {
    assertThrows(() => nn.parseModel(bytes, nn.Linear, "f"), ArgandError, `Cannot load f: ${why}`);
  };
  // 64 TB that are never asked for, now or with the next schedule.
  const huge = forged('"inFeatures":3', '"inFeatures":4000000000000');
  refused(
    huge,
    "Cannot build a module: the Linear can't be made: Cannot initialise with complexGlorot: [2, 4",
  );
  refused(forged('"bias":true', '"bias":false'), "Cannot load the state of Linear: bias is not kn");
  refused(forged('"Linear"', '"Liner"'), 'Cannot build a module: the type "Liner" is not known');
  refused(norm, "it holds a BatchNorm1d, not a Linear");
  assertThrows(
    () => nn.parseModel(bytes, "f" as unknown as typeof nn.Linear),
    ArgandError,
    'Cannot load a model: of must be a class of modules, such as nn.Sequential, got "f"',
  );
  refused(forged('"version":1', '"version":2'), "it is of version 2, newer than 1");
  refused(forged('"model"', '"weights"'), 'it is of format "weights" and should be "model" or');
  run([]);
  assertEquals(engine.memory().bytes, before);
  assertEquals(models.length, 2); // both are held until here
});

Deno.test("registerModule() refuses what is not a description of a class, and keeps nothing of it", () => {
  class New extends nn.Layer {}
  const kind: nn.ModuleKind<New, object> = {
    of: New,
    schema: zod.strictObject({}),
    describe: () => ({}),
    build: () => new New(),
  };
  const refused = (type: unknown, change: object, why: string) => {
    const made = () => nn.registerModule(type as string, { ...kind, ...change });
    assertThrows(made, ArgandError, `Cannot register ${why}`);
  };
  refused(3, {}, "3: the type must be a word");
  refused("", {}, '"": the type must be a word');
  refused("New", { of: Map }, '"New": of must be a class of modules, got ');
  refused("New", { schema: {} }, '"New": schema must be a schema of zod, got ');
  refused("New", { build: 3 }, '"New": describe and build must be functions, got ');
  assertThrows(() => nn.buildModule({ type: "New" }), ArgandError, 'the type "New" is not known');
  assertThrows(() => nn.describeModule(new New()), ArgandError, "the class New is not known");
});

Deno.test("describeModule() refuses what is not a module, and modules too deep in one another", () => {
  const why = "Cannot describe a module: it takes a Module, got 3";
  assertThrows(() => nn.describeModule(3 as never), ArgandError, why);
  let deep: nn.Layer = new nn.CReLU();
  for (let k = 0; k < 100; k++) deep = new nn.Sequential(deep);
  assertEquals(nn.describeModule(deep).type, "Sequential");
  const deeper = new nn.Sequential(deep);
  const message = "Cannot describe a module: modules lie deeper than 100 in one another";
  assertThrows(() => nn.describeModule(deeper), ArgandError, message);
});

Deno.test("layers over one axis are described where a size came as a list of one", () => {
  const list = [3] as unknown as number;
  for (
    const made of [
      new nn.Conv1d(1, 2, list),
      new nn.ConvTranspose1d(1, 2, list),
      new nn.MaxPool1d(list),
      new nn.AvgPool1d(list),
    ]
  ) {
    const again = nn.buildModule(JSON.parse(JSON.stringify(nn.describeModule(made))));
    assertEquals(
      [...again.namedParameters()].map(([name, p]) => [name, p.shape]),
      [...made.namedParameters()].map(([name, p]) => [name, p.shape]),
    );
  }
});

Deno.test("descriptions that hold themselves are refused, soon", () => {
  const list: unknown[] = [];
  list.push(list);
  const record: Record<string, unknown> = { type: "Sequential" };
  record.layers = [record];
  for (const description of [list, record]) {
    assertThrows(() => nn.buildModule(description), ArgandError, "Cannot build a module: ");
  }
});
