/**
 * The costs of loads, products and workgroup memory on an adapter, and the choices that follow from
 * them. No other file of kernels distinguishes hardware from adapters that run shaders on the
 * processor. The numbers are those of Mesa's llvmpipe; bench/NOTES.md has the measurements.
 *
 * On a processor a load takes some 25 ns however wide it is, and a complex multiply-add of eight lanes
 * about 1 ns: tiles are as large as compile time allows, loads as wide as alignment allows, and workgroup
 * memory is memory like any other. Hardware wants thousands of threads with few registers each, which
 * share what they load.
 */
import { type InexactDType, type InexactKind, kindOf } from "../contract/dtype.ts";
import { type Adapter, MOST_UNIFORMS, WORKGROUP } from "../contract/kernel.ts";

/**
 * The most elements that a sum leaves to one thread, on every adapter: Mesa's llvmpipe silently ends a
 * thread's loops after 65 535 rounds.
 */
export const MOST_ROUNDS = 32768;

/** Threads that a processor runs as the lanes of one vector. */
const LANES = 8;

// Threads

/** The threads of a workgroup of independent threads: on a processor few, to spread over its cores. */
export function workgroupOf({ software }: Adapter): number {
  return software ? LANES : 64;
}

/** Threads that run in step, and should read neighbouring elements. */
export function threadsInStep({ software }: Adapter): number {
  return software ? LANES : WORKGROUP;
}

/** Whether it pays for the threads of a workgroup to share work through its memory. */
export function cooperates({ software }: Adapter): boolean {
  return !software;
}

/** The threads that an elementwise kernel wants in all, and the fewest elements worth one of them. */
export function threadsWanted({ software }: Adapter): { threads: number; fewest: number } {
  return software ? { threads: 32768, fewest: 16 } : { threads: 262144, fewest: 4 };
}

// Vectors

/**
 * Neighbouring elements of up to `words` words each that a thread takes at most: on a processor as many as
 * save loads, on hardware a vector of 16 bytes, which threads side by side read in one piece.
 */
export function mostNeighbours({ software }: Adapter, words: number): number {
  return software ? 4 : 4 / words;
}

/** Whether a sum should take several results side by side, to share each load among them. */
export function sumsNeighbours({ software }: Adapter): boolean {
  return software;
}

// Operands

/** Multiplications from which a copy of the operands pays, and readings of each of their elements. */
const WORTH_COPYING = 2 ** 18, READ_OFTEN = 4;
/** Bytes of an operand above which it stays in its buffer. */
const MOST_COPIED = 1 << 25;

/** Whether an operand is worth a copy to a texture, whose texels load faster than a buffer's elements. */
export function copiesOperand(
  { texels = false }: Adapter,
  bytes: number,
  multiplications: number,
  readings = Infinity,
): boolean {
  return texels && bytes <= MOST_COPIED && multiplications >= WORTH_COPYING &&
    readings >= READ_OFTEN;
}

/** The `vec4<f32>` of an operand of so many words that is bound as a uniform buffer; 0 in storage. */
export function uniformVectors({ software }: Adapter, words: number): number {
  return software && words <= 4 * MOST_UNIFORMS ? words / 4 : 0;
}

/** The cost of a load of an operand, as a share of one from a storage buffer. */
export function loadShare(
  operand: { readonly uniform: boolean; readonly texels: boolean },
): number {
  return operand.texels ? 0.3 : operand.uniform ? 0.4 : 1;
}

/** The costs of a load from workgroup memory and of a store to it, as shares of a load from storage. */
export function workgroupMemory({ software }: Adapter): { load: number; store: number } {
  return software ? { load: 1, store: 2 } : { load: 1 / 16, store: 0 };
}

// Tiles

/** Multiplications from which a product is worth a second of compiling. */
const LARGE = 2 ** 26;

/** The sums that a thread of a product holds at most. */
export function mostSums({ software }: Adapter, multiplications: number): number {
  if (!software) return 16;
  return multiplications >= LARGE ? 144 : 64;
}

/** Those of the sizes along one side of a tile that may be tried; `most` is the largest on hardware. */
export function tileSides({ software }: Adapter, sizes: readonly number[], most = 4): number[] {
  return sizes.filter((size) => software || size <= most);
}

/** The body of a thread's inner loop, as it is written out. */
export interface TileBody {
  readonly sums: number;
  readonly products: number;
  /** Loads from storage and of texels, and those from a uniform buffer. */
  readonly loads: number;
  readonly uniforms?: number;
  /** Whether operands are copied to textures: small tiles are nearly as good there. */
  readonly copied: boolean;
}

/** Milliseconds that a processor takes to compile one product. */
const COMPILE_PRODUCT: Readonly<Record<InexactKind, number>> = { complex: 0.55, real: 0.15 };
/** The same of a load: from storage or a texture it becomes a loop over the lanes. */
const COMPILE_LOAD = 14, COMPILE_UNIFORM = 3;
/** Milliseconds that a body may take to compile, from buffers and with operands in textures. */
const MOST_COMPILE = 700, MOST_COMPILE_COPIED = 350;

/** Whether a body fits an adapter: its compile time, or on hardware so many sums and products. */
export function fitsThread(
  { software }: Adapter,
  field: InexactDType,
  { sums, products, loads, uniforms = 0, copied }: TileBody,
  most: Pick<TileBody, "sums" | "products">,
): boolean {
  if (!software) return sums <= most.sums && products <= most.products;
  const time = products * COMPILE_PRODUCT[kindOf(field)] + loads * COMPILE_LOAD +
    uniforms * COMPILE_UNIFORM;
  return time <= (copied ? MOST_COMPILE_COPIED : MOST_COMPILE);
}

/** The cost of a candidate tile: its threads, and the loads and multiply-adds of each. */
export interface TileCost {
  readonly threads: number;
  readonly loads: number;
  readonly products: number;
}

/**
 * The costs of a load and a multiply-add for the threads of a vector, in nanoseconds on a
 * processor.
 */
interface Prices {
  readonly load: number;
  readonly product: number;
}

/** How a round of a thread's loop is written: loads where they are used, or all before the products. */
export type Order = "loads at use" | "loads first";

/** With all loads first the sums are too many for the registers. */
const LOADS_FIRST: Readonly<Record<InexactKind, Prices>> = {
  complex: { load: 27, product: 1.6 },
  real: { load: 25, product: 0.4 },
};

const PRODUCT: Readonly<Record<InexactKind, number>> = { complex: 1.1, real: 0.3 };

function pricesOf({ software }: Adapter, field: InexactDType, order: Order): Prices {
  if (software && order === "loads first") return LOADS_FIRST[kindOf(field)];
  return { load: software ? 25 : 4, product: PRODUCT[kindOf(field)] };
}

/** The candidates by their estimated time on this adapter, the best one first. */
export function ranked<T>(
  adapter: Adapter,
  field: InexactDType,
  order: Order,
  candidates: readonly T[],
  cost: (tile: T) => TileCost,
): T[] {
  const prices = pricesOf(adapter, field, order);
  const times = candidates.map((tile) => {
    const { threads, loads, products } = cost(tile);
    // A processor has vectors of lanes on a few cores, hardware some thousand threads to fill.
    const rounds = adapter.software
      ? Math.max(Math.ceil(threads / LANES), 4)
      : Math.max(threads, 8192) / 8;
    return { tile, time: rounds * (loads * prices.load + products * prices.product) };
  });
  // The sort is stable: of equals the first one stays in front.
  return times.sort((a, b) => a.time - b.time).map(({ tile }) => tile);
}
