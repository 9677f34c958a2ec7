import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import type { HostArray } from "../../gpu/contract/dtype.ts";
import {
  avgPool2d,
  avgPool2dScatter,
  maxPool2d,
  maxPool2dPick,
  maxPool2dScatter,
  NO_WINNER,
} from "../../gpu/kernels/windows/pool2d.ts";
import type { Pool2dSpec } from "../../gpu/kernels/windows/windows.ts";
import { dot } from "../support/close.ts";
import { runOnAll } from "../support/program.ts";
import { randoms } from "../support/seeded.ts";

type Pair = readonly [number, number];

/** A geometry with the output size of `floor` or `ceil`, as PyTorch computes it. */
function geometry(
  [planes, inHeight, inWidth]: readonly [number, number, number],
  kernel: Pair,
  stride: Pair = kernel,
  padding: Pair = [0, 0],
  dilation: Pair = [1, 1],
  ceil = false,
): Pool2dSpec {
  const [outHeight, outWidth] = [inHeight, inWidth].map((size, k) => {
    const steps = (size + 2 * padding[k] - dilation[k] * (kernel[k] - 1) - 1) / stride[k];
    const out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return ceil && (out - 1) * stride[k] >= size + padding[k] ? out - 1 : out;
  });
  return { planes, inHeight, inWidth, outHeight, outWidth, kernel, stride, padding, dilation };
}

const GEOMETRIES = [
  geometry([1, 1, 1], [1, 1]),
  geometry([3, 8, 10], [2, 2]),
  geometry([2, 7, 9], [3, 2], [2, 3]),
  geometry([5, 11, 6], [3, 3], [2, 2], [1, 1]),
  geometry([2, 10, 13], [3, 3], [2, 2], [1, 1], [1, 1], true),
  geometry([2, 6, 7], [3, 3], [1, 1], [1, 0]),
  geometry([2, 9, 8], [5, 5], [1, 1], [2, 2]),
  geometry([1, 5, 5], [2, 2], [3, 3], [0, 0], [1, 1], true),
];
const DILATED = [
  geometry([2, 9, 8], [3, 2], [2, 1], [1, 0], [2, 3]),
  geometry([1, 12, 11], [2, 3], [1, 2], [1, 1], [4, 2]),
];

const inputs = (s: Pool2dSpec) => s.planes * s.inHeight * s.inWidth;
const outputs = (s: Pool2dSpec) => s.planes * s.outHeight * s.outWidth;

function assertClose(actual: HostArray, expected: ArrayLike<number>, what: string) {
  assertEquals(actual.length, expected.length, what);
  for (let k = 0; k < expected.length; k++) {
    assertAlmostEquals(
      actual[k],
      expected[k],
      1e-6 * (1 + Math.abs(expected[k])),
      `${what} [${k}]`,
    );
  }
}

/** The positions [h, w, index] of a window, padding included; the index is −1 there. */
function positions(s: Pool2dSpec, oh: number, ow: number): [number, number, number][] {
  const all: [number, number, number][] = [];
  for (let a = 0; a < s.kernel[0]; a++) {
    for (let b = 0; b < s.kernel[1]; b++) {
      const h = oh * s.stride[0] - s.padding[0] + a * s.dilation[0];
      const w = ow * s.stride[1] - s.padding[1] + b * s.dilation[1];
      const inside = h >= 0 && h < s.inHeight && w >= 0 && w < s.inWidth;
      all.push([h, w, inside ? h * s.inWidth + w : -1]);
    }
  }
  return all;
}

/** Calls `visit` for every output with the offset of its plane's input. */
function eachOutput(
  s: Pool2dSpec,
  visit: (o: number, plane: number, oh: number, ow: number) => void,
) {
  for (let o = 0; o < outputs(s); o++) {
    const plane = Math.floor(o / (s.outHeight * s.outWidth)) * s.inHeight * s.inWidth;
    visit(o, plane, Math.floor(o / s.outWidth) % s.outHeight, o % s.outWidth);
  }
}

