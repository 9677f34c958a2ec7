/** First and second derivatives of every primitive against finite differences. */
import {
  abs,
  absSquared,
  angle,
  atan2,
  complex,
  type ComplexTensor,
  complexTensor,
  concat,
  conj,
  cos,
  cosh,
  cumsum,
  div,
  erf,
  exp,
  expm1,
  flip,
  grad,
  gradcheck,
  log,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  outer,
  pad,
  pick,
  polar,
  pow,
  prod,
  RealTensor,
  reciprocal,
  relu,
  roll,
  sgn,
  sigmoid,
  sin,
  sinh,
  sqrt,
  square,
  stack,
  sum,
  take,
  tan,
  tanh,
  type Tensor,
  tensor,
  valueAndGrad,
  vdot,
  where,
} from "@argand/argand";
import { assert, assertEquals } from "@std/assert";
import { onCpu, onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

/** A matrix away from zero and from the cut, so that no kink is within a step. */
function matrix(seed: number, rows = 3, columns = 3): ComplexTensor {
  const random = new Seeded(seed);
  const values: number[] = [];
  for (let k = 0; k < rows * columns; k++) {
    const phase = (random.next() - 0.5) * 5;
    const r = 0.6 + 0.6 * random.next();
    values.push(r * Math.cos(phase), r * Math.sin(phase));
  }
  return complexTensor(values, [rows, columns]);
}

/** Positive reals, of which no two are within a step of one another. */
function positive(seed: number, rows = 3, columns = 3): RealTensor {
  const order = new Seeded(seed).floats(rows * columns);
  const ranks = Array.from(order, (x) => order.filter((y) => y < x).length);
  return tensor(ranks.map((k) => 0.4 + 0.2 * k), [rows, columns]);
}

/** A fixed real number of a tensor: the real part of its product with fixed weights. */
function reading(y: Tensor): RealTensor {
  const random = new Seeded(99);
  if (y instanceof RealTensor) return y.mul(tensor(random.floats(y.size), y.shape)).sum();
  const weights = complexTensor(random.floats(2 * y.size), y.shape);
  return (y as ComplexTensor).mul(weights).real.sum();
}

type F = (...inputs: Tensor[]) => Tensor;
// deno-lint-ignore no-explicit-any
const cases: [name: string, f: (...inputs: any[]) => Tensor, inputs: Tensor[]][] = [];
// deno-lint-ignore no-explicit-any
function both(name: string, f: (x: any) => Tensor): void {
  cases.push([name, f, [matrix(1)]], [`real ${name}`, f, [positive(2).sub(1.25)]]);
}

both("neg", (x) => x.neg());
both("reciprocal", reciprocal);
both("square", square);
both("exp", exp);
both("sin", sin);
both("cos", cos);
both("tan", (x) => tan(x.mul(0.7)));
both("sinh", sinh);
both("cosh", cosh);
both("tanh", (x) => tanh(x.mul(0.7)));
both("abs", abs);
both("absSquared", absSquared);
both("relu", relu);
both("cumsum", (x) => cumsum(x, 0).square());
both("prod", (x) => prod(x, 1));
both("mean", (x) => mean(x, 0).square());
both("sum", (x) => sum(x, 1).square());
both("take", (x) => take(x, [2, 0, 0], 1).square());
both("pick", (x) => pick(x, [2, 0, 1]).square());
both("pad", (x) => pad(x, [[1, 0], [0, 2]], 1).square());
both("views", (x) => roll(flip(x.T, 0), 1, 1).slice([0, 3, 2], [1, 3]).expand([2, 2, 2]).square());
both("concat", (x) => concat([x, x.square()], 1).square());
both("stack", (x) => stack([x, x.T]).square());
both("where", (x) => where(tensor([1, 0, 1]), x.square(), x.exp()));
both("matmul", (x) => matmul(x, x));
both("matmul of a transpose", (x) => matmul(x.T, x));
both("matmul by a vector", (x) => matmul(matmul(x, x.at(0)), x));
both("matmul of stacks", (x) => matmul(stack([x, x.T]), x));
both("outer", (x) => outer(x.at(0), x.at(1)));
both("vdot", (x) => vdot(x, x.T));
cases.push(
  ["log", log, [matrix(3)]],
  ["real log", log, [positive(3)]],
  ["sqrt", sqrt, [matrix(4)]],
  ["real sqrt", sqrt, [positive(4)]],
  ["erf", (x: RealTensor) => erf(x), [positive(5).sub(1)]],
  ["expm1", (x: RealTensor) => expm1(x), [positive(5).sub(1)]],
  ["sigmoid", (x: RealTensor) => sigmoid(x), [positive(5).sub(1)]],
  ["sgn", sgn, [matrix(6)]],
  ["angle", angle, [matrix(7)]],
  ["conj", (z: ComplexTensor) => conj(z).mul(z.square()), [matrix(8)]],
  ["real and imag", (z: ComplexTensor) => z.real.mul(z.imag.square()), [matrix(9)]],
  ["matmul with H", (z: ComplexTensor, w: ComplexTensor) => matmul(z.H, w), [
    matrix(10, 3, 2),
    matrix(11, 3, 4),
  ]],
  [
    "matmul of H and H",
    (z: ComplexTensor, w: ComplexTensor) => matmul(z.H, w.conj().T),
    [matrix(10, 3, 2), matrix(11, 4, 3)],
  ],
  ["div", div, [matrix(12), matrix(13)]],
  ["real div", div, [positive(12), positive(13)]],
  ["pow", pow, [matrix(14), matrix(15)]],
  ["real pow", pow, [positive(14), positive(15)]],
  ["pow 3", (z: ComplexTensor) => pow(z, 3), [matrix(16)]],
  ["pow 1/2", (z: ComplexTensor) => pow(z, 0.5), [matrix(17)]],
  ["complex", (x: RealTensor, y: RealTensor) => complex(x, y).square(), [
    positive(18),
    positive(19),
  ]],
  ["polar", polar, [positive(20), positive(21)]],
  ["atan2", atan2, [positive(22), positive(23)]],
  ["maximum", maximum, [positive(24), positive(25).add(0.1)]],
  ["minimum", minimum, [positive(24), positive(25).add(0.1)]],
  ["max", (x: RealTensor) => max(x, 1).square(), [positive(26)]],
  ["min", (x: RealTensor) => min(x, 0).square(), [positive(27)]],
  ["broadcast", (z: ComplexTensor, w: ComplexTensor) => z.mul(w).add(w), [
    matrix(28, 3, 1),
    matrix(29, 1, 2),
  ]],
);

/** Compares gradients of `some` cases with finite differences. */
async function checkGradients(some: typeof cases): Promise<void> {
  for (const [name, f, inputs] of some) {
    const { ok, worst } = await gradcheck((...x) => reading(f(...x)), inputs, {
      step: 1 / 64,
      checks: 9,
    });
    assert(ok, `${name}: ${JSON.stringify(worst)}`);
  }
}

// The rules are the same on both engines, and WebGPU compiles shaders for each.
const isFourth = (_: unknown, k: number) => k % 4 === 0;
onEngines("the gradient of every fourth function agrees with finite differences", async () => {
  await checkGradients(cases.filter(isFourth));
});

onEngines("the gradient of every other function agrees with finite differences", async () => {
  await checkGradients(cases.filter((one, k) => !isFourth(one, k)));
}, { exhaustive: ["webgpu"] });

onEngines("the gradient of a gradient agrees with finite differences", async () => {
  for (const [name, f, inputs] of cases) {
    const second: F = (...x) => {
      const [, gradients] = valueAndGrad((...y: Tensor[]) => reading(f(...y)))(...x);
      return gradients.map(reading).reduce((a, b) => a.add(b));
    };
    const { ok, worst } = await gradcheck((...x) => second(...x) as RealTensor, inputs, {
      step: 1 / 64,
      tolerance: 3e-3,
      checks: 4,
    });
    assert(ok, `${name}: ${JSON.stringify(worst)}`);
  }
}, { exhaustive: ["webgpu"] });

/** The inputs in double precision. */
const inDouble = (inputs: readonly Tensor[]) =>
  inputs.map((x) =>
    x instanceof RealTensor ? x.to("float64") : (x as ComplexTensor).to("complex128")
  );

onCpu("gradients in double precision agree with finite differences to 10⁻⁹", async () => {
  for (const [name, f, inputs] of cases) {
    const report = await gradcheck((...x) => reading(f(...x)), inDouble(inputs), { checks: 9 });
    assert(report.ok, `${name}: ${JSON.stringify(report.worst)}`);
  }
});

onCpu("gradients of gradients in double precision agree to 10⁻⁶", async () => {
  for (const [name, f, inputs] of cases) {
    const second: F = (...x) => {
      const [, gradients] = valueAndGrad((...y: Tensor[]) => reading(f(...y)))(...x);
      return gradients.map(reading).reduce((a, b) => a.add(b));
    };
    const report = await gradcheck((...x) => second(...x) as RealTensor, inDouble(inputs), {
      tolerance: 1e-6,
      checks: 4,
    });
    assert(report.ok, `${name}: ${JSON.stringify(report.worst)}`);
  }
});

onEngines("gradients are 0 where they are not defined, and never NaN", async () => {
  const zero = complex([0, 3], [0, 4]);
  const of = async (f: (z: ComplexTensor) => RealTensor) =>
    Array.from(await grad(f)(zero).data(), (x) => Math.round(1e4 * x) / 1e4);
  assertEquals(await of((z) => abs(z).sum()), [0, 0, 0.6, 0.8]);
  assertEquals(await of((z) => angle(z).sum()), [0, 0, -0.16, 0.12]);
  assertEquals((await of((z) => sgn(z).real.sum())).slice(0, 2), [0, 0]);
  assertEquals((await of((z) => pow(z, 0).real.sum())).slice(0, 2), [0, 0]);
  assertEquals((await of((z) => pow(z, 3).real.sum())).slice(0, 2), [0, 0]);
  const twice = (z: ComplexTensor) => reading(grad((w: ComplexTensor) => abs(w).sum())(z));
  assertEquals((await of(twice)).slice(0, 2), [0, 0]);
  const x = grad((t: RealTensor) => abs(t).sum())(tensor([-2, 0, 2]));
  assertEquals(await x.toArray(), [-1, 0, 1]);
});

onEngines("gradcheck() finds a wrong derivative and says where it is", async () => {
  const half = (x: RealTensor) => x.square().add(x.square().detach()).sum();
  const report = await gradcheck(half, [tensor([0, 0, 5])]);
  assertEquals(report.ok, false);
  assertEquals(report.worst.entry, 2);
  assert(Math.abs(report.worst.measured - 2 * report.worst.computed) < 0.1);
  assertEquals(report.derivatives.length, 3);
});

onEngines("gradcheck() takes random directions where there are many entries", async () => {
  const x = tensor(new Seeded(8).floats(1000));
  const report = await gradcheck((t) => t.exp().sum(), [x], { checks: 5 });
  assert(report.ok, JSON.stringify(report.worst));
  assertEquals(report.derivatives.map((d) => d.entry), Array(5).fill(null));
});
