/** Matrix products by register tiles: each thread keeps its sums in variables and reads from storage. */
import { range } from "../../contract/collections.ts";
import { bytesOf } from "../../contract/dtype.ts";
import type { Adapter, Shader } from "../../contract/kernel.ts";
import { batchOf, depthOfPart, matrixWgsl, type SplitSpec, unrollOf } from "./gemm.ts";
import {
  CHAIN,
  chained,
  loadWidth,
  Reader,
  Sums,
  type Term,
  texelWidth,
  tileGrid,
  tileMain,
  when,
} from "./tile.ts";
import { copiesOperand, loadShare, mostSums, type TileCost, tileSides } from "../costs.ts";
import { Writer } from "./writer.ts";

/** A thread's share: `rows` × `columns` sums, `unroll` values of k a round. */
export interface RegisterTile {
  readonly kind: "registers";
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly unroll: number;
  /** Which operands are read as texels: A, B. */
  readonly texels: readonly number[];
}

/** All tiles that may be used. */
export function registerTiles(spec: SplitSpec, adapter: Adapter): RegisterTile[] {
  const { m, n, k } = spec;
  const most = mostSums(adapter, m * n * k * batchOf(spec));
  const sizes = tileSides(adapter, [1, 2, 4, 6, 8, 10, 12, 16]);
  const unroll = unrollOf(spec);
  const tiles = sizes.flatMap((rows) =>
    sizes.filter((columns) => rows * columns <= most).map((columns): RegisterTile => ({
      kind: "registers",
      name: `registers ${rows}x${columns}`,
      rows,
      columns,
      unroll,
      texels: [],
    }))
  );
  const byTexels = tiles.map((tile) => (
    { ...tile, name: `texels ${tile.rows}x${tile.columns}`, texels: texelsOf(spec, tile, adapter) }
  ));
  return [...byTexels.filter((tile) => tile.texels.length > 0), ...tiles];
}

/** The operands of which a load can be a whole texel, if the product is worth copying them. */
function texelsOf(spec: SplitSpec, tile: RegisterTile, adapter: Adapter): number[] {
  const { dtype, m, n, k } = spec;
  const batch = batchOf(spec);
  const whole = texelWidth(dtype), multiplications = m * n * k * batch;
  const { a, b } = readersOf(spec, tile);
  const bytes = bytesOf(dtype) * batch * k;
  const operands = [
    { slot: 0, width: a.width, size: bytes * m, readings: n / tile.columns },
    { slot: 1, width: b.width, size: bytes * n, readings: m / tile.rows },
  ];
  return operands
    .filter((o) => o.width === whole)
    .filter((o) => copiesOperand(adapter, o.size, multiplications, o.readings))
    .map((o) => o.slot);
}

/** The cost of a tile; see {@link TileCost}. */
export function registerCost(spec: SplitSpec, tile: RegisterTile): TileCost {
  const { a, b } = readersOf(spec, tile);
  return {
    threads: threadsOf(spec, tile),
    loads: spec.k *
      (tile.rows / a.width * loadShare(a) +
        tile.columns / b.width * loadShare(b)),
    products: spec.k * tile.rows * tile.columns,
  };
}

/** The shader; bindings A, B, the bias where asked, and the product. */
export function registerShader(spec: SplitSpec, adapter: Adapter, tile: RegisterTile): Shader {
  const threads = threadsOf(spec, tile);
  const { a, b } = readersOf(spec, tile);
  const { dtype, n, bias, epilogue } = spec;
  const out = new Writer(dtype, bias ? 3 : 2, loadWidth(dtype, n, tile.columns), epilogue);
  return {
    source: `${a.declare()}\n${b.declare()}\n${out.declare()}\n` +
      tileMain(adapter, threads, body(spec, tile, a, b, out)),
    workgroups: tileGrid(adapter, threads),
    texels: tile.texels,
  };
}

function threadsOf(spec: SplitSpec, { rows, columns }: RegisterTile): number {
  return spec.parts * batchOf(spec) * Math.ceil(spec.m / rows) * Math.ceil(spec.n / columns);
}

function readersOf(
  spec: SplitSpec,
  { rows, columns, unroll, texels }: RegisterTile,
): { a: Reader; b: Reader } {
  const { dtype, m, n, k } = spec;
  // Along k the unit must divide the unrolled stretch, across it the tile.
  const aWidth = spec.transposeA ? loadWidth(dtype, m, rows) : loadWidth(dtype, k, unroll);
  const bWidth = spec.transposeB ? loadWidth(dtype, k, unroll) : loadWidth(dtype, n, columns);
  return {
    a: new Reader(dtype, 0, aWidth, false, texels.includes(0)),
    b: new Reader(dtype, 1, bWidth, false, texels.includes(1)),
  };
}

