import { assertEquals, assertThrows } from "@std/assert";
import { loadSafetensors } from "../../complex/files/safetensors.ts";
import { parameter, tensor } from "../../complex/create/create.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";

/** The schedules of the golden cases, in their order. */
const kinds: Readonly<Record<string, (o: nn.SGD) => nn.Schedule>> = {
  warm: (o) => new nn.LinearLR(o, { startFactor: 0.1, totalIters: 5 }),
  fall: (o) => new nn.LinearLR(o, { startFactor: 1, endFactor: 0.2, totalIters: 6 }),
  step: (o) => new nn.StepLR(o, { stepSize: 3, gamma: 0.5 }),
  multi: (o) => new nn.MultiStepLR(o, { milestones: [2, 4, 4], gamma: 0.3 }),
  exp: (o) => new nn.ExponentialLR(o, { gamma: 0.9 }),
  cosine: (o) => new nn.CosineAnnealingLR(o, { tMax: 7, etaMin: 0.001 }),
  lambda: (o) => new nn.LambdaLR(o, { lrLambda: (epoch) => 1 / (1 + epoch) }),
  cycle: (o) => new nn.OneCycleLR(o, { maxLr: 0.5, totalSteps: 30 }),
};
const names = Object.keys(kinds);

/** Ordered choices of `n` different names. */
function choices(n: number): string[][] {
  if (n === 0) return [[]];
  return choices(n - 1).flatMap((first) =>
    names.filter((name) => !first.includes(name)).map((name) => [...first, name])
  );
}

const sgd = (lrs: readonly number[]) =>
  new nn.SGD(lrs.map((lr) => ({ params: [parameter(tensor([0]))], lr })), { momentum: 0.9 });
const ratesOf = (optimizer: nn.SGD) => optimizer.groups.map(({ lr }) => lr);

/** The rates before and after each of 12 steps. */
function run(optimizer: nn.SGD, schedules: readonly { step(): void }[]): number[] {
  const rates = ratesOf(optimizer);
  for (let k = 0; k < 12; k++) {
    for (const schedule of schedules) schedule.step();
    rates.push(...ratesOf(optimizer));
  }
  return rates;
}

const { tensors } = await loadSafetensors(
  new URL("../golden/schedules_combined.safetensors", import.meta.url),
);

/** Compares with a golden case, each combination on its own. */
function compare(golden: string, combinations: readonly [name: string, rates: () => number[]][]) {
  const all = tensors.get(golden)!.data as Float64Array;
  const length = all.length / combinations.length;
  combinations.forEach(([name, rates], k) => {
    const right = all.subarray(k * length, (k + 1) * length);
    // A cosine whose least rate is above what the others leave may lead PyTorch below 0.
    if (right.some((lr) => lr < 0)) assertThrows(rates, Error, "lr must be a number of at least 0");
    else assertClose(rates(), right, 1e-12, `${golden}: ${name}`);
  });
}

Deno.test("every two schedules give PyTorch's rates, in any order of making and stepping", () => {
  compare(
    "pairs",
    choices(2).flatMap((pair) =>
      [false, true].map((backwards): [string, () => number[]] => [`${pair} ${backwards}`, () => {
        const optimizer = sgd([0.1, 0.03]);
        const schedules = pair.map((name) => kinds[name](optimizer));
        return run(optimizer, backwards ? schedules.reverse() : schedules);
      }])
    ),
  );
});

Deno.test("every three schedules give PyTorch's rates, in any order of making", () => {
  compare(
    "triples",
    choices(3).map((three): [string, () => number[]] => [`${three}`, () => {
      const optimizer = sgd([0.1]);
      return run(optimizer, three.map((name) => kinds[name](optimizer)));
    }]),
  );
});

Deno.test("a schedule begins from a rate that was set by hand, as in PyTorch", () => {
  compare(
    "byHand",
    choices(2).map(([first, second]): [string, () => number[]] => [`${first}, ${second}`, () => {
      const optimizer = sgd([0.1, 0.03]);
      const before = kinds[first](optimizer);
      for (let k = 0; k < 3; k++) before.step();
      optimizer.groups[0].lr = 1e-4;
      return run(optimizer, [kinds[second](optimizer)]);
    }]),
  );
});

