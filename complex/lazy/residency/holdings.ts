/**
 * Buffers that belong to objects of the program that live long, each known by a weak reference: when the
 * object is gone, its buffer is given back. The collector says so, once the program lets it; `sweep` need
 * not wait.
 */
import type { DeviceBuffer, Engine } from "../../../gpu/contract/engine.ts";

interface Holding<T extends object> {
  readonly owner: WeakRef<T>;
  buffer: DeviceBuffer;
}

/** The buffers of objects on one engine, the one that was touched longest ago first. */
export class Holdings<T extends object> {
  readonly #engine: Engine;
  readonly #all = new Set<Holding<T>>();
  readonly #of = new WeakMap<T, Holding<T>>();
  readonly #abandoned: FinalizationRegistry<Holding<T>>;
  #bytes = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#abandoned = new FinalizationRegistry((holding) => this.#forget(holding));
  }

  /** The bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many buffers there are. */
  get count(): number {
    return this.#all.size;
  }

  /** The objects that are alive, with their buffers. */
  *[Symbol.iterator](): Iterator<readonly [T, DeviceBuffer]> {
    for (const { owner, buffer } of this.#all) {
      const alive = owner.deref();
      if (alive) yield [alive, buffer];
    }
  }

  /** The buffer of an object; null if it has none here. */
  bufferOf(owner: T): DeviceBuffer | null {
    return this.#of.get(owner)?.buffer ?? null;
  }

  /** Makes `buffer` the one of `owner`; the one that it had is given back. */
  hold(owner: T, buffer: DeviceBuffer): void {
    this.#bytes += buffer.capacity;
    const known = this.#of.get(owner);
    if (known) {
      this.#free(known.buffer);
      known.buffer = buffer;
      return;
    }
    const holding = { owner: new WeakRef(owner), buffer };
    this.#all.add(holding);
    this.#of.set(owner, holding);
    this.#abandoned.register(owner, holding, holding);
  }

  /** Notes that the buffer of an object is used now. */
  touch(owner: T): void {
    const holding = this.#of.get(owner)!;
    this.#all.delete(holding);
    this.#all.add(holding);
  }

  /** Gives back the buffer of an object, if it has one here. */
  leave(owner: T): void {
    const holding = this.#of.get(owner);
    if (holding) this.#drop(holding);
  }

  /** Gives back buffers, the one that was touched longest ago first, until they hold `bytes` at most. */
  trim(bytes: number): void {
    for (const holding of this.#all) {
      if (this.#bytes <= bytes) return;
      this.#drop(holding);
    }
  }

  /** Gives back the buffers of objects that have been collected. */
  sweep(): void {
    for (const holding of this.#all) if (!holding.owner.deref()) this.#drop(holding);
  }

  #drop(holding: Holding<T>): void {
    this.#abandoned.unregister(holding);
    const owner = holding.owner.deref();
    if (owner) this.#of.delete(owner);
    this.#forget(holding);
  }

  #forget(holding: Holding<T>): void {
    this.#all.delete(holding);
    this.#free(holding.buffer);
  }

  #free(buffer: DeviceBuffer): void {
    this.#bytes -= buffer.capacity;
    this.#engine.release(buffer);
  }
}
