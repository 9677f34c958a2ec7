/** State: the one thing that is updated in place, with a version so that no old recipe reads new values. */
import { cannot } from "../gpu/errors.ts";
import { type Node, type Result, type State, stateNode } from "./graph.ts";
import { enqueue, runPending } from "./realize.ts";
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

function setPending(state: State, recipe: Node): void {
  state.pending = recipe;
  state.pendingVersion++;
  state.current = stateNode(state, state.pendingVersion, recipe);
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
  return `${dtype === "c64" ? "complex64" : "float32"} ${show(shape)}`;
}
