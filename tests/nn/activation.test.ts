import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, complexTensor, tensor } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";
import { hashed } from "../support/seeded.ts";
import { against, compare, complexOf, interleave, mixed, setComplex, slopes } from "./support.ts";

onEngines("CPReLU agrees with the golden case prelu", async () => {
  const g = await golden("prelu");
  const both = (name: string) => ({
    shape: [1],
    data: interleave(g.real(`${name}.r_prelu.weight`).data, g.real(`${name}.i_prelu.weight`).data),
  });
  const layer = new nn.CPReLU();
  assertEquals([...await layer.weight.data()], [0.25, 0.25]);
  setComplex(layer.weight, both("param"));
  await compare(g, layer);
  against(layer.apply(complexOf(g, "x")), complexOf(g, "gy")).backward();
  assertClose(await layer.weight.grad!.data(), both("grad").data, 1e-5, "weight.grad");
});

type Formula = (x: number, y: number) => [number, number];

const each = (f: (x: number) => number): Formula => (x, y) => [f(x), f(y)];
const radial = (f: (r: number) => number): Formula => (x, y) => {
  const r = Math.hypot(x, y);
  return r === 0 ? [0, 0] : [f(r) * x / r, f(r) * y / r];
};

/** erf x in float64, of terms that are all positive. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = 0;
  for (let n = 0; n < 300; n++, term *= 2 * x * x / (2 * n + 1)) sum += term;
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** Each activation, its formula in float64, and at 0 the derivative along both axes. */
const ACTIVATIONS: [name: string, make: () => nn.Layer, formula: Formula, atZero: number][] = [
  ["CPReLU", () => new nn.CPReLU(1, { init: 0.3 }), each((x) => x > 0 ? x : 0.3 * x), 0.3],
  ["CLeakyReLU", () => new nn.CLeakyReLU(), each((x) => x > 0 ? x : 0.01 * x), 0.01],
  ["CELU", () => new nn.CELU(), each((x) => x > 0 ? x : Math.expm1(x)), 1],
  ["CELU of α = 0.6", () => new nn.CELU(0.6), each((x) => x > 0 ? x : 0.6 * Math.expm1(x)), 0.6],
  ["CGELU", () => new nn.CGELU(), each((x) => x / 2 * (1 + erf(x / Math.SQRT2))), 0.5],
  [
    "CGELU by tanh",
    () => new nn.CGELU({ approximate: "tanh" }),
    each((x) => x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
    0.5,
  ],
  ["ModReLU", () => new nn.ModReLU(), radial((r) => r), 0],
  [
    "ModReLU with a dead disc",
    () => new nn.ModReLU(1, { init: -0.4 }),
    radial((r) => Math.max(r - Math.fround(0.4), 0)),
    0,
  ],
  ["ModReLU of b > 0", () => new nn.ModReLU(1, { init: 0.5 }), radial((r) => r + 0.5), 0],
  ["ZReLU", () => new nn.ZReLU(), (x, y) => x >= 0 && y >= 0 ? [x, y] : [0, 0], 1],
  [
    "Cardioid",
    () => new nn.Cardioid(),
    (x, y) =>
      [x, y].map((v) => v === 0 ? 0 : v * (1 + x / Math.hypot(x, y)) / 2) as [
        number,
        number,
      ],
    0.5,
  ],
  ["PolarTanh", () => new nn.PolarTanh(), radial(Math.tanh), 1],
  ["SigLog", () => new nn.SigLog(), radial((r) => r / (1 + r)), 1],
  ["SigLog of c and r", () => new nn.SigLog({ c: 2, r: 4 }), radial((r) => r / (2 + r / 4)), 0.5],
];

/** Points in all quadrants, on the axes and at 0, with moduli from tiny to large. */
function points(moduli: readonly number[]): ComplexTensor {
  const directions = [[1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, 1], [1, -1], [-0.3, -0.9]];
  return complexTensor(moduli.flatMap((r) => directions.flatMap(([x, y]) => [r * x, r * y])));
}

const ORDINARY = [0, 1e-6, 1e-4, 2 ** -12, 3e-4, 0.01, 0.1, 0.39, 0.5, 1, 2, 3, 5, 10, 30];

onEngines("activations are their formulas in float64, each value by itself", async () => {
  const z = points(ORDINARY);
  const random = complexTensor(hashed(400, 3).map((x) => 4 * x));
  for (const [name, make, formula] of ACTIVATIONS) {
    const layer = make();
    for (const input of [z, random]) {
      const x = await input.data();
      const y = await layer.apply(input).data();
      for (let k = 0; k < x.length; k += 2) {
        const expected = formula(x[k], x[k + 1]);
        // Relative to the input: near −5 a GELU is a small difference of sums.
        const size = 4e-7 * Math.max(Math.hypot(x[k], x[k + 1]), Math.hypot(...expected));
        for (const part of [0, 1]) {
          assert(
            Math.abs(y[k + part] - expected[part]) <= size,
            `${name} of ${x[k]} + ${x[k + 1]}i is ${y[k]} + ${y[k + 1]}i and not ${expected}`,
          );
        }
      }
    }
  }
});

const derivative = (layer: nn.Layer, z: ComplexTensor, g: ComplexTensor): ComplexTensor => {
  const [, [gx]] = valueAndGrad((x: ComplexTensor) => against(layer.apply(x), g))(z);
  return gx;
};

onEngines("activations have the derivative at 0 that their documentation names", async () => {
  const g = complex([3], [-2]);
  for (const [name, make, , slope] of ACTIVATIONS) {
    const layer = make();
    const gx = await derivative(layer, complex([0], [0]), g).data();
    assertClose(gx, [3 * slope, -2 * slope], 1e-6, name);
  }
});

onEngines("activations and their derivatives are finite for tiny and huge numbers", async () => {
  const z = points([1e-45, 1e-40, 1e-38, 1e-30, 1e-20, 1e10, 1e20, 1e30, 1e38]);
  const g = complexTensor(hashed(2 * z.size, 5));
  for (const [name, make] of ACTIVATIONS) {
    const layer = make();
    const y = await layer.apply(z).data();
    assert(y.every(Number.isFinite), `${name}: ${y}`);
    const gx = await derivative(layer, z, g).data();
    // The direction of a tiny z turns fast; with b > 0 that is the derivative's true size.
    const bounded = !name.includes("b > 0");
    const fine = gx.every((v) => bounded ? Math.abs(v) < 4 : !Number.isNaN(v));
    assert(fine, `${name}, derivative: ${gx}`);
  }
});

/** Points half a step and more from the axes and from the circle of radius 0.4. */
const away = () => complexTensor(hashed(12, 9).map((x) => x + 0.6 * Math.sign(x)));

onEngines("first and second derivatives of the activations pass gradcheck", async ({ kind }) => {
  for (const [name, make] of ACTIVATIONS) {
    const layer = make();
    const value = (x: Tensor) => mixed(layer.apply(x as ComplexTensor));
    for (const [order, f] of [[1, value], [2, slopes(value)]] as const) {
      // Shaders of second derivatives take a second to compile: here of one case each.
      if (order === 2 && kind === "webgpu" && name.includes(" ")) continue;
      const { ok, worst } = await gradcheck(f, [away()], {
        checks: 6,
        tolerance: 3e-3,
        step: 1 / 64,
      });
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("derivatives with respect to slopes and biases pass gradcheck", async () => {
  const z = complexTensor(hashed(24, 4).map((x) => x + 0.6 * Math.sign(x)), [2, 3, 2]);
  const { cprelu, modRelu } = nn.functional;
  const check = async (f: (w: Tensor) => RealTensor, w: Tensor) => {
    for (const g of [f, slopes(f)]) {
      const { ok, worst } = await gradcheck(g, [w], { tolerance: 3e-3, step: 1 / 64 });
      assert(ok, JSON.stringify(worst));
    }
  };
  await check(
    (w) => mixed(cprelu(z, w as ComplexTensor)).square(),
    complex([0.2, 0.5, 0.3], [0.7, 0.1, 0.4]),
  );
  await check((b) => mixed(modRelu(z, b as RealTensor)).square(), tensor([-0.2, 0.3, 0.1]));
});

onEngines("slopes and biases of channels belong to axis 1", async () => {
  const z = complex([[[-1], [-1]], [[-2], [-2]]], [[[-1], [-1]], [[-2], [-2]]]);
  const slopes = complex([0.5, 0.25], [2, 4]);
  assertEquals(
    [...await nn.functional.cprelu(z, slopes).data()],
    [-0.5, -2, -0.25, -4, -1, -4, -0.5, -8],
  );
  const y = await nn.functional.modRelu(z, tensor([0, -100])).data();
  assertClose(y, [-1, -1, 0, 0, -2, -2, 0, 0], 1e-6);
  assertEquals(nn.functional.cprelu(complex(-1, 1), complex([0.5], [0.5])).shape, []);
});

Deno.test("activations refuse options that make no sense", () => {
  const { cleakyRelu, cgelu, cprelu, modRelu, sigLog } = nn.functional;
  const z = complex([1], [1]);
  const refused: [() => unknown, string][] = [
    [() => new nn.CPReLU(0), "numParameters"],
    [() => new nn.CPReLU(1, { init: NaN }), "init must be a finite number, got NaN"],
    [() => new nn.ModReLU(1.5), "numParameters"],
    [() => new nn.CLeakyReLU(Infinity), "negativeSlope must be a finite number"],
    [() => cleakyRelu(z, "1" as unknown as number), "negativeSlope"],
    [() => new nn.CELU(NaN), "alpha"],
    [() => new nn.CGELU({ approximate: "erf" as "none" }), '"none" or "tanh", got "erf"'],
    [() => cgelu(z.real as unknown as ComplexTensor), "complex tensor"],
    [() => new nn.SigLog({ r: 0 }), "r must be a number above 0, got 0"],
    [() => new nn.SigLog({ r: 1e-300 }), "r must be a number above 0 in float32, from"],
    [() => sigLog(z, { c: -1 }), "c must be a number above 0, got -1"],
    [() => modRelu(z, z as unknown as RealTensor), "real tensor"],
    [() => cprelu(z, complex([[1]], [[1]])), "shape [1, 1]"],
    [() => cprelu(z, complex([1, 2])), "takes [1] or [1]"],
  ];
  for (const [make, words] of refused) assertThrows(make, ArgandError, words);
});
