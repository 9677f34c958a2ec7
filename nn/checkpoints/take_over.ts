/** Loading several state dicts, all of them or none. */
import { runPending } from "../../complex/lazy/realize.ts";
import { takeBackLost } from "../../complex/lazy/updates.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { Module, type StateDict } from "../module.ts";
import { OptimizerBase } from "../optim/groups.ts";

/** Anything that can be saved and loaded: a module, an optimiser, a schedule, a loader. */
export interface Stateful {
  /** A copy of its state. */
  stateDict(): StateDict | Promise<StateDict>;
  /** Takes a state over, or throws and changes nothing. */
  loadStateDict(dict: StateDict): void | Promise<void>;
}

/** Something with the state that it is to have. */
export interface Loading {
  /** Its name in errors. */
  readonly name: string;
  readonly part: Stateful;
  readonly dict: StateDict;
}

/** The check of a state dict alone, of parts that have one and load by it. */
function preparation(part: Stateful): ((dict: StateDict) => () => void) | null {
  for (const base of [Module, OptimizerBase]) {
    const own = part instanceof base && part.loadStateDict === base.prototype.loadStateDict;
    if (own) return (dict) => part.prepareStateDict(dict);
  }
  return null;
}

/**
 * Gives every part its state. Modules and optimisers are checked before anything is changed; parts
 * that can only load are loaded next, and given their old states back if a later one refuses.
 */
export async function takeOver(what: string, all: readonly Loading[]): Promise<void> {
  const commits: (() => void)[] = [];
  const undo: (() => void | Promise<void>)[] = [];
  const attempt = async (name: string, load: () => void | Promise<void>) => {
    try {
      await load();
    } catch (error) {
      throw cannot(what, `its ${name} does not fit: ${(error as Error).message}`);
    }
  };
  const others: Loading[] = [];
  for (const loading of all) {
    const { name, part, dict } = loading;
    const prepare = preparation(part);
    if (!prepare) others.push(loading);
    else await attempt(name, () => void commits.push(prepare(dict)));
  }
  try {
    for (const { name, part, dict } of others) {
      const before = await part.stateDict();
      undo.unshift(() => part.loadStateDict(before));
      await attempt(name, () => part.loadStateDict(dict));
    }
    takeBackLost();
    runPending(); // what fails of it fails before the first commit
    for (const commit of commits) commit();
  } catch (error) {
    for (const back of undo) await back();
    throw error;
  }
}
