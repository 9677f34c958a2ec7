/** Reuse of device buffers by size class, and the exact account of what the device holds. */
import type { Memory } from "../../contract/engine.ts";

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
  /** When it was given back, by the pool's count. */
  readonly since: number;
}

/** How a pool makes and destroys its buffers, and how many bytes of free ones it keeps. */
export interface PoolOptions<Raw> {
  create(capacity: number): Raw;
  destroy(raw: Raw): void;
  readonly freeBudget: number;
  /** Whether work that is not submitted yet may use a free buffer: nothing is destroyed then. */
  busy?(): boolean;
}

/**
 * Buffers of any make, kept by size class. Of those that are free the oldest is taken, in whatever order
 * they came back: a schedule that runs again gets the same buffers again.
 */
export class Pool<Raw> {
  readonly #options: PoolOptions<Raw>;
  readonly #serials = new Map<Raw, number>();
  /** The free ones, the oldest last. */
  readonly #free = new Map<number, Numbered<Raw>[]>();
  #made = 0;
  #given = 0;
  #bytes = 0;
  #freeBytes = 0;
  #peak = 0;
  #buffers = 0;

  constructor(options: PoolOptions<Raw>) {
    this.#options = options;
  }

  take(capacity: number): Raw {
    const oldest = this.#free.get(capacity)?.pop();
    if (oldest !== undefined) {
      this.#freeBytes -= capacity;
      return oldest.raw;
    }
    const made = this.#options.create(capacity);
    this.#serials.set(made, this.#made++);
    this.#bytes += capacity;
    this.#buffers += 1;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return made;
  }

  /** Takes a buffer back; one that was discarded is gone already. */
  give(raw: Raw, capacity: number): void {
    const serial = this.#serials.get(raw);
    if (serial === undefined) return;
    let kept = this.#free.get(capacity);
    if (!kept) this.#free.set(capacity, kept = []);
    let at = kept.length;
    while (at > 0 && kept[at - 1].serial < serial) at--;
    kept.splice(at, 0, { raw, serial, since: this.#given++ });
    this.#freeBytes += capacity;
    this.keepBudget();
  }

  /** Destroys free buffers, the longest unused first, while they hold more than the budget. */
  keepBudget(): void {
    const { freeBudget, busy } = this.#options;
    if (this.#freeBytes <= freeBudget || busy?.()) return;
    const free = [...this.#free].flatMap(([capacity, kept]) =>
      kept.map((numbered) => ({ ...numbered, capacity }))
    );
    for (const { raw, capacity } of free.sort((a, b) => a.since - b.since)) {
      if (this.#freeBytes <= freeBudget) return;
      this.discard(raw, capacity);
    }
  }

  /** Destroys every free buffer. */
  trim(): void {
    for (const [capacity, kept] of [...this.#free]) {
      for (const { raw } of [...kept]) this.discard(raw, capacity);
    }
  }

  /** Destroys a buffer, whether it is free or in use; `give` then takes no notice of it. */
  discard(raw: Raw, capacity: number): void {
    if (!this.#serials.delete(raw)) return;
    const kept = this.#free.get(capacity) ?? [];
    const at = kept.findIndex((numbered) => numbered.raw === raw);
    if (at >= 0) {
      kept.splice(at, 1);
      this.#freeBytes -= capacity;
    }
    this.#bytes -= capacity;
    this.#buffers -= 1;
    this.#options.destroy(raw);
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
