/** Reuse of device buffers by size class, and the exact account of what the device holds. */
import type { Memory } from "./engine.ts";

/** How many bytes of free buffers are kept for reuse. */
const FREE_BUDGET = 1 << 29;

/**
 * Rounds up to a size class: multiples of 256 below 4 KiB, above that eighths of a power of two, so
 * that at most an eighth is lost and buffers of nearly equal sizes serve each other.
 */
export function sizeClass(bytes: number): number {
  if (bytes <= 4096) return Math.max(256, Math.ceil(bytes / 256) * 256);
  const step = 2 ** Math.floor(Math.log2(bytes - 1)) / 8;
  return Math.ceil(bytes / step) * step;
}

/** Buffers of any make, kept by size class. */
export class Pool<Raw> {
  readonly #create: (capacity: number) => Raw;
  readonly #destroy: (raw: Raw) => void;
  readonly #free = new Map<number, Raw[]>();
  #bytes = 0;
  #freeBytes = 0;
  #peak = 0;
  #buffers = 0;

  constructor(create: (capacity: number) => Raw, destroy: (raw: Raw) => void) {
    this.#create = create;
    this.#destroy = destroy;
  }

  take(capacity: number): Raw {
    const kept = this.#free.get(capacity);
    const raw = kept?.pop();
    if (raw !== undefined) {
      this.#freeBytes -= capacity;
      return raw;
    }
    const made = this.#create(capacity);
    this.#bytes += capacity;
    this.#buffers += 1;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return made;
  }

  give(raw: Raw, capacity: number): void {
    if (this.#freeBytes + capacity > FREE_BUDGET) this.trim();
    const kept = this.#free.get(capacity);
    if (kept) kept.push(raw);
    else this.#free.set(capacity, [raw]);
    this.#freeBytes += capacity;
  }

  /** Destroys every free buffer. */
  trim(): void {
    for (const [capacity, kept] of this.#free) {
      for (const raw of kept) this.#destroy(raw);
      this.#bytes -= capacity * kept.length;
      this.#buffers -= kept.length;
    }
    this.#free.clear();
    this.#freeBytes = 0;
  }

  memory(): Memory {
    return {
      bytes: this.#bytes,
      live: this.#bytes - this.#freeBytes,
      peak: this.#peak,
      buffers: this.#buffers,
    };
  }
}
