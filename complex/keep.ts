/**
 * Values that `eval` keeps on the device, without anybody freeing them. In `psi = step(psi)` with an
 * `eval` each time, a value that has a successor (one of its shape and kind, computed from it) and
 * has not been used for some evaluations is given back: the program has moved on. It is a recipe
 * again, and if it is asked for after all it is computed again, and its chain waits longer from then
 * on. Every {@link LENGTH} evaluations one value becomes the anchor: it stays, its recipe is dropped,
 * and the anchor before it may go. So neither device memory nor the chain of recipes grows.
 */
import type { DeviceBuffer } from "../gpu/engine.ts";
import { cannot } from "../gpu/errors.ts";
import type { Node, Stored } from "./graph.ts";
import { sameShape, show } from "./shape.ts";

/** Evaluations from anchor to anchor. */
const LENGTH = 256;
/** Patience at first, and by how much it grows when a value was given back too early. */
const PATIENCE = 1;
const GROWTH = 4;

/** Gives back the buffers of values and states to which no object of the program refers any more. */
export const abandoned = new FinalizationRegistry<DeviceBuffer>((buffer) =>
  buffer.engine.release(buffer)
);

let clock = 0;
/** Values with a successor, waiting to be given back. */
const waiting = new Set<Node>();

/** Keeps a computed buffer as the value of `stored`. */
export function keep(stored: Stored, buffer: DeviceBuffer): void {
  stored.device = buffer;
  abandoned.register(stored, buffer, stored);
}

/** Gives the device buffer of a kept value back. */
export function giveBack(stored: Stored): void {
  if (!stored.device) return;
  abandoned.unregister(stored);
  stored.device.engine.release(stored.device);
  stored.device = null;
}

/** True for a value that was given back and must be computed again, and then kept. */
export function mustReturn(node: Node): boolean {
  if (node.link === null || node.stored !== null) return false;
  if (node.link.anchor === node && node.link.generation > 1) {
    throw cannot(
      `use a value of shape ${show(node.shape)} that eval kept long ago`,
      `more than ${LENGTH} evaluations later its memory was given back; ` +
        "read such values with data() while they are new",
    );
  }
  return true;
}

/** Notes that kept values were computed from `leaves`, and gives back what nobody uses. */
export function moveOn(targets: readonly Node[], leaves: readonly Node[]): void {
  clock++;
  for (const { link } of leaves) if (link) link.lastUsed = clock;
  for (const target of targets) {
    if (target.link) { // given back too early
      target.link.patience *= GROWTH;
      target.link.lastUsed = clock;
      if (target.link.superseded) waiting.add(target);
      continue;
    }
    const parent = leaves.find((n) =>
      n.link !== null && n.dtype === target.dtype && sameShape(n.shape, target.shape)
    );
    join(target, parent ?? null);
  }
  for (const node of waiting) {
    const { lastUsed, patience, anchor } = node.link!;
    if (clock - lastUsed <= patience || currentAnchors.has(anchor) && anchor === node) continue;
    waiting.delete(node);
    if (!node.stored) continue;
    giveBack(node.stored);
    if (node.stored.host === null) node.stored = null;
  }
}

/** Anchors that no later anchor has replaced. */
const currentAnchors = new WeakSet<Node>();

/** Makes `target` the successor of `parent`, or the first of its chain. */
function join(target: Node, parent: Node | null): void {
  const before = parent?.link ?? null;
  const generation = (before?.generation ?? 0) + 1;
  const isAnchor = before === null || generation % LENGTH === 0;
  target.link = {
    generation,
    anchor: isAnchor ? target : before.anchor,
    patience: before?.patience ?? PATIENCE,
    lastUsed: clock,
    superseded: false,
  };
  if (isAnchor) {
    currentAnchors.add(target);
    if (before) {
      currentAnchors.delete(before.anchor);
      target.inputs = [];
    }
  }
  if (parent && !before!.superseded) {
    before!.superseded = true;
    waiting.add(parent);
  }
}
