import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { formatSafetensors, parseSafetensors } from "../../complex/files/safetensors.ts";
import { getRandomState, manualSeed, randn, setRandomState } from "../../complex/create/random.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";
import { random } from "./support.ts";

/** A loader in small: an order of rows that depends on seed and epoch, and a place in it. */
class Rows {
  #epoch = 0;
  #at = 0;

  stateDict(): nn.StateDict {
    const count = (n: number) =>
      ({ dtype: "I64", shape: [], data: BigInt64Array.of(BigInt(n)) }) as const;
    return new Map([["epoch", count(this.#epoch)], ["at", count(this.#at)]]);
  }

  loadStateDict(dict: nn.StateDict): void {
    const [epoch, at] = ["epoch", "at"].map((name) => {
      const entry = dict.get(name);
      if (entry?.dtype !== "I64") throw new Error(`${name} is missing`);
      return Number(entry.data[0]);
    });
    this.#epoch = epoch;
    this.#at = at;
  }

  next(): number {
    const k = this.#at++;
    if (this.#at === 3) [this.#epoch, this.#at] = [this.#epoch + 1, 0];
    return 10 * this.#epoch + k;
  }
}

/** A run with everything in it: batch norm, dropout, a schedule, a loader. */
function run() {
  const model = new nn.Sequential(
    new nn.Linear(3, 5),
    new nn.BatchNorm1d(5),
    new nn.Dropout(0.3),
    new nn.Linear(5, 2),
  );
  const optimizer = new nn.Adam(model.parameters(), { lr: 0.05 });
  const schedule = new nn.ExponentialLR(optimizer, { gamma: 0.9 });
  const loader = new Rows();
  const step = async () => {
    const z = random([6, 3], loader.next());
    const noise = randn([6, 2]).toComplex();
    const loss = nn.mse(model.apply(z), noise);
    loss.backward();
    optimizer.step();
    schedule.step();
    return await loss.item();
  };
  const parts = { model, optimizer, schedule, loader };
  return { ...parts, parts, step };
}

/** All states of a run. */
async function statesOf({ model, optimizer, schedule, loader }: ReturnType<typeof run>) {
  return [
    await model.stateDict(),
    await optimizer.stateDict(),
    schedule.stateDict(),
    loader.stateDict(),
    getRandomState(),
  ];
}

const times = async <T>(n: number, f: () => Promise<T>): Promise<T[]> => {
  const all: T[] = [];
  for (let k = 0; k < n; k++) all.push(await f());
  return all;
};

onEngines("a resumed run makes the losses of an uninterrupted one, bit for bit", async () => {
  manualSeed(5);
  const whole = run();
  await times(4, whole.step);
  const bytes = await nn.formatCheckpoint({ ...whole.parts, epoch: 1, step: 4, extra: [0.1] });
  const losses = await times(4, whole.step);

  manualSeed(99);
  const resumed = run();
  await times(2, resumed.step);
  const progress = await nn.parseCheckpoint(bytes, resumed.parts);
  assertEquals(progress, { epoch: 1, step: 4, extra: [0.1] });
  assertEquals(await times(4, resumed.step), losses);
  assertEquals(await statesOf(resumed), await statesOf(whole));
});

onEngines("a resumed run with LBFGS makes the same losses, bit for bit", async () => {
  const make = () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.CTanh(), new nn.Linear(4, 1));
    const optimizer = new nn.LBFGS(model.parameters(), {
      maxIter: 4,
      lineSearchFn: "strong_wolfe",
    });
    const [x, target] = [random([8, 3], 1), random([8, 1], 2)];
    const step = () =>
      optimizer.step(() => {
        const loss = nn.mse(model.apply(x), target);
        loss.backward();
        return loss;
      });
    return { parts: { model, optimizer }, step };
  };
  manualSeed(5);
  const whole = make();
  await times(2, whole.step);
  const bytes = await nn.formatCheckpoint(whole.parts);
  const losses = await times(3, whole.step);
  const resumed = make();
  await times(1, resumed.step);
  await nn.parseCheckpoint(bytes, resumed.parts);
  assertEquals(await times(3, resumed.step), losses);
});

onEngines("a checkpoint holds the states at the call, whatever follows", async () => {
  manualSeed(5);
  const one = run();
  await one.step();
  const before = await statesOf(one);
  const saving = nn.formatCheckpoint(one.parts);
  await one.step();
  await nn.parseCheckpoint(await saving, one.parts);
  assertEquals(await statesOf(one), before);
});

/** Bytes of a checkpoint with its header or its arrays changed. */
function forged(
  bytes: Uint8Array,
  header: (json: string) => string,
  arrays: (tensors: nn.StateDict) => void = () => {},
): Uint8Array {
  const { metadata, tensors } = parseSafetensors(bytes);
  arrays(tensors);
  return formatSafetensors(tensors, { ...metadata, argand: header(metadata.argand) });
}

onEngines("what does not fit is refused with the file's name, and nothing is loaded", async () => {
  manualSeed(5);
  const one = run();
  await one.step();
  const bytes = await nn.formatCheckpoint({ ...one.parts, extra: { a: 1 } });
  await one.step();
  const wide = new nn.Linear(7, 7);
  const before = await statesOf(one);
  const refused = async (
    bytes: Uint8Array,
    why: string,
    parts: nn.CheckpointParts = one.parts,
  ) => {
    const error = await assertRejects(() => nn.parseCheckpoint(bytes, parts, "f"), ArgandError);
    assert(/^Cannot (load|read) f: /.test(error.message), error.message);
    assert(error.message.includes(why), error.message);
    assertEquals(await statesOf(one), before, why);
  };
  const same = (json: string) => json;

  await refused(new Uint8Array(3), "it has 3 bytes");
  for (const length of [8, 100, bytes.length >> 1, bytes.length - 1]) {
    await refused(bytes.slice(0, length), "");
  }
  await refused(formatSafetensors([], {}), 'no "checkpoint": its metadata lack "argand"');
  await refused(formatSafetensors([], { argand: "{" }), "its header is not JSON");
  await refused(formatSafetensors([], { argand: "[]" }), "its header is wrong");
  await refused(
    forged(bytes, (h) => h.replace('"version":1', '"version":7')),
    "of version 7, newer",
  );
  await refused(forged(bytes, (h) => h.replace('"checkpoint"', '"zip"')), 'of format "zip"');
  await refused(forged(bytes, (h) => h.replace('"step":0', '"step":-1')), "is wrong, step: ");
  await refused(forged(bytes, (h) => h.replace('"draws":', '"draws":0.5,"x":')), "random.draws: ");
  await refused(
    await nn.formatModel(one.model),
    'of format "model" and should be "checkpoint"; nn.loadModel and nn.parseModel read it',
  );

  // The offsets of one entry, moved over those of another.
  const text = new TextDecoder("latin1").decode(bytes);
  const moved = text.replace(/"data_offsets":\[(\d)/, (all) => all.slice(0, -1) + "8");
  await refused(Uint8Array.from(moved, (c) => c.charCodeAt(0)), "entry");
  await refused(
    forged(bytes, same, (t) => t.set("free", t.get("model.0.bias")!)),
    '"free" belongs',
  );
  await refused(forged(bytes, same, (t) => t.delete("model.0.bias")), "its model does not fit: ");
  await refused(forged(bytes, same, (t) => t.delete("model.0.bias")), "0.bias is missing");
  await refused(
    forged(bytes, same, (t) => t.delete("optimizer.groups.0.lr")),
    "its optimizer does",
  );
  // Schedules and loaders are asked last, and those before them get their own state back.
  await refused(
    forged(bytes, same, (t) => t.delete("schedule.lastLr")),
    "its schedule does not fit",
  );
  await refused(
    forged(bytes, same, (t) => t.delete("loader.at")),
    "its loader does not fit: at is",
  );

  const alone = await nn.formatCheckpoint({ model: one.model });
  await refused(alone, "it has no optimizer and no schedule and no loader, only model");
  await refused(bytes, "its model does not fit", { ...one.parts, model: wide });
  const other = new nn.SGD(one.model.parameters());
  await refused(bytes, "groups.0.momentum is missing", { ...one.parts, optimizer: other });
});

onEngines("parts of a checkpoint that are not asked for are passed over", async () => {
  const one = run();
  const bytes = await nn.formatCheckpoint({ ...one.parts, epoch: 2 });
  const { epoch, step, extra } = await nn.parseCheckpoint(bytes, { model: run().model });
  assertEquals([epoch, step, extra], [2, 0, null]);
});

onEngines(
  "a model that loads in its own way is asked to, and undone where another part refuses",
  async () => {
    class Shifted extends nn.Linear {
      loads = 0;
      override loadStateDict(dict: nn.StateDict): void {
        super.loadStateDict(dict);
        this.loads++;
      }
    }
    const model = new Shifted(2, 2);
    const loader = new Rows();
    const bytes = await nn.formatCheckpoint({ model, loader });
    await nn.parseCheckpoint(bytes, { model, loader });
    assertEquals(model.loads, 1);
    model.weight.assign(model.weight.mul(2));
    const before = await model.stateDict();
    const wrong = forged(bytes, (header) => header, (t) => t.delete("loader.at"));
    await assertRejects(
      () => nn.parseCheckpoint(wrong, { model, loader }),
      ArgandError,
      "its loader",
    );
    assertEquals(await model.stateDict(), before);
  },
);

Deno.test("formatCheckpoint() refuses parts and extras that it could not give back", async () => {
  const model = new nn.Linear(1, 1);
  const refused = async (parts: unknown, why: string) => {
    const make = () => nn.formatCheckpoint(parts as nn.CheckpointParts);
    await assertRejects(make, ArgandError, `Cannot make a checkpoint: ${why}`);
  };
  await refused({}, "model must be a Module, got undefined");
  await refused({ model, optimiser: 1 }, 'unknown option "optimiser"');
  await refused({ model, loader: {} }, "loader has no stateDict() and loadStateDict(): an object");
  await refused({ model, epoch: 1.5 }, "epoch: ");
  await refused({ model, extra: { a: [NaN] } }, "extra");
  await refused({ model, extra: new Map() }, "extra");
  await refused({ model, extra: 1n }, "");
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  await refused({ model, extra: circle }, "");
});

Deno.test("the random numbers go on from a state that was kept", async () => {
  manualSeed(2 ** 53 - 1);
  await randn([3]).data();
  const state = getRandomState();
  assertEquals(state, { seed: 2 ** 53 - 1, draws: 1 });
  const expected = await randn([5]).data();
  manualSeed(1);
  setRandomState(state);
  assertEquals(await randn([5]).data(), expected);
  const after = getRandomState();
  for (const wrong of [null, {}, { seed: -1, draws: 0 }, { seed: 1, draws: 0.5 }]) {
    const set = () => setRandomState(wrong as typeof state);
    assertThrows(set, ArgandError, "Cannot set the random state: ");
  }
  assertEquals(getRandomState(), after);
});

Deno.test("loading the model alone leaves the random numbers as they are", async () => {
  const model = new nn.Linear(3, 2);
  const optimizer = new nn.Adam(model.parameters());
  manualSeed(7);
  const bytes = await nn.formatCheckpoint({ model, optimizer });
  const saved = getRandomState();
  manualSeed(11);
  const before = getRandomState();
  await nn.parseCheckpoint(bytes, { model });
  assertEquals(getRandomState(), before);
  await nn.parseCheckpoint(bytes, { model, optimizer });
  assertEquals(getRandomState(), saved);
});
