/**
 * Copies of states on the host, in case the device is lost. All states of a copy are read in one go,
 * behind the step after which it is due, and nobody waits for them.
 */
import { bytesOf, type HostArray, hostView } from "../../gpu/contract/dtype.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { ArgandError, cannot } from "../../gpu/contract/errors.ts";
import { chosenEngine, onChange } from "../../gpu/engines/device.ts";
import { allCompanions, type Companion } from "./companions.ts";
import { hostNode } from "./graph.ts";
import { clearStale, isHolder } from "./losses.ts";
import { runPending } from "./realize.ts";
import { type Residency, residencyOf } from "./residency/residency.ts";
import { sizeOf } from "./shape.ts";
import { pendingStates, type State } from "./state.ts";
import { takeBackLost } from "./updates.ts";

/** What has come back after the loss of a device. */
export interface Restored {
  /** The steps after which the states were as they are again. */
  readonly steps: number;
  /** How many steps later the device was lost. */
  readonly lost: number;
}

/** Copies of all states, as `keepCopies` keeps them. */
export interface Copies {
  /** Steps of optimisers that the states have made since; fewer again after states have come back. */
  readonly steps: number;
  /** The steps of the last copy that is complete; null while there is none. */
  readonly copied: number | null;
  /** Bytes on the host, those that are arriving included. */
  readonly bytes: number;
  /** How often states have come back. */
  readonly restorations: number;
  /** Why the last copy could not be made or brought back as a whole; null where all is well. */
  readonly failure: ArgandError | null;
}

/** The states of an engine after a step, with what the host counted then. */
interface Copy {
  readonly steps: number;
  readonly values: WeakMap<State, HostArray>;
  readonly notes: WeakMap<Companion, unknown>;
}

/** Bytes that are read back in one piece. */
const PIECE = 2 ** 26;

/** The states of an engine that are worth a copy. */
function statesOf({ states, engine }: Residency): State[] {
  return [...states].filter((s) => s.buffer?.engine === engine && !isHolder(s));
}

const bytesOfState = ({ shape, dtype }: State) => sizeOf(shape) * bytesOf(dtype);

/** States in pieces that are read back at a time. */
function pieces(states: readonly State[]): State[][] {
  const all: State[][] = [];
  let bytes = Infinity;
  for (const state of states) {
    bytes += bytesOfState(state);
    if (bytes > PIECE) {
      all.push([]);
      bytes = bytesOfState(state);
    }
    all.at(-1)!.push(state);
  }
  return all;
}

/** Keeps copies until it is stopped. */
export class CopyKeeper implements Copies {
  readonly everySteps: number;
  readonly #onRestore: (restored: Restored) => void;
  readonly #complete = new Map<Engine, Copy>();
  #steps = 0;
  #copied: number | null = null;
  #restorations = 0;
  #failure: ArgandError | null = null;
  #due = true;
  #awaited = false;
  #underWay: Promise<void> | null = null;
  #arriving = 0;
  /** How many want to say themselves when a copy is taken. */
  holders = 0;

  constructor(everySteps: number, onRestore: (restored: Restored) => void = () => {}) {
    this.everySteps = everySteps;
    this.#onRestore = onRestore;
  }

  get steps(): number {
    return this.#steps;
  }

  get copied(): number | null {
    return this.#copied;
  }

  get restorations(): number {
    return this.#restorations;
  }

  get failure(): ArgandError | null {
    return this.#failure;
  }

  get bytes(): number {
    let bytes = this.#arriving;
    for (const [engine, { values }] of this.#complete) {
      for (const state of residencyOf(engine).states) {
        if (values.has(state)) bytes += bytesOfState(state);
      }
    }
    return bytes;
  }

