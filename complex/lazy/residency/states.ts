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

  /** Makes the pending version of a state, computed into `buffer`, the present one; the older goes. */
  commit(state: State, buffer: DeviceBuffer): void {
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

  #hold(state: State, buffer: DeviceBuffer): void {
    const held = { state: new WeakRef(state), buffer };
    this.#held.add(held);
    this.#of.set(state, held);
    this.#abandoned.register(state, held);
  }

  #free(buffer: DeviceBuffer): void {
    this.#bytes -= buffer.capacity;
    this.#engine.release(buffer);
  }
}
