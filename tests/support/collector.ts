/** Stands in for the garbage collector, which no test can call. */

/** Registries as `FinalizationRegistry`, told by `collect` that an object is gone. */
class Registry<T> {
  static readonly all = new Set<Registry<unknown>>();
  readonly #done: (held: T) => void;
  readonly #entries = new Set<{ target: object; held: T; token?: object }>();

  constructor(done: (held: T) => void) {
    this.#done = done;
    Registry.all.add(this as Registry<unknown>);
  }

  register(target: object, held: T, token?: object): void {
    this.#entries.add({ target, held, token });
  }

  unregister(token: object): void {
    for (const entry of this.#entries) if (entry.token === token) this.#entries.delete(entry);
  }

  collect(target: object): void {
    for (const entry of this.#entries) {
      if (entry.target !== target) continue;
      this.#entries.delete(entry);
      this.#done(entry.held);
    }
  }
}

/** Has `make` make objects; `collect` then does what follows when nothing refers to one any more. */
export function collected<T>(make: () => T): { made: T; collect: (target: object) => void } {
  const real = globalThis.FinalizationRegistry;
  Registry.all.clear();
  globalThis.FinalizationRegistry = Registry as unknown as typeof real;
  try {
    const made = make();
    const registries = [...Registry.all];
    return { made, collect: (target) => registries.forEach((r) => r.collect(target)) };
  } finally {
    globalThis.FinalizationRegistry = real;
  }
}
