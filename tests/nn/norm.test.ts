import type { InexactArray } from "@argand/argand";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, complexTensor, full, tensor } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";
import { hashed } from "../support/seeded.ts";
import { against, complexOf, mixed, random, setComplex, setReal, slopes } from "./support.ts";

const { groupNorm, layerNorm, normalize, rmsNorm } = nn.functional;

onEngines("normalize() agrees with the golden case", async () => {
  const g = await golden("normalize");
  const [, [gx]] = valueAndGrad((z: ComplexTensor) => against(normalize(z), complexOf(g, "gy")))(
    complexOf(g, "x"),
  );
  assertClose(await normalize(complexOf(g, "x")).data(), g.complex("y").data, 1e-5, "y");
  assertClose(await gx.data(), g.complex("gx").data, 1e-5, "gx");
});

onEngines("normalize() makes 0 of a part that is the same everywhere", async () => {
  const z = complex(tensor([1, 2, 3]), full([3], 0.1));
  assertEquals([...await normalize(z).data()], [-1, 0, 0, 0, 1, 0]);
  const [, [gx]] = valueAndGrad((z: ComplexTensor) => mixed(normalize(z)))(z);
  assert((await gx.data()).every(Number.isFinite));
});

/** Re, Im, Re, Im, … correlated, away from 0, and not the same in different rows. */
function skewed(shape: number[], seed: number): ComplexTensor {
  const data = hashed(2 * shape.reduce((a, b) => a * b), seed);
  for (let k = 0; k < data.length; k += 2) {
    data[k] = 3 * data[k] + 0.7;
    data[k + 1] = data[k + 1] - 0.4 * data[k] - 1.2;
  }
  return complexTensor(data, shape);
}

/** [mean, E[Re²], E[Im²], E[Re Im]] about the mean (or 0) of interleaved numbers, in float64. */
function moments(x: InexactArray, centred: boolean) {
  const n = x.length / 2;
  const mean = [0, 0];
  for (let k = 0; centred && k < x.length; k++) mean[k % 2] += x[k] / n;
  let [rr, ii, ri] = [0, 0, 0];
  for (let k = 0; k < x.length; k += 2) {
    const [a, b] = [x[k] - mean[0], x[k + 1] - mean[1]];
    rr += a * a / n;
    ii += b * b / n;
    ri += a * b / n;
  }
  return { mean, rr, ii, ri };
}

/** (V + eps)^(−1/2) (z − μ) of each run of `length` complex numbers, in float64. */
function whitened(x: InexactArray, length: number, centred: boolean, eps = 1e-5): Float64Array {
  const y = new Float64Array(x.length);
  for (let from = 0; from < x.length; from += 2 * length) {
    const run = x.subarray(from, from + 2 * length);
    const { mean, rr, ii, ri } = moments(run, centred);
    const [a, b] = [rr + eps, ii + eps];
    const s = Math.sqrt(a * b - ri * ri), t = Math.sqrt(a + b + 2 * s);
    for (let k = 0; k < run.length; k += 2) {
      const [u, v] = [run[k] - mean[0], run[k + 1] - mean[1]];
      y[from + k] = ((b + s) * u - ri * v) / (s * t);
      y[from + k + 1] = ((a + s) * v - ri * u) / (s * t);
    }
  }
  return y;
}

/** Γ y + β for element k of period `per`, each repeated `times` times. */
function mixedUp(
  y: Float64Array,
  per: number,
  times: number,
  weight: InexactArray,
  bias: InexactArray | null,
): Float64Array {
  return y.map((_, k) => {
    const c = Math.floor((k >> 1) / times) % per;
    const [rr, ii, ri] = weight.subarray(3 * c);
    const [u, v] = [y[k & ~1], y[k | 1]];
    return (k % 2 ? ri * u + ii * v : rr * u + ri * v) + (bias ? bias[2 * c + k % 2] : 0);
  });
}

interface Kind {
  readonly name: string;
  readonly make: (affine: boolean) => nn.LayerNorm | nn.GroupNorm | nn.RMSNorm;
  readonly shape: number[];
  /** Elements that are normalised together, and whether they are centred. */
  readonly length: number;
  readonly centred: boolean;
  /** How many Γ there are, and for how many elements in a row each stands. */
  readonly per: number;
  readonly times: number;
}

