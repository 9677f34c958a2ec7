/**
 * Small values that were asked to stay, such as the loss of every training step: they share one
 * buffer, so that keeping a thousand unread losses takes no more device memory than keeping one.
 * When it fills, the values move to the host in the background.
 */
import type { DeviceBuffer, Engine, Pass } from "../../../gpu/contract/engine.ts";
import type { Stored } from "../stored.ts";

/** Bytes of the largest value that counts as small, and of a place in the buffer. */
export const SMALL = 16;
const PLACES = 4096;

interface Page {
  readonly buffer: DeviceBuffer;
  readonly free: number[];
  readonly used: Map<number, { stored: Stored; bytes: number }>;
  draining: boolean;
}

const ledgers = new WeakMap<Engine, Page[]>();

function newPage(engine: Engine): Page {
  const free = Array.from({ length: PLACES }, (_, k) => (PLACES - 1 - k) * SMALL);
  return { buffer: engine.acquire(PLACES * SMALL), free, used: new Map(), draining: false };
}

/** Adds to the pass the copy of a small result into the ledger, and notes it in `stored`. */
export function enter(
  engine: Engine,
  pass: Pass,
  from: DeviceBuffer,
  bytes: number,
  stored: Stored,
): void {
  const pages = ledgers.get(engine) ?? [];
  ledgers.set(engine, pages);
  let page = pages.find((p) => p.free.length > 0);
  if (!page) pages.push(page = newPage(engine));
  const offset = page.free.pop()!;
  page.used.set(offset, { stored, bytes });
  pass.copy(from, 0, page.buffer, offset, bytes);
  stored.entry = { buffer: page.buffer, offset };
}

/** Moves the values of pages that are half full to the host; call after the pass is submitted. */
export function drain(engine: Engine): void {
  for (const page of ledgers.get(engine) ?? []) {
    if (page.draining || page.used.size < PLACES / 2) continue;
    page.draining = true;
    const leaving = [...page.used];
    // Not within the step in hand, whose memory would else grow by that of the way to the host.
    const whole = { buffer: page.buffer, offset: 0, bytes: PLACES * SMALL };
    Promise.resolve().then(() => engine.read([whole])).then(([data]) => {
      for (const [offset, { stored, bytes }] of leaving) {
        if (page.used.get(offset)?.stored !== stored) continue;
        settle(stored, new Float32Array(data.slice(offset, offset + bytes)));
      }
    }, () => {}) // the engine's own check tells of the failure
      .finally(() => page.draining = false);
  }
}

/** Gives a small value its host copy and frees its place. */
export function settle(stored: Stored, host: Float32Array): void {
  stored.host ??= host;
  const { entry } = stored;
  if (!entry) return;
  const page = ledgers.get(entry.buffer.engine)!.find((p) => p.buffer === entry.buffer)!;
  page.used.delete(entry.offset);
  page.free.push(entry.offset);
  stored.entry = null;
}
