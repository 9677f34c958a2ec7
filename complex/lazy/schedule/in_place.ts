/** Updates in place: new versions of states that are written over the old ones. */
import { loadsOf, valueDType } from "../../../gpu/contract/expression.ts";
import { linear } from "../../../gpu/contract/indexing.ts";
import type { Draft, LaunchDraft, MapDraft } from "./draft.ts";

/**
 * Has the first roots written over the leaves that they replace, where that can be. `own` has, for each
 * of these roots, the leaf, or −1. Only where all of a schedule is submitted or nothing is: elsewhere a
 * launch that fails would leave some states updated.
 */
export function updateInPlace(
  draft: Draft,
  roots: readonly number[],
  own: readonly number[],
): Draft {
  const launches = draft.launches.slice(), results = draft.results.slice();
  const moved = new Map<number, number>();
  own.forEach((leaf, r) => {
    const map = draft.maps.get(roots[r]);
    if (leaf < 0 || !map || results[r] !== draft.slots[roots[r]][0]) return;
    const state = draft.slots[leaf][0];
    const input = map.loads.indexOf(leaf);
    if (input < 0 || !overwrites(draft.launches, map, input, state)) return;
    launches[map.at] = inPlace(launches[map.at], map, input, state);
    moved.set(results[r], state);
    results[r] = state;
  });
  if (moved.size === 0) return draft;
  const readers = launches.map((launch) => (
    { ...launch, inputs: launch.inputs.map((slot) => moved.get(slot) ?? slot) }
  ));
  return { ...draft, launches: readers, results };
}

/**
 * True where nothing needs the state's slot after the kernel, which reads of it only the element that it
 * writes.
 */
function overwrites(
  launches: readonly LaunchDraft[],
  { at, spec }: MapDraft,
  input: number,
  state: number,
): boolean {
  const own = linear(spec.size).key;
  const reads = loadsOf(spec.value).filter((load) => load.input === input);
  return spec.inputs[input] === valueDType(spec.value) &&
    reads.every((load) => load.at.key === own) &&
    !launches.some(({ inputs }, l) => l > at && inputs.includes(state));
}

/** The launch that writes over one of its inputs. */
function inPlace(
  launch: LaunchDraft,
  { spec }: MapDraft,
  input: number,
  state: number,
): LaunchDraft {
  return {
    ...launch,
    spec: { ...spec, inPlace: input },
    inputs: launch.inputs.filter((_, k) => k !== input),
    outputs: [state],
  };
}
