/** Where the value of a node stands in a chain of evaluations, each computed from the one before. */

/** A place in such a chain. */
export interface Link<Node> {
  readonly generation: number;
  /** The last values of the chain whose recipes were dropped, or the first ones; they stay. */
  readonly anchors: readonly Node[];
  /** The values of the same evaluation: when the program moves on from one, it does from all. */
  readonly together: readonly Node[];
  /** Evaluations for which it stays unused once another was computed from it. */
  patience: number;
  lastUsed: number;
  superseded: boolean;
}
