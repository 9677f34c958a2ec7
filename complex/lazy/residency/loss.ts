/** Values that went with a device that was lost. */
import { type ArgandError, cannot } from "../../../gpu/contract/errors.ts";
import type { Engine } from "../../../gpu/contract/engine.ts";
import type { Node } from "../graph.ts";
import { show } from "../shape.ts";

/** The engine on which the value of a node lies, and nowhere else; null if there is none. */
function placeOf({ stored, state, version }: Node): Engine | null {
  if (stored?.host) return null;
  if (state !== null) return state.version === version ? state.buffer?.engine ?? null : null;
  return (stored?.device ?? stored?.entry?.buffer)?.engine ?? null;
}

/** Whether the value of a node went with a device. */
export function isLost(node: Node): boolean {
  return placeOf(node)?.lost != null;
}

/** Makes lost values recipes again, as far as they depend on no state; true if there were any. */
export function computeAgain(nodes: Iterable<Node>): boolean {
  let any = false;
  for (const node of nodes) {
    if (node.state !== null || !node.hasRecipe || node.stateful || !isLost(node)) continue;
    node.stored = null;
    any = true;
  }
  return any;
}

/** Why a value that is lost can't be had. */
export function lossOf({ state, shape }: Node, cause: ArgandError): ArgandError {
  const error = state
    ? cannot(
      `use ${state.name}`,
      "the device was lost on which its value lay; load a checkpoint or a state dict, for which " +
        "gpu.keepCopies can keep copies",
    )
    : cannot(
      `use a tensor of shape ${show(shape)}`,
      "the device was lost on which its value lay, and it depends on states that may be others now; " +
        "compute it once more",
    );
  error.cause = cause;
  return error;
}
