/** Random tensors: drawn from Philox, computed where they are used. */
import { generator } from "./ops/random.ts";
import { checkNumber, checkShape, checkWhole, type Shape } from "./shape.ts";
import { type ComplexTensor, type RealTensor, wrapComplex, wrapReal } from "./tensor.ts";

/**
 * Starts the random numbers again from a seed. The same seed gives the same numbers on both engines.
 *
 * @param seed A whole number from 0 to 2⁵³ − 1.
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
  checkWhole("seed the random numbers", "the seed", seed, 0);
  generator.seed(seed);
}

/**
 * Uniform random numbers in [low, high), from Philox (Salmon et al. 2011).
 *
 * @example
 * ```ts
 * import { rand } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(await rand([100]).max().item() < 1);
 * ```
 */
export function rand(shape: Shape, low = 0, high = 1): RealTensor {
  checkShape("draw random numbers", shape);
  for (const [name, x] of Object.entries({ low, high })) {
    checkNumber("draw random numbers", name, x);
  }
  const u = wrapReal(generator.uniform([...shape]));
  return low === 0 && high === 1 ? u : u.mul(high - low).add(low);
}

/**
 * Standard normal random numbers.
 *
 * @example
 * ```ts
 * import { randn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(Math.abs(await randn([10000]).mean().item()) < 0.05);
 * ```
 */
export function randn(shape: Shape): RealTensor {
  checkShape("draw random numbers", shape);
  return wrapReal(generator.normal([...shape], "f32"));
}

/**
 * Circular complex normal random numbers, E|z|² = 1, as PyTorch's.
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
export function randnComplex(shape: Shape): ComplexTensor {
  checkShape("draw random numbers", shape);
  return wrapComplex(generator.normal([...shape], "c64"));
}
