/** Random numbers on the host, and the comparison of results with what float64 gives. */

/** One value of a result, by its place in the flat array. */
export interface Sample {
  readonly at: number;
  readonly value: number;
}

/** Random numbers in [−1, 1). */
export function random(count: number): Float32Array<ArrayBuffer> {
  const list = new Float32Array(count);
  for (let k = 0; k < count; k++) list[k] = 2 * Math.random() - 1;
  return list;
}

/** The elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, n) => a * n, 1);
}

/** Some places of an array, the first and the last among them. */
export function places(size: number, count = 12): number[] {
  const list = [0, size - 1];
  while (list.length < count) list.push(Math.floor(Math.random() * size));
  return list;
}

/** Real and imaginary parts of interleaved numbers. */
export function split(
  z: Float32Array,
): [re: Float32Array<ArrayBuffer>, im: Float32Array<ArrayBuffer>] {
  const [re, im] = [new Float32Array(z.length / 2), new Float32Array(z.length / 2)];
  for (let k = 0; k < re.length; k++) [re[k], im[k]] = [z[2 * k], z[2 * k + 1]];
  return [re, im];
}

/** Interleaved numbers of real and imaginary parts. */
export function join(re: ArrayLike<number>, im: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const z = new Float32Array(2 * re.length);
  for (let k = 0; k < re.length; k++) [z[2 * k], z[2 * k + 1]] = [re[k], im[k]];
  return z;
}

/** Complex samples as those of the interleaved array. */
export function complexSamples(
  list: readonly { readonly at: number; readonly re: number; readonly im: number }[],
): Sample[] {
  return list.flatMap((
    { at, re, im },
  ) => [{ at: 2 * at, value: re }, { at: 2 * at + 1, value: im }]);
}

/** The largest deviation from the samples, as a part of their root mean square. */
export function deviation(got: ArrayLike<number>, wanted: readonly Sample[]): number {
  const square = wanted.reduce((sum, { value }) => sum + value ** 2, 0) / wanted.length;
  const errors = wanted.map(({ at, value }) => Math.abs(got[at] - value));
  const worst = errors.some(Number.isNaN) ? Infinity : Math.max(...errors);
  return worst / Math.sqrt(square);
}
