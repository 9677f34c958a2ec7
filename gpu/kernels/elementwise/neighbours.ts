/**
 * Elementwise WGSL for several neighbours a thread: elements in the order of the threads are loaded
 * and stored in vectors of up to four words, since a load costs the same however wide it is.
 */
import { range } from "../../contract/collections.ts";
import { type DType, isComplex, lanesOf, realOf, wgslOf } from "../../contract/dtype.ts";
import type { Adapter } from "../../contract/kernel.ts";
import { mostNeighbours } from "../costs.ts";
import { loadsOf, type Value } from "../../contract/expression.ts";

/** Lines of WGSL that a thread may run for all of its neighbours, so that compiling stays quick. */
const MOST_LINES = 400;

/** A binding of elements in the order of the threads, of which each has `count` neighbours. */
export class Neighbours {
  /** Elements of one vector, and words. */
  readonly #width: number;
  readonly #words: number;

  constructor(
    readonly dtype: DType,
    readonly binding: number,
    readonly count: number,
    readonly access: "read" | "read_write",
  ) {
    this.#words = Math.min(4, count * lanesOf(dtype));
    this.#width = this.#words / lanesOf(dtype);
  }

  get #type(): string {
    const component = wgslOf(realOf(this.dtype));
    return this.#words === 1 ? component : `vec${this.#words}<${component}>`;
  }

  /** A second declaration of the binding, in vectors; the shader must not use the first one too. */
  declare(): string {
    const { binding, access } = this;
    return `@group(0) @binding(${binding}) var<storage, ${access}> wide${binding}: array<${this.#type}>;`;
  }

  /** WGSL of the place of a thread's vector number `v`. */
  #at(v: number, i = "i"): string {
    const vectors = this.count / this.#width;
    return `wide${this.binding}[${vectors === 1 ? i : `${i} * ${vectors}u + ${v}u`}]`;
  }

  /** WGSL that loads the neighbours of thread `i`, a WGSL identifier. */
  load(i = "i"): string {
    return range(this.count / this.#width)
      .map((v) => `let x${this.binding}_${v} = ${this.#at(v, i)};`).join("\n");
  }

  /** WGSL of neighbour `k`, once loaded. */
  element(k: number): string {
    const name = `x${this.binding}_${Math.floor(k / this.#width)}`;
    if (this.#width === 1) return name;
    const lane = k % this.#width;
    return `${name}.${isComplex(this.dtype) ? ["xy", "zw"][lane] : "xyzw"[lane]}`;
  }

  /** WGSL that stores the neighbours of thread `i`, whose values are given in WGSL. */
  store(values: readonly string[]): string {
    return range(this.count / this.#width).map((v) => {
      const parts = values.slice(v * this.#width, (v + 1) * this.#width);
      return `${this.#at(v)} = ${
        this.#width === 1 ? parts[0] : `${this.#type}(${parts.join(", ")})`
      };`;
    }).join("\n");
  }

  /** The WGSL type of one element. */
  get elementType(): string {
    return wgslOf(this.dtype);
  }
}

/** The inputs of which a value loads nothing but the element at the linear index itself. */
export function runsOf(value: Value, inputs: readonly DType[]): number[] {
  const loads = loadsOf(value);
  return inputs.flatMap((_, k) => {
    const own = loads.filter(({ input }) => input === k);
    return own.length > 0 && own.every(({ at }) => at.op === "linear") ? [k] : [];
  });
}

/** How many neighbours a thread takes: as many as pay, divide the size, and compile quickly. */
export function neighboursOf(
  adapter: Adapter,
  size: number,
  dtypes: readonly DType[],
  lines: number,
): number {
  const most = mostNeighbours(adapter, Math.max(...dtypes.map((dtype) => lanesOf(dtype))));
  return [4, 2].find((n) => n <= most && size % n === 0 && n * lines <= MOST_LINES) ?? 1;
}
