import { assert, assertEquals } from "@std/assert";
import {
  conv2d,
  conv2dInputGradient,
  type Conv2dSpec,
  conv2dWeightGradient,
} from "../../gpu/kernels/convolutions/conv2d.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import type { HostArray } from "../../gpu/contract/dtype.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { dot } from "../support/close.ts";
import { kernelEngines, onHardware, runProgram } from "../support/program.ts";
import { hashed } from "../support/seeded.ts";

type Data = Float32Array<ArrayBuffer>;

function specOf(
  change: Partial<Conv2dSpec> & { inHeight: number; inWidth: number },
): Conv2dSpec {
  const base = {
    dtype: "complex64" as const,
    batch: 1,
    inChannels: 1,
    outChannels: 1,
    kernel: [1, 1] as const,
    stride: [1, 1] as const,
    padding: [0, 0] as const,
    dilation: [1, 1] as const,
    groups: 1,
    bias: false,
    ...change,
  };
  const out = (extent: number, a: 0 | 1) =>
    Math.floor(
      (extent + 2 * base.padding[a] - base.dilation[a] * (base.kernel[a] - 1) - 1) / base.stride[a],
    ) + 1;
  return { ...base, outHeight: out(base.inHeight, 0), outWidth: out(base.inWidth, 1) };
}

const words = (spec: Conv2dSpec) => spec.dtype === "complex64" ? 2 : 1;
const xWords = (s: Conv2dSpec) => words(s) * s.batch * s.inChannels * s.inHeight * s.inWidth;
const yWords = (s: Conv2dSpec) => words(s) * s.batch * s.outChannels * s.outHeight * s.outWidth;
const wWords = (s: Conv2dSpec) =>
  words(s) * s.outChannels * (s.inChannels / s.groups) * s.kernel[0] * s.kernel[1];

/** Calls `visit` with the elements of y, x and w of every product in the convolution. */
function eachProduct(s: Conv2dSpec, visit: (y: number, x: number, w: number) => void): void {
  const inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
  for (let b = 0; b < s.batch; b++) {
    for (let m = 0; m < s.outChannels; m++) {
      for (let d = 0; d < inGroup; d++) {
        const channel = Math.floor(m / outGroup) * inGroup + d;
        for (let oy = 0; oy < s.outHeight; oy++) {
          for (let ox = 0; ox < s.outWidth; ox++) {
            for (let ky = 0; ky < s.kernel[0]; ky++) {
              const iy = oy * s.stride[0] + ky * s.dilation[0] - s.padding[0];
              if (iy < 0 || iy >= s.inHeight) continue;
              for (let kx = 0; kx < s.kernel[1]; kx++) {
                const ix = ox * s.stride[1] + kx * s.dilation[1] - s.padding[1];
                if (ix < 0 || ix >= s.inWidth) continue;
                visit(
                  ((b * s.outChannels + m) * s.outHeight + oy) * s.outWidth + ox,
                  ((b * s.inChannels + channel) * s.inHeight + iy) * s.inWidth + ix,
                  ((m * inGroup + d) * s.kernel[0] + ky) * s.kernel[1] + kx,
                );
              }
            }
          }
        }
      }
    }
  }
}

/** out[o] += a · b, or a · conj(b), in float64. */
function multiplyAdd(
  s: Conv2dSpec,
  out: Float64Array,
  o: number,
  a: Data,
  p: number,
  b: Data,
  q: number,
  conj: boolean,
): void {
  if (s.dtype === "float32") {
    out[o] += a[p] * b[q];
    return;
  }
  const ar = a[2 * p], ai = a[2 * p + 1], br = b[2 * q], bi = conj ? -b[2 * q + 1] : b[2 * q + 1];
  out[2 * o] += ar * br - ai * bi;
  out[2 * o + 1] += ar * bi + ai * br;
}

/** Asserts that both agree to float32 rounding of sums of `terms` products. */
function assertClose(got: HostArray, expected: Float64Array, terms: number, what: string): void {
  assertEquals(got.length, expected.length);
  for (let e = 0; e < got.length; e++) {
    const allowed = 2 ** -20 * (Math.sqrt(terms) + Math.abs(expected[e]));
    const error = Math.abs(got[e] - expected[e]);
    assert(error <= allowed, `${what} [${e}]: ${got[e]}, expected ${expected[e]}`);
  }
}

