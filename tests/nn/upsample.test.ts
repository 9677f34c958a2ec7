import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import type { ComplexTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { use } from "../../gpu/engines/device.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";
import { Seeded } from "../support/seeded.ts";
import { against, compare, mixed, optionsOf, random, slopes } from "./support.ts";

const { upsample, polarUpsample } = nn.functional;

for (
  const [name, Layer] of [
    ["upsample_nearest_2", nn.Upsample],
    ["upsample_bilinear_corners", nn.Upsample],
    ["upsample_bilinear_size", nn.Upsample],
    ["upsample_polar_bilinear", nn.PolarUpsample],
  ] as const
) {
  onEngines(`${Layer.name} agrees with the golden case ${name}`, async () => {
    const g = await golden(name);
    await compare(g, new Layer(optionsOf(g)));
  });
}

type Rule = (j: number, inputs: number) => [input: number, weight: number][];

/** PyTorch's rule for one axis of `inputs` elements, as it is documented. */
function rule(mode: string, corners: boolean, inputs: number, outputs: number, s?: number): Rule {
  const scale = s === undefined ? inputs / outputs : 1 / s;
  if (mode === "nearest") return (j) => [[Math.min(Math.floor(j * scale), inputs - 1), 1]];
  return (j) => {
    let at = corners ? j * (inputs - 1) / Math.max(outputs - 1, 1) : (j + 0.5) * scale - 0.5;
    if (inputs === outputs) at = j;
    at = Math.max(at, 0);
    const low = Math.min(Math.floor(at), inputs - 1);
    return [[low, 1 - at + low], [Math.min(low + 1, inputs - 1), at - low]];
  };
}

/** Interleaved x [planes, H, W] resized in float64. */
function resized(
  x: ArrayLike<number>,
  planes: number,
  [H, W]: number[],
  [h, w]: number[],
  [vertical, horizontal]: Rule[],
): Float64Array {
  const y = new Float64Array(2 * planes * h * w);
  for (let k = 0; k < y.length; k++) {
    const place = Math.floor(k / 2);
    const plane = Math.floor(place / (h * w));
    for (const [a, u] of vertical(Math.floor(place / w) % h, H)) {
      for (const [b, v] of horizontal(place % w, W)) {
        y[k] += u * v * x[2 * ((plane * H + a) * W + b) + k % 2];
      }
    }
  }
  return y;
}

onEngines("upsample() follows PyTorch's rules for random sizes and factors", async () => {
  const draw = new Seeded(31);
  for (let round = 0; round < 24; round++) {
    const sequence = round % 4 === 3;
    const [H, W] = [sequence ? 1 : draw.whole(1, 8), draw.whole(1, 8)];
    const interpolates = draw.whole(0, 2) === 1;
    const alignCorners = interpolates && draw.whole(0, 2) === 1;
    const factors = [sequence ? 1 : draw.of([0.5, 1, 1.5, 2, 3]), draw.of([0.75, 1.25, 2, 2.5, 4])];
    const bySize = round % 2 === 0 || Math.floor(W * factors[1]) < 1 || H * factors[0] < 1;
    const [h, w] = bySize
      ? [sequence ? 1 : draw.whole(1, 12), draw.whole(1, 12)]
      : [Math.floor(H * factors[0]), Math.floor(W * factors[1])];
    const mode = !interpolates ? "nearest" : sequence ? "linear" : "bilinear";
    const x = random(sequence ? [2, 3, W] : [2, 3, H, W], round + 1);
    const y = upsample(x, {
      ...(bySize
        ? { size: sequence ? w : [h, w] as const }
        : { scaleFactor: sequence ? factors[1] : factors as [number, number] }),
      mode,
      alignCorners,
    });
    assertEquals(y.shape, sequence ? [2, 3, w] : [2, 3, h, w]);
    const rules = [0, 1].map((d) =>
      rule(mode, alignCorners, [H, W][d], [h, w][d], bySize ? undefined : factors[d])
    );
    const expected = resized(await x.data(), 6, [H, W], [h, w], rules);
    const what = `${mode}, ${alignCorners}, [${H}, ${W}] to [${h}, ${w}], ${bySize || factors}`;
    assertClose(await y.data(), expected, 1e-6, what);
  }
});

// On the CPU engine alone: WGSL promises nothing for infinities.
Deno.test("upsample() spreads an infinity only to where it has weight", async () => {
  await use("cpu");
  const x = complex([[[1, 2, Infinity]]]);
  const nearest = await upsample(x, { size: 6 }).real.data();
  assertEquals([...nearest], [1, 1, 2, 2, Infinity, Infinity]);
  const linear = await upsample(x, { size: 5, mode: "linear", alignCorners: true }).real.data();
  assertEquals([...linear], [1, 1.5, 2, Infinity, Infinity]);
});

onEngines("an axis that grows by more than a thread sums keeps its gradient", async () => {
  // Each input of the transposed map has about 700 weights: more than one thread takes.
  const x = random([2, 1, 3], 4);
  const up = (z: ComplexTensor) => upsample(z, { size: 1050, mode: "linear" });
  const gy = random([2, 1, 1050], 5);
  const [, [gx]] = valueAndGrad((z: ComplexTensor) => against(up(z), gy))(x);
  const g = await gy.data();
  const expected = new Float64Array(12);
  const weights = rule("linear", false, 3, 1050);
  for (let k = 0; k < g.length; k++) {
    const place = Math.floor(k / 2);
    for (const [a, u] of weights(place % 1050, 3)) {
      expected[2 * (3 * Math.floor(place / 1050) + a) + k % 2] += u * g[k];
    }
  }
  assertClose(await gx.data(), expected, 1e-5);
});

onEngines("first and second derivatives of upsamplings pass gradcheck", async () => {
  const cases: [string, (z: ComplexTensor) => ComplexTensor, number[]][] = [
    ["nearest", (z) => upsample(z.square(), { scaleFactor: [1.5, 2] }), [1, 2, 3, 2]],
    ["smaller", (z) => upsample(z.square(), { size: [2, 1], mode: "bilinear" }), [1, 1, 5, 3]],
    ["linear", (z) => upsample(z.square(), { size: 7, mode: "linear" }), [2, 1, 3]],
    [
      "polar",
      (z) => polarUpsample(z.add(3), { size: [4, 5], mode: "bilinear", alignCorners: true }),
      [1, 1, 3, 2],
    ],
  ];
  for (const [name, f, shape] of cases) {
    const value = (...[z]: Tensor[]) => mixed(f(z as ComplexTensor));
    for (const [order, g] of [[1, value], [2, slopes(value)]] as const) {
      const options = { checks: 6, tolerance: 3e-3, step: 1 / 64 };
      const { ok, worst } = await gradcheck(g, [random(shape, 9)], options);
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("the derivative of upsample() is its adjoint for every kind of factor", async () => {
  for (const scaleFactor of [0.3, 0.5, 1, 1.7, 3]) {
    for (const mode of ["nearest", "linear"] as const) {
      const [x, v] = [random([2, 3, 10], 1), random([2, 3, 10], 2)];
      const up = (z: ComplexTensor) => upsample(z, { scaleFactor, mode });
      const gy = random([...up(x).shape], 3);
      const [, [gx]] = valueAndGrad((z: ComplexTensor) => against(up(z), gy))(x);
      const [one, other] = [against(up(v), gy), against(v, gx)];
      assertClose([await one.item()], [await other.item()], 1e-4, `${mode} by ${scaleFactor}`);
    }
  }
});

Deno.test("upsample() refuses options that do not fit, and says why", () => {
  const [image, sequence] = [random([1, 2, 4, 5], 1), random([1, 2, 4], 1)];
  // deno-lint-ignore no-explicit-any
  const refused = (x: any, options: any, why: string) =>
    assertThrows(() => upsample(x, options), ArgandError, `Cannot upsample: ${why}`);
  refused(image, {}, "it takes either size or scaleFactor, got neither");
  refused(image, { size: 4, scaleFactor: 2 }, "it takes either size or scaleFactor, got both");
  refused(image, { size: 0 }, "size must be an integer from 1 to 16777216, got 0");
  refused(image, { size: 2 ** 25 }, "size must be an integer from 1 to");
  for (const scaleFactor of [0, -1, NaN, Infinity, "2", [1, 2, 3], [1, 0]]) {
    refused(image, { scaleFactor }, "scaleFactor must be a number above 0");
  }
  refused(image, { scaleFactor: 0.1 }, "a size of the output must be an integer from 1 to");
  refused(image, { size: 4, mode: "cubic" }, 'mode must be "nearest" or "linear" or "bilinear"');
  refused(image, { size: 4, mode: "linear" }, 'the mode of x [1, 2, 4, 5] is "bilinear", not');
  refused(sequence, { size: 4, mode: "bilinear" }, 'the mode of x [1, 2, 4] is "linear", not');
  refused(sequence, { size: [4, 4] }, "x [1, 2, 4] takes one number as size, got [4,4]");
  refused(image, { size: 4, alignCorners: true }, "alignCorners is for interpolation");
  refused(7, { size: 4 }, "it takes a tensor");
  assertThrows(
    () => polarUpsample(image.real as never, { size: 4 }),
    ArgandError,
    "it takes a complex tensor",
  );
  assertThrows(
    () => new nn.PolarUpsample({ mode: "bilinear" }),
    ArgandError,
    "Cannot make a PolarUpsample: it takes either size or scaleFactor, got neither",
  );
});
