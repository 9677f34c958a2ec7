/** Statistics of lists of numbers, for instance over seeds or losses. */

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

/** Means over runs of neighbours, at most `limit` of them, each at the middle of its run. */
export function thinned(values: readonly number[], limit: number): { x: number; y: number }[] {
  const run = Math.ceil(values.length / limit);
  const points = [];
  for (let start = 0; start < values.length; start += run) {
    const part = values.slice(start, start + run);
    points.push({ x: start + 1 + (part.length - 1) / 2, y: mean(part) });
  }
  return points;
}

/** √(Σ (a − b)² / Σ b²). */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [off, all] = [0, 0];
  for (let k = 0; k < b.length; k++) {
    off += (a[k] - b[k]) ** 2;
    all += b[k] ** 2;
  }
  return Math.sqrt(off / all);
}
