/** State: the one thing that is updated in place, with a version so that no old recipe reads new values. */
import type { DType } from "../gpu/kernel.ts";
import { cannot } from "../gpu/errors.ts";
import { type Node, type State, stateNode } from "./graph.ts";
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
 * Makes a recipe the state's next version. It runs with the next schedule; an earlier update that
 * has not run yet is run first, so that updates nobody reads do not chain.
 */
export function assign(state: State, recipe: Node): void {
  if (recipe.dtype !== (state.dtype as DType) || !sameShape(recipe.shape, state.shape)) {
    throw cannot(
      `assign to ${state.name}`,
      `it is ${state.dtype} ${show(state.shape)} and the value ${recipe.dtype} ${
        show(recipe.shape)
      }`,
    );
  }
  if (state.pending) runPending();
  setPending(state, recipe);
}
