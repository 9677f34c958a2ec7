import { assertEquals, assertThrows } from "@std/assert";
import { loadSafetensors } from "../../complex/files/safetensors.ts";
import { parameter, tensor } from "../../complex/create/create.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";

/** Two groups with the rates of the golden cases. */
const groups = () => [
  { params: [parameter(tensor([0]))] },
  { params: [parameter(tensor([0]))], lr: 0.03 },
];
const sgd = () => new nn.SGD(groups(), { lr: 0.1, momentum: 0.9 });
const adam = () => new nn.Adam(groups(), { lr: 0.1 });

type Anything = {
  step(metric: number): void;
  readonly lastLr: readonly number[];
  stateDict(): nn.StateDict;
  loadStateDict(dict: nn.StateDict): void;
};

type Case = [name: string, make: (o: nn.SGD | nn.Adam) => Anything, optimizer?: typeof adam];

const cases: Case[] = [
  ["StepLR", (o) => new nn.StepLR(o, { stepSize: 7, gamma: 0.5 })],
  ["MultiStepLR", (o) => new nn.MultiStepLR(o, { milestones: [5, 5, 20, 31], gamma: 0.3 })],
  ["ExponentialLR", (o) => new nn.ExponentialLR(o, { gamma: 0.93 })],
  ["CosineAnnealingLR", (o) => new nn.CosineAnnealingLR(o, { tMax: 12, etaMin: 0.002 })],
  ["LinearLR", (o) => new nn.LinearLR(o, { startFactor: 0.1, endFactor: 0.9, totalIters: 17 })],
  ["LambdaLR", (o) => new nn.LambdaLR(o, { lrLambda: (epoch) => 1 / (1 + epoch) })],
  ["OneCycleLR0", (o) => new nn.OneCycleLR(o, { maxLr: 0.5, totalSteps: 60 })],
  ["OneCycleLR1", (o) =>
    new nn.OneCycleLR(o, {
      maxLr: [0.5, 0.2],
      epochs: 6,
      stepsPerEpoch: 10,
      pctStart: 0.4,
      annealStrategy: "linear",
      baseMomentum: 0.8,
      maxMomentum: 0.9,
      divFactor: 10,
      finalDivFactor: 100,
    }), adam],
  ["OneCycleLR2", (o) =>
    new nn.OneCycleLR(o, {
      maxLr: 0.5,
      totalSteps: 55,
      threePhase: true,
      cycleMomentum: false,
    })],
  ["ReduceLROnPlateau0", (o) => new nn.ReduceLROnPlateau(o, { patience: 3 })],
  ["ReduceLROnPlateau1", (o) =>
    new nn.ReduceLROnPlateau(o, {
      mode: "max",
      factor: 0.5,
      patience: 2,
      threshold: 1e-3,
      thresholdMode: "abs",
      cooldown: 4,
      minLr: [0.01, 0.002],
    })],
  ["SequentialLR", (o) =>
    new nn.SequentialLR(o, {
      schedulers: [
        new nn.LinearLR(o, { startFactor: 0.1, endFactor: 1, totalIters: 8 }),
        new nn.CosineAnnealingLR(o, { tMax: 20 }),
        new nn.StepLR(o, { stepSize: 5, gamma: 0.5 }),
      ],
      milestones: [8, 30],
    })],
];

const { tensors } = await loadSafetensors(
  new URL("../golden/schedules.safetensors", import.meta.url),
);
const of = (name: string) => tensors.get(name)!.data as Float64Array;
const metrics = of("metric");

for (const [name, make, optimizerOf = sgd] of cases) {
  Deno.test(`${name} gives PyTorch's rates over 50 steps`, () => {
    const optimizer: nn.SGD | nn.Adam = optimizerOf();
    const schedule = make(optimizer);
    const rates = () => optimizer.groups.map(({ lr }) => lr);
    const momentum = () => {
      const [group] = optimizer.groups;
      return "betas" in group ? group.betas[0] : group.momentum;
    };
    const got = rates();
    const momenta = [momentum()];
    for (let k = 0; k < 50; k++) {
      schedule.step(metrics[k]);
      assertEquals(schedule.lastLr, rates());
      got.push(...rates());
      momenta.push(momentum());
    }
    assertClose(got, of(name), 1e-12);
    const cycle = /^OneCycleLR(.)/.exec(name);
    if (cycle) assertClose(momenta, of(`momentum${cycle[1]}`), 1e-12);
  });

  Deno.test(`${name} goes on from its state dict as if it had never stopped`, async () => {
    const [one, other] = [optimizerOf(), optimizerOf()];
    const [first, second] = [make(one), make(other)];
    for (let k = 0; k < 23; k++) first.step(metrics[k]);
    other.loadStateDict(await one.stateDict());
    second.loadStateDict(first.stateDict());
    for (let k = 23; k < 50; k++) {
      first.step(metrics[k]);
      second.step(metrics[k]);
      assertEquals(
        other.groups.map(({ lr }) => lr),
        one.groups.map(({ lr }) => lr),
      );
    }
    assertEquals(second.stateDict(), first.stateDict());
  });

  Deno.test(`${name} refuses a state dict that does not fit, and changes nothing`, () => {
    const schedule = make(optimizerOf());
    const before = schedule.stateDict();
    const wrong = schedule.stateDict();
    wrong.delete("lastEpoch");
    wrong.set("foo", { dtype: "F64", shape: [], data: Float64Array.of(1) });
    for (const [path, entry] of wrong) {
      if (entry.dtype === "F64" && path !== "foo") wrong.set(path, { ...entry, shape: [7] });
    }
    const error = assertThrows(() => schedule.loadStateDict(wrong), Error, "foo is not known");
    assertEquals(error.message.includes("lastEpoch is missing"), true);
    assertEquals(error.message.includes("F64 [7] and should be F64"), true);
    assertEquals(schedule.stateDict(), before);
  });
}