/** Compares the three programs on every engine, or those asked for, with direct float64 loops. */
async function check(
  spec: Conv2dSpec,
  on: (engine: Engine) => boolean = () => true,
): Promise<void> {
  const x = hashed(xWords(spec), 1), w = hashed(wWords(spec), 2), gy = hashed(yWords(spec), 3);
  const bias = hashed(words(spec) * spec.outChannels, 4);
  const y = new Float64Array(gy.length), gx = new Float64Array(x.length);
  const gw = new Float64Array(w.length);
  const { conj } = spec;
  eachProduct(spec, (o, i, k) => {
    multiplyAdd(spec, y, o, x, i, w, k, conj ?? false);
    multiplyAdd(spec, gx, i, gy, o, w, k, conj ?? true);
    multiplyAdd(spec, gw, k, gy, o, x, i, conj ?? true);
  });
  if (spec.bias) {
    const pixels = spec.outHeight * spec.outWidth, n = words(spec);
    for (let e = 0; e < y.length; e++) {
      y[e] += bias[(Math.floor(e / n / pixels) % spec.outChannels) * n + e % n];
    }
  }
  const taps = spec.kernel[0] * spec.kernel[1];
  const pixels = spec.batch * spec.outHeight * spec.outWidth;
  for (const engine of (await kernelEngines()).filter(on)) {
    const what = `${engine.kind} ${JSON.stringify(spec)}`;
    const inputs = spec.bias ? [x, w, bias] : [x, w];
    const identity = (program: Program) => program;
    for (const as of engine.kind === "cpu" ? [identity] : [identity, onHardware]) {
      const [gotY] = await runProgram(engine, as(conv2d(spec)), inputs, [y.length]);
      assertClose(gotY, y, taps * spec.inChannels / spec.groups, `y ${what}`);
      const [gotX] = await runProgram(engine, as(conv2dInputGradient(spec)), [gy, w], [gx.length]);
      assertClose(gotX, gx, taps * spec.outChannels / spec.groups, `gx ${what}`);
      const [gotW] = await runProgram(engine, as(conv2dWeightGradient(spec)), [x, gy], [gw.length]);
      assertClose(gotW, gw, pixels, `gw ${what}`);
    }
  }
}

Deno.test("conv2d() and its adjoints agree with direct sums on the smallest sizes", async () => {
  await check(specOf({ inHeight: 1, inWidth: 1 }));
  await check(specOf({ inHeight: 1, inWidth: 5, kernel: [1, 3], dtype: "float32" }));
  await check(specOf({ inHeight: 4, inWidth: 1, kernel: [2, 1], outChannels: 3, bias: true }));
});

Deno.test("conv2d() and its adjoints agree with direct sums on odd sizes and rectangles", async () => {
  await check(specOf({
    batch: 3,
    inChannels: 3,
    outChannels: 5,
    inHeight: 9,
    inWidth: 13,
    kernel: [3, 5],
    bias: true,
  }));
  await check(specOf({
    dtype: "float32",
    batch: 2,
    inChannels: 5,
    outChannels: 7,
    inHeight: 7,
    inWidth: 35,
    kernel: [5, 2],
    bias: true,
  }));
});

Deno.test("conv2d() and its adjoints pad, stride and dilate", async () => {
  const base = { batch: 2, inChannels: 2, outChannels: 3, inHeight: 11, inWidth: 12, bias: true };
  await check(specOf({ ...base, kernel: [3, 3], padding: [1, 1] }));
  await check(specOf({ ...base, kernel: [3, 3], stride: [2, 2], padding: [1, 1] }));
  await check(specOf({ ...base, kernel: [2, 3], stride: [3, 2], dilation: [2, 1] }));
  await check(specOf({ ...base, kernel: [3, 2], dilation: [2, 3], padding: [3, 2] }));
  await check(specOf({ ...base, kernel: [1, 1], stride: [2, 3], padding: [2, 1] }));
  await check(specOf({ ...base, dtype: "float32", inWidth: 40, kernel: [3, 4], padding: [2, 3] }));
  await check(specOf({ ...base, dtype: "float32", inWidth: 64, kernel: [3, 3], stride: [1, 2] }));
});

Deno.test("conv2d() and its adjoints read wide images in tiles", async () => {
  const base = { inChannels: 2, outChannels: 3, inHeight: 5, inWidth: 70 };
  await check(specOf({ ...base, kernel: [3, 3], padding: [1, 1] }));
  await check(specOf({ ...base, kernel: [3, 4], stride: [2, 2], padding: [1, 2] }));
  await check(specOf({ ...base, kernel: [2, 11], stride: [1, 3], dilation: [1, 2] }));
  await check(specOf({ inHeight: 1, inWidth: 1500, kernel: [1, 7], outChannels: 2 }));
});

Deno.test("conv2d() and its adjoints keep groups apart", async () => {
  const base = { batch: 2, inChannels: 6, outChannels: 12, inHeight: 6, inWidth: 8 };
  await check(specOf({ ...base, kernel: [3, 3], groups: 3, padding: [1, 1], bias: true }));
  await check(specOf({ ...base, kernel: [2, 2], groups: 6, stride: [2, 2], bias: true }));
  await check(specOf({ ...base, kernel: [1, 1], groups: 2, bias: true }));
});

Deno.test("conv2d() takes a kernel as wide as the image and strides above the tile", async () => {
  await check(specOf({ batch: 2, inHeight: 17, inWidth: 33, kernel: [17, 33], outChannels: 2 }));
  await check(specOf({ inHeight: 40, inWidth: 40, kernel: [18, 18], stride: [20, 20] }));
});

Deno.test("conv2d() and its adjoints keep long sums accurate", async () => {
  await check(specOf({ inChannels: 70, outChannels: 20, inHeight: 9, inWidth: 8, kernel: [3, 3] }));
  await check(specOf({ batch: 9, inHeight: 28, inWidth: 28, outChannels: 10, kernel: [5, 5] }));
});

