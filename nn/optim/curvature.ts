/** The curvature that L-BFGS has measured, and the direction that follows from it; on the host in float64. */

/** a · b; of interleaved complex numbers Re⟨a, b⟩. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/** The largest modulus of an entry. */
export function largest(a: Float64Array): number {
  let most = 0;
  for (const x of a) most = Math.max(most, Math.abs(x)); // NaN stays
  return most;
}

/** One step and how the gradient changed in it. */
export interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
}

/** The least s·y of a correction that is kept: only then is the curvature positive. */
const LEAST_CURVATURE = 1e-10;

/** The corrections with one more, the oldest of too many dropped; the same list if it is of no use. */
export function withCorrection(
  corrections: readonly Correction[],
  correction: Correction,
  most: number,
): readonly Correction[] {
  if (!(dot(correction.step, correction.change) > LEAST_CURVATURE)) return corrections;
  return [...corrections, correction].slice(-most);
}

/**
 * −H g with the inverse Hessian H that the corrections make of s·y/y·y of the newest (the two-loop
 * recursion, Nocedal 1980).
 */
export function direction(
  gradient: Float64Array,
  corrections: readonly Correction[],
): Float64Array {
  const q = gradient.map((x) => -x);
  const add = (factor: number, v: Float64Array): void => {
    for (let k = 0; k < q.length; k++) q[k] += factor * v[k];
  };
  const rho = corrections.map(({ step, change }) => 1 / dot(step, change));
  const alpha = new Array<number>(corrections.length);
  for (let k = corrections.length - 1; k >= 0; k--) {
    alpha[k] = rho[k] * dot(corrections[k].step, q);
    add(-alpha[k], corrections[k].change);
  }
  const newest = corrections.at(-1);
  if (newest) {
    const scale = dot(newest.step, newest.change) / dot(newest.change, newest.change);
    for (let k = 0; k < q.length; k++) q[k] *= scale;
  }
  corrections.forEach((correction, k) =>
    add(alpha[k] - rho[k] * dot(correction.change, q), correction.step)
  );
  return q;
}