Deno.test("a sequence of schedules beside another schedule gives PyTorch's rates", () => {
  compare(
    "sequences",
    choices(3).map(([first, ...rest]): [string, () => number[]] => [`${first} (${rest})`, () => {
      const optimizer = sgd([0.1]);
      const beside = kinds[first](optimizer);
      const schedulers = rest.map((name) => kinds[name](optimizer));
      const sequence = new nn.SequentialLR(optimizer, { schedulers, milestones: [4] });
      return run(optimizer, [beside, sequence]);
    }]),
  );
});

type Saved = { step(): void; stateDict(): nn.StateDict; loadStateDict(dict: nn.StateDict): void };

/** What is loaded when: the schedules are made at "make". */
const orders = [
  ["make", "optimizer", "schedules"],
  ["make", "schedules", "optimizer"],
  ["optimizer", "make", "schedules"],
] as const;

Deno.test("combined schedules go on from their states, whichever is made or loaded first", async () => {
  const sequence = (two: readonly string[]) => (o: nn.SGD): Saved[] => [
    new nn.SequentialLR(o, { schedulers: two.map((name) => kinds[name](o)), milestones: [4] }),
  ];
  const combinations = [
    ...[...choices(1), ...choices(2), ...choices(3)].map((some) =>
      [`${some}`, (o: nn.SGD): Saved[] => some.map((name) => kinds[name](o))] as const
    ),
    ...choices(2).map((two) => [`a sequence of ${two}`, sequence(two)] as const),
  ];
  for (const [name, make] of combinations) {
    for (const stop of [0, 3, 7]) {
      const whole = sgd([0.1, 0.03]);
      const schedules = make(whole);
      for (let k = 0; k < stop; k++) schedules.forEach((s) => s.step());
      const saved = [await whole.stateDict(), ...schedules.map((s) => s.stateDict())];
      const groupsThen = structuredClone(whole.groups.map(({ lr, momentum }) => [lr, momentum]));
      const right = run(whole, schedules);
      for (const [k, order] of orders.entries()) {
        const other = sgd([1, 1]); // its own rates give way to those that are loaded
        let resumed: Saved[] = [];
        for (const what of order) {
          if (what === "optimizer") other.loadStateDict(saved[0]);
          else if (what === "make") resumed = make(other);
          else {
            const each = [...resumed.entries()];
            for (const [k, s] of stop === 3 ? each.reverse() : each) s.loadStateDict(saved[k + 1]);
          }
        }
        const message = `${name} after ${stop} steps, loaded in order ${k}`;
        assertEquals(other.groups.map(({ lr, momentum }) => [lr, momentum]), groupsThen, message);
        assertEquals(run(other, resumed), right, message);
      }
    }
  }
});

Deno.test("a schedule that is made after its optimiser was loaded, and is new, begins from there", async () => {
  const optimizer = sgd([0.1]);
  const first = kinds.exp(optimizer);
  for (let k = 0; k < 3; k++) first.step();
  const other = sgd([1]);
  other.loadStateDict(await optimizer.stateDict());
  kinds.warm(other).step();
  assertClose(ratesOf(other), [0.1 * 0.9 ** 3 * 0.28], 1e-12);
  // The rate that lambda multiplies is the initial one, which the optimiser has kept.
  kinds.lambda(other);
  assertEquals(ratesOf(other), [0.1]);
});

Deno.test("a plateau is found among metrics of either sign", () => {
  const rate = (mode: "min" | "max", metrics: readonly number[]) => {
    const optimizer = sgd([1]);
    const schedule = new nn.ReduceLROnPlateau(optimizer, { mode, factor: 0.5, patience: 2 });
    for (const metric of metrics) schedule.step(metric);
    return optimizer.groups[0].lr;
  };
  for (const sign of [1, -1]) {
    const metrics = (...x: number[]) => x.map((x) => sign * x);
    const mode = sign === 1 ? "min" : "max";
    assertEquals(rate(mode, metrics(3, 2, 2, 2, 2)), 0.5); // it stays
    assertEquals(rate(mode, metrics(3, 2, 1.9, 1.8, 1.7)), 1); // it gets better
    assertEquals(rate(mode, metrics(-2, -2, -2, -2)), 0.5);
    assertEquals(rate(mode, metrics(-2, -1.9999, -1.9998, -1.9997)), 0.5); // it gets worse
    assertEquals(rate(mode, metrics(-2, -2.1, -2.2, -2.3)), 1);
    assertEquals(rate(mode, metrics(1, 0, 0, 0, 0)), 0.5);
    assertEquals(rate(mode, metrics(1, 0, -1, -2, -3)), 1);
  }
});
