/**
 * The error function, of two polynomials: erf(x)/x in x² for |x| < 0.9, and −ln(1 − erf |x|)/|x| up
 * to 4, from where on erf is ±1 in float32. Both are fitted to an error of 3·10⁻⁹. In TypeScript it is
 * computed in double precision.
 */
import type { MapFunction, Wgsl } from "../contract/map_function.ts";
import { realUnary } from "./define.ts";
import { realExpWgsl } from "./exponential.ts";
import { withSignWgsl } from "./scaling.ts";

/** erf(x)/x − 1 in x², highest power first. */
const INNER = [
  8.51310449e-5,
  -8.17563967e-4,
  5.20385895e-3,
  -2.68605091e-2,
  0.112837151,
  -0.376126349,
  0.128379166,
];
/** −ln(1 − erf x)/x in x, highest power first. */
const OUTER = [
  -2.1459462e-4,
  3.2199726e-3,
  -2.2906022e-2,
  0.105286844,
  0.635699391,
  1.12851989,
];

const hornerWgsl = (list: readonly number[], x: string): string =>
  list.map(String).reduce((p, c) => `fma(${p}, ${x}, ${c})`);

const erfWgsl: Wgsl = {
  name: "real_erf",
  source: `fn real_erf(x: f32) -> f32 {
  let a = select(abs(x), 4.0, abs(x) > 4.0);
  let s = a * a;
  let inner = fma(x, ${hornerWgsl(INNER, "s")}, x);
  let outer = 1.0 - real_exp(-a * ${hornerWgsl(OUTER, "a")});
  return select(with_sign(outer, x), inner, a < 0.9);
}`,
  uses: [realExpWgsl, withSignWgsl],
};

/**
 * erf x in double precision: below 2 by 2/√π e^(−x²) Σ 2ⁿ x^(2n + 1) / (2n + 1)!!, whose terms are all of
 * one sign, then by the continued fraction of 1 − erf x (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
function erfOf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 6)) return Math.sign(x);
  if (a < 2) {
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
  let tail = 0;
  for (let n = 60; n >= 1; n--) tail = n / 2 / (a + tail);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + tail)));
}

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: MapFunction = realUnary("erf", erfWgsl, erfOf);