  /** Notes a step of an optimiser; a copy that is due is taken when the caller has had its say. */
  stepped(): void {
    const { everySteps } = this;
    // States have their first values in the first step.
    if (++this.#steps % everySteps === 0 || this.#steps === 1) this.#due = true;
    if (!this.#due || this.holders > 0 || this.#awaited) return;
    this.#awaited = true;
    queueMicrotask(() => {
      this.#awaited = false;
      this.take();
    });
  }

  /** Begins a copy, if one is due, or wanted now, and none under way. */
  take(now = false): void {
    const engine = chosenEngine();
    if (now) this.#due = true;
    if (!this.#due || this.#underWay || keeper !== this || !engine) return;
    if (engine.kind === "cpu" || engine.lost) return; // nothing of the processor's can be lost
    // What has been loaded and not run yet is a value like others; what batches leave behind is not.
    if ([...pendingStates].some(({ pending }) => !pending!.stateful)) runPending();
    const residency = residencyOf(engine);
    const states = statesOf(residency);
    if (states.length === 0 || states.some(({ failure }) => failure)) return;
    this.#due = false;
    this.#arriving = states.reduce((sum, state) => sum + bytesOfState(state), 0);
    this.#underWay = this.#copy(residency, states).then(
      () => this.#failure = null,
      (error) => {
        if (engine.lost) return; // the copy before counts
        this.#due = true;
        this.#failure = error instanceof ArgandError ? error : cannot("copy states", `${error}`);
      },
    ).then(() => {
      this.#underWay = null;
      this.#arriving = 0;
    });
  }

  async #copy({ engine, submissions }: Residency, states: readonly State[]): Promise<void> {
    const steps = this.#steps, { failures } = submissions;
    const places = pieces(states).map((piece) =>
      piece.map((state) => ({ buffer: state.buffer!, offset: 0, bytes: bytesOfState(state) }))
    );
    const companions = [...allCompanions()];
    const [data, noted] = await Promise.all([
      Promise.all(places.map((piece) => engine.read(piece))),
      Promise.all(companions.map((companion) => companion.note())),
    ]);
    await submissions.settled();
    if (submissions.failures !== failures) {
      throw cannot(
        `copy the states after step ${steps}`,
        "a step failed that the device had begun",
      );
    }
    if (engine.lost) throw engine.lost;
    const values = new WeakMap<State, HostArray>(), notes = new WeakMap<Companion, unknown>();
    data.flat().forEach((bytes, k) => values.set(states[k], hostView(states[k].dtype, bytes)));
    companions.forEach((companion, k) => notes.set(companion, noted[k]));
    this.#complete.set(engine, { steps, values, notes });
    this.#copied = steps;
  }

  /** Gives states whose device is lost the values of its last complete copy. */
  restore(): void {
    for (const [engine, copy] of this.#complete) {
      if (!engine.lost) continue;
      this.#complete.delete(engine);
      this.#complete.set(chosenEngine()!, copy);
      this.#bringBack(residencyOf(engine), copy);
    }
  }

  #bringBack(residency: Residency, { steps, values, notes }: Copy): void {
    const restored = new Set<State>();
    const states = statesOf(residency);
    clearStale(states);
    for (const state of states) {
      const data = values.get(state);
      if (!data) continue;
      state.rollback();
      state.assign(hostNode(data, state.shape, state.dtype));
      restored.add(state);
    }
    this.#failure = null;
    const attempt = (work: () => void) => {
      try {
        work();
      } catch (error) {
        this.#failure = cannot(`go back to step ${steps}`, (error as Error).message);
      }
    };
    for (const companion of allCompanions()) {
      if (!notes.has(companion)) continue;
      attempt(() => companion.comeBack(notes.get(companion), restored));
    }
    const lost = this.#steps - steps;
    const undone = lost > 0 ? `, and the last ${lost} are undone` : "";
    residency.aftermath = `the states are again those of step ${steps}${undone}`;
    this.#steps = steps;
    this.#due = false;
    this.#restorations++;
    attempt(() => this.#onRestore({ steps, lost }));
  }
}

let keeper: CopyKeeper | null = null;

/** What keeps copies at present, if anything does. */
export function copyKeeper(): CopyKeeper | null {
  return keeper;
}

/** Has copies kept by `next` from now on, or none. */
export function setCopyKeeper(next: CopyKeeper | null): void {
  keeper = next;
}

/** Notes a step of an optimiser. */
export function noteStep(): void {
  if (keeper !== null) keeper.stepped();
}

/** Bytes of copies on the host. */
export function copiedBytes(): number {
  return keeper?.bytes ?? 0;
}

onChange(() => {
  takeBackLost();
  keeper?.restore();
});
