/** Stretches of a kernel's linear index in which an index expression grows evenly. */
import type { Index } from "../contract/indexing.ts";

/** How an index goes on within each stretch of `period` elements that starts at a multiple of it. */
export interface Stretch {
  /** Infinite where one formula holds for all. */
  readonly period: number;
  /** By how much it grows from element to element; null where stretches are of no use. */
  readonly slope: number | null;
}

/** A stretch without an end, as a number of 32 bits. */
export const LONG = 2 ** 30;

/** `align` divides the index at every multiple of the period, if it divides the place too. */
interface Piece extends Stretch {
  readonly align: number;
}

function gcd(a: number, b: number): number {
  if (a === Infinity) return b;
  if (b === Infinity) return a;
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** The stretches of an index. */
export function stretchOf(index: Index): Stretch {
  return pieceOf(index);
}

const NONE: Piece = { period: 1, slope: null, align: 1 };

function pieceOf(index: Index): Piece {
  switch (index.op) {
    case "linear":
      return { period: Infinity, slope: 1, align: Infinity };
    case "const":
      return { period: Infinity, slope: 0, align: index.value === 0 ? Infinity : index.value };
    case "param":
      return { period: Infinity, slope: 0, align: 1 };
    case "add": {
      const a = pieceOf(index.a), b = pieceOf(index.b);
      if (a.slope === null || b.slope === null) return NONE;
      const [period, align] = [gcd(a.period, b.period), gcd(a.align, b.align)];
      return { period, slope: a.slope + b.slope, align };
    }
    case "mul": {
      const { period, slope, align } = pieceOf(index.a);
      return { period, slope: slope === null ? null : slope * index.n, align: align * index.n };
    }
    case "reverse": {
      const { period, slope } = pieceOf(index.a);
      return { period, slope: slope === null ? null : -slope, align: 1 };
    }
    case "shift":
      return NONE;
    case "div":
    case "mod": {
      const { period, slope, align } = pieceOf(index.a);
      const { n } = index;
      const quotient = index.op === "div";
      if (slope === 0) return { period, slope, align: quotient ? 1 : gcd(align, n) };
      // From a multiple of `whole` on, n is not passed before the next one.
      const whole = gcd(gcd(period, align), n);
      if (slope !== 1) return NONE;
      return quotient
        ? { period: whole, slope: 0, align: 1 }
        : { period: whole, slope: 1, align: whole };
    }
  }
}
