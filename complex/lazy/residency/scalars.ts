/**
 * Small values that were asked to stay, such as the loss of every training step: they share pages of
 * device memory, so that keeping a thousand unread losses takes no more of it than keeping one. When a
 * page fills, its values move to the host in the background.
 */
import { bytesOf, type DType, hostView } from "../../../gpu/contract/dtype.ts";
import type { DeviceBuffer, Engine, Pass } from "../../../gpu/contract/engine.ts";
import type { Stored } from "../stored.ts";

/** Bytes of the largest value that counts as small, and of a place in a page. */
export const SMALL = 16;
const PLACES = 4096;

/** What there is to know of a small value. */
interface Small {
  readonly size: number;
  readonly dtype: DType;
}

interface Page {
  readonly buffer: DeviceBuffer;
  readonly free: number[];
  readonly used: Map<
    number,
    { readonly stored: Stored; readonly dtype: DType; readonly bytes: number }
  >;
  draining: boolean;
  retired: boolean;
}

/** The small values on one engine. */
export class Scalars {
  readonly #engine: Engine;
  readonly #pages: Page[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** How many values there are. */
  get count(): number {
    return this.#pages.reduce((sum, { used }) => sum + used.size, 0);
  }

  /** The bytes of the pages. */
  get bytes(): number {
    return this.#pages.reduce((sum, { buffer }) => sum + buffer.capacity, 0);
  }

  /** Adds to the pass the copy of a small result into a page, and notes it in `stored`. */
  enter(pass: Pass, from: DeviceBuffer, { size, dtype }: Small, stored: Stored): void {
    const bytes = size * bytesOf(dtype);
    let page = this.#pages.find(({ free, retired }) => !retired && free.length > 0);
    if (!page) this.#pages.push(page = this.#newPage());
    const offset = page.free.pop()!;
    page.used.set(offset, { stored, dtype, bytes });
    stored.entry = { buffer: page.buffer, offset };
    pass.copy(from, 0, page.buffer, offset, bytes);
  }

  /** Frees the place of a small value, if it has one here. */
  leave(stored: Stored): void {
    const { entry } = stored;
    const page = entry && this.#pages.find(({ buffer }) => buffer === entry.buffer);
    if (!page) return;
    page.used.delete(entry.offset);
    page.free.push(entry.offset);
    stored.entry = null;
    if (page.retired && page.used.size === 0) this.#drop(page);
  }

  /** Gives back pages without values. */
  sweep(): void {
    for (const page of [...this.#pages]) {
      if (page.used.size === 0 && !page.draining) this.#drop(page);
    }
  }

  /** Puts no more values into the pages there are, one of which the device may not have made. */
  retire(): void {
    for (const page of this.#pages) page.retired = true;
    this.sweep(); // the empty ones would wait for a value to leave them
  }

  /** Moves the values of pages that are half full to the host; call after the pass is submitted. */
  drain(): void {
    for (const page of this.#pages) {
      if (page.draining || page.used.size < PLACES / 2) continue;
      page.draining = true;
      const leaving = [...page.used];
      // Not within the step in hand, whose memory would else grow by that of the way to the host.
      const whole = { buffer: page.buffer, offset: 0, bytes: PLACES * SMALL };
      Promise.resolve().then(() => this.#engine.read([whole])).then(([data]) => {
        for (const [offset, { stored, dtype, bytes }] of leaving) {
          if (page.used.get(offset)?.stored !== stored) continue;
          stored.host ??= hostView(dtype, data.slice(offset, offset + bytes));
          this.leave(stored);
        }
      }, () => {}) // the engine's own check tells of the failure
        .finally(() => page.draining = false);
    }
  }

  #drop(page: Page): void {
    this.#pages.splice(this.#pages.indexOf(page), 1);
    this.#engine.release(page.buffer);
  }

  #newPage(): Page {
    const free = Array.from({ length: PLACES }, (_, k) => (PLACES - 1 - k) * SMALL);
    const buffer = this.#engine.acquire(PLACES * SMALL);
    return { buffer, free, used: new Map(), draining: false, retired: false };
  }
}
