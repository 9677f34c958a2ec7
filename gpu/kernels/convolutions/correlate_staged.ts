/**
 * The correlation through workgroup memory, which suits hardware: an implicit matrix product of
 * packed weights with unfolded pixels. A workgroup loads a stretch of the weights and the matching
 * pixels into it, and each thread multiplies from there. Right on every adapter, but slower where
 * shaders run on the processor.
 */
import type { Shader } from "../../contract/kernel.ts";
import { wgslOf } from "../../contract/dtype.ts";
import { linesOf, stagedMain, type StagedTile, stagedTile } from "../products/staged.ts";
import { Writer } from "../products/writer.ts";
import type { CorrelateSpec } from "./correlate_patch.ts";
import { paddedRows } from "./pack_weights.ts";

const TILES = [
  { side: 8, rows: 2, columns: 4, depth: 16 },
  { side: 8, rows: 4, columns: 4, depth: 16 },
  { side: 16, rows: 4, columns: 4, depth: 8 },
];

/** Fewest rows of weights, and terms of a sum, that make staging worth a try. */
const FEWEST_ROWS = 8, FEWEST_TERMS = 16;

/**
 * The tiles that may be used, the best guess first; none where few rows share the pixels, or where most
 * taps would meet the zeros between lifted pixels.
 */
export function stagedTiles({ depth, rows, kernel, lift }: CorrelateSpec): StagedTile[] {
  const few = rows < FEWEST_ROWS || depth * kernel[0] * kernel[1] < FEWEST_TERMS;
  if (few || lift[0] * lift[1] > 1) return [];
  const waste = (tile: { side: number; rows: number }) => {
    const high = tile.side * tile.rows;
    return Math.ceil(rows / high) * high / rows;
  };
  return TILES.filter((tile) => waste(tile) <= 1.6 || tile === TILES[0]).reverse().map(stagedTile);
}

/** The shader; bindings x, packed weights, the bias where asked, and y. */
export function stagedShader(spec: CorrelateSpec, tile: StagedTile): Shader {
  const { dtype, batch, groups, depth, rows, input, output, kernel, step, padding } = spec;
  const { dilation } = spec;
  const { side } = tile;
  const taps = kernel[0] * kernel[1], terms = depth * taps, padded = paddedRows(rows);
  const pixels = output[0] * output[1], plane = input[0] * input[1];
  const high = side * tile.rows, wide = side * tile.columns, threads = side * side;
  const line = linesOf(tile);
  const down = Math.ceil(rows / high), across = Math.ceil(batch * pixels / wide);
  const all = groups * down * across;
  const type = wgslOf(dtype);
  /** WGSL: `body` for each of `count` elements, distributed over the threads; it sees `u`. */
  const shared = (count: number, body: string) =>
    `for (var u = lane; u < ${count}u; u += ${threads}u) {\n${body}\n}`;
  const weights = shared(
    tile.depth * high,
    `let k = k0 + u / ${high}u;
let m = row0 + u % ${high}u;
var value = ${type}();
if (k < k_end && m < ${rows}u) { value = in1[(g * ${terms}u + k) * ${padded}u + m]; }
stage_a[(u / ${high}u) * ${line.a}u + u % ${high}u] = value;`,
  );
  const patches = shared(
    tile.depth * wide,
    `let k = k0 + u / ${wide}u;
let column = column0 + u % ${wide}u;
let pixel = column % ${pixels}u;
let t = k % ${taps}u;
let row = i32(pixel / ${output[1]}u) * ${step[0]} + i32(t / ${kernel[1]}u) * ${dilation[0]} - (${
      padding[0]
    });
let place = i32(pixel % ${output[1]}u) * ${step[1]} + i32(t % ${kernel[1]}u) * ${dilation[1]} - (${
      padding[1]
    });
var value = ${type}();
if (k < k_end && column < ${batch * pixels}u && row >= 0 && row < ${
      input[0]
    } && place >= 0 && place < ${input[1]}) {
value = in0[(((column / ${pixels}u) * ${groups}u + g) * ${depth}u + k / ${taps}u) * ${plane}u +
  u32(row * ${input[1]} + place)];
}
stage_b[(u / ${wide}u) * ${line.b}u + u % ${wide}u] = value;`,
  );
  const out = new Writer(dtype, spec.bias ? 3 : 2, 1, spec.epilogue);
  const place = `(((column / ${pixels}u) * ${groups}u + g) * ${rows}u + row) * ${pixels}u` +
    ` + column % ${pixels}u`;
  const main = stagedMain({
    field: dtype,
    tile,
    all,
    place: `let column0 = (item % ${across}u) * ${wide}u;
let row0 = ((item / ${across}u) % ${down}u) * ${high}u;
let g = item / ${across * down}u;`,
    first: "0u",
    end: `${terms}u`,
    bring: `${weights}\n${patches}`,
    store: (total, r, c) =>
      `if (row < ${rows}u && column < ${batch * pixels}u) {
${spec.bias ? total.addElement(r, c, `in2[g * ${rows}u + row]`) : ""}
${out.put(place, [total.element(r, c)])}
}`,
  });
  const source = `${out.declare()}\n${main}`;
  const rounds = Math.ceil(terms / tile.depth) *
    (tile.depth + Math.ceil(tile.depth * (high + wide) / threads) + 2);
  return { source, workgroups: [all, 1, 1], rounds };
}
