/** How a reduction is laid out for `assembly/reduce.ts`. */
import { WASM_BLOCK } from "../../wasm/encode_expression.ts";
import { product } from "./fold.ts";

/** A reduction whose axes are alternately folded and kept. */
export interface Geometry {
  readonly shape: readonly number[];
  readonly folded: readonly boolean[];
  /** Into how many parts every run goes. */
  readonly parts: number;
}

/** The words of a job that its shape decides, and how many chunks it has. */
export interface Layout {
  /** Words 5 to 15, and after them size and stride of the outer kept and folded axes. */
  readonly words: readonly number[];
  readonly across: boolean;
  readonly chunks: number;
}

/** The word that says in how many parts each result lies, which may be more than the job fills. */
export const STRIDE = 13;

/** Elements below which a part or a chunk is not worth its overhead. */
const LEAST = 4096;
/** Chunks worth having for a machine's threads. */
const WANTED = 32;

/** The layout of a reduction. */
export function layoutOf({ shape, folded, parts }: Geometry): Layout {
  const size = product(shape);
  const axes = shape.map((n, d) => ({
    n,
    stride: product(shape.slice(d + 1)),
    folded: folded[d],
  }));
  const last = axes.pop() ?? { n: 1, stride: 1, folded: true };
  const across = !last.folded;
  const before = axes.pop();
  const [rows, width] = [before?.n ?? 1, last.n];
  const kept = axes.filter((axis) => !axis.folded);
  const outer = axes.filter((axis) => axis.folded);
  const folds = product(outer.map(({ n }) => n));
  const inner = across ? width : rows;

  const cuts = across ? folds * rows : folds > 1 ? folds : width;
  const run = across ? folds * rows : folds * width;
  const used = Math.max(1, Math.min(parts, cuts, Math.floor(run * inner / LEAST)));
  const others = product(kept.map(({ n }) => n)) * used;
  const wanted = Math.min(WANTED, Math.ceil(size / LEAST));
  const pieces = Math.max(Math.ceil(wanted / others), Math.ceil(inner / WASM_BLOCK));
  const piece = Math.ceil(inner / Math.min(inner, pieces));
  return {
    words: [
      ...[rows, width, piece, parts, used, folds, kept.length, outer.length, parts, 0, 0],
      ...[...kept, ...outer].flatMap(({ n, stride }) => [n, stride]),
    ],
    across,
    chunks: others * Math.ceil(inner / piece),
  };
}
