/**
 * The geometry that reductions share: which axes are folded away, how many threads share a run, and
 * how a thread finds its elements.
 */
import { type DType, wgslOf } from "../../contract/dtype.ts";
import { expressionWgsl, type Value, valueDType } from "../../contract/expression.ts";
import { type Index, join, linear, split } from "../../contract/indexing.ts";
import type { Params } from "../../contract/kernel.ts";
import { cannot } from "../../contract/errors.ts";
import { MOST_ROUNDS } from "../costs.ts";

/** A reduction of an expression over some axes of its shape. */
export interface FoldSpec {
  /** The expression's shape, and for each axis whether it is folded away. */
  readonly shape: readonly number[];
  readonly folded: readonly boolean[];
  readonly value: Value;
  readonly inputs: readonly DType[];
  readonly words: number;
  /** Set where it is one of several that fill the same results; see `slabs.ts`. */
  readonly slab?: Slab;
}

/** How a slab's results lie among those of all: so many parts in all has each of them. */
export interface Slab {
  readonly parts: number;
}

/**
 * The params of a slab, which follow the words: those that its value reads, its first result, and its
 * first place in the run.
 */
const SLAB_WORDS = 4;
export const FIRST_RESULT = 2, FIRST_PLACE = 3;

/** The params that a reduction reads. */
export function paramsOf({ words, slab }: FoldSpec): number {
  return slab ? words + SLAB_WORDS : words;
}

/** Elements that one dispatch reaches at most: what its loops go on to beyond is below 2³¹ too. */
export const MOST_ELEMENTS = 2 ** 31 - 2 ** 16;

/** Threads worth having, and the fewest elements a thread should have to itself. */
const THREADS = 8192;
const SHARE = 128;

/** The product of sizes. */
export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** The same reduction with neighbouring axes of one sort made one. */
export function collapse<Spec extends FoldSpec>(spec: Spec): Spec {
  const shape: number[] = [];
  const folded: boolean[] = [];
  spec.shape.forEach((n, d) => {
    if (n === 1) return;
    const last = shape.length - 1;
    if (last >= 0 && folded[last] === spec.folded[d]) shape[last] *= n;
    else {
      shape.push(n);
      folded.push(spec.folded[d]);
    }
  });
  return { ...spec, shape, folded };
}

function axes({ shape, folded }: FoldSpec, which: boolean): number[] {
  return shape.filter((_, d) => folded[d] === which);
}

/** Sizes of the result and of the run that is folded into each of its elements. */
export function sizes(spec: FoldSpec): { kept: number; run: number } {
  return { kept: product(axes(spec, false)), run: product(axes(spec, true)) };
}

/** In how many parts, each a thread's, the runs are folded at first. */
export function partsOf(spec: FoldSpec): number {
  const { kept, run } = sizes(spec);
  const wanted = Math.min(Math.floor(run / SHARE), Math.ceil(THREADS / kept));
  return Math.max(1, wanted, Math.ceil(run / MOST_ROUNDS));
}

/** WGSL: the contribution of the index `at` over the kept or the folded axes to the linear index. */
export function offset(spec: FoldSpec, which: boolean, at: string): string {
  const terms: string[] = [];
  let inner = 1;
  let left = axes(spec, which).length;
  for (let d = spec.shape.length - 1; d >= 0; d--) {
    if (spec.folded[d] !== which) continue;
    const quotient = inner === 1 ? at : `${at} / ${inner}u`;
    const coord = --left === 0 ? quotient : `(${quotient}) % ${spec.shape[d]}u`;
    terms.push(`(${coord}) * ${product(spec.shape.slice(d + 1))}u`);
    inner *= spec.shape[d];
  }
  return terms.join(" + ") || "0u";
}

/** Where the results of a dispatch lie, by its params: the first, and the steps from one to the next. */
export function resultsOf(
  { slab, words }: FoldSpec,
  parts: number,
  { u32 }: Params,
): { first: number; stride: number } {
  if (!slab) return { first: 0, stride: parts };
  return { first: u32[words + FIRST_RESULT], stride: slab.parts };
}

/** WGSL of where result `o` of a thread lies, in `parts` parts. */
export function resultWgsl({ slab, words }: FoldSpec, parts: number, o: string): string {
  if (!slab) return `${o} * ${parts}u + part`;
  return `param_u32(${words + FIRST_RESULT}u) + ${o} * ${slab.parts}u + part`;
}

/** WGSL: `element(base, r)`, the value at place r of a run that starts at `base`. */
export function elementWgsl(spec: FoldSpec): string {
  const size = product(spec.shape);
  if (size > MOST_ELEMENTS) {
    throw cannot(
      `fold a view of ${size} elements on WebGPU`,
      "its shaders count by 32 bits, and this view can't be cut; the CPU engine has no such limit",
    );
  }
  const { functions, statements, result } = expressionWgsl(spec.value);
  return `${functions}
fn element(base: u32, r: u32) -> ${wgslOf(valueDType(spec.value))} {
  let i = base + ${offset(spec, true, "r")};
  ${statements}
  return ${result};
}`;
}

/**
 * WGSL: binds `o`, `part` and `base` for the thread `i`; neighbours read neighbouring elements. Where the
 * last axis stays, a thread may have `count` results side by side, of which `o` is the first.
 */
export function placeWgsl(spec: FoldSpec, parts: number, count = 1): string {
  const alongRun = spec.folded[spec.folded.length - 1] === true;
  const split = alongRun
    ? `let o = i / ${parts}u; let part = i % ${parts}u;`
    : `let o = i % ${sizes(spec).kept / count}u * ${count}u; ` +
      `let part = i / ${sizes(spec).kept / count}u;`;
  return `  ${split}
  let base = ${offset(spec, false, "o")};`;
}

/** For the linear index of an element: its result's index, and its place in the run. */
export function targets(spec: FoldSpec): { kept: Index; run: Index } {
  const coords = split(linear(product(spec.shape)), spec.shape);
  const at = (which: boolean) =>
    join(coords.filter((_, d) => spec.folded[d] === which), axes(spec, which));
  return { kept: at(false), run: at(true) };
}
