/**
 * The losses from which the gradients in parameters come. An optimiser's step computes them together
 * with the updates: afterwards the values of the parameters that they were made with are gone.
 */
import type { Node } from "./graph.ts";
import { State } from "./state.ts";
import { assign } from "./updates.ts";

const losses = new WeakMap<State, Set<Node>>();
const reached = new WeakMap<Node, Set<State>>();

/** Notes that a gradient in `state` comes from `loss`. */
export function noteLoss(state: State, loss: Node): void {
  const known = losses.get(state);
  if (known) known.add(loss);
  else losses.set(state, new Set([loss]));
  const states = reached.get(loss);
  if (states) states.add(state);
  else reached.set(loss, new Set([state]));
}

/** The losses behind the gradients in states. */
export function lossesOf(states: Iterable<State>): Set<Node> {
  const found = new Set<Node>();
  for (const state of states) for (const loss of losses.get(state) ?? []) found.add(loss);
  return found;
}

/** The states with a gradient from one of the losses. */
export function statesOf(of: Iterable<Node>): Set<State> {
  const found = new Set<State>();
  for (const loss of of) {
    for (const state of reached.get(loss) ?? []) {
      if (state.gradient !== null && losses.get(state)?.has(loss)) found.add(state);
    }
  }
  return found;
}

/** For each parameter the state that holds its gradient over the steps that do not use it. */
const held = new WeakMap<State, State>();

const holders = new WeakSet<State>();

/** Whether a state holds the gradient of another one. */
export function isHolder(state: State): boolean {
  return holders.has(state);
}

/**
 * Has the gradient in `state` run with the next schedule, while the parameters that it was made with
 * have their values; the returned function then puts the value in the gradient's place. So gradients
 * that nobody uses add up in place and hold no graph.
 */
export function holdGradient(state: State): () => void {
  const gradient = state.gradient!;
  const known = held.get(state);
  if (known) assign([known, gradient]);
  const holder = known ?? new State(gradient, `the gradient of ${state.name}`, false);
  return () => {
    held.set(state, holder);
    holders.add(holder);
    state.gradient = holder.current;
    losses.delete(state);
  };
}

/** Whether backward() has left a gradient that no step has used. */
export function hasGradient(state: State): boolean {
  return state.gradient !== null;
}

/** Forgets the losses, with the gradient. */
export function clearGradient(state: State): void {
  state.gradient = null;
  losses.delete(state);
}

/**
 * Forgets the gradients of states that get other values, and all that come from the same losses: nothing
 * can be computed of those any more.
 */
export function clearStale(states: readonly State[]): void {
  for (const state of [...states, ...statesOf(lossesOf(states))]) clearGradient(state);
}
