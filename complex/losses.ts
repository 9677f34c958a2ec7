/**
 * The losses from which the gradients in parameters come. An optimiser's step computes them together
 * with the updates: afterwards the values of the parameters that they were made with are gone.
 */
import type { Node, State } from "./graph.ts";

const losses = new WeakMap<State, Set<Node>>();

/** Notes that a gradient in `state` comes from `loss`. */
export function noteLoss(state: State, loss: Node): void {
  const known = losses.get(state);
  if (known) known.add(loss);
  else losses.set(state, new Set([loss]));
}

/** The losses behind the gradient in `state`. */
export function lossesOf(state: State): Iterable<Node> {
  return losses.get(state) ?? [];
}

/** Forgets them, with the gradient. */
export function clearGradient(state: State): void {
  state.gradient = null;
  losses.delete(state);
}
