import { assert, assertThrows } from "@std/assert";
import { complex, ones } from "../../complex/create/create.ts";
import { cos, exp, log, sin } from "../../complex/functions/elementwise.ts";
import { derivative } from "../../complex/transforms/holomorphic.ts";
import { manualSeed, randnComplex } from "../../complex/create/random.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";

type Holomorphic = (z: ComplexTensor) => ComplexTensor;

onEngines("derivative() gives f′ and f″ of holomorphic functions", async () => {
  const z = complex([0.3, -1.2, 2], [0.7, 0.4, -1]);
  const cases: [string, Holomorphic, Holomorphic, Holomorphic][] = [
    ["sin", sin, cos, (z) => sin(z).neg()],
    ["exp", exp, exp, exp],
    ["log", log, (z) => z.reciprocal(), (z) => z.square().reciprocal().neg()],
    ["z³", (z) => z.mul(z).mul(z), (z) => z.square().mul(3), (z) => z.mul(6)],
    [
      "iz²",
      (z) => z.square().mul({ re: 0, im: 1 }),
      (z) => z.mul({ re: 0, im: 2 }),
      (z) => z.mul(0).add({ re: 0, im: 2 }),
    ],
  ];
  for (const [name, f, first, second] of cases) {
    assertClose(await derivative(f)(z).data(), await first(z).data(), 1e-5, `${name}′`);
    assertClose(
      await derivative(derivative(f))(z).data(),
      await second(z).data(),
      1e-5,
      `${name}″`,
    );
  }
});

onEngines("derivative() differentiates by the first argument alone", async () => {
  const f = (x: ComplexTensor, t: ComplexTensor) => x.square().mul(exp(t));
  const [x, t] = [complex([1, 2], [1, 0]), complex([0, 0.5], [0.3, 0])];
  const byX = derivative(f)(x, t);
  const byT = derivative((t: ComplexTensor) => f(x, t))(t);
  assertClose(await byX.data(), await x.mul(2).mul(exp(t)).data(), 1e-6);
  assertClose(await byT.data(), await f(x, t).data(), 1e-6);
});

onEngines(
  "derivative() of a holomorphic network agrees with differences along both axes",
  async () => {
    manualSeed(4);
    const [first, second] = [new nn.Linear(1, 6), new nn.Linear(6, 1)];
    const f = (z: ComplexTensor) => second.apply(sin(first.apply(z)));
    const z = randnComplex([5, 1]);
    const found = await derivative(derivative(f))(z).data();
    const h = 1 / 8;
    for (const step of [{ re: h, im: 0 }, { re: 0, im: h }]) {
      // Five points, f″ ≈ (−f₊₂ + 16 f₊₁ − 30 f + 16 f₋₁ − f₋₂) / 12 h².
      const at = (k: number) => f(z.add({ re: k * step.re, im: k * step.im }));
      const sum = at(1).add(at(-1)).mul(16).sub(at(2).add(at(-2))).sub(at(0).mul(30));
      const square = step.re === 0 ? -h * h : h * h;
      assertClose(await sum.div(12 * square).data(), found, 5e-3);
    }
  },
);

onEngines("a loss of second derivatives trains the network that they are of", async () => {
  manualSeed(4);
  const [first, second] = [new nn.Linear(1, 8), new nn.Linear(8, 1)];
  const f = (z: ComplexTensor) => second.apply(sin(first.apply(z)));
  const bend = derivative(derivative(f));
  const z = randnComplex([16, 1]);
  const optimizer = new nn.Adam([...first.parameters(), ...second.parameters()], { lr: 0.02 });
  const losses: number[] = [];
  for (let step = 0; step < 60; step++) {
    const loss = bend(z).sub(1).absSquared().mean();
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  assert(losses[59] < 0.1 * losses[0], `${losses[0]} … ${losses[59]}`);
});

Deno.test("derivative() refuses what is not complex, and what is not a function", () => {
  const what = "Cannot differentiate a holomorphic function: ";
  assertThrows(() => derivative(1 as never), ArgandError, `${what}it takes a function, got 1`);
  assertThrows(
    () => derivative((z: ComplexTensor) => z)(ones([2]) as never),
    ArgandError,
    `${what}it takes a complex tensor, got a RealTensor [2]`,
  );
  assertThrows(
    () => derivative(((z: ComplexTensor) => z.real) as never)(complex([1, 2])),
    ArgandError,
    `${what}it takes a complex tensor, got a RealTensor [2]`,
  );
});
