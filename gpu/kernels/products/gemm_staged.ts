/**
 * Matrix products through workgroup memory, as hardware likes them: a workgroup brings a stretch of A and
 * of B there together, neighbouring threads reading neighbouring elements, and each thread multiplies
 * out of it. Right on software adapters too, only slower.
 */
import type { Adapter, Field, Shader } from "../../kernel.ts";
import { WGSL_TYPE } from "../../kernel.ts";
import { batchOf, depthOfPart, matrixWgsl, type SplitSpec, unrollOf } from "./gemm.ts";
import { CHAIN, loadWidth, range, Reader, Sums, type Term, type TileCost } from "./tile.ts";
import { Writer } from "./writer.ts";

/** A workgroup of `side` × `side` threads with `rows` × `columns` sums each; `depth` values of k at a time. */
export interface StagedTile {
  readonly kind: "staged";
  readonly name: string;
  readonly side: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

const TILES = [
  { side: 8, rows: 4, columns: 4, depth: 16 },
  { side: 16, rows: 4, columns: 4, depth: 8 },
  { side: 16, rows: 8, columns: 4, depth: 8 },
];

/** All tiles that may be used; each takes less than the 16 KiB of memory that every adapter has. */
export function stagedTiles({ k }: SplitSpec): StagedTile[] {
  if (k === 0) return [];
  return TILES.map((tile) => ({
    kind: "staged",
    name: `staged ${tile.side * tile.rows}x${tile.side * tile.columns}`,
    ...tile,
  }));
}

/** Tiles of C: the rows of them, the columns of them, and all with batch and parts. */
function tilesOf(spec: SplitSpec, { side, rows, columns }: StagedTile) {
  const down = Math.ceil(spec.m / (side * rows)), across = Math.ceil(spec.n / (side * columns));
  return { down, across, all: spec.parts * batchOf(spec) * down * across };
}

/** What the tile costs; see {@link TileCost}. */
export function stagedCost(spec: SplitSpec, adapter: Adapter, tile: StagedTile): TileCost {
  const { side, rows, columns } = tile;
  const { a, b } = readersOf(spec);
  const fetched = (rows / a.width + columns / b.width) / side;
  // On software workgroup memory is memory like any other, and what is put there is read again.
  const staged = adapter.software ? rows + columns + 2 * fetched : (rows + columns) / 16;
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
  /** True where the operand is stored along k. */
  readonly alongK: boolean;
}

/** Elements from one line of a stage to the next: one more than needed, so that columns spread over banks. */
const lineOf = ({ extent }: Stage): number => extent + 1;

/** WGSL that brings the stage's elements of k from `k0` to `k_end`; zeros stand where there are none. */
function bring(stage: Stage, tile: StagedTile, k: number): string {
  const { name, reader, matrix, start, extent, whole, alongK } = stage;
  const { depth, side } = tile;
  const w = reader.width, threads = side * side, line = lineOf(stage);
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
  if (field === "c64") return width === 1 ? "unit" : `unit.${["xy", "zw"][e]}`;
  return width === 1 ? "unit" : `unit.${"xyzw"[e]}`;
}

const termOf = (field: Field, name: string): Term =>
  field === "c64" ? { re: `${name}.x`, im: `${name}.y` } : { re: name, im: "" };

/** The shader; bindings A, B, the bias where asked, and the product. */
export function stagedShader(spec: SplitSpec, tile: StagedTile): Shader {
  const { dtype, m, n, k, parts } = spec;
  const { side, rows, columns, depth } = tile;
  const { down, across, all } = tilesOf(spec, tile);
  const batch = batchOf(spec), unroll = unrollOf(spec);
  const { a, b } = readersOf(spec);
  const total = new Sums(dtype, rows, columns, "t"), part = new Sums(dtype, rows, columns, "p");
  const deep = depthOfPart(spec, unroll), split = k - k % unroll;
  const stages: Stage[] = [
    {
      name: "stage_a",
      reader: a,
      matrix: "a_matrix",
      start: "row0",
      extent: side * rows,
      whole: m,
      alongK: !spec.transposeA,
    },
    {
      name: "stage_b",
      reader: b,
      matrix: "b_matrix",
      start: "column0",
      extent: side * columns,
      whole: n,
      alongK: spec.transposeB,
    },
  ];
  const [lineA, lineB] = stages.map(lineOf);
  const products = range(rows).flatMap((r) =>
    range(columns).map((c) => {
      const [x, y] = [termOf(dtype, `x${r}`), termOf(dtype, `y${c}`)];
      return part.multiplyAdd(r, c, x, y, spec.conjA, spec.conjB);
    })
  );
  const out = new Writer(dtype, spec.bias ? 3 : 2, 1, spec.epilogue);
  const outputs = range(rows).flatMap((r) =>
    range(columns).map((c) => {
      const put = [
        ...(spec.bias ? [total.addElement(r, c, `in2[column]`)] : []),
        out.put(`o + row * ${n}u + column`, [total.element(r, c)]),
      ].join(" ");
      return `{ let row = row0 + ty + ${r * side}u; let column = column0 + tx + ${c * side}u;
if (row < ${m}u && column < ${n}u) { ${put} } }`;
    })
  );
  const source = `${a.declare()}
${b.declare()}
${out.declare()}
${
    stages.map((s) => `var<workgroup> ${s.name}: array<${WGSL_TYPE[dtype]}, ${depth * lineOf(s)}>;`)
      .join("\n")
  }
@compute @workgroup_size(${side}, ${side})
fn main(
  @builtin(workgroup_id) wid: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
let group = wid.x + wid.y * groups.x;
if (group >= ${all}u) { return; }
let tx = lane % ${side}u;
let ty = lane / ${side}u;
let column0 = (group % ${across}u) * ${side * columns}u;
let row0 = ((group / ${across}u) % ${down}u) * ${side * rows}u;
let z = (group / ${across * down}u) % ${batch}u;
let part = group / ${across * down * batch}u;
let a_matrix = (${matrixWgsl(spec.batchShape, spec.aBatchStrides)}) * ${m * k / a.width}u;
let b_matrix = (${matrixWgsl(spec.batchShape, spec.bBatchStrides)}) * ${k * n / b.width}u;
let k_start = min(part * ${deep}u, ${split}u);
let k_end = select(min((part + 1u) * ${deep}u, ${split}u), ${k}u, part == ${parts - 1}u);
${total.declare()}
for (var chain = k_start; chain < k_end; chain += ${CHAIN}u) {
let chain_end = min(chain + ${CHAIN}u, k_end);
${part.declare()}
for (var k0 = chain; k0 < chain_end; k0 += ${depth}u) {
${stages.map((s) => bring(s, tile, k)).join("\n")}
workgroupBarrier();
for (var q = 0u; q < ${depth}u; q += 1u) {
${range(rows).map((r) => `let x${r} = stage_a[q * ${lineA}u + ty + ${r * side}u];`).join("\n")}
${range(columns).map((c) => `let y${c} = stage_b[q * ${lineB}u + tx + ${c * side}u];`).join("\n")}
${products.join("\n")}
}
workgroupBarrier();
}
${total.add(part)}
}
let o = (part * ${batch}u + z) * ${m * n}u;
${outputs.join("\n")}
}`;
  return { source, workgroups: [all, 1, 1] };
}
