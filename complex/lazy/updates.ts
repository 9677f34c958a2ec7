/** Updates of states: several together, and all of them or none. */
import type { Node } from "./graph.ts";
import { runPending } from "./realize.ts";
import { pendingStates, type State } from "./state.ts";

/** Runs the pending updates if one of them is of these states. */
export function settle(states: Iterable<State>): void {
  for (const state of states) if (state.isPending) return runPending();
}

/** Takes back pending updates of lost values that are computed from states: from the lost ones, mostly. */
export function takeBackLost(): void {
  for (const state of [...pendingStates]) {
    if (state.pending!.stateful && state.buffer?.engine.lost) state.rollback();
  }
}

/**
 * Makes recipes the next versions of states, together. They run with the next schedule; earlier
 * updates that have not run yet are run first, so that updates nobody reads do not chain.
 */
export function assign(...updates: (readonly [State, Node])[]): void {
  for (const [state, recipe] of updates) state.check(recipe);
  if (updates.some(([state]) => state.isPending)) {
    takeBackLost(); // what is assigned here may be what takes their place
    runPending();
  }
  for (const [state, recipe] of updates) state.assign(recipe);
}

/** Makes recipes of other dtypes the next versions of states, which lose their gradients. */
export function convert(updates: readonly (readonly [State, Node])[]): void {
  settle(updates.map(([state]) => state));
  for (const [state, recipe] of updates) state.convert(recipe);
}

/**
 * Does work that updates states and runs a schedule. Where it fails, the updates that have not been
 * carried out are taken back, those of states that the work has made included; then `undo` is called.
 */
export function allOrNothing(work: () => void, undo: () => void = () => {}): void {
  const before = new Map<State, number>();
  for (const state of pendingStates) before.set(state, state.pendingVersion);
  try {
    work();
  } catch (error) {
    for (const state of [...pendingStates]) {
      if (before.get(state) !== state.pendingVersion) state.rollback();
    }
    undo();
    throw error;
  }
}
