/** JavaScript's garbage collector, asked to run: it does not know of memory that a device holds. */

interface Bun {
  gc(force: boolean): void;
}

/**
 * Has the collector run once now, as far as the engine has a way. V8 collects before it refuses an array
 * that no memory can hold.
 */
export function collectGarbage(): void {
  const { Bun } = globalThis as { Bun?: Bun };
  if (Bun) return Bun.gc(true);
  for (const bytes of [2 ** 52, 2 ** 33]) {
    try {
      new ArrayBuffer(bytes);
      return;
    } catch (error) {
      if (!/length/.test((error as Error).message)) return; // else it was refused unseen
    }
  }
}

/** Waits for the next turn of the event loop: until then all that this one has looked at counts as used. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}
