/** Random tensors from Philox, computed where they are used. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import {
  complexDtype,
  type ComplexOptions,
  numbersAndOptions,
  realDtype,
  type RealOptions,
} from "./options.ts";
import { generator } from "../ops/random.ts";
import { checkInteger, checkNumber, checkShape, type Shape } from "../lazy/shape.ts";
import {
  checkReal,
  type ComplexTensor,
  type RealTensor,
  wrapComplex,
  wrapReal,
} from "../tensor/tensor.ts";

/**
 * Restarts the random numbers from a seed. The same seed gives the same numbers on both engines.
 *
 * Without it every process and worker begins with a seed by chance, as in PyTorch, so that no two draw
 * the same; `getRandomState().seed` shows it, and `manualSeed` of it repeats the run. Initial weights,
 * dropout, and the orders of data loaders come from these numbers, too.
 *
 * @param seed An integer from 0 to 2⁵³ − 1.
 *
 * @example
 * ```ts
 * import { manualSeed, rand } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * manualSeed(7);
 * const a = await rand([3]).data();
 * manualSeed(7);
 * const b = await rand([3]).data();
 * assert(a[2] === b[2]);
 * ```
 */
export function manualSeed(seed: number): void {
  checkInteger("seed the random numbers", "the seed", seed, 0);
  generator.seed(seed);
}

/** The state of the random numbers; see {@link getRandomState}. */
export interface RandomState {
  /** The seed, an integer from 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** The number of tensors drawn since. */
  readonly draws: number;
}

/**
 * The state of the random numbers, PyTorch's `get_rng_state`: two integers, since each number is computed
 * from the seed and a count, not from the one before.
 *
 * @example
 * ```ts
 * import { getRandomState, manualSeed, randn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * manualSeed(7);
 * randn([100]);
 * assertEquals(getRandomState(), { seed: 7, draws: 1 });
 * ```
 */
export function getRandomState(): RandomState {
  return generator.state;
}

/**
 * Restores the state of the random numbers, PyTorch's `set_rng_state`.
 *
 * @param state From {@link getRandomState}.
 * @throws {ArgandError} if it is not two integers from 0 to 2⁵³ − 1.
 *
 * @example
 * ```ts
 * import { getRandomState, rand, setRandomState } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const before = getRandomState();
 * const a = await rand([3]).data();
 * setRandomState(before);
 * const b = await rand([3]).data();
 * assert(a[2] === b[2]);
 * ```
 */
export function setRandomState(state: RandomState): void {
  const what = "set the random state";
  if (typeof state !== "object" || state === null) {
    throw cannot(what, `it takes { seed, draws }, got ${describe(state)}`);
  }
  const { seed, draws } = state;
  checkInteger(what, "the seed", seed, 0);
  checkInteger(what, "the number of draws", draws, 0);
  generator.resume(seed, draws);
}

/**
 * Uniform random numbers in [0, 1), from Philox (Salmon et al. 2011): multiples of 2⁻²⁴, in double
 * precision of 2⁻⁵³. They differ from run to run, unless {@link manualSeed} is called.
 *
 * @example
 * ```ts
 * import { rand } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(await rand([100]).max().item() < 1);
 * ```
 */
export function rand(shape: Shape, options?: RealOptions): RealTensor;
/**
 * Uniform random numbers in [low, high).
 *
 * @example
 * ```ts
 * import { rand } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(await rand([100], 2, 3).min().item() >= 2);
 * ```
 */
export function rand(
  shape: Shape,
  low?: number,
  high?: number,
  options?: RealOptions,
): RealTensor;
export function rand(
  shape: Shape,
  ...given: (number | RealOptions | undefined)[]
): RealTensor {
  checkShape("draw random numbers", shape);
  const [[low = 0, high = 1], options] = numbersAndOptions<RealOptions>(given);
  const dtype = realDtype("draw random numbers", options);
  for (const [name, x] of Object.entries({ low, high })) {
    checkNumber("draw random numbers", name, x);
  }
  const u = wrapReal(generator.uniform([...shape], dtype));
  return low === 0 && high === 1 ? u : u.mul(high - low).add(low);
}

/**
 * Standard normal random numbers. They differ from run to run, unless {@link manualSeed} is called.
 *
 * @example
 * ```ts
 * import { randn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(Math.abs(await randn([10000]).mean().item()) < 0.05);
 * ```
 */
export function randn(shape: Shape, options?: RealOptions): RealTensor {
  const what = "draw random numbers";
  checkShape(what, shape);
  return wrapReal(generator.normal([...shape], realDtype(what, options)));
}

/**
 * Circular complex normal random numbers, E|z|² = 1, as PyTorch's. They differ from run to run, unless
 * {@link manualSeed} is called.
 *
 * @example
 * ```ts
 * import { randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const power = await randnComplex([10000]).absSquared().mean().item();
 * assert(Math.abs(power - 1) < 0.1);
 * ```
 */
export function randnComplex(shape: Shape, options?: ComplexOptions): ComplexTensor {
  const what = "draw random numbers";
  checkShape(what, shape);
  return wrapComplex(generator.normal([...shape], complexDtype(what, options)));
}

/**
 * Poisson counts with the means λ = `mean`, P(k) = λᵏ e^(−λ) / k!, PyTorch's `poisson`. Means below 32
 * use inversion, larger ones quantiles of normal numbers whose distribution is within 1e-4 of Poisson's in
 * total variation (Giles 2016). A negative mean counts as 0. Engines may differ by one count where
 * a draw is within rounding of the next. They differ from run to run, unless {@link manualSeed} is called.
 *
 * Derivatives pass through as if the counts were their means: on average this is exact for functions
 * linear in the counts; for others it is the mean of f′(k) in place of that of f(k + 1) − f(k).
 *
 * @param mean Real, of any shape.
 * @returns Integers as a real tensor of the same shape.
 * @throws {ArgandError} if the means are not a real tensor.
 *
 * @example
 * ```ts
 * import { full, poisson } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const counts = poisson(full([10000], 4));
 * assert(Math.abs(await counts.mean().item() - 4) < 0.1);
 * ```
 */
export function poisson(mean: RealTensor): RealTensor {
  return wrapReal(generator.poisson(checkReal("draw Poisson counts", mean).node));
}
