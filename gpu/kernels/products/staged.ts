/**
 * Products through workgroup memory: a workgroup loads a stretch of both operands into it, and each
 * of its threads multiplies from there, round by round. The caller says what the operands are, how
 * they are loaded and where sums go.
 */
import { range } from "../../contract/collections.ts";
import { type InexactDType, isComplex, wgslOf } from "../../contract/dtype.ts";
import { CHAIN, Sums, type Term } from "./tile.ts";

/** A workgroup of `side` × `side` threads with `rows` × `columns` sums each; `depth` values of k at a time. */
export interface StagedTile {
  readonly kind: "staged";
  readonly name: string;
  readonly side: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** The tile of these sizes, named after the sums of a workgroup. */
export function stagedTile(sizes: Omit<StagedTile, "kind" | "name">): StagedTile {
  const { side, rows, columns } = sizes;
  return { kind: "staged", name: `staged ${side * rows}x${side * columns}`, ...sizes };
}

/**
 * Elements from one value of k to the next in `stage_a` and `stage_b`: one more than needed, so that
 * columns spread over the banks.
 */
export function linesOf({ side, rows, columns }: StagedTile): { a: number; b: number } {
  return { a: side * rows + 1, b: side * columns + 1 };
}

/** A product by tiles, in WGSL. */
export interface Staged {
  readonly field: InexactDType;
  readonly tile: StagedTile;
  /** Tiles, and with them workgroups, in all. */
  readonly all: number;
  /** Says from tile number `item` where it lies: `row0`, `column0` and whatever else is asked below. */
  readonly place: string;
  /** The first value of k and the end of them. */
  readonly first: string;
  readonly end: string;
  /** Brings `depth` values of k from `k0` on to `stage_a` and `stage_b`; thread `lane` does its part. */
  readonly bring: string;
  readonly conjA?: boolean;
  readonly conjB?: boolean;
  /** Stores or uses a sum; `row` and `column` are its position. */
  store(total: Sums, r: number, c: number): string;
}

const termOf = (field: InexactDType, name: string): Term =>
  isComplex(field) ? { re: `${name}.x`, im: `${name}.y` } : { re: name, im: "" };

/** The stages in workgroup memory and `main`. */
export function stagedMain(product: Staged): string {
  const { field, tile, conjA, conjB } = product;
  const { side, rows, columns, depth } = tile;
  const line = linesOf(tile), type = wgslOf(field);
  const total = new Sums(field, rows, columns, "t"), part = new Sums(field, rows, columns, "p");
  const sums = range(rows).flatMap((r) => range(columns).map((c) => ({ r, c })));
  const products = sums.map(({ r, c }) =>
    part.multiplyAdd(r, c, termOf(field, `x${r}`), termOf(field, `y${c}`), conjA, conjB)
  );
  const stores = sums.map(({ r, c }) =>
    `{ let row = row0 + ty + ${r * side}u; let column = column0 + tx + ${c * side}u;
${product.store(total, r, c)} }`
  );
  return `var<workgroup> stage_a: array<${type}, ${depth * line.a}>;
var<workgroup> stage_b: array<${type}, ${depth * line.b}>;
@compute @workgroup_size(${side}, ${side})
fn main(
  @builtin(workgroup_id) wid: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
let item = wid.x + wid.y * grid.x;
if (item >= ${product.all}u) { return; }
let tx = lane % ${side}u;
let ty = lane / ${side}u;
${product.place}
let k_end = ${product.end};
${total.declare()}
for (var chain = ${product.first}; chain < k_end; chain += ${CHAIN}u) {
let chain_end = min(chain + ${CHAIN}u, k_end);
${part.declare()}
for (var k0 = chain; k0 < chain_end; k0 += ${depth}u) {
${product.bring}
workgroupBarrier();
for (var q = 0u; q < ${depth}u; q += 1u) {
${range(rows).map((r) => `let x${r} = stage_a[q * ${line.a}u + ty + ${r * side}u];`).join("\n")}
${range(columns).map((c) => `let y${c} = stage_b[q * ${line.b}u + tx + ${c * side}u];`).join("\n")}
${products.join("\n")}
}
workgroupBarrier();
}
${total.add(part)}
}
${stores.join("\n")}
}`;
}