function body(spec: SplitSpec, tile: RegisterTile, a: Reader, b: Reader, out: Writer): string {
  const { dtype, m, n, k, parts } = spec;
  const { rows, columns, unroll } = tile;
  const rowTiles = Math.ceil(m / rows), columnTiles = Math.ceil(n / columns);
  const batch = batchOf(spec), tiles = rowTiles * columnTiles;
  const rounds = Math.floor(k / unroll);
  const roundsOfPart = depthOfPart(spec, unroll) / unroll;
  const total = new Sums(dtype, rows, columns, "t");

  const lines = [
    `let row = ((i / ${columnTiles}u) % ${rowTiles}u) * ${rows}u;`,
    `let column = (i % ${columnTiles}u) * ${columns}u;`,
    `let z = (i / ${tiles}u) % ${batch}u;`,
    `let part = i / ${tiles * batch}u;`,
    `let a_matrix = (${matrixWgsl(spec.batchShape, spec.aBatchStrides)}) * ${m * k / a.width}u;`,
    `let b_matrix = (${matrixWgsl(spec.batchShape, spec.bBatchStrides)}) * ${k * n / b.width}u;`,
  ];
  // Where the sum runs along memory each row (column) has its own pointer, kept inside the matrix.
  if (!spec.transposeA) {
    for (const r of range(rows)) {
      lines.push(`let a_row${r} = a_matrix + min(row + ${r}u, ${m - 1}u) * ${k}u / ${a.width}u;`);
    }
  }
  if (spec.transposeB) {
    for (const c of range(columns)) {
      lines.push(
        `let b_row${c} = b_matrix + min(column + ${c}u, ${n - 1}u) * ${k}u / ${b.width}u;`,
      );
    }
  }
  lines.push(total.declare());

  /** WGSL of `count` values of k from `round · unroll` on. */
  const round = (sums: Sums, q: string, count: number): string => {
    a.begin();
    b.begin();
    const code: string[] = [];
    // Operands are read at first use: the sums leave few registers for them to wait in.
    const operand = (
      reader: Reader,
      name: string,
      across: string,
      extent: number,
      size: number,
      alongK: boolean,
    ): (u: number, e: number) => Term => {
      const w = reader.width;
      if (alongK) {
        for (const e of range(size)) {
          code.push(`let ${name}${e} = ${name}_row${e} + ${q} * ${unroll}u / ${w}u;`);
        }
        return (u, e) => reader.read(code, `${name}${e}`, u);
      }
      for (const u of range(count)) {
        code.push(
          `let ${name}${u} = ${name}_matrix + ((${q} * ${unroll}u + ${u}u) * ${extent}u + ${across}) / ${w}u;`,
        );
      }
      return (u, e) => reader.read(code, `${name}${u}`, e);
    };
    const left = operand(a, "a", "row", m, rows, !spec.transposeA);
    const right = operand(b, "b", "column", n, columns, spec.transposeB);
    for (const r of range(rows)) {
      for (const c of range(columns)) {
        for (const u of range(count)) {
          const [x, y] = [left(u, r), right(u, c)];
          code.push(sums.multiplyAdd(r, c, x, y, spec.conjA, spec.conjB));
        }
      }
    }
    return code.join("\n");
  };

  if (rounds > 0) {
    lines.push(chained(total, {
      name: "q",
      from: `part * ${roundsOfPart}u`,
      to: `min((part + 1u) * ${roundsOfPart}u, ${rounds}u)`,
      chain: CHAIN / unroll,
      long: k > 2 * CHAIN * parts,
    }, (sums) => round(sums, "q", unroll)));
  }
  if (k % unroll !== 0) {
    lines.push(`if (part == ${parts - 1}u) {\n${round(total, `${rounds}u`, k % unroll)}\n}`);
  }

  lines.push(`let o = ((part * ${batch}u + z) * ${m}u + row) * ${n}u + column;`);
  for (const r of range(rows)) {
    const stores = [
      ...(spec.bias
        ? range(columns).map((c) => total.addElement(r, c, `in2[column + ${c}u]`))
        : []),
      out.store(
        total,
        r,
        0,
        columns,
        "o",
        r * n,
        (c) => n % columns === 0 ? undefined : `column + ${c}u < ${n}u`,
      ),
    ].join("\n");
    lines.push(when(m % rows === 0, `row + ${r}u < ${m}u`, stores));
  }
  return lines.join("\n");
}
