/**
 * The error function, of two polynomials: erf(x)/x in x² for |x| < 0.9, and −ln(1 − erf |x|)/|x| up
 * to 4, from where on erf is ±1 in float32. Both are fitted to an error of 3·10⁻⁹.
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

const horner = (list: readonly number[], x: number): number => list.reduce((p, c) => p * x + c);
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

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: MapFunction = realUnary("erf", erfWgsl, (x) => {
  const a = Math.abs(x);
  if (a < 0.9) return x + x * horner(INNER, x * x);
  return a > 4 ? Math.sign(x) : Math.sign(x) * (1 - Math.exp(-a * horner(OUTER, a)));
});
