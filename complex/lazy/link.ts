/**
 * Chains of evaluations, each computed from the one before, as in `psi = step(psi)`. Every
 * {@link LENGTH} evaluations one value (of fields that are computed from one another, one each) becomes
 * the anchor: it stays, its recipe is dropped, and the anchor before it may go. So neither device memory
 * nor the chain of recipes grows.
 */

/** Evaluations from anchor to anchor. */
export const LENGTH = 256;
/** The first value that was computed from another one: a first one may be a constant of the loop. */
const FIRST_ANCHOR = 2;
/** Patience at first, and by how much it grows when a value was given back too early. */
const PATIENCE = 1;
const GROWTH = 4;

/** Where the value of a node stands in its chain. */
export class Link<Node> {
  readonly generation: number;
  /** The last anchors of the chain, or its first values. */
  readonly anchors: readonly Link<Node>[];
  /** The values of the same evaluation: when the program moves on from one, it does from all. */
  readonly together: readonly Node[];
  /** Evaluations for which it stays unused once another was computed from it. */
  patience: number;
  lastUsed: number;
  superseded = false;
  /** Whether it is an anchor that no later one has replaced. */
  stays: boolean;
  /** Whether the states behind the value have moved on, so that it can't be computed again. */
  final = false;

  /** Lengthens the longest chain of `parents`, or starts one. */
  constructor(parents: readonly Link<Node>[], together: readonly Node[], now: number) {
    const last = Math.max(0, ...parents.map(({ generation }) => generation));
    // Fields that are computed from one another share their chain, and each has its anchor.
    const before = parents.filter(({ generation }) => generation === last);
    const anchors = new Set(before.flatMap(({ anchors }) => anchors));
    this.generation = last + 1;
    this.stays = this.generation % LENGTH === FIRST_ANCHOR;
    this.anchors = before.length === 0 || this.stays ? [this] : [...anchors];
    this.together = together;
    this.patience = Math.max(PATIENCE, ...before.map(({ patience }) => patience));
    this.lastUsed = now;
    if (this.stays) { for (const anchor of anchors) anchor.stays = false; }
  }

  /** Whether it was made an anchor whose recipe is dropped. */
  get isAnchor(): boolean {
    return this.generation > FIRST_ANCHOR && this.anchors.includes(this);
  }

  /** Whether it has been unused for too long. */
  hasWaited(now: number): boolean {
    return now - this.lastUsed > this.patience && !this.stays;
  }

  /** Notes that its value was given back too early and computed again. */
  comeBack(now: number): void {
    this.patience *= GROWTH;
    this.lastUsed = now;
  }
}
