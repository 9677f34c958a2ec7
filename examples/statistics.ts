/** Statistics of a few numbers, such as those of seeds. */

/** The middle of a list of numbers. */
export const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[list.length >> 1];

/** Σ x / n. */
export const mean = (list: readonly number[]): number =>
  list.reduce((a, b) => a + b, 0) / list.length;

/** √(Σ (x − mean)² / (n − 1)); null for one value. */
export function deviation(list: readonly number[]): number | null {
  if (list.length < 2) return null;
  const middle = mean(list);
  return Math.sqrt(list.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (list.length - 1));
}
