/** Numbers that look random and are the same in every run (mulberry32). */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in [low, high). */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low));
  }

  /** One of a list. */
  of<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length)];
  }

  /** Numbers in [−1, 1), as float32 holds them. */
  floats(n: number): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: n }, () => 2 * this.next() - 1);
  }
}

/** Repeatable numbers, `scale` times (−1, 1) about `shift`. */
export function randoms(count: number, seed: number, scale = 1, shift = 0): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return shift + scale * (state / 2 ** 31 - 1);
  });
}

/** Repeatable numbers in [−1, 1] of a hash, even in their lowest bits. */
export function hashed(count: number, seed: number): Float32Array<ArrayBuffer> {
  let s = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    s = (s + 0x9e3779b9) >>> 0;
    let h = Math.imul(s ^ (s >>> 16), 0x21f0aaad);
    h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
    return ((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1;
  });
}