const KINDS: Kind[] = [
  {
    name: "LayerNorm",
    make: (affine) => new nn.LayerNorm(7, { elementwiseAffine: affine }),
    shape: [3, 2, 7],
    length: 7,
    centred: true,
    per: 7,
    times: 1,
  },
  {
    name: "LayerNorm of two axes",
    make: (affine) => new nn.LayerNorm([4, 5], { elementwiseAffine: affine }),
    shape: [3, 4, 5],
    length: 20,
    centred: true,
    per: 20,
    times: 1,
  },
  {
    name: "LayerNorm of long runs",
    make: (affine) => new nn.LayerNorm(150, { elementwiseAffine: affine }),
    shape: [3, 150],
    length: 150,
    centred: true,
    per: 150,
    times: 1,
  },
  {
    name: "GroupNorm of long runs",
    make: (affine) => new nn.GroupNorm(2, 4, { affine }),
    shape: [2, 4, 70],
    length: 140,
    centred: true,
    per: 4,
    times: 70,
  },
  {
    name: "GroupNorm",
    make: (affine) => new nn.GroupNorm(2, 6, { affine }),
    shape: [2, 6, 3, 2],
    length: 18,
    centred: true,
    per: 6,
    times: 6,
  },
  {
    name: "RMSNorm",
    make: (affine) => new nn.RMSNorm([2, 4], { elementwiseAffine: affine }),
    shape: [3, 2, 4],
    length: 8,
    centred: false,
    per: 8,
    times: 1,
  },
];

onEngines("norms of single examples are their formulas in float64", async () => {
  for (const { name, make, shape, length, centred, per, times } of KINDS) {
    const z = skewed(shape, 3);
    const x = await z.data();
    const plain = whitened(x, length, centred);
    assertClose(await make(false).apply(z).data(), plain, 2e-6, name);
    const layer = make(true);
    const start = mixedUp(
      plain,
      per,
      times,
      Float32Array.from({ length: 3 * per }, (_, k) => k % 3 < 2 ? Math.SQRT1_2 : 0),
      null,
    );
    assertClose(await layer.apply(z).data(), start, 2e-6, `${name} at first`);
    const [weight, bias] = [hashed(3 * per, 8), hashed(2 * per, 9)];
    setReal(layer.weight, { data: weight, shape: [...layer.weight!.shape] });
    const has = "bias" in layer;
    if (has) setComplex(layer.bias, { data: bias, shape: [...layer.bias!.shape] });
    const expected = mixedUp(plain, per, times, weight, has ? bias : null);
    assertClose(await layer.apply(z).data(), expected, 2e-6, `${name} with Γ and β`);
  }
});

onEngines("the eps of a norm is added to both second moments", async () => {
  const z = skewed([2, 6], 4);
  const x = await z.data();
  const eps = 0.5;
  assertClose(await layerNorm(z, 6, null, null, { eps }).data(), whitened(x, 6, true, eps), 2e-6);
  assertClose(await groupNorm(z, 1, null, null, { eps }).data(), whitened(x, 6, true, eps), 2e-6);
  assertClose(await rmsNorm(z, 6, null, { eps }).data(), whitened(x, 6, false, eps), 2e-6);
});

onEngines("each example comes out with second moments 1/2, 1/2 and 0", async () => {
  const z = skewed([3, 400], 5);
  const layers = [new nn.LayerNorm(400), new nn.GroupNorm(1, 400), new nn.RMSNorm(400)];
  for (const layer of layers) {
    const y = await layer.apply(z).data();
    for (let row = 0; row < 3; row++) {
      const centred = !(layer instanceof nn.RMSNorm);
      const run = y.subarray(800 * row, 800 * (row + 1));
      const { rr, ii, ri } = moments(run, false);
      assertClose([rr, ii, 1 + ri], [0.5, 0.5, 1], 1e-4, layer.constructor.name);
      const { mean } = moments(run, true);
      assertEquals(Math.hypot(...mean) < 1e-6, centred, `mean of ${layer.constructor.name}`);
    }
  }
});

onEngines("what a norm makes of an example depends on no other example", async () => {
  for (const { name, make, shape } of KINDS.filter((k) => !k.name.includes("two axes"))) {
    const layer = make(true);
    const [n, ...rest] = shape;
    const z = random(shape, 1);
    const one = z.at(1).reshape([1, ...rest]);
    const among = await layer.apply(z).at(1).data();
    const others = random(shape, 2).mul(100);
    const mask = tensor(Array.from({ length: n }, (_, k) => +(k === 1)), [n, ...rest.map(() => 1)]);
    const z2 = z.mul(mask).add(others.mul(mask.neg().add(1)));
    assertClose(await layer.apply(z2).at(1).data(), among, 1e-6, name);
    assertClose(await layer.apply(one).data(), among, 1e-6, `${name} alone`);
    const [, [gx]] = valueAndGrad((z: ComplexTensor) => mixed(layer.apply(z).at(1)))(z);
    const g = await gx.data();
    const size = g.length / n;
    g.forEach((v, k) => assert(Math.floor(k / size) === 1 || v === 0, `${name}: ${g}`));
  }
});

