/** The states whose values lie on an engine: known by weak references, with the buffer of each. */
import type { DeviceBuffer, Engine } from "../../../gpu/contract/engine.ts";
import type { State } from "../state.ts";

/** The buffer of a state, known also when the state is gone. */
interface Held {
  readonly state: WeakRef<State>;
  buffer: DeviceBuffer;
}

/** The states on one engine. */
export class States {
  readonly #engine: Engine;
  readonly #held = new Set<Held>();
  readonly #of = new WeakMap<State, Held>();
  /** Gives back the buffers of states to which no object of the program refers any more. */
  readonly #abandoned: FinalizationRegistry<Held>;
  #bytes = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#abandoned = new FinalizationRegistry((held) => {
      this.#held.delete(held);
      this.#free(held.buffer);
    });
  }

  /** The bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The states that are alive. */
  *[Symbol.iterator](): Iterator<State> {
    for (const held of this.#held) {
      const state = held.state.deref();
      if (state) yield state;
    }
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
    this.#bytes += buffer.capacity;
    const held = this.#of.get(state);
    if (held) {
      this.#free(held.buffer);
      held.buffer = buffer;
    } else this.#hold(state, buffer);
  }

  /** Gives the buffer of a state back that has lived here. */
  leave(state: State): void {
    const held = this.#of.get(state);
    if (!held) return;
    this.#of.delete(state);
    this.#held.delete(held);
    this.#abandoned.unregister(held);
    this.#free(held.buffer);
  }

  #hold(state: State, buffer: DeviceBuffer): void {
    const held = { state: new WeakRef(state), buffer };
    this.#held.add(held);
    this.#of.set(state, held);
    this.#abandoned.register(state, held, held);
  }

  #free(buffer: DeviceBuffer): void {
    this.#bytes -= buffer.capacity;
    this.#engine.release(buffer);
  }
}