Deno.test("maxPool2d() takes the largest modulus and says where it was", async () => {
  for (const s of [...GEOMETRIES, ...DILATED]) {
    const x = randoms(2 * inputs(s), 1);
    const indices = new Uint32Array(outputs(s)), y = new Float32Array(2 * outputs(s));
    eachOutput(s, (o, plane, oh, ow) => {
      let best = -1;
      for (const [, , k] of positions(s, oh, ow)) {
        if (k < 0) continue;
        const modulus = Math.hypot(x[2 * (plane + k)], x[2 * (plane + k) + 1]);
        if (modulus <= best) continue;
        best = modulus;
        indices[o] = k;
        y.set(x.subarray(2 * (plane + k), 2 * (plane + k) + 2), 2 * o);
      }
    });
    for (const { kind, out } of await runOnAll(maxPool2d(s), [x], [y.length, indices.length])) {
      assertEquals(out[0], y, `${kind} ${JSON.stringify(s)}`);
      assertEquals(out[1], indices, `${kind} ${JSON.stringify(s)}`);
    }
  }
});

Deno.test("maxPool2d() of real numbers takes the greatest, with its gradient", async () => {
  for (const geometry of [...GEOMETRIES, ...DILATED]) {
    const s: Pool2dSpec = { ...geometry, dtype: "float32" };
    // Ties, in which the first wins, negative numbers, infinities and a NaN.
    const x = randoms(inputs(s), 1).map((v) => Math.round(4 * v) / 4 - 1);
    if (x.length > 3) x.set([-Infinity, NaN, Infinity], x.length - 3);
    const indices = new Uint32Array(outputs(s)).fill(0xffffffff), y = new Float32Array(outputs(s));
    eachOutput(s, (o, plane, oh, ow) => {
      for (const [, , k] of positions(s, oh, ow)) {
        const isFirst = indices[o] === 0xffffffff;
        if (k < 0 || !isFirst && (Number.isNaN(y[o]) || x[plane + k] <= y[o])) continue;
        indices[o] = k;
        y[o] = x[plane + k];
      }
    });
    for (const { kind, out } of await runOnAll(maxPool2d(s), [x], [y.length, indices.length])) {
      assertEquals(out[0], y, `${kind} ${JSON.stringify(s)}`);
      assertEquals(out[1], indices, `${kind} ${JSON.stringify(s)}`);
    }
    const gy = randoms(outputs(s), 2), gx = new Float64Array(inputs(s));
    const picked = new Float32Array(outputs(s)), v = randoms(inputs(s), 3);
    eachOutput(s, (o, plane) => {
      if (indices[o] === 0xffffffff) return;
      gx[plane + indices[o]] += gy[o];
      picked[o] = v[plane + indices[o]];
    });
    for (const { kind, out } of await runOnAll(maxPool2dScatter(s), [gy, indices], [gx.length])) {
      assertClose(out[0], gx, `${kind} ${JSON.stringify(s)}`);
    }
    for (const { kind, out } of await runOnAll(maxPool2dPick(s), [v, indices], [gy.length])) {
      assertEquals(out[0], picked, `${kind} ${JSON.stringify(s)}`);
    }
  }
});

Deno.test("maxPool2d() gives a tie to the first in row-major order", async () => {
  const s = geometry([4, 2, 2], [2, 2]);
  // A turn by i, mirrors, 3 + 4i against 5, all zero; then a later winner among smaller ties.
  const x = new Float32Array([
    ...[0.1, 0.7, -0.7, 0.1, 0.7, -0.1, -0.1, 0.7],
    ...[1, 1, 3, 4, 5, 0, 4, -3],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
    ...[1, 0, 0, 1, 2, 0, 0, -2],
  ]);
  for (const { kind, out } of await runOnAll(maxPool2d(s), [x], [8, 4])) {
    assertEquals(out[1], new Uint32Array([0, 1, 0, 2]), kind);
    assertEquals(out[0], new Float32Array([0.1, 0.7, 3, 4, 0, 0, 2, 0]), kind);
  }
});

Deno.test("maxPool2d() never lets padding win, and orders very large and small numbers", async () => {
  const s = geometry([1, 3, 3], [3, 3], [2, 2], [1, 1]);
  for (const size of [1e-30, 1e-20, 1e-12, 1, 1e18, 1e30, 2e38]) {
    const x = randoms(18, 3, size);
    x[8] = x[9] = 0;
    const [cpu] = await runOnAll(maxPool2d(s), [randoms(18, 3).fill(0, 8, 10)], [8, 4]);
    for (const { kind, out } of await runOnAll(maxPool2d(s), [x], [8, 4])) {
      assertEquals(out[1], cpu.out[1], `${kind} at size ${size}`);
    }
  }
});