onEngines("first and second derivatives of the norms pass gradcheck", async ({ kind }) => {
  const w = (per: number[], seed: number): RealTensor =>
    tensor(hashed(3 * per.reduce((a, b) => a * b), seed), [...per, 3]);
  type F = (...args: Tensor[]) => RealTensor;
  const cases: [string, F, Tensor[]][] = [
    [
      "layerNorm",
      ((z: ComplexTensor, w: RealTensor, b: ComplexTensor) => mixed(layerNorm(z, 5, w, b))) as F,
      [random([2, 5], 1), w([5], 2), random([5], 3)],
    ],
    [
      "groupNorm",
      ((z: ComplexTensor, w: RealTensor, b: ComplexTensor) => mixed(groupNorm(z, 2, w, b))) as F,
      [random([2, 4, 3], 1), w([4], 2), random([4], 3)],
    ],
    [
      "groupNorm of long runs",
      ((z: ComplexTensor) => mixed(groupNorm(z, 1))) as F,
      [random([2, 2, 70], 1)],
    ],
    [
      "rmsNorm",
      ((z: ComplexTensor, w: RealTensor) => mixed(rmsNorm(z, [2, 3], w))) as F,
      [random([2, 2, 3], 1), w([2, 3], 2)],
    ],
    ["normalize", ((z: ComplexTensor) => mixed(normalize(z))) as F, [random([5], 1)]],
  ];
  for (const [name, f, inputs] of cases) {
    for (const [order, g] of [[1, f], [2, slopes(f)]] as const) {
      // Shaders of second derivatives take seconds to compile; the others are much alike.
      if (order === 2 && kind === "webgpu" && name !== "rmsNorm") continue;
      const { ok, worst } = await gradcheck(g, inputs, {
        checks: 4,
        tolerance: 5e-3,
        step: 1 / 64,
      });
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("norms take more examples than a dispatch has workgroups", async () => {
  const rows = 70_000;
  const z = skewed([rows, 2], 6);
  const x = (await z.data()).subarray(4 * (rows - 3));
  const options = { eps: 0.1 };
  const last = (y: ComplexTensor) => y.slice([rows - 3, rows]).data();
  assertClose(
    await last(layerNorm(z, 2, null, null, options)),
    whitened(x, 2, true, 0.1),
    2e-6,
    "layerNorm",
  );
  assertClose(
    await last(rmsNorm(z, 2, null, options)),
    whitened(x, 2, false, 0.1),
    2e-6,
    "rmsNorm",
  );
});

onEngines("RMSNorm is finite for real, zero, tiny and huge examples", async () => {
  const z = complex([[1, -2, 3], [0, 0, 0], [1e-15, 2e-15, 0], [1e18, -1e18, 3e17]]);
  const norm = new nn.RMSNorm(3);
  const [, [gx]] = valueAndGrad((z: ComplexTensor) => mixed(norm.apply(z)))(z);
  assert((await norm.apply(z).data()).every(Number.isFinite));
  assert((await gx.data()).every(Number.isFinite));
});

Deno.test("norms refuse what does not fit, with the figures", () => {
  const z = random([2, 4, 3], 1);
  const refused: [() => unknown, string][] = [
    [() => new nn.LayerNorm([]), "normalizedShape [] names 0 axes"],
    [() => new nn.LayerNorm([3, 0]), "[3, 0]"],
    [() => new nn.LayerNorm(3, { eps: -1 }), "eps must be a number of at least 0, got -1"],
    [() => new nn.GroupNorm(3, 4), "3 groups do not divide 4 channels"],
    [() => new nn.GroupNorm(0, 4), "numGroups must be a positive integer, got 0"],
    [() => new nn.RMSNorm(2.5), "2.5"],
    [() => layerNorm(z, [3, 4]), "it normalises [3, 4] and the input is [2, 4, 3]"],
    [() => layerNorm(z, [1, 2, 4, 3]), "the input is [2, 4, 3]"],
    [() => layerNorm(z.slice(null, null, [0, 1]), 1), "one value has no variance"],
    [() => groupNorm(random([2, 4], 1), 4), "one value has no variance"],
    [() => groupNorm(z, 3), "3 groups do not divide 4 channels"],
    [() => layerNorm(z, 3, tensor([1, 1, 0])), "the weight must be [3, 3], got [3]"],
    [() => layerNorm(z, 3, null, complex([1, 2])), "the bias must be [3], got [2]"],
    [() => groupNorm(z, 2, null, complex([1, 2, 3])), "the bias must be [4], got [3]"],
    [() => rmsNorm(7 as unknown as ComplexTensor, 3), "complex tensor, got 7"],
    [() => normalize(complex([1], [1])), "has 1 value"],
  ];
  for (const [make, words] of refused) assertThrows(make, ArgandError, words);
});
