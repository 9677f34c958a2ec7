/**
 * Matrix products through workgroup memory, which suits hardware: a workgroup loads a stretch of A
 * and of B into it, neighbouring threads reading neighbouring elements, and each thread multiplies
 * from there. Right on every adapter, but slower where shaders run on the processor.
 */
import { isComplex } from "../../contract/dtype.ts";
import { range } from "../../contract/collections.ts";
import type { Adapter, Shader } from "../../contract/kernel.ts";
import { batchOf, depthOfPart, matrixWgsl, type SplitSpec, unrollOf } from "./gemm.ts";
import { linesOf, stagedMain, type StagedTile, stagedTile } from "./staged.ts";
import { loadWidth, Reader } from "./tile.ts";
import { type TileCost, workgroupMemory } from "../costs.ts";
import { Writer } from "./writer.ts";

const TILES = [
  { side: 8, rows: 4, columns: 4, depth: 16 },
  { side: 16, rows: 4, columns: 4, depth: 8 },
  { side: 16, rows: 8, columns: 4, depth: 8 },
];

/** All tiles that may be used; each takes less than the 16 KiB of memory that every adapter has. */
export function stagedTiles({ k }: SplitSpec): StagedTile[] {
  if (k === 0) return [];
  return TILES.map(stagedTile);
}

/** Numbers of tiles of C: down, across, and in all with batch and parts. */
function tilesOf(spec: SplitSpec, { side, rows, columns }: StagedTile) {
  const down = Math.ceil(spec.m / (side * rows)), across = Math.ceil(spec.n / (side * columns));
  return { down, across, all: spec.parts * batchOf(spec) * down * across };
}

/** The cost of a tile; see {@link TileCost}. */
export function stagedCost(spec: SplitSpec, adapter: Adapter, tile: StagedTile): TileCost {
  const { side, rows, columns } = tile;
  const { a, b } = readersOf(spec);
  const fetched = (rows / a.width + columns / b.width) / side;
  const memory = workgroupMemory(adapter);
  const staged = (rows + columns) * memory.load + fetched * memory.store;
  return {
    threads: tilesOf(spec, tile).all * side * side,
    loads: spec.k * (fetched + staged),
    products: spec.k * rows * columns,
  };
}

function readersOf(spec: SplitSpec): { a: Reader; b: Reader } {
  const { dtype, m, n, k } = spec;
  const unroll = unrollOf(spec);
  return {
    a: new Reader(dtype, 0, spec.transposeA ? loadWidth(dtype, m) : loadWidth(dtype, k, unroll)),
    b: new Reader(dtype, 1, spec.transposeB ? loadWidth(dtype, k, unroll) : loadWidth(dtype, n)),
  };
}

/** One operand's stretch in workgroup memory, `depth` lines of `extent` elements. */
interface Stage {
  readonly name: string;
  readonly reader: Reader;
  /** WGSL: the first unit of the operand's matrix, and the first element across. */
  readonly matrix: string;
  readonly start: string;
  /** Elements across in the tile and in the whole operand. */
  readonly extent: number;
  readonly whole: number;
  /** Elements from one line to the next. */
  readonly line: number;
  /** True where the operand is stored along k. */
  readonly alongK: boolean;
}

/** WGSL that brings the stage's elements of k from `k0` to `k_end`; zeros stand where there are none. */
function bring(stage: Stage, tile: StagedTile, k: number): string {
  const { name, reader, matrix, start, extent, whole, line, alongK } = stage;
  const { depth, side } = tile;
  const w = reader.width, threads = side * side;
  // A unit lies along memory; `u` counts units along memory first, so that neighbours read neighbours.
  const along = alongK ? depth : extent, lines = alongK ? extent : depth;
  const perLine = along / w, units = perLine * lines;
  const [kk, x] = alongK
    ? [`(u % ${perLine}u) * ${w}u`, `u / ${perLine}u`]
    : [`u / ${perLine}u`, `(u % ${perLine}u) * ${w}u`];
  const at = alongK ? `(x * ${k}u + kk) / ${w}u` : `(kk * ${whole}u + x) / ${w}u`;
  const puts = range(w).map((e) => {
    const place = alongK ? `(to + ${e * line}u)` : `(to + ${e}u)`;
    return `${name}[${place}] = ${elementOf(reader, e)};`;
  });
  const step = `{
let kk = k0 + ${kk};
let x = ${start} + ${x};
var unit = ${reader.type}();
if (kk < k_end && x < ${whole}u) { unit = wide${reader.slot}[${matrix} + ${at}]; }
let to = (kk - k0) * ${line}u + (x - ${start});
${puts.join("\n")}
}`;
  return range(Math.ceil(units / threads)).map((r) => {
    const code = `{ let u = lane + ${r * threads}u;\n${step} }`;
    return (r + 1) * threads <= units ? code : `if (lane + ${r * threads}u < ${units}u) ${code}`;
  }).join("\n");
}

function elementOf({ field, width }: Reader, e: number): string {
  if (isComplex(field)) return width === 1 ? "unit" : `unit.${["xy", "zw"][e]}`;
  return width === 1 ? "unit" : `unit.${"xyzw"[e]}`;
}

/** The shader; bindings A, B, the bias where asked, and the product. */
export function stagedShader(spec: SplitSpec, tile: StagedTile): Shader {
  const { dtype, m, n, k, parts } = spec;
  const { side, rows, columns } = tile;
  const { down, across, all } = tilesOf(spec, tile);
  const batch = batchOf(spec), unroll = unrollOf(spec);
  const { a, b } = readersOf(spec);
  const line = linesOf(tile);
  const deep = depthOfPart(spec, unroll), split = k - k % unroll;
  const stages: Stage[] = [
    {
      name: "stage_a",
      reader: a,
      matrix: "a_matrix",
      start: "row0",
      extent: side * rows,
      whole: m,
      line: line.a,
      alongK: !spec.transposeA,
    },
    {
      name: "stage_b",
      reader: b,
      matrix: "b_matrix",
      start: "column0",
      extent: side * columns,
      whole: n,
      line: line.b,
      alongK: spec.transposeB,
    },
  ];
  const out = new Writer(dtype, spec.bias ? 3 : 2, 1, spec.epilogue);
  const main = stagedMain({
    field: dtype,
    tile,
    all,
    place: `let column0 = (item % ${across}u) * ${side * columns}u;
let row0 = ((item / ${across}u) % ${down}u) * ${side * rows}u;
let z = (item / ${across * down}u) % ${batch}u;
let part = item / ${across * down * batch}u;
let a_matrix = (${matrixWgsl(spec.batchShape, spec.aBatchStrides)}) * ${m * k / a.width}u;
let b_matrix = (${matrixWgsl(spec.batchShape, spec.bBatchStrides)}) * ${k * n / b.width}u;
let o = (part * ${batch}u + z) * ${m * n}u;`,
    first: `min(part * ${deep}u, ${split}u)`,
    end: `select(min((part + 1u) * ${deep}u, ${split}u), ${k}u, part == ${parts - 1}u)`,
    bring: stages.map((s) => bring(s, tile, k)).join("\n"),
    conjA: spec.conjA,
    conjB: spec.conjB,
    store: (total, r, c) =>
      `if (row < ${m}u && column < ${n}u) {
${spec.bias ? total.addElement(r, c, "in2[column]") : ""}
${out.put(`o + row * ${n}u + column`, [total.element(r, c)])}
}`,
  });
  const source = `${a.declare()}\n${b.declare()}\n${out.declare()}\n${main}`;
  return { source, workgroups: [all, 1, 1] };
}
