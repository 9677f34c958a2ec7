/** Allocation in a linear memory: first fit, with free neighbours joined. */

/** Alignment of allocations: a cache line. */
const ALIGNMENT = 64;

/** Gives out stretches of [start, end), which can grow. */
export class Allocator {
  /** Free stretches in order of their address; no two touch. */
  readonly #free: { at: number; bytes: number }[] = [];
  /** The bytes of each allocation. */
  readonly #taken = new Map<number, number>();
  #end: number;
  readonly #grow: (bytes: number) => number;

  /** `grow(n)` makes n or more bytes more and says how many, or 0. */
  constructor(start: number, grow: (bytes: number) => number) {
    this.#end = start;
    this.#grow = grow;
  }

  /** The address of `bytes` free bytes, or 0 if there is no room. */
  allocate(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    let k = this.#free.findIndex((stretch) => stretch.bytes >= size);
    if (k < 0) {
      const last = this.#free.at(-1);
      const atEnd = last && last.at + last.bytes === this.#end ? last.bytes : 0;
      const grown = this.#grow(size - atEnd);
      if (grown === 0) return 0;
      this.#insert(this.#end, grown);
      this.#end += grown;
      k = this.#free.length - 1;
    }
    const stretch = this.#free[k], at = stretch.at;
    if (stretch.bytes === size) this.#free.splice(k, 1);
    else this.#free[k] = { at: at + size, bytes: stretch.bytes - size };
    this.#taken.set(at, size);
    return at;
  }

  /** Frees the allocation at `at`. */
  free(at: number): void {
    const bytes = this.#taken.get(at);
    if (bytes === undefined) throw new RangeError(`nothing was given out at ${at}`);
    this.#taken.delete(at);
    this.#insert(at, bytes);
  }

  #insert(at: number, bytes: number): void {
    const free = this.#free;
    let low = 0, high = free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (free[middle].at < at) low = middle + 1;
      else high = middle;
    }
    const before = free[low - 1], after = free[low];
    const joinsBefore = before && before.at + before.bytes === at;
    const joinsAfter = after && at + bytes === after.at;
    if (joinsBefore && joinsAfter) {
      before.bytes += bytes + after.bytes;
      free.splice(low, 1);
    } else if (joinsBefore) before.bytes += bytes;
    else if (joinsAfter) free[low] = { at, bytes: bytes + after.bytes };
    else free.splice(low, 0, { at, bytes });
  }
}
