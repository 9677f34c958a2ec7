/**
 * Values that stay on a device without anybody freeing them. Of those that `evaluate` keeps, a value that
 * has a successor (one of its shape and kind, computed from it), and whatever was evaluated together
 * with it, is given back when it has not been used for some evaluations: the program has moved on. It is
 * a recipe again, and if it is asked for after all it is computed again, and its chain waits longer from
 * then on.
 *
 * Beyond a budget in all, the values that were evaluated longest ago become recipes again too, as far
 * as nothing can have changed under them.
 */
import type { DeviceBuffer, Engine } from "../../../gpu/contract/engine.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import type { Node } from "../graph.ts";
import { LENGTH, Link } from "../link.ts";
import { sameShape, show } from "../shape.ts";
import type { Stored } from "../stored.ts";

/** How many evaluated values are noted before those that are gone are looked for. */
const MOST_NOTES = 1024;

/** The values that stay on one engine. */
export class Retained {
  readonly #engine: Engine;
  readonly #budget: number;
  /**
   * Gives back what no object of the program refers to any more. (A weak reference to each value would keep it
   * alive until the event loop turns, which it may not do for long.)
   */
  readonly #abandoned: FinalizationRegistry<DeviceBuffer>;
  /** Values with a successor, waiting to be given back. */
  readonly #waiting = new Set<Node>();
  /** Evaluated values in the order of their evaluation. */
  readonly #evaluated = new Set<WeakRef<Node>>();
  #pruneAt = MOST_NOTES;
  #bytes = 0;
  #count = 0;
  /** Counts evaluations. */
  #clock = 0;

  /** At most `budget` bytes of evaluated values stay. */
  constructor(engine: Engine, budget: number) {
    this.#engine = engine;
    this.#budget = budget;
    this.#abandoned = new FinalizationRegistry((buffer) => this.#free(buffer));
  }

  /** The bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many values are held. */
  get count(): number {
    return this.#count;
  }

  /** The values that are kept because they were evaluated. */
  *evaluated(): Iterable<Node> {
    for (const ref of this.#evaluated) {
      const node = ref.deref();
      if (node?.stored?.device?.engine === this.#engine) yield node;
    }
  }

  /** Keeps a computed buffer as the value of `stored`. */
  keep(stored: Stored, buffer: DeviceBuffer): void {
    stored.device = buffer;
    this.#bytes += buffer.capacity;
    this.#count++;
    this.#abandoned.register(stored, buffer, stored);
  }

  /** Gives the device buffer of a kept value back, if it has one here. */
  giveBack(stored: Stored): void {
    const { device } = stored;
    if (device?.engine !== this.#engine) return;
    this.#abandoned.unregister(stored);
    this.#free(device);
    stored.device = null;
  }

  /** Notes that kept values among `leaves` are used now, and gives back what has long not been. */
  age(leaves: readonly Node[]): void {
    const now = ++this.#clock;
    for (const { link } of leaves) if (link) link.lastUsed = now;
    for (const node of this.#waiting) {
      if (!node.link!.hasWaited(now)) continue;
      this.#waiting.delete(node);
      this.#release(node);
    }
  }

  /** Notes that `targets` were computed from `leaves`, to be kept. */
  moveOn(targets: readonly Node[], leaves: readonly Node[]): void {
    for (const target of targets) {
      const { link } = target;
      if (link === null) this.#join(target, leaves, targets);
      else { // given back too early
        link.comeBack(this.#clock);
        if (link.superseded) this.#waiting.add(target);
      }
    }
    this.#keepBudget(targets);
  }

  /** Makes `target` the successor of those leaves that are like it. */
  #join(target: Node, leaves: readonly Node[], together: readonly Node[]): void {
    const parents: Link<Node>[] = [];
    for (const { link, dtype, shape } of leaves) {
      if (link && dtype === target.dtype && sameShape(shape, target.shape)) parents.push(link);
    }
    target.link = new Link(parents, together, this.#clock);
    if (target.link.isAnchor) target.dropRecipe();
    for (const node of parents.flatMap((parent) => parent.together)) {
      if (node.link!.superseded) continue;
      node.link!.superseded = true;
      this.#waiting.add(node);
    }
  }

  /** Gives the oldest values back while more than the budget is held. */
  #keepBudget(fresh: readonly Node[]): void {
    for (const node of fresh) this.#evaluated.add(new WeakRef(node));
    if (this.#evaluated.size > this.#pruneAt) this.#prune();
    if (this.#bytes <= this.#budget) return;
    for (const ref of this.#evaluated) {
      const node = ref.deref();
      if (!node || node.stateful || !node.hasRecipe || fresh.includes(node)) continue;
      this.#release(node);
      if (this.#bytes <= this.#budget) return;
    }
  }

  /** Forgets the values that have gone already. */
  #prune(): void {
    for (const ref of this.#evaluated) {
      if (!ref.deref()?.stored?.device) this.#evaluated.delete(ref);
    }
    this.#pruneAt = Math.max(MOST_NOTES, 2 * this.#evaluated.size);
  }

  /** Makes a value that lies here a recipe again. */
  #release(node: Node): void {
    const { stored } = node;
    if (stored?.device?.engine !== this.#engine) return;
    this.giveBack(stored);
    if (stored.host === null) node.stored = null;
    if (node.link!.final) node.dropRecipe();
  }

  #free(buffer: DeviceBuffer): void {
    this.#bytes -= buffer.capacity;
    this.#count--;
    this.#engine.release(buffer);
  }
}

/** Notes that the states behind values have moved on: once given back, their recipes go too. */
export function abandon(values: readonly Node[]): void {
  for (const { link, stateful } of values) if (link && stateful) link.final = true;
}

/** True for a value that was given back and must be computed again, and then kept. */
export function mustReturn(node: Node): boolean {
  const { link, shape } = node;
  if (link === null || node.stored !== null) return false;
  if (link.final) {
    throw cannot(
      `use a value of shape ${show(shape)} that a step of an optimiser kept`,
      "later values were computed from it and its memory was given back, and the parameters " +
        "behind it have been updated since; read such values with data() while they are new",
    );
  }
  if (link.isAnchor) {
    throw cannot(
      `use a value of shape ${show(shape)} that evaluate kept long ago`,
      `more than ${LENGTH} evaluations later its memory was given back; ` +
        "read such values with data() while they are new",
    );
  }
  return true;
}
