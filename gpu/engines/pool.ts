/** Reuse of device buffers by size class, and the exact account of what the device holds. */
import type { Memory } from "../contract/engine.ts";

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

/** A buffer with its number: the older it is, the sooner it is used again. */
interface Numbered<Raw> {
  readonly raw: Raw;
  readonly serial: number;
}

/**
 * Buffers of any make, kept by size class. Of those that are free the oldest is taken, in whatever order
 * they came back: a schedule that runs again gets the same buffers again.
 */
export class Pool<Raw> {
  readonly #create: (capacity: number) => Raw;
  readonly #destroy: (raw: Raw) => void;
  readonly #serials = new Map<Raw, number>();
  /** The free ones, the oldest last. */
  readonly #free = new Map<number, Numbered<Raw>[]>();
  #made = 0;
  #bytes = 0;
  #freeBytes = 0;
  #peak = 0;
  #buffers = 0;

  constructor(create: (capacity: number) => Raw, destroy: (raw: Raw) => void) {
    this.#create = create;
    this.#destroy = destroy;
  }

  take(capacity: number): Raw {
    const oldest = this.#free.get(capacity)?.pop();
    if (oldest !== undefined) {
      this.#freeBytes -= capacity;
      return oldest.raw;
    }
    const made = this.#create(capacity);
    this.#serials.set(made, this.#made++);
    this.#bytes += capacity;
    this.#buffers += 1;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return made;
  }

  give(raw: Raw, capacity: number): void {
    if (this.#freeBytes + capacity > FREE_BUDGET) this.trim();
    const serial = this.#serials.get(raw)!;
    let kept = this.#free.get(capacity);
    if (!kept) this.#free.set(capacity, kept = []);
    let at = kept.length;
    while (at > 0 && kept[at - 1].serial < serial) at--;
    kept.splice(at, 0, { raw, serial });
    this.#freeBytes += capacity;
  }

  /** Destroys every free buffer. */
  trim(): void {
    for (const [capacity, kept] of this.#free) {
      for (const { raw } of kept) {
        this.#serials.delete(raw);
        this.#destroy(raw);
      }
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
