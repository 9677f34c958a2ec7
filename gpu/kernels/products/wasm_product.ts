/** Matrix products and convolutions in WebAssembly: how their operands lie, for one blocked product. */
import {
  bytesOf,
  type InexactDType,
  type InexactKind,
  isComplex,
  kindOf,
} from "../../contract/dtype.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";

/**
 * Elements from one value of an index to the next, for an index of up to three digits: extents of the
 * inner two, and a step of each digit.
 */
export interface Digits {
  readonly extents: readonly [number, number];
  readonly steps: readonly [number, number, number];
}

/** One of the products of a job: where its operands begin, in elements, and which k it sums. */
export interface ProductItem {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly bias: number;
  readonly first: number;
  readonly count: number;
}

/** C[row, column] = Σ_k A[row, k] · B[k, column] (+ bias), for each item. */
export interface WasmProduct {
  readonly field: InexactDType;
  readonly rows: number;
  readonly columns: number;
  readonly a: { readonly row: Digits; readonly k: Digits; readonly conj: boolean };
  readonly b: { readonly column: Digits; readonly k: Digits; readonly conj: boolean };
  readonly c: { readonly row: Digits; readonly column: Digits };
  readonly bias: "none" | "columns" | "rows";
  readonly items: readonly ProductItem[];
  /**
   * Where elements of an item fall on the same place of C, in which they add up: how many elements of C
   * are the item's own, and where among them its element 0 lies.
   */
  readonly overlap?: { readonly size: number; readonly origin: number };
}

/** An index of one digit. */
export function digit(step: number): Digits {
  return { extents: [1, 1], steps: [step, 0, 0] };
}

/** Columns of B that a thread packs at once: 256 KiB, which the second-level cache holds. */
const COLUMNS: Readonly<Record<InexactKind, number>> = { complex: 128, real: 256 };
/** Rows for which it is worth packing columns again, to have more blocks. */
const ROWS = 60;
/** Blocks that keep some threads busy. */
const FEWEST_BLOCKS = 16;
/** Multiply-adds of real numbers in a nanosecond. */
const RATE = 20;

/** Makes a product ready; pointers of A, B, C and, where asked, the bias. */
export function wasmProduct(
  spec: WasmProduct,
): (module: WasmModule, a: number, b: number, c: number, bias: number) => void {
  const { field, rows, columns, items } = spec;
  const bytes = bytesOf(field), complex = isComplex(field) ? 1 : 0;
  const mr = Math.ceil(rows / 5) * 5 <= Math.ceil(rows / 4) * 4 ? 5 : 4;
  const panels = Math.ceil(rows / mr);
  const describe = ({ extents, steps }: Digits) => [...extents, ...steps.map((s) => s * bytes)];

  // Parts of A that several items share are packed once.
  const packs: number[] = [];
  const packed = new Map<string, number>();
  let size = 0;
  const words = items.flatMap(({ a, b, c, bias, first, count }) => {
    const key = `${a},${first},${count}`;
    let at = packed.get(key);
    if (at === undefined) {
      at = size;
      packed.set(key, at);
      packs.push(a * bytes, first, count, at);
      size += panels * mr * count * bytes;
    }
    return [at, first, count, b * bytes, c * bytes, bias * bytes];
  });
  const tables = Int32Array.from([...words, ...packs]);
  const depth = items.reduce((sum, { count }) => sum + count, 0);
  const packUnits = packed.size * panels;
  const packChunk = Math.ceil(packUnits / 64);

  const wide = Math.min(COLUMNS[kindOf(field)], Math.ceil(columns / 8) * 8);
  const columnBlocks = Math.ceil(columns / wide);
  const { size: clear, origin } = spec.overlap ?? { size: 0, origin: 0 };
  const wanted = Math.ceil(FEWEST_BLOCKS / (items.length * columnBlocks));
  const rowBlocks = clear ? 1 : Math.max(1, Math.min(wanted, Math.floor(rows / ROWS)));
  const high = Math.ceil(panels / rowBlocks) * mr;
  const blocks = Math.ceil(rows / high);
  const units = items.length * (clear ? 1 : columnBlocks * blocks), chunk = Math.ceil(units / 256);
  const work = rows * columns * depth * (complex ? 4 : 1) / RATE;
  const kind = { none: 0, columns: 1, rows: 2 }[spec.bias];
  const packWords = [rows, mr, complex, Number(spec.a.conj)];
  const packTail = [...packWords, ...describe(spec.a.row), ...describe(spec.a.k)];
  const tail = [
    ...[units, chunk, blocks, columnBlocks, rows, columns, mr, high, wide, complex],
    ...[Number(spec.b.conj), kind, clear * bytes, origin * bytes],
    ...[spec.b.k, spec.b.column, spec.c.column, spec.c.row].flatMap(describe),
  ];

  return (module, a, b, c, bias) => {
    module.borrow(size + tables.byteLength, (lent) => {
      const itemsAt = lent + size;
      new Int32Array(module.buffer, itemsAt, tables.length).set(tables);
      const packsAt = itemsAt + words.length * 4;
      const packArgs = [a, lent, packsAt, panels, packUnits, packChunk, ...packTail];
      const chunks = Math.ceil(packUnits / packChunk);
      module.parallel("packRows", module.args(packArgs), chunks, size / 4);
      const args = module.args([lent, b, c, bias, itemsAt, ...tail]);
      module.parallel("product", args, Math.ceil(units / chunk), work);
    });
  };
}
