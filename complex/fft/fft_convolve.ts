/** Convolution by Fourier transforms. */
import { isReal, precisionOf } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Combined } from "../functions/combine.ts";
import { axesOf } from "./fft_options.ts";
import type { Node } from "../lazy/graph.ts";
import { mul, promoted } from "../ops/arithmetic.ts";
import { dftGrid, goodLength, type Grid, irdftGrid, rdftGrid } from "../ops/fft.ts";
import { slice } from "../ops/views.ts";
import { checkWord, withDefaults } from "../ops/options.ts";
import { type Axes, broadcastShapes, show } from "../lazy/shape.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";

/** Options of {@link fftConvolve}. */
export interface FftConvolveOptions {
  /**
   * Which part of the result: "full", wherever the two overlap; "same", the middle, as long as a;
   * "valid", where the shorter lies within the longer. "full", if absent.
   */
  readonly mode?: "full" | "same" | "valid";
  /** The axes to convolve along; all, if absent. The others broadcast. */
  readonly axes?: Axes;
}

/** The transform along axes and its inverse; with `real`, of real tensors. */
function convolved(
  a: Node,
  b: Node,
  axes: readonly number[],
  lengths: readonly number[],
  real: boolean,
): Node {
  const there: Grid = { axes, points: lengths, factor: () => 1 };
  const back: Grid = { axes, points: lengths, factor: (n) => 1 / n };
  const forward = (x: Node) => real ? rdftGrid(x, there) : dftGrid(x, there, false);
  if (precisionOf(a.dtype) !== precisionOf(b.dtype)) [a, b] = promoted([a, b]);
  const product = mul(forward(a), forward(b));
  return real ? irdftGrid(product, back) : dftGrid(product, back, true);
}

/**
 * The convolution (a ∗ b)_k = Σ_j a_j b_{k−j} along axes, by Fourier transforms: O(n log n) instead of
 * O(n·m), with rounding errors relative to the largest values of the result rather than to each. (The
 * layers of `nn` compute correlations, in which the kernel is not reversed.)
 *
 * @param a A real or complex tensor.
 * @param b A tensor of as many axes; the axes that are not convolved broadcast.
 * @param options `mode` and `axes`, see {@link FftConvolveOptions}.
 * @returns A real tensor if both are real, else a complex one. Along each of the axes, sizes n of a and m
 * of b become n + m − 1 ("full"), n ("same") or |n − m| + 1 ("valid").
 * @throws {ArgandError} if the numbers of axes differ, an axis does not exist, the other axes do not
 * broadcast, or for "valid" neither lies within the other along all axes.
 *
 * @example
 * ```ts
 * import { fftConvolve, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const y = fftConvolve(tensor([1, 2, 3]), tensor([0, 1, 0.5])); // 0, 1, 2.5, 4, 1.5
 * assertAlmostEquals(await y.at(3).item(), 4, 1e-5);
 * ```
 */
export function fftConvolve<A extends Tensor, B extends Tensor>(
  a: A,
  b: B,
  options?: FftConvolveOptions,
): Combined<A, B> {
  const what = "convolve";
  const [x, y] = [checkTensor(what, a).node, checkTensor(what, b).node];
  const { mode, axes } = withDefaults<FftConvolveOptions>(what, options, {
    mode: "full",
    axes: undefined,
  });
  checkWord(what, "mode", mode, ["full", "same", "valid"]);
  if (x.shape.length !== y.shape.length) {
    throw cannot(what, `shapes ${show(x.shape)} and ${show(y.shape)} differ in the number of axes`);
  }
  const along = axesOf(what, axes === undefined ? x.shape.map((_, d) => d) : axes, x.shape);
  const others = (node: Node) => node.shape.map((n, d) => (along.includes(d) ? 1 : n));
  const kept = broadcastShapes(what, others(x), others(y), [x.shape, y.shape]);
  const fits = (p: Node, q: Node) => along.every((d) => p.shape[d] >= q.shape[d]);
  if (mode === "valid" && !fits(x, y) && !fits(y, x)) {
    throw cannot(
      what,
      `neither of the shapes ${show(x.shape)} and ${show(y.shape)} lies within the other`,
    );
  }
  if (along.length === 0) return wrap(mul(x, y)) as Combined<A, B>;
  const full = along.map((d) => x.shape[d] + y.shape[d] - 1);
  const lengths = full.map(goodLength);
  const real = isReal(x.dtype) && isReal(y.dtype);
  const round = convolved(x, y, along, lengths, real);
  const start = kept.map(() => 0);
  const shape = [...kept];
  along.forEach((d, k) => {
    const [n, m] = [x.shape[d], y.shape[d]];
    shape[d] = mode === "full" ? full[k] : mode === "same" ? n : Math.abs(n - m) + 1;
    start[d] = Math.floor((full[k] - shape[d]) / 2);
  });
  return wrap(slice(round, start, shape, kept.map(() => 1))) as Combined<A, B>;
}
