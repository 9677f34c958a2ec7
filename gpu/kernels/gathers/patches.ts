/** Windows cut from the last axes of a tensor at positions, and the adjoint that adds them up there. */
import { range } from "../../contract/collections.ts";
import { type InexactDType, lanesOf, wgslOf } from "../../contract/dtype.ts";
import { type Kernel, linearGrid, linearMain } from "../../contract/kernel.ts";
import { sumsNeighbours } from "../costs.ts";

/** Sizes along three axes; one or two axes have sizes of 1 in front. */
export type Sizes = readonly [number, number, number];

/** The canvas is [outer, …canvas], the patches are [outer, count, …size]. */
export interface PatchesSpec {
  readonly dtype: InexactDType;
  readonly outer: number;
  readonly canvas: Sizes;
  readonly count: number;
  readonly size: Sizes;
}

/** Elements that a thread of the CPU engine copies at once. */
const CHUNK = 16384;

/** Elements side by side that a thread of a shader adds up where that pays. */
const NEIGHBOURS = 4;

const volume = ([depth, height, width]: Sizes) => depth * height * width;

/**
 * x [outer, …canvas], the index in the canvas of the first element of each patch, uint32 [count] →
 * [outer, count, …size]. Patches lie within the canvas.
 */
export const patches: Kernel<PatchesSpec> = {
  name: "patches",
  bindings: ({ dtype }) => ({ inputs: [dtype, "uint32"], outputs: [dtype] }),
  wgsl({ outer, canvas, count, size }) {
    const [depth, height, width] = size, each = volume(size);
    const threads = outer * count * each;
    return {
      source: linearMain(
        threads,
        `  let p = i / ${each}u;
  let row = (i / ${height * width}u % ${depth}u) * ${canvas[1]}u + i / ${width}u % ${height}u;
  let at = in1[p % ${count}u] + row * ${canvas[2]}u + i % ${width}u;
  out0[i] = in0[p / ${count}u * ${volume(canvas)}u + at];`,
      ),
      workgroups: linearGrid(threads),
    };
  },
  cpu({ dtype, outer, canvas, count, size: [depth, height, width] }, [x, starts], [y]) {
    const lanes = lanesOf(dtype);
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let p = 0; p < count; p++) {
        for (let d = 0; d < depth; d++) {
          for (let h = 0; h < height; h++) {
            const row = starts[p] + (d * canvas[1] + h) * canvas[2];
            const from = (o * volume(canvas) + row) * lanes;
            for (let w = from; w < from + width * lanes; w++) y[to++] = x[w];
          }
        }
      }
    }
  },
  wasm({ dtype, outer, canvas, count, size }, module) {
    const lanes = lanesOf(dtype), all = outer * count;
    const chunk = Math.max(1, Math.floor(CHUNK / volume(size)));
    return ([x, starts], [y]) => {
      const sizes = [lanes, ...canvas, ...size];
      const args = module.args([x, starts, y, count, all, chunk, ...sizes]);
      const work = all * (volume(size) * lanes / 4 + 4 * size[0] * size[1]);
      module.parallel("cutPatches", args, Math.ceil(all / chunk), work);
    };
  },
};

/** Patches to be added up: the canvas is cut in tiles, and each has a list of what covers it. */
export interface AddPatchesSpec extends PatchesSpec {
  readonly tile: Sizes;
}

/** How many tiles there are along each axis. */
export const tilesAlong = (canvas: Sizes, tile: Sizes): Sizes =>
  [0, 1, 2].map((d) => Math.ceil(canvas[d] / tile[d])) as unknown as Sizes;

/**
 * The adjoint: g [outer, count, …size], starts as above, for each tile the offset of its list, uint32
 * [tiles + 1], and the lists of the patches that reach into it, each in their order → [outer, …canvas].
 * The patches that cover an element are added up in that order.
 */
export const addPatches: Kernel<AddPatchesSpec> = {
  name: "addPatches",
  bindings: ({ dtype }) => ({ inputs: [dtype, "uint32", "uint32", "uint32"], outputs: [dtype] }),
  wgsl({ dtype, outer, canvas, count, size, tile }, adapter) {
    const tiles = tilesAlong(canvas, tile), each = volume(canvas);
    const [, high, wide] = canvas, [depth, height, width] = size;
    // Neighbours in a tile share what is loaded of its list.
    const own = sumsNeighbours(adapter) && tile[2] % NEIGHBOURS === 0 ? range(NEIGHBOURS) : [0];
    const across = Math.ceil(wide / own.length);
    const threads = outer * each / wide * across;
    const type = wgslOf(dtype);
    return {
      source: linearMain(
        threads,
        `  let column = i % ${across}u * ${own.length}u;
  let line = i / ${across}u;
  let outer = line / ${each / wide}u;
  let at = line % ${each / wide}u * ${wide}u + column;
  let z = line / ${high}u % ${canvas[0]}u / ${tile[0]}u;
  let y = line % ${high}u / ${tile[1]}u;
  let tile = (z * ${tiles[1]}u + y) * ${tiles[2]}u + column / ${tile[2]}u;
  let end = in2[tile + 1u];
${own.map((e) => `  var sum${e} = ${type}();`).join("\n")}
  for (var k = in2[tile]; k < end; k = k + 1u) {
    let p = in3[k];
    let first = at - in1[p];
    let base = (outer * ${count}u + p) * ${depth * height}u;
    // In a patch that does not cover an element one of the coordinates wraps around, and is too large.
${
          own.map((e) =>
            `    {
      let offset = first + ${e}u;
      let row = offset / ${wide}u;
      let c = vec3<u32>(row / ${high}u, row % ${high}u, offset % ${wide}u);
      if (c.x < ${depth}u && c.y < ${height}u && c.z < ${width}u) {
        sum${e} = sum${e} + in0[(base + c.x * ${height}u + c.y) * ${width}u + c.z];
      }
    }`
          ).join("\n")
        }
  }
${
          own.map((e) =>
            `  if (column + ${e}u < ${wide}u) { out0[outer * ${each}u + at + ${e}u] = sum${e}; }`
          ).join("\n")
        }`,
      ),
      workgroups: linearGrid(threads),
      rounds: count,
    };
  },
  cpu({ dtype, outer, canvas, count, size }, [g, starts], [x]) {
    const lanes = lanesOf(dtype), [depth, height, width] = size;
    x.fill(0);
    let from = 0;
    for (let o = 0; o < outer; o++) {
      for (let p = 0; p < count; p++) {
        for (let d = 0; d < depth; d++) {
          for (let h = 0; h < height; h++) {
            const to = o * volume(canvas) + starts[p] + (d * canvas[1] + h) * canvas[2];
            for (let w = to * lanes; w < (to + width) * lanes; w++) x[w] += g[from++];
          }
        }
      }
    }
  },
  wasm({ dtype, outer, canvas, count, size, tile }, module) {
    const lanes = lanesOf(dtype), tiles = tilesAlong(canvas, tile);
    const all = outer * volume(tiles);
    const added = outer * count * volume(size) * lanes;
    const chunk = Math.max(1, Math.floor(2 * CHUNK / (volume(tile) + added / all)));
    return ([g, starts, offsets, lists], [x]) => {
      const sizes = [lanes, ...canvas, ...size, ...tile, ...tiles];
      const args = module.args([g, starts, offsets, lists, x, count, all, chunk, ...sizes]);
      module.parallel("sumPatches", args, Math.ceil(all / chunk), added / 2);
    };
  },
};
