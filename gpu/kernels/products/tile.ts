/**
 * Register tiles: the WGSL shared by the dense linear kernels. Each thread keeps a small matrix of
 * sums in variables and reads its operands straight from storage, several neighbours in one load.
 */
import { range } from "../../contract/collections.ts";
import { type InexactDType, isComplex, isReal, lanesOf } from "../../contract/dtype.ts";
import { type Adapter, linearGrid, linearMain } from "../../contract/kernel.ts";
import { workgroupOf } from "../costs.ts";

/** Longest serial float32 sum; longer ones are sums of partial sums. */
export const CHAIN = 256;

/** WGSL names of the parts of one number; `im` is empty where the number is real. */
export interface Term {
  readonly re: string;
  readonly im: string;
}

/** The widest load, in elements, of which all of `extents` (offsets that occur) are multiples. */
export function loadWidth(field: InexactDType, ...extents: number[]): number {
  const widths = isComplex(field) ? [2] : [4, 2];
  return widths.find((w) => extents.every((e) => e % w === 0)) ?? 1;
}

/** The WGSL type of `width` elements side by side. */
export function unitType(field: InexactDType, width: number): string {
  const words = width * lanesOf(field);
  return words === 1 ? "f32" : `vec${words}<f32>`;
}

/**
 * Reads of one input in units of `width` elements. Within a block of WGSL each unit is loaded once,
 * at its first use, so that overlapping windows share their loads.
 */
export class Reader {
  readonly #seen = new Map<string, string>();
  #serial = 0;

  /** `slot` is the number of the input's binding. */
  constructor(
    readonly field: InexactDType,
    readonly slot: number,
    readonly width: number,
    /** The input is a uniform buffer, whose element is a `vec4<f32>`. */
    readonly uniform = false,
    /** The input is read as texels, of which each holds one unit: a unit is four numbers. */
    readonly texels = false,
  ) {}

  /** A second declaration of the binding, with the wider element; WGSL allows aliases. */
  declare(): string {
    if (this.uniform || this.texels) return "";
    return `@group(0) @binding(${this.slot}) var<storage, read> wide${this.slot}: array<${this.type}>;`;
  }

  /** The WGSL type of one unit. */
  get type(): string {
    return unitType(this.field, this.width);
  }

  /** Forgets what was loaded: a new block begins, whose names are its own. */
  begin(): void {
    this.#seen.clear();
  }

  /**
   * The element `offset` past `base`, an identifier that counts units. `mask(unit)` may give a WGSL
   * condition under which the unit exists; elsewhere it reads as zero.
   */
  read(
    lines: string[],
    base: string,
    offset: number,
    mask?: (unit: number) => string | undefined,
  ): Term {
    const unit = Math.floor(offset / this.width);
    const key = `${base},${unit}`;
    let name = this.#seen.get(key);
    if (name === undefined) {
      name = `v${this.slot}_${this.#serial++}`;
      this.#seen.set(key, name);
      const at = unit === 0 ? base : unit > 0 ? `${base} + ${unit}u` : `${base} - ${-unit}u`;
      const condition = mask?.(unit);
      const value = this.texels
        ? `texel${this.slot}(${at})`
        : `${this.uniform ? "in" : "wide"}${this.slot}[${at}]`;
      lines.push(
        condition === undefined
          ? `let ${name} = ${value};`
          : `let ${name} = select(${this.type}(), ${value}, ${condition});`,
      );
    }
    const lane = offset - unit * this.width;
    if (isComplex(this.field)) {
      return { re: `${name}.${"xz"[lane]}`, im: `${name}.${"yw"[lane]}` };
    }
    return { re: this.width === 1 ? name : `${name}.${"xyzw"[lane]}`, im: "" };
  }
}

/** A rows × columns matrix of sums held in variables. */
export class Sums {
  constructor(
    readonly field: InexactDType,
    readonly rows: number,
    readonly columns: number,
    readonly prefix: string,
  ) {}

