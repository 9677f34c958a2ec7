/** Steps of optimisers: gradients and the losses they come from are computed together, in one schedule. */
import type { HostArray } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { noteStep } from "./copies.ts";
import { type Node, withoutGradients } from "./graph.ts";
import { clearGradient, holdGradient, lossesOf, statesOf } from "./losses.ts";
import { read, run } from "./realize.ts";
import { abandon } from "./residency/retained.ts";
import { olderState } from "./schedule/walk.ts";
import type { State } from "./state.ts";
import { allOrNothing } from "./updates.ts";

/**
 * Has `update` assign the next values of `states`, and runs the updates with the losses behind the
 * gradients, their gradients in other states, and `also`; then the gradients of `states` are gone.
 * Where it fails, at once or later on the device, nothing is updated, and `undo` takes back what `update`
 * has done beside. Of `states` no update may be pending.
 */
export function step(
  states: readonly State[],
  also: readonly Node[],
  update: () => void,
  undo: () => void = () => {},
): void {
  const losses = lossesOf(states);
  // Gradients for other optimisers may depend on the states that this one is about to update.
  const others = statesOf(losses);
  for (const state of states) others.delete(state);
  computed(losses, states, others, also, update, undo);
  for (const state of states) clearGradient(state);
  abandon(also);
  noteStep();
}

/** Computes the gradients in states and whatever else comes from the same losses: no graph remains. */
export function accumulate(states: readonly State[]): void {
  const losses = lossesOf(states);
  const all = statesOf(losses);
  for (const state of states) all.add(state);
  computed(losses, [], all, [], () => {});
}

/**
 * Throws where gradients come from values that are gone: one that no step has used is added to all
 * that follow, so that every step would be refused without end.
 */
function refuseStale(states: readonly State[]): void {
  for (const state of states) {
    if (state.gradient === null) continue;
    const older = olderState([state.gradient, ...lossesOf([state])]);
    if (!older) continue;
    throw cannot(
      `compute with an older value of ${older.name}`,
      `the gradient in ${state.name} was left there before ${older.name} got other values, and no ` +
        "step has used it; call zeroGrad() on the optimiser, then backward() once more",
    );
  }
}

/** Runs losses, `also` and the updates of `used` in one schedule, and holds the gradients in states. */
function computed(
  losses: ReadonlySet<Node>,
  used: readonly State[],
  states: Iterable<State>,
  also: readonly Node[],
  update: () => void,
  undo: () => void = () => {},
): void {
  const hold: (() => void)[] = [];
  try {
    allOrNothing(() => {
      withoutGradients(() => {
        for (const state of states) hold.push(holdGradient(state));
        update();
      });
      run([...losses, ...also], also.length > 0, undo);
    }, undo);
  } catch (error) {
    refuseStale([...used, ...states]);
    throw error;
  }
  for (const settle of hold) settle();
  dropRecipes(losses);
}

/** Nothing can be differentiated through older parameters: a kept loss holds no batch alive. */
function dropRecipes(losses: Iterable<Node>): void {
  for (const loss of losses) loss.dropRecipe();
}

/** Reads a loss and the gradients in states, which are gone then. */
export async function takeGradients(
  loss: Node,
  states: readonly State[],
): Promise<{ readonly loss: HostArray; readonly gradients: readonly HostArray[] }> {
  const losses = lossesOf(states);
  const nodes = [loss, ...states.map(({ gradient }) => gradient!)];
  const values = await read([...nodes, ...losses]).catch((error) => {
    refuseStale(states);
    throw error;
  });
  for (const state of states) clearGradient(state);
  dropRecipes(losses);
  return { loss: values[0], gradients: values.slice(1, nodes.length) };
}