Deno.test("two schedules of one optimiser multiply", () => {
  const optimizer = new nn.SGD([parameter(tensor([0]))], { lr: 1 });
  const [a, b] = [
    new nn.ExponentialLR(optimizer, { gamma: 0.5 }),
    new nn.StepLR(optimizer, { stepSize: 2, gamma: 0.1 }),
  ];
  for (let k = 0; k < 4; k++) {
    a.step();
    b.step();
  }
  assertClose([optimizer.groups[0].lr], [0.5 ** 4 * 0.1 ** 2], 1e-12);
});

Deno.test("OneCycleLR stays at its end after the last step, and refuses one more", () => {
  const optimizer = sgd();
  const schedule = new nn.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5 });
  for (let k = 0; k < 5; k++) schedule.step();
  assertClose(schedule.lastLr, [4e-6, 4e-6], 1e-12);
  assertThrows(() => schedule.step(), Error, "its 5 steps are over");
  assertEquals(schedule.lastEpoch, 5);
});

Deno.test("schedules refuse what makes no sense, and leave the rates alone", () => {
  const o = sgd();
  // deno-lint-ignore no-explicit-any
  const any = (x: unknown) => x as any;
  const refused: [() => unknown, string][] = [
    [() => new nn.StepLR(any(null), { stepSize: 1 }), "it takes an optimiser, got null"],
    [() => new nn.StepLR(o, any({})), "stepSize"],
    [() => new nn.StepLR(o, { stepSize: 0 }), "stepSize"],
    [() => new nn.StepLR(o, any({ stepSize: 1, gama: 2 })), 'unknown option "gama"'],
    [() => new nn.MultiStepLR(o, any({ milestones: 3 })), "milestones"],
    [() => new nn.MultiStepLR(o, { milestones: [1.5] }), "a milestone"],
    [() => new nn.ExponentialLR(o, { gamma: -1 }), "gamma must be"],
    [() => new nn.CosineAnnealingLR(o, { tMax: 0 }), "tMax"],
    [() => new nn.LinearLR(o, { startFactor: 0 }), "startFactor must be above 0"],
    [() => new nn.LinearLR(o, { endFactor: 2 }), "endFactor must be"],
    [() => new nn.LambdaLR(o, any({ lrLambda: 1 })), "lrLambda must be a function"],
    [() => new nn.LambdaLR(o, { lrLambda: [() => 1] }), "one for each of 2 groups"],
    [() => new nn.LambdaLR(o, { lrLambda: () => NaN }), "lr must be"],
    [() => new nn.OneCycleLR(o, { maxLr: 1 }), "it takes totalSteps, or epochs"],
    [() => new nn.OneCycleLR(o, { maxLr: [1], totalSteps: 5 }), "1 numbers for 2 groups"],
    [() => new nn.OneCycleLR(o, { maxLr: 1, totalSteps: 5, maxMomentum: 1 }), "a momentum"],
    [
      () => new nn.OneCycleLR(new nn.Adagrad(groups()), { maxLr: 1, totalSteps: 5 }),
      "the optimiser has no momentum",
    ],
    [() => new nn.ReduceLROnPlateau(o, { factor: 1 }), "factor must be"],
    [() => new nn.ReduceLROnPlateau(o, any({ mode: "up" })), 'mode must be "min" or "max"'],
    [() => new nn.ReduceLROnPlateau(o).step(any(tensor(1))), "await loss.item()"],
    [
      () =>
        new nn.SequentialLR(o, {
          schedulers: [new nn.ExponentialLR(sgd(), { gamma: 1 })],
          milestones: [],
        }),
      "schedules of the optimiser",
    ],
    [() => new nn.SequentialLR(o, any({ schedulers: [], milestones: [1] })), "1 milestones for 0"],
  ];
  for (const [make, why] of refused) assertThrows(make, Error, why);
  assertEquals(o.groups.map(({ lr }) => lr), [0.1, 0.03]);
});
