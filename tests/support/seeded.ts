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

  /** A whole number in [low, high). */
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
