import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { formatSafetensors, parseSafetensors } from "../../complex/files/safetensors.ts";
import { getRandomState, manualSeed, randn, setRandomState } from "../../complex/random.ts";
import { tensor } from "../../complex/create.ts";
import { ArgandError } from "../../gpu/errors.ts";
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
