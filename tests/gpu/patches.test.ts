/** Patches and their sum: every form against a loop over all elements, on any number of threads. */
import { assertEquals } from "@std/assert";
import { lanesOf } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import {
  addPatches,
  patches,
  type PatchesSpec,
  type Sizes,
  tilesAlong,
} from "../../gpu/kernels/gathers/patches.ts";
import { range } from "../../gpu/contract/collections.ts";
import { assertClose } from "../support/close.ts";
import { runOnAll, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

interface Case extends PatchesSpec {
  readonly tile: Sizes;
}

/** Lines, images and volumes; patches of one element, of the whole, and of rows of every length. */
const CASES: Case[] = [
  { dtype: "float32", outer: 1, canvas: [1, 1, 1], count: 1, size: [1, 1, 1], tile: [1, 1, 1] },
  { dtype: "float32", outer: 2, canvas: [1, 1, 50], count: 9, size: [1, 1, 7], tile: [1, 1, 8] },
  { dtype: "complex64", outer: 3, canvas: [1, 9, 12], count: 6, size: [1, 9, 12], tile: [1, 4, 5] },
  { dtype: "float32", outer: 1, canvas: [1, 40, 33], count: 30, size: [1, 5, 3], tile: [1, 8, 8] },
  { dtype: "complex64", outer: 2, canvas: [7, 6, 9], count: 8, size: [3, 2, 5], tile: [2, 6, 4] },
  {
    dtype: "complex64",
    outer: 1,
    canvas: [1, 90, 170],
    count: 60,
    size: [1, 30, 129],
    tile: [1, 15, 65],
  },
];

const indices = ([depth, height, width]: Sizes) =>
  range(depth).flatMap((z) => range(height).flatMap((y) => range(width).map((x) => [z, y, x])));

/** Corners of patches within the canvas, some of them twice, and what covers each tile. */
function placed(random: Seeded, { canvas, count, size, tile }: Case) {
  const corners = range(count).map(() => canvas.map((n, d) => random.whole(0, n - size[d] + 1)));
  corners[count - 1] = corners[0];
  const starts = Uint32Array.from(corners, ([z, y, x]) => (z * canvas[1] + y) * canvas[2] + x);
  const lists = indices(tilesAlong(canvas, tile)).map((at) =>
    range(count).filter((p) =>
      at.every((k, d) => corners[p][d] < (k + 1) * tile[d] && corners[p][d] + size[d] > k * tile[d])
    )
  );
  const offsets = Uint32Array.from(
    { length: lists.length + 1 },
    (_, t) => lists.slice(0, t).reduce((n, list) => n + list.length, 0),
  );
  return { starts, offsets, lists: Uint32Array.from(lists.flat()) };
}

Deno.test("patches are cut from a canvas and added up on it", async () => {
  const random = new Seeded(17);
  for (const spec of CASES) {
    const { dtype, outer, canvas, size } = spec;
    const lanes = lanesOf(dtype);
    const volume = canvas[0] * canvas[1] * canvas[2];
    const { starts, offsets, lists } = placed(random, spec);
    const x = random.floats(outer * volume * lanes);
    const cut: number[] = [];
    for (let o = 0; o < outer; o++) {
      for (const start of starts) {
        for (const [d, h, w] of indices(size)) {
          const at = (o * volume + start + (d * canvas[1] + h) * canvas[2] + w) * lanes;
          cut.push(...x.subarray(at, at + lanes));
        }
      }
    }
    const what = JSON.stringify(spec);
    for (const { kind, out } of await runOnAll(single(patches, spec), [x, starts], [cut.length])) {
      assertEquals(out[0], new Float32Array(cut), `${kind}, ${what}`);
    }
    // The inner product of what is cut with g is that of x with the sum.
    const g = random.floats(cut.length);
    const inputs = [g, starts, offsets, lists];
    const sums = await runOnAll(single(addPatches, spec), inputs, [x.length]);
    const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Float64Array.of(Array.from(a, (v, k) => v * b[k]).reduce((s, v) => s + v));
    for (const { kind, out } of sums) {
      assertClose(inner(out[0], x), inner(g, cut), 1e-5, `${kind}, ${what}`);
      assertEquals(out[0], sums[0].out[0], `the order of the sums on ${kind}, ${what}`);
    }
  }
});

Deno.test("patches and their sum are the same on any number of threads", async () => {
  const random = new Seeded(18);
  const one = new CpuEngine({ workers: 0 }), three = new CpuEngine({ workers: 3 });
  for (let round = 0; round < 3; round++) { // the first job starts the threads
    const spec: Case = {
      dtype: "complex64",
      outer: 2,
      canvas: [1, 200, 220],
      count: 100,
      size: [1, 40, 50],
      tile: [1, 20, 25],
    };
    const { starts, offsets, lists } = placed(random, spec);
    const [x, g] = [random.floats(2 * 2 * 200 * 220), random.floats(2 * 2 * 100 * 40 * 50)];
    const [a, b] = await Promise.all([one, three].map(async (engine) => [
      ...await runProgram(engine, single(patches, spec), [x, starts], [g.length]),
      ...await runProgram(
        engine,
        single(addPatches, spec),
        [g, starts, offsets, lists],
        [x.length],
      ),
    ]));
    assertEquals(b, a);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  one.destroy();
  three.destroy();
});
