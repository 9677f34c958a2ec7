/**
 * Values that `eval` keeps on the device, without anybody freeing them. In `psi = step(psi)` with an
 * `eval` each time, a value that has a successor (one of its shape and kind, computed from it), and
 * whatever was evaluated together with it, is given back when it has not been used for some
 * evaluations: the program has moved on. It is a recipe again, and if it is asked for after all it is
 * computed again, and its chain waits longer from then on. Every {@link LENGTH} evaluations one value
 * (of fields that are computed from one another, one each) becomes the anchor: it stays, its recipe is
 * dropped, and the anchor before it may go. So neither device memory nor the chain of recipes grows.
 *
 * Beyond a budget in all, the values that were evaluated longest ago become recipes again too, as far
 * as nothing can have changed under them.
 */
import type { DeviceBuffer } from "../../../gpu/contract/engine.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import type { Node } from "../graph.ts";
import { sameShape, show } from "../shape.ts";
import type { State } from "../state.ts";
import type { Stored } from "../stored.ts";

/** Evaluations from anchor to anchor. */
const LENGTH = 256;
/** The first value that was computed from another one: a first one may be a constant of the loop. */
const FIRST_ANCHOR = 2;
/** Patience at first, and by how much it grows when a value was given back too early. */
const PATIENCE = 1;
const GROWTH = 4;

/** Bytes of evaluated values that may stay. */
const BUDGET = 2 ** 29;

/** The buffer of a state, known also when the state is gone. */
interface Held {
  buffer: DeviceBuffer;
}

const held = new WeakMap<State, Held>();

/** Gives back the buffers of states to which no object of the program refers any more. */
const abandonedStates = new FinalizationRegistry<Held>(({ buffer }) =>
  buffer.engine.release(buffer)
);

/** Makes `buffer` the state's; the one before has been given back. */
export function hold(state: State, buffer: DeviceBuffer): void {
  const known = held.get(state);
  if (known) {
    known.buffer = buffer;
    return;
  }
  const made = { buffer };
  held.set(state, made);
  abandonedStates.register(state, made);
}

const abandonedValues = new FinalizationRegistry<DeviceBuffer>((buffer) => {
  keptBytes -= buffer.capacity;
  buffer.engine.release(buffer);
});

let keptBytes = 0;
let clock = 0;
/** Values with a successor, waiting to be given back. */
const waiting = new Set<Node>();

/** Evaluated values in the order of their evaluation. */
const evaluated = new Set<WeakRef<Node>>();
/** How many of them are noted before those that are gone are looked for. */
const MOST_NOTES = 1024;
let pruneAt = MOST_NOTES;

/** Keeps a computed buffer as the value of `stored`. */
export function keep(stored: Stored, buffer: DeviceBuffer): void {
  stored.device = buffer;
  keptBytes += buffer.capacity;
  abandonedValues.register(stored, buffer, stored);
}

/** Gives the oldest values back while more than the budget is held. */
function keepBudget(fresh: readonly Node[]): void {
  for (const node of fresh) evaluated.add(new WeakRef(node));
  if (evaluated.size > pruneAt) prune();
  if (keptBytes <= BUDGET) return;
  for (const ref of evaluated) {
    const node = ref.deref();
    if (!node?.stored?.device || node.stateful || fresh.includes(node)) continue;
    if (!node.hasRecipe) continue;
    release(node);
    if (keptBytes <= BUDGET) return;
  }
}

/** Forgets the values that have gone already. */
function prune(): void {
  for (const ref of evaluated) if (!ref.deref()?.stored?.device) evaluated.delete(ref);
  pruneAt = Math.max(MOST_NOTES, 2 * evaluated.size);
}

/** Gives the device buffer of a kept value back. */
export function giveBack(stored: Stored): void {
  if (!stored.device) return;
  abandonedValues.unregister(stored);
  keptBytes -= stored.device.capacity;
  stored.device.engine.release(stored.device);
  stored.device = null;
}

/** Values that can't be computed again, since what they were computed from has been updated. */
const final = new WeakSet<Node>();

/** Notes that the states behind values have moved on: once given back, their recipes go too. */
export function abandon(values: readonly Node[]): void {
  for (const node of values) if (node.stateful) final.add(node);
}

/** True for a value that was given back and must be computed again, and then kept. */
export function mustReturn(node: Node): boolean {
  if (node.link === null || node.stored !== null) return false;
  if (final.has(node)) {
    throw cannot(
      `use a value of shape ${show(node.shape)} that a step of an optimiser kept`,
      "later values were computed from it and its memory was given back, and the parameters " +
        "behind it have been updated since; read such values with data() while they are new",
    );
  }
  if (node.link.anchors.includes(node) && node.link.generation > FIRST_ANCHOR) {
    throw cannot(
      `use a value of shape ${show(node.shape)} that eval kept long ago`,
      `more than ${LENGTH} evaluations later its memory was given back; ` +
        "read such values with data() while they are new",
    );
  }
  return true;
}

/** Notes that kept values among `leaves` are used now, and gives back what has long not been. */
export function age(leaves: readonly Node[]): void {
  clock++;
  for (const { link } of leaves) if (link) link.lastUsed = clock;
  for (const node of waiting) {
    const { lastUsed, patience } = node.link!;
    if (clock - lastUsed <= patience || currentAnchors.has(node)) continue;
    waiting.delete(node);
    if (node.stored) release(node);
  }
}

/** Makes a value a recipe again. */
function release(node: Node): void {
  giveBack(node.stored!);
  if (node.stored!.host === null) node.stored = null;
  if (final.has(node)) node.dropRecipe();
}

/** Notes that `targets` were computed from `leaves`, to be kept. */
export function moveOn(
  targets: readonly Node[],
  leaves: readonly Node[],
): void {
  for (const target of targets) {
    const { link } = target;
    if (!link) {
      join(
        target,
        leaves.filter((n) =>
          n.link !== null && n.dtype === target.dtype && sameShape(n.shape, target.shape)
        ),
        targets,
      );
    } else { // given back too early
      link.patience *= GROWTH;
      link.lastUsed = clock;
      if (link.superseded) waiting.add(target);
    }
  }
  keepBudget(targets);
}

/** Anchors that no later anchor has replaced. */
const currentAnchors = new WeakSet<Node>();

/** Makes `target` the successor of `parents` and lengthens the longest chain of them, or starts one. */
function join(target: Node, parents: readonly Node[], together: readonly Node[]): void {
  const last = Math.max(0, ...parents.map(({ link }) => link!.generation));
  // Fields that are computed from one another share their chain, and each has its anchor.
  const before = parents.filter(({ link }) => link!.generation === last);
  const anchors = new Set(before.flatMap(({ link }) => link!.anchors));
  const isAnchor = (last + 1) % LENGTH === FIRST_ANCHOR;
  target.link = {
    generation: last + 1,
    anchors: before.length === 0 || isAnchor ? [target] : [...anchors],
    patience: Math.max(PATIENCE, ...before.map(({ link }) => link!.patience)),
    lastUsed: clock,
    superseded: false,
    together,
  };
  if (isAnchor) {
    currentAnchors.add(target);
    for (const anchor of anchors) currentAnchors.delete(anchor);
    if (last + 1 > FIRST_ANCHOR) target.dropRecipe();
  }
  for (const node of parents.flatMap(({ link }) => link!.together)) {
    if (node.link!.superseded) continue;
    node.link!.superseded = true;
    waiting.add(node);
  }
}