Deno.test("conv2d() and its adjoints agree with direct sums where inputs are scattered", async () => {
  // The gradient to the input has more pixels than the output, and enough channels and images.
  const wide = { batch: 4, inChannels: 3, outChannels: 9, kernel: [3, 5] as const };
  await check(specOf({ ...wide, inHeight: 7, inWidth: 9 }));
  await check(specOf({ ...wide, dtype: "float32", inHeight: 5, inWidth: 13, conj: true }));
  await check(specOf({ ...wide, inHeight: 8, inWidth: 10, stride: [2, 2], padding: [1, 0] }));
  await check(specOf({
    dtype: "float32",
    batch: 2,
    inChannels: 4,
    outChannels: 16,
    kernel: [2, 3],
    inHeight: 11,
    inWidth: 8,
    stride: [3, 1],
    dilation: [2, 3],
    groups: 2,
  }));
});

Deno.test("conv2d() and its adjoints agree with direct sums on random shapes, on the CPU", async () => {
  const draws = hashed(400, 20);
  let next = 0;
  const draw = (low: number, high: number) =>
    low + Math.floor(Math.abs(draws[next++]) * (high - low + 1) * 0.999);
  const pair = (low: number, high: number) => [draw(low, high), draw(low, high)] as const;
  for (let round = 0; round < 12; round++) {
    const groups = draw(1, 2);
    const spec = specOf({
      dtype: round % 3 === 0 ? "float32" : "complex64",
      batch: draw(1, 5),
      inChannels: groups * draw(1, 5),
      outChannels: groups * draw(1, 11),
      inHeight: draw(6, 14),
      inWidth: draw(6, 14),
      kernel: pair(1, 3),
      stride: pair(1, 2),
      padding: pair(0, 3),
      dilation: pair(1, 2),
      groups,
      bias: draw(0, 1) === 1,
      conj: draw(0, 1) === 1,
    });
    await check(spec, (engine) => engine.kind === "cpu"); // no shader is compiled so often
  }
});

Deno.test("conv2d() and its adjoints conjugate as asked", async () => {
  for (const conj of [false, true]) {
    await check(specOf({ inHeight: 6, inWidth: 7, kernel: [2, 3], inChannels: 2, conj }));
  }
});

Deno.test("conv2d()'s two gradients are its adjoints in either operand", async () => {
  const spec = specOf({
    batch: 3,
    inChannels: 4,
    outChannels: 6,
    inHeight: 10,
    inWidth: 9,
    kernel: [3, 2],
    stride: [2, 1],
    padding: [1, 1],
    groups: 2,
  });
  const x = hashed(xWords(spec), 5), w = hashed(wWords(spec), 6), g = hashed(yWords(spec), 7);
  for (const engine of await kernelEngines()) {
    const [y] = await runProgram(engine, conv2d(spec), [x, w], [g.length]);
    const [gx] = await runProgram(engine, conv2dInputGradient(spec), [g, w], [x.length]);
    const [gw] = await runProgram(engine, conv2dWeightGradient(spec), [x, g], [w.length]);
    const inner = dot(y, g);
    assert(Math.abs(dot(x, gx) - inner) < 1e-4 * Math.abs(inner), `${inner}, ${dot(x, gx)}`);
    assert(Math.abs(dot(w, gw) - inner) < 1e-4 * Math.abs(inner), `${inner}, ${dot(w, gw)}`);
  }
});

Deno.test("conv2d()'s gradients have their own gradients within the family", async () => {
  const spec = specOf({ inChannels: 2, outChannels: 3, inHeight: 6, inWidth: 7, kernel: [3, 2] });
  const x = hashed(xWords(spec), 8), w = hashed(wWords(spec), 9), gy = hashed(yWords(spec), 10);
  const cx = hashed(x.length, 11), cw = hashed(w.length, 12);
  const near = (a: number, b: number) => assert(Math.abs(a - b) < 1e-4, `${a}, ${b}`);
  for (const engine of await kernelEngines()) {
    const run = async (
      program: (s: Conv2dSpec) => ReturnType<typeof conv2d>,
      a: Data,
      b: Data,
      length: number,
    ) => (await runProgram(engine, program(spec), [a, b], [length]))[0];
    // L = Re⟨cx, inputGradient(gy, w)⟩ is linear over the reals in gy and in w.
    const inner = dot(cx, await run(conv2dInputGradient, gy, w, x.length));
    near(inner, dot(gy, await run(conv2d, cx, w, gy.length)));
    near(inner, dot(w, await run(conv2dWeightGradient, cx, gy, w.length)));
    // L = Re⟨cw, weightGradient(x, gy)⟩ likewise in x and in gy.
    const other = dot(cw, await run(conv2dWeightGradient, x, gy, w.length));
    near(other, dot(gy, await run(conv2d, x, cw, gy.length)));
    near(other, dot(x, await run(conv2dInputGradient, gy, cw, x.length)));
  }
});
