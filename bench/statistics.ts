/** Medians, quantiles and growth. */

/** The middle of a list of numbers. */
export function median(list: readonly number[]): number {
  return quantile(list, 0.5);
}

/** The number below which a share of a list lies. */
export function quantile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The exponent p with which times grow as sizes to the p: the slope of their logarithms. */
export function exponent(sizes: readonly number[], times: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  const [x, y] = [sizes.map(Math.log), times.map(Math.log)];
  const [mx, my] = [mean(x), mean(y)];
  const dot = x.reduce((sum, v, k) => sum + (v - mx) * (y[k] - my), 0);
  return dot / x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
}
