/** State: the one thing that is updated in place, with a version so that no old recipe reads new values. */
import { cannot } from "../../gpu/contract/errors.ts";
import { type Node, type Result, type State, stateNode } from "./graph.ts";
import { drop, enqueue, runPending } from "./realize.ts";
import { sameShape, show } from "./shape.ts";

/** A state that begins with a recipe. */
export function makeState(initial: Node, name: string, requiresGrad: boolean): State {
  const state: State = {
    name,
    shape: initial.shape,
    dtype: initial.dtype,
    buffer: null,
    version: 0,
    pending: null,
    pendingVersion: 0,
    current: initial,
    requiresGrad,
    gradient: null,
    leaf: -1,
    mark: 0,
  };
  setPending(state, initial);
  return state;
}

/** The states with updates of the work that is all or nothing, while there is such work. */
let updated: Set<State> | null = null;

/**
 * Does work that updates states and runs a schedule. Where it fails, the updates that have not been
 * carried out are taken back, those of states that the work has made included. It must not run a
 * schedule between two updates: no state that it updates may have another update pending.
 */
export function allOrNothing(work: () => void): void {
  const outer = updated;
  const mine = updated = new Set<State>();
  try {
    work();
  } catch (error) {
    for (const state of mine) drop(state);
    throw error;
  } finally {
    updated = outer;
  }
}

function setPending(state: State, recipe: Node): void {
  state.pending = recipe;
  state.pendingVersion++;
  state.current = stateNode(state, state.pendingVersion, recipe);
  updated?.add(state);
  enqueue(state);
}

/**
 * Makes recipes the next versions of states, together. They run with the next schedule; earlier
 * updates that have not run yet are run first, so that updates nobody reads do not chain.
 */
export function assign(...updates: (readonly [State, Node])[]): void {
  for (const [state, { dtype, shape }] of updates) {
    if (dtype === state.dtype && sameShape(shape, state.shape)) continue;
    throw cannot(
      `assign to ${state.name}`,
      `it is ${describe(state)} and the value ${describe({ dtype, shape })}`,
    );
  }
  if (updates.some(([state]) => state.pending)) runPending();
  for (const [state, recipe] of updates) setPending(state, recipe);
}

function describe({ dtype, shape }: Result): string {
  return `${dtype} ${show(shape)}`;
}
