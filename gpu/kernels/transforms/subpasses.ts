/** The passes of a butterfly in WebAssembly, and their twiddle factors. */
import { primeFactors } from "./codelet.ts";

/** The radices of a transform of n numbers: fours, a two where one is left, and odd primes. */
export function smallRadices(n: number): number[] {
  const primes = primeFactors(n);
  const twos = primes.filter((p) => p === 2).length;
  return [
    ...Array<number>(twos >> 1).fill(4),
    ...Array<number>(twos & 1).fill(2),
    ...primes.filter((p) => p > 2),
  ];
}

/**
 * As words: the number of passes, then for each its radix and where its twiddles begin, in bytes. A
 * pass of radix r that leaves `rest` points has the e^{−2πi jp/(r·rest)} for p < rest and 1 ≤ j <
 * r; behind them, where r is an odd prime, e^{−2πi k/r} for k < r.
 */
export function subpasses(n: number): Int32Array {
  const radices = smallRadices(n);
  const twiddles: number[] = [];
  const words = [radices.length];
  const twiddle = (k: number, of: number) => {
    const angle = -2 * Math.PI * (k % of) / of;
    twiddles.push(Math.cos(angle), Math.sin(angle));
  };
  let size = n;
  for (const radix of radices) {
    words.push(radix, 4 * (1 + 2 * radices.length + twiddles.length));
    const rest = size / radix;
    for (let p = 0; p < rest; p++) for (let j = 1; j < radix; j++) twiddle(j * p, size);
    if (radix % 2 === 1) { for (let k = 0; k < radix; k++) twiddle(k, radix); }
    size = rest;
  }
  return Int32Array.of(...words, ...new Int32Array(Float32Array.from(twiddles).buffer));
}
