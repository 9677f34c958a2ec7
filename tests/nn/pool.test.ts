import { assert, assertEquals, assertThrows } from "@std/assert";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { complexTensor, polar, zeros } from "../../complex/create/create.ts";
import { sizeOf } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";
import { against, mixed, random, slopes } from "./support.ts";

const {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
} = nn.functional;

/** A pooling along one axis. */
interface Line {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** PyTorch's number of windows; below 1 where it refuses. */
function steps({ size, kernel, stride, padding, dilation }: Line, ceilMode: boolean): number {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1 + (ceilMode ? stride - 1 : 0);
  const n = Math.floor(room / stride) + 1;
  return ceilMode && (n - 1) * stride >= size + padding ? n - 1 : n;
}

/** The places of window j that lie in the axis, and how many count with the padding. */
function windowOf({ size, kernel, stride, padding, dilation }: Line, j: number) {
  const start = j * stride - padding;
  const places = Array.from({ length: kernel }, (_, k) => start + k * dilation);
  return {
    inside: places.filter((p) => p >= 0 && p < size),
    padded: places.filter((p) => p < size + padding).length,
  };
}

interface Reference {
  readonly shape: number[];
  /** The places of each window's winner in its plane, −1 for none. */
  readonly places: number[];
  readonly values: Float64Array;
  readonly mean: (countIncludePad: boolean, divisor: number | null) => Float64Array;
}

/** Max and average pooling of x [2, 2, H, W] in float64; null where PyTorch refuses. */
function reference(
  x: ArrayLike<number>,
  rows: Line,
  columns: Line,
  ceilMode: boolean,
): Reference | null {
  const [h, w] = [steps(rows, ceilMode), steps(columns, ceilMode)];
  if (h < 1 || w < 1) return null;
  const plane = rows.size * columns.size;
  const windows = Array.from({ length: 4 * h * w }, (_, o) => {
    const [a, b] = [windowOf(rows, Math.floor(o / w) % h), windowOf(columns, o % w)];
    const inside = a.inside.flatMap((r) => b.inside.map((c) => r * columns.size + c));
    return { base: Math.floor(o / (h * w)) * plane, inside, padded: a.padded * b.padded };
  });
  const modulus = (k: number) => Math.hypot(x[2 * k], x[2 * k + 1]);
  const places = windows.map(({ base, inside }) =>
    inside.reduce((best, p) => best < 0 || modulus(base + p) > modulus(base + best) ? p : best, -1)
  );
  const values = new Float64Array(2 * windows.length);
  places.forEach((p, o) => {
    const at = 2 * (windows[o].base + p);
    if (p >= 0) values.set([x[at], x[at + 1]], 2 * o);
  });
  const mean = (countIncludePad: boolean, divisor: number | null) => {
    const y = new Float64Array(2 * windows.length);
    windows.forEach(({ base, inside, padded }, o) => {
      const by = divisor ?? (countIncludePad ? padded : inside.length);
      for (const p of inside) {
        y[2 * o] += x[2 * (base + p)] / by;
        y[2 * o + 1] += x[2 * (base + p) + 1] / by;
      }
    });
    return y;
  };
  return { shape: [2, 2, h, w], places, values, mean };
}

function drawLine(draw: Seeded, dilated: boolean): Line {
  const kernel = draw.whole(1, 5);
  return {
    size: draw.whole(1, 9),
    kernel,
    stride: draw.whole(1, 5),
    padding: draw.whole(0, Math.floor(kernel / 2) + 1),
    dilation: dilated ? draw.whole(1, 4) : 1,
  };
}

/** A pair of each option, along height and width. */
function pairs(rows: Line, columns: Line) {
  const pair = (name: keyof Line) => [rows[name], columns[name]] as [number, number];
  return {
    kernel: pair("kernel"),
    stride: pair("stride"),
    padding: pair("padding"),
    dilation: pair("dilation"),
  };
}

onEngines("maxPool2d() follows PyTorch's rules for random windows, places included", async (e) => {
  const draw = new Seeded(41);
  for (let round = 0; round < (e.kind === "cpu" ? 300 : 12); round++) {
    const [rows, columns] = [drawLine(draw, true), drawLine(draw, true)];
    const ceilMode = round % 2 === 1;
    const x = random([2, 2, rows.size, columns.size], round + 1);
    const { kernel, ...movement } = pairs(rows, columns);
    const options = { ...movement, ceilMode };
    const expected = reference(await x.data(), rows, columns, ceilMode);
    const what = JSON.stringify({ rows, columns, ceilMode });
    if (!expected) {
      assertThrows(() => maxPool2d(x, kernel, options), ArgandError, "is larger than", what);
      continue;
    }
    const [y, places] = maxPool2d(x, kernel, { ...options, returnIndices: true });
    assertEquals(y.shape, expected.shape, what);
    assertEquals([...await places.data()], expected.places, what);
    assertEquals(Array.from(await y.data()), Array.from(expected.values), what);
  }
});

onEngines("avgPool2d() follows PyTorch's rules for random windows and divisors", async (e) => {
  const draw = new Seeded(42);
  for (let round = 0; round < (e.kind === "cpu" ? 300 : 12); round++) {
    const [rows, columns] = [drawLine(draw, false), drawLine(draw, false)];
    const ceilMode = round % 2 === 1;
    const countIncludePad = round % 3 > 0;
    const divisorOverride = round % 5 === 0 ? draw.whole(1, 9) : null;
    const x = random([2, 2, rows.size, columns.size], round + 1);
    const { kernel, stride, padding } = pairs(rows, columns);
    const options = { stride, padding, ceilMode, countIncludePad, divisorOverride };
    const expected = reference(await x.data(), rows, columns, ceilMode);
    const what = JSON.stringify({ rows, columns, ceilMode, countIncludePad, divisorOverride });
    if (!expected) {
      assertThrows(() => avgPool2d(x, kernel, options), ArgandError, "is larger than", what);
      continue;
    }
    const y = avgPool2d(x, kernel, options);
    assertEquals(y.shape, expected.shape, what);
    assertClose(await y.data(), expected.mean(countIncludePad, divisorOverride), 1e-6, what);
  }
});

onEngines("pools of sequences follow PyTorch's rules for random windows", async (e) => {
  const draw = new Seeded(43);
  const one: Line = { size: 1, kernel: 1, stride: 1, padding: 0, dilation: 1 };
  for (let round = 0; round < (e.kind === "cpu" ? 100 : 6); round++) {
    const line = drawLine(draw, false);
    const { size, kernel, stride, padding } = line;
    const [ceilMode, countIncludePad] = [round % 2 === 1, round % 3 === 1];
    const x = random([2, 2, size], round + 1);
    const expected = reference(await x.data(), one, line, ceilMode);
    const what = JSON.stringify({ line, ceilMode, countIncludePad });
    const options = { stride, padding, ceilMode };
    if (!expected) {
      assertThrows(() => maxPool1d(x, kernel, options), ArgandError, "is larger than", what);
      assertThrows(() => avgPool1d(x, kernel, options), ArgandError, "is larger than", what);
      continue;
    }
    const [y, places] = maxPool1d(x, kernel, { ...options, returnIndices: true });
    assertEquals(places.shape, [2, 2, expected.shape[3]], what);
    assertEquals([...await places.data()], expected.places, what);
    assertEquals(Array.from(await y.data()), Array.from(expected.values), what);
    assertEquals(await maxPool1d(x, kernel, options).data(), await y.data());
    const mean = avgPool1d(x, kernel, { ...options, countIncludePad });
    assertEquals(mean.shape, places.shape, what);
    assertClose(await mean.data(), expected.mean(countIncludePad, null), 1e-6, what);
  }
});

onEngines("a dilated window of a sequence reaches over the places between", async () => {
  const x = random([1, 1, 9], 3).abs().add(1).cumsum(2).toComplex(); // grows along the sequence
  const [, places] = maxPool1d(x, 3, { dilation: 2, stride: 1, padding: 1, returnIndices: true });
  assertEquals(await places.toArray(), [[[3, 4, 5, 6, 7, 8, 7]]]);
});

/** Adaptive average pooling of interleaved x [planes, H, W] in float64. */
function adaptive(x: ArrayLike<number>, planes: number, [H, W]: number[], [h, w]: number[]) {
  const reach = (n: number, m: number, j: number) => {
    const [from, to] = [Math.floor(j * n / m), Math.ceil((j + 1) * n / m)];
    return Array.from({ length: to - from }, (_, k) => from + k);
  };
  const y = new Float64Array(2 * planes * h * w);
  for (let k = 0; k < y.length; k++) {
    const place = Math.floor(k / 2);
    const [a, b] = [reach(H, h, Math.floor(place / w) % h), reach(W, w, place % w)];
    for (const r of a) {
      for (const c of b) {
        const at = (Math.floor(place / (h * w)) * H + r) * W + c;
        y[k] += x[2 * at + k % 2] / (a.length * b.length);
      }
    }
  }
  return y;
}

onEngines("adaptive pools give the means of PyTorch's windows", async () => {
  const cases: [number[], number[]][] = [
    [[7, 5], [3, 2]],
    [[8, 6], [4, 1]],
    [[6, 7], [6, 3]],
    [[3, 4], [5, 4]],
    [[2, 1000], [1, 3]], // windows longer than one thread sums
    [[1, 1], [2, 3]],
  ];
  for (const [inputs, outputs] of cases) {
    const x = random([2, 3, ...inputs], 5);
    const y = adaptiveAvgPool2d(x, outputs as [number, number]);
    assertEquals(y.shape, [2, 3, ...outputs]);
    const what = `[${inputs}] to [${outputs}]`;
    assertClose(await y.data(), adaptive(await x.data(), 6, inputs, outputs), 1e-6, what);
  }
  const x = random([2, 3, 10], 6);
  const y = adaptiveAvgPool1d(x, 4);
  assertEquals(y.shape, [2, 3, 4]);
  assertClose(await y.data(), adaptive(await x.data(), 6, [1, 10], [1, 4]), 1e-6);
  const image = random([1, 2, 4, 6], 7);
  assertEquals(adaptiveAvgPool2d(image, [null, 3]).shape, [1, 2, 4, 3]);
  assertEquals(await adaptiveAvgPool2d(image, null).data(), await image.data());
  assertClose(await adaptiveAvgPool2d(image, 1).data(), await image.mean([2, 3]).data(), 1e-6);
});

onEngines("the derivative of an adaptive pool is its adjoint, over long windows too", async () => {
  for (const [n, m] of [[10, 4], [4, 10], [1000, 3], [6, 3]]) {
    const [x, v, gy] = [random([2, 1, n], 1), random([2, 1, n], 2), random([2, 1, m], 3)];
    const f = (z: ComplexTensor) => against(adaptiveAvgPool1d(z, m), gy);
    const [, [gx]] = valueAndGrad(f)(x);
    const [one, other] = [await f(v).item(), await against(v, gx).item()];
    const scale = Math.sqrt(await gy.absSquared().sum().item());
    assertClose([one / scale + 1], [other / scale + 1], 1e-6, `${n} to ${m}`);
  }
});

/** Random phases with moduli a sixteenth apart, so that no step changes which is largest. */
function separated(shape: number[]): ComplexTensor {
  const phases = random(shape, 6).real.mul(3).reshape([-1]);
  return polar(Array.from({ length: sizeOf(shape) }, (_, k) => 0.5 + (k * 7 % 16) / 16), phases)
    .reshape(shape);
}

onEngines("first and second derivatives of poolings pass gradcheck", async () => {
  const overlapping = { stride: 1, padding: 1, ceilMode: true };
  const cases: [string, (z: ComplexTensor) => ComplexTensor, ComplexTensor][] = [
    ["maxPool1d", (z) => maxPool1d(z.square(), 3, overlapping), separated([1, 2, 6])],
    [
      "maxPool2d with places",
      (z) => maxPool2d(z.square(), [2, 3], { ...overlapping, returnIndices: true })[0],
      separated([1, 1, 4, 4]),
    ],
    [
      "avgPool2d",
      (z) => avgPool2d(z.square(), 3, { stride: 2, padding: 1 }),
      random([1, 2, 5, 5], 1),
    ],
    ["avgPool1d", (z) => avgPool1d(z.square(), 3, overlapping), random([2, 1, 5], 2)],
    ["adaptiveAvgPool1d", (z) => adaptiveAvgPool1d(z.square(), 3), random([2, 1, 5], 3)],
    ["adaptiveAvgPool2d", (z) => adaptiveAvgPool2d(z.square(), [3, 2]), random([1, 2, 4, 4], 4)],
  ];
  for (const [name, f, x] of cases) {
    const value = (...[z]: Tensor[]) => mixed(f(z as ComplexTensor));
    for (const [order, g] of [[1, value], [2, slopes(value)]] as const) {
      const { ok, worst } = await gradcheck(g, [x], {
        checks: 6,
        tolerance: 3e-3,
        step: 1 / 64,
      });
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

Deno.test("poolings refuse what does not fit, in functions and when a layer is made", () => {
  const [image, sequence] = [random([1, 2, 4, 5], 1), random([1, 2, 5], 1)];
  // deno-lint-ignore no-explicit-any
  const any = (x: unknown) => x as any;
  const refused = (f: () => unknown, why: string) => assertThrows(f, ArgandError, why);
  refused(() => maxPool1d(image, 2), "Cannot max-pool: it takes [N, C, L], got [1, 2, 4, 5]");
  refused(() => avgPool2d(sequence, 2), "Cannot average-pool: it takes [N, C, H, W], got");
  refused(() => adaptiveAvgPool2d(sequence, 2), "it takes [N, C, H, W], got [1, 2, 5]");
  refused(() => maxPool1d(sequence, 2, { padding: 2 }), "padding 2 is more than half the kernel");
  refused(() => maxPool2d(image, 6), "the kernel 6 × 6 (dilation 1 × 1) is larger than the padded");
  refused(
    () => maxPool2d(image, 2, { stride: 2 ** 31 }),
    "stride must be an integer from 1 to",
  );
  refused(
    () => avgPool2d(image, 2 ** 24, { padding: 2 ** 23 }),
    "the number of elements of the kernel must be an integer from 1 to 16777216",
  );
  const large = zeros([1, 1, 4097, 4096]).toComplex(); // a recipe, that is never run
  refused(
    () => maxPool2d(large, 2, { returnIndices: true }),
    "Cannot max-pool: indices among 16781312 values are not exact in float32",
  );
  refused(() => maxPool2d(any(7), 2), "it takes a tensor");
  refused(() => maxPool2d(image, 2, any({ returnIndices: 1 })), "returnIndices must be true or");
  refused(() => maxPool1d(sequence, any([2, 2])), "kernel must be a positive integer, got [2, 2]");
  refused(() => avgPool1d(sequence, 2, any({ divisorOverride: 3 })), 'option "divisorOverride"');
  refused(
    () => avgPool2d(image, 2, { divisorOverride: 0 }),
    "divisorOverride must be a positive integer",
  );
  refused(() => adaptiveAvgPool2d(image, 0), "size must be an integer from 1");
  refused(() => adaptiveAvgPool2d(image, any([1, 2, 3])), "null or a pair of them, got [1, 2, 3]");
  refused(
    () => adaptiveAvgPool1d(sequence, any(null)),
    "size must be an integer from 1 to 16777216, got null",
  );

  refused(() => new nn.MaxPool2d(2, any({ returnIndices: true })), 'option "returnIndices"');
  refused(
    () => new nn.MaxPool1d(0),
    "Cannot make a MaxPool1d: kernel must be a positive integer",
  );
  refused(() => new nn.AvgPool1d(2, { padding: 2 }), "Cannot make an AvgPool1d: padding 2 is more");
  refused(() => new nn.AvgPool2d(2, { stride: 0 }), "Cannot make an AvgPool2d: stride must be a");
  refused(() => new nn.AdaptiveAvgPool1d(1.5), "Cannot make an AdaptiveAvgPool1d: size must");
  refused(
    () => new nn.AdaptiveAvgPool2d([1, -1]),
    "Cannot make an AdaptiveAvgPool2d: size must",
  );
});

Deno.test("layers keep the sizes they were made with when the caller's arrays change", () => {
  const sizes: [number, number] = [2, 2];
  const options = { stride: sizes };
  const layers = [
    new nn.MaxPool2d(sizes, options),
    new nn.AvgPool2d(sizes, options),
    new nn.AdaptiveAvgPool2d(sizes),
    new nn.Upsample({ size: sizes }),
    new nn.PolarUpsample({ scaleFactor: sizes }),
    new nn.Conv2d(1, 1, sizes, options),
  ];
  sizes[0] = 1;
  const shapes = layers.map((layer) => layer.apply(random([1, 1, 4, 4], 1)).shape.slice(2));
  assertEquals(shapes, [[2, 2], [2, 2], [2, 2], [2, 2], [8, 8], [2, 2]]);
});

Deno.test("the kind of result of a max pooling follows from returnIndices for the type checker", () => {
  const x = random([1, 1, 2, 2], 1);
  const plain: ComplexTensor = maxPool2d(x, 2, { ceilMode: true });
  const [values, places]: [ComplexTensor, RealTensor] = maxPool2d(x, 2, { returnIndices: true });
  // @ts-expect-error: without places there is nothing to take apart
  assertThrows(() => maxPool2d(x, 2)[Symbol.iterator](), ArgandError, "go through a ComplexTensor");
  assertEquals([plain, values, places].map((t) => t.dtype), ["complex64", "complex64", "float32"]);
});

onEngines("the first NaN of a window is its largest element", async () => {
  const n = 12;
  for (const [kernel, stride] of [[2, 2], [3, 1], [4, 4]]) {
    for (const scale of [1, 1e-25, 1e25]) {
      const values = new Seeded(3).floats(2 * n * n).map((x) => scale * x);
      for (const at of [0, 5, 77, 2 * n * n - 1]) values[at] = NaN;
      const lost = [0, 2, 38, n * n - 1];
      const x = complexTensor(values, [1, 1, n, n]);
      const [y, indices] = maxPool2d(x, kernel, { stride, returnIndices: true });
      const got = await y.data(), places = await indices.data();
      const steps = (n - kernel) / stride + 1;
      for (let o = 0; o < steps * steps; o++) {
        const top = Math.floor(o / steps) * stride, left = o % steps * stride;
        const first = lost.find((k) => {
          const h = Math.floor(k / n), w = k % n;
          return h >= top && h < top + kernel && w >= left && w < left + kernel;
        });
        const isNaN = Number.isNaN(got[2 * o]) || Number.isNaN(got[2 * o + 1]);
        assertEquals(isNaN, first !== undefined);
        if (first !== undefined) assertEquals(places[o], first);
      }
    }
  }
});
