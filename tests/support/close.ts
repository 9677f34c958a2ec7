/** Comparisons of many numbers at once. */
import { assertEquals, AssertionError } from "@std/assert";

/** The largest difference, relative to the largest expected number; infinite if lengths differ. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  let off = 0;
  for (let k = 0; k < expected.length; k++) {
    const difference = Math.abs(actual[k] - expected[k]);
    if (Number.isNaN(difference)) return Infinity;
    largest = Math.max(largest, Math.abs(expected[k]));
    off = Math.max(off, difference);
  }
  return off === 0 ? 0 : off / (largest || 1);
}

/** Throws unless the numbers agree to `tolerance`, relative to the largest expected one. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance = 1e-5,
  what = "the numbers",
): void {
  const off = distance(actual, expected);
  if (off <= tolerance) return;
  const show = (x: ArrayLike<number>) => `${x.length} [${Array.from(x).slice(0, 12).join(", ")}…]`;
  throw new AssertionError({
    message: `${what} are off by ${off}: ${show(actual)} instead of ${show(expected)}`,
  });
}

/** Σ a·b; of interleaved complex numbers Re⟨a, b⟩. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/** Throws unless all the numbers are the same, such as bytes held after each round of a loop. */
export function assertFlat(numbers: readonly number[]): void {
  assertEquals(numbers, numbers.map(() => numbers[0]));
}
