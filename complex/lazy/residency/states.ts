/** The states whose values lie on an engine: known by weak references, with the buffer of each. */
import type { DeviceBuffer, Engine } from "../../../gpu/contract/engine.ts";
import type { State } from "../state.ts";
import { Holdings } from "./holdings.ts";

/** The states on one engine. */
export class States {
  readonly #engine: Engine;
  readonly #held: Holdings<State>;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#held = new Holdings(engine);
  }

  /** The bytes that are held. */
  get bytes(): number {
    return this.#held.bytes;
  }

  /** How many states are held, those included that wait to be found gone. */
  get count(): number {
    return this.#held.count;
  }

  /** The states that are alive. */
  *[Symbol.iterator](): Iterator<State> {
    for (const [state] of this.#held) yield state;
  }

  /** Gives back the buffers of states that have been collected. */
  sweep(): void {
    this.#held.sweep();
  }

  /** Where the pending version of a state has to be copied for {@link commit}; null if nowhere. */
  target({ buffer }: State, result: DeviceBuffer): DeviceBuffer | null {
    const stays = this.#engine.atomicSubmit && buffer?.engine === this.#engine;
    return stays && buffer !== result ? buffer : null;
  }

  /**
   * Makes the pending version of a state, computed into `buffer`, the present one; the older goes. Where
   * the device may report later that nothing ran, it is copied over the older one, which else stays.
   */
  commit(state: State, buffer: DeviceBuffer): void {
    const target = this.target(state, buffer);
    if (target) {
      state.commit(target);
      this.#engine.release(buffer);
      return;
    }
    const before = state.buffer;
    state.commit(buffer);
    if (before === buffer) return; // it was written over
    this.#held.hold(state, buffer);
  }

  /** Gives the buffer of a state back that has lived here. */
  leave(state: State): void {
    this.#held.leave(state);
  }
}