  #each(write: (re: string, im: string) => string): string {
    return range(this.rows * this.columns)
      .map((k) => write(`${this.prefix}r${k}`, `${this.prefix}i${k}`)).join("\n");
  }

  /** Declares the sums, all zero. */
  declare(): string {
    return this.#each((re, im) =>
      isComplex(this.field) ? `var ${re} = 0f; var ${im} = 0f;` : `var ${re} = 0f;`
    );
  }

  /** Adds `part`, sums of the same size, to these. */
  add(part: Sums): string {
    return range(this.rows * this.columns).map((k) => {
      const re = `${this.prefix}r${k} += ${part.prefix}r${k};`;
      return isComplex(this.field) ? `${re} ${this.prefix}i${k} += ${part.prefix}i${k};` : re;
    }).join("\n");
  }

  /** sum[row, column] += a · b, each conjugated where asked. */
  multiplyAdd(row: number, column: number, a: Term, b: Term, conjA = false, conjB = false): string {
    const k = row * this.columns + column;
    const re = `${this.prefix}r${k}`;
    if (isReal(this.field)) return `${re} = fma(${a.re}, ${b.re}, ${re});`;
    const im = `${this.prefix}i${k}`;
    const sign = (negative: boolean) => negative ? "-" : "";
    return `${re} = fma(${a.re}, ${b.re}, ${re});` +
      ` ${re} = fma(${sign(conjA === conjB)}${a.im}, ${b.im}, ${re});` +
      ` ${im} = fma(${a.re}, ${sign(conjB)}${b.im}, ${im});` +
      ` ${im} = fma(${sign(conjA)}${a.im}, ${b.re}, ${im});`;
  }

  /** sum[row, column] += the element `value` of WGSL. */
  addElement(row: number, column: number, value: string): string {
    const k = row * this.columns + column;
    return isComplex(this.field)
      ? `${this.prefix}r${k} += (${value}).x; ${this.prefix}i${k} += (${value}).y;`
      : `${this.prefix}r${k} += ${value};`;
  }

  /** WGSL of one of the sums. */
  element(row: number, column: number): string {
    const k = row * this.columns + column;
    const re = `${this.prefix}r${k}`;
    return isComplex(this.field) ? `vec2<f32>(${re}, ${this.prefix}i${k})` : re;
  }
}

/**
 * A loop whose body adds to sums, as long chains of partial sums: `body(sums)` is WGSL for one value of
 * `u32` variable `name` from `from` up to (not including) `to`; at most `chain` values go into one part.
 */
export function chained(
  total: Sums,
  loop: { name: string; from: string; to: string; chain: number; long: boolean },
  body: (sums: Sums) => string,
): string {
  const { name, from, to, chain } = loop;
  if (!loop.long) {
    return `for (var ${name} = ${from}; ${name} < ${to}; ${name} += 1u) {\n${body(total)}\n}`;
  }
  const part = new Sums(total.field, total.rows, total.columns, `${total.prefix}p`);
  return `for (var ${name}_start = ${from}; ${name}_start < ${to}; ${name}_start += ${chain}u) {
let ${name}_end = min(${name}_start + ${chain}u, ${to});
${part.declare()}
for (var ${name} = ${name}_start; ${name} < ${name}_end; ${name} += 1u) {
${body(part)}
}
${total.add(part)}
}`;
}

/** WGSL: `code` under a condition, without it where it `always` holds. */
export function when(always: boolean, condition: string, code: string): string {
  return always ? code : `if (${condition}) { ${code} }`;
}

/** WGSL: a `main` whose `body` sees `i`, a linear index below `threads`. */
export function tileMain(adapter: Adapter, threads: number, body: string): string {
  return linearMain(threads, body, workgroupOf(adapter));
}

/** The grid that goes with {@link tileMain}. */
export function tileGrid(adapter: Adapter, threads: number): [number, number, number] {
  return linearGrid(threads, workgroupOf(adapter));
}

/** The width of a load that is a whole texel. */
export function texelWidth(field: InexactDType): number {
  return 4 / lanesOf(field);
}