Deno.test("maxPool2d() gives zero for a window that holds no input", async () => {
  const s = geometry([2, 1, 1], [2, 2], [1, 1], [1, 1], [2, 2]);
  const scatter = maxPool2dScatter(s);
  for (const { kind, out } of await runOnAll(maxPool2d(s), [new Float32Array(4).fill(3)], [4, 2])) {
    assertEquals(out[0], new Float32Array(4), kind);
    assertEquals(out[1], new Uint32Array(2).fill(NO_WINNER), kind);
    for (
      const { out: [gx] } of await runOnAll(scatter, [new Float32Array(4).fill(1), out[1]], [4])
    ) {
      assertEquals(gx, new Float32Array(4), kind);
    }
  }
});

Deno.test("maxPool2dScatter() gives each winner its gradients, and maxPool2dPick() is its adjoint", async () => {
  for (const s of [...GEOMETRIES, ...DILATED]) {
    const x = randoms(2 * inputs(s), 5), gy = randoms(2 * outputs(s), 6);
    const v = randoms(x.length, 7);
    const [{ out: [y, indices] }] = await runOnAll(maxPool2d(s), [x], [gy.length, outputs(s)]);
    const expected = new Float64Array(x.length), picked = new Float32Array(gy.length);
    eachOutput(s, (o, plane) => {
      for (const p of [0, 1]) {
        expected[2 * (plane + indices[o]) + p] += gy[2 * o + p];
        picked[2 * o + p] = v[2 * (plane + indices[o]) + p];
      }
    });
    const scattered = await runOnAll(maxPool2dScatter(s), [gy, indices], [x.length]);
    for (const { kind, out } of scattered) {
      assertClose(out[0], expected, `${kind} ${JSON.stringify(s)}`);
      assertAlmostEquals(dot(out[0], v), dot(gy, picked), 1e-4);
    }
    for (const { kind, out } of await runOnAll(maxPool2dPick(s), [v, indices], [gy.length])) {
      assertEquals(out[0], picked, `${kind} ${JSON.stringify(s)}`);
    }
    for (const { out } of await runOnAll(maxPool2dPick(s), [x, indices], [gy.length])) {
      assertEquals(out[0], y);
    }
  }
});

Deno.test("avgPool2d() divides as PyTorch does, and avgPool2dScatter() is its adjoint", async () => {
  for (const s of GEOMETRIES) {
    for (const countIncludePad of [true, false]) {
      for (const divisor of [null, 2.5]) {
        for (const dtype of ["complex64", "float32"] as const) {
          const words = dtype === "complex64" ? 2 : 1;
          const spec = { ...s, countIncludePad, divisor, dtype };
          const x = randoms(words * inputs(s), 8), gy = randoms(words * outputs(s), 9);
          const y = new Float64Array(gy.length), gx = new Float64Array(x.length);
          eachOutput(s, (o, plane, oh, ow) => {
            const all = positions(s, oh, ow);
            // Beyond the padding lies nothing at all, not even padding.
            const counted = all.filter(([h, w, k]) =>
              countIncludePad
                ? h < s.inHeight + s.padding[0] && w < s.inWidth + s.padding[1]
                : k >= 0
            );
            const by = divisor ?? counted.length;
            for (const [, , k] of all) {
              if (k < 0) continue;
              for (let p = 0; p < words; p++) {
                y[words * o + p] += x[words * (plane + k) + p] / by;
                gx[words * (plane + k) + p] += gy[words * o + p] / by;
              }
            }
          });
          const what = JSON.stringify(spec);
          for (const { kind, out } of await runOnAll(avgPool2d(spec), [x], [y.length])) {
            assertClose(out[0], y, `${kind} ${what}`);
          }
          for (const { kind, out } of await runOnAll(avgPool2dScatter(spec), [gy], [gx.length])) {
            assertClose(out[0], gx, `${kind} ${what}`);
          }
          assert(Math.abs(dot(y, gy) - dot(x, gx)) < 1e-9, what);
        }
      }
    }
  }
});

Deno.test("avgPool2d() rejects a dilation and a divisor of 0", () => {
  const spec = { ...DILATED[0], countIncludePad: true, divisor: null };
  const why = "Cannot pool by average: the dilation is 2 × 3, not 1 × 1";
  assertThrows(() => avgPool2d(spec), ArgandError, why);
  assertThrows(() => avgPool2dScatter(spec), ArgandError, why);
  const zero = { ...spec, dilation: [1, 1] as const, divisor: 0 };
  assertThrows(() => avgPool2d(zero), ArgandError, "Cannot pool by average: the divisor is 0");
});
