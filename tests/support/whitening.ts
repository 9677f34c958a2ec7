/** Whitening in float64 along principal axes, which is right for singular covariances, too. */

/** A whitened run of interleaved complex numbers, and its pullback of gy. */
export interface Whitened {
  readonly y: Float64Array;
  readonly gx: Float64Array;
  /** √(λ + eps) along both axes. */
  readonly deviations: readonly [number, number];
}

/** (V + eps)^(−1/2) (x − μ), with V about the mean, or about 0 where μ counts as 0. */
export function whitenedRun(
  x: ArrayLike<number>,
  gy: ArrayLike<number>,
  eps: number,
  aboutZero: boolean,
): Whitened {
  const n = x.length / 2;
  const mean = (f: (k: number) => number) => {
    let [sum, lost] = [0, 0];
    for (let k = 0; k < n; k++) {
      const term = f(k) - lost, next = sum + term;
      [sum, lost] = [next, next - sum - term];
    }
    return sum / n;
  };
  const centred = (z: Float64Array) => {
    if (aboutZero) return z;
    const m = [mean((k) => z[2 * k]), mean((k) => z[2 * k + 1])];
    return z.map((part, k) => part - m[k % 2]);
  };
  const turned = (z: ArrayLike<number>, [c, s]: readonly number[]) =>
    Float64Array.from(
      z,
      (part, k) => k % 2 ? c * part - s * z[k - 1] : c * part + s * z[k + 1],
    );
  let p = centred(Float64Array.from(x));
  let axis = [1, 0], moments = [0, 0, 0];
  // Each turn leaves 2⁻⁵³ of what the one before left.
  for (let round = 0; round < 4; round++) {
    if (round > 0) {
      const angle = 0.5 * Math.atan2(2 * moments[2], moments[0] - moments[1]);
      const turn = [Math.cos(angle), Math.sin(angle)];
      p = centred(turned(p, turn));
      axis = [axis[0] * turn[0] - axis[1] * turn[1], axis[1] * turn[0] + axis[0] * turn[1]];
    }
    const moment = (a: number, b: number) => mean((k) => p[2 * k + a] * p[2 * k + b]);
    moments = [moment(0, 0), moment(1, 1), moment(0, 1)];
  }
  // On a line as far as float64 can tell.
  const line = moments[1] < 1e-26 * moments[0];
  const s = [Math.sqrt(moments[0] + eps), Math.sqrt((line ? 0 : moments[1]) + eps)];
  const q = p.map((part, k) => line && k % 2 ? 0 : part / s[k % 2]);
  const g = turned(gy, axis);
  const product = (a: number, b: number) => mean((k) => g[2 * k + a] * q[2 * k + b]);
  const across = (s[1] * product(0, 1) + s[0] * product(1, 0)) / (s[0] + s[1]);
  const own = [product(0, 0), product(1, 1)];
  const slope = centred(g).map((part, k) =>
    (part - own[k % 2] * q[k] - across * q[k % 2 ? k - 1 : k + 1]) / s[k % 2]
  );
  const back = [axis[0], -axis[1]];
  return { y: turned(q, back), gx: turned(slope, back), deviations: [s[0], s[1]] };
}
