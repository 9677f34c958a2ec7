/** What the host counts beside the states of a training: it goes back with them. */
import type { State } from "./state.ts";

/** Something of the host that is noted whenever states are copied, and comes back with the copies. */
export interface Companion {
  /** What it is now, or will have been when the promise is kept. */
  note(): unknown;
  /** Makes it what `note` gave; where it counts for single states, only for those of `restored`. */
  comeBack(noted: unknown, restored: ReadonlySet<State>): void;
}

const companions = new Set<WeakRef<Companion>>();
const gone = new FinalizationRegistry<WeakRef<Companion>>((ref) => companions.delete(ref));

/** Makes it a companion of the states, as long as the program holds it. */
export function accompany(companion: Companion): void {
  const ref = new WeakRef(companion);
  companions.add(ref);
  gone.register(companion, ref);
}

/** The companions that are alive. */
export function* allCompanions(): Iterable<Companion> {
  for (const ref of companions) {
    const companion = ref.deref();
    if (companion) yield companion;
  }
}
