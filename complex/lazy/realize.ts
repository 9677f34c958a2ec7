/**
 * From recipes to values: walks the graph, takes or makes its plan, runs it in one submit. Every run
 * also carries out the updates of states that are pending.
 */
import { BYTES, type HostArray } from "../../gpu/contract/kernel.ts";
import type { DeviceBuffer, Engine, ReadRange } from "../../gpu/contract/engine.ts";
import { groupBy } from "../../gpu/contract/collections.ts";
import { engine as currentEngine } from "../../gpu/engines/device.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "./graph.ts";
import { age, giveBack, hold, keep, moveOn } from "./residency/retain.ts";
import { drain, enter, settle, SMALL } from "./residency/scalars.ts";
import { type Launch, makePlan, type Plan } from "./schedule/plan.ts";
import { PlanCache } from "./schedule/plan_cache.ts";
import { show } from "./shape.ts";
import { pendingStates, State } from "./state.ts";
import { Stored } from "./stored.ts";
import { uploaded } from "./residency/uploads.ts";
import { gather, graphOf, hasValue, type Walk } from "./schedule/walk.ts";

const plans = new WeakMap<Engine, PlanCache>();

function planOf(walk: Walk, engine: Engine): Plan {
  let cache = plans.get(engine);
  if (!cache) plans.set(engine, cache = new PlanCache());
  return cache.take(walk.key, () => makePlan(graphOf(walk), engine, walk.own));
}

function checkEngine(buffer: DeviceBuffer, engine: Engine, node: Node): void {
  if (buffer.engine === engine) return;
  const what = node.state ? node.state.name : `a tensor of shape ${show(node.shape)}`;
  throw cannot(
    `compute on the ${engine.kind} engine`,
    `${what} is held by another engine (${buffer.engine.kind}); read it with data() first`,
  );
}

/** The params of a launch in this run. */
function paramsOf(
  { words, params, scratch }: Launch,
  nodes: readonly Node[],
): Uint32Array | undefined {
  if (params) return params;
  if (!scratch) return undefined;
  for (let w = 0; w < scratch.length; w++) scratch[w] = nodes[words[w][0]].params![words[w][1]];
  return scratch;
}

/** Runs the plan; `onPass` gets the buffers of its results, in the order of the roots. */
function execute(
  nodes: readonly Node[],
  plan: Plan,
  engine: Engine,
  onPass: (
    buffers: readonly DeviceBuffer[],
    pass: ReturnType<Engine["begin"]>,
  ) => void,
): void {
  const { bytes, allocation: { bufferOf, bytes: capacities }, leaves, launches } = plan;
  const buffers = new Array<DeviceBuffer | null>(bytes.length).fill(null);
  const held = new Array<DeviceBuffer | null>(capacities.length).fill(null);
  /** The buffers that are this run's own, to be given back. */
  const owned = new Uint8Array(capacities.length);
  const acquire = (slot: number): DeviceBuffer => {
    const b = bufferOf[slot];
    let buffer = held[b];
    if (buffer === null) {
      buffer = held[b] = engine.acquire(capacities[b]);
      owned[b] = 1;
    }
    if (buffer.bytes !== bytes[slot]) buffer = { ...buffer, bytes: bytes[slot] };
    return buffers[slot] = buffer;
  };
  try {
    const entries: { slot: number; from: DeviceBuffer; offset: number }[] = [];
    for (const [slot, k] of leaves) {
      const node = nodes[k];
      const { state, stored } = node;
      const present = state && state.version === node.version ? state.buffer : stored!.device;
      if (stored?.host) {
        const { buffer, stays } = uploaded(stored, engine, plan.id);
        buffers[slot] = held[bufferOf[slot]] = buffer;
        if (!stays) owned[bufferOf[slot]] = 1;
      } else if (present) {
        checkEngine(present, engine, node);
        buffers[slot] = present;
      } else {
        const { buffer, offset } = stored!.entry!;
        checkEngine(buffer, engine, node);
        entries.push({ slot, from: buffer, offset });
        acquire(slot);
      }
    }
    const pass = engine.begin();
    for (const { slot, from, offset } of entries) {
      pass.copy(from, offset, buffers[slot]!, 0, bytes[slot]);
    }
    for (let l = 0; l < launches.length; l++) {
      const launch = launches[l];
      const { inputs, outputs, release } = launch;
      const ins = new Array<DeviceBuffer>(inputs.length);
      for (let k = 0; k < inputs.length; k++) ins[k] = buffers[inputs[k]]!;
      const outs = new Array<DeviceBuffer>(outputs.length);
      for (let k = 0; k < outputs.length; k++) outs[k] = buffers[outputs[k]] ?? acquire(outputs[k]);
      pass.dispatch(launch.executable, ins, outs, paramsOf(launch, nodes));
      for (let k = 0; k < release.length; k++) {
        const b = release[k];
        if (owned[b] === 0) continue;
        owned[b] = 0;
        engine.release(held[b]!);
      }
    }
    onPass(plan.results.map((s) => buffers[s]!), pass);
    owned.fill(0);
    pass.submit();
  } catch (error) {
    held.forEach((buffer, b) => owned[b] === 1 && engine.release(buffer!));
    throw error;
  }
}

/** Walk and plan of a schedule; where it can't be made, updates that are at fault are dropped. */
function prepare(
  states: readonly State[],
  wanted: readonly Node[],
  engine: Engine,
): { readonly walk: Walk; readonly plan: Plan } {
  const make = (roots: readonly Node[], updated: readonly State[] = []) => {
    const walk = gather(roots, updated);
    return { walk, plan: planOf(walk, engine) };
  };
  try {
    return make([...states.map((s) => s.pending!), ...wanted], states);
  } catch (error) {
    for (const state of states) {
      try {
        make([state.pending!]);
      } catch {
        state.rollback();
      }
    }
    throw error;
  }
}

/**
 * Computes `targets` and the pending updates in one schedule. Afterwards every target has a value:
 * on the device, or in the ledger where it is small. Returns without waiting for the device.
 */
export function run(targets: readonly Node[], evaluated = false): void {
  const engine = currentEngine();
  // What waits on another engine waits until that one is chosen again.
  const states = [...pendingStates].filter((s) => !s.buffer || s.buffer.engine === engine);
  // A pending update that is asked for needs no buffer beside the state's own.
  const wanted = [...new Set(targets)].filter((t) =>
    !hasValue(t) && !(t.state instanceof State && states.includes(t.state))
  );
  if (wanted.length === 0 && states.length === 0) return;
  engine.check();
  const { walk, plan } = prepare(states, wanted, engine);
  const { nodes, returning } = walk;
  const fresh = returning.length > 0 ? [...wanted, ...returning] : wanted;
  const leaves = evaluated ? plan.leaves.map(([, k]) => nodes[k]) : [];
  if (evaluated) age(leaves);
  execute(nodes, plan, engine, (results, pass) => {
    states.forEach((state, k) => update(state, results[k]));
    fresh.forEach((node, k) => {
      const buffer = results[states.length + k];
      const bytes = node.size * BYTES[node.dtype];
      node.stored = new Stored();
      if (bytes <= SMALL) {
        enter(engine, pass, buffer, bytes, node.stored);
        engine.release(buffer);
      } else keep(node.stored, buffer);
    });
  });
  for (const node of wanted) if (!node.tracked && !evaluated) node.dropRecipe();
  if (evaluated) moveOn(fresh.filter((n) => n.stored?.device), leaves);
  drain(engine);
}

/** Makes a computed buffer the state's newest version and gives the older one back. */
function update(state: State, buffer: DeviceBuffer): void {
  const before = state.buffer;
  state.commit(buffer);
  if (before === buffer) return; // it was written over
  before?.engine.release(before);
  hold(state, buffer);
}

/** Carries out the updates that are pending. */
export function runPending(): void {
  run([]);
}

const reading = new WeakMap<Node, Promise<HostArray>>();

/** Where a computed value lies. */
function placeOf({ stored, state, size, dtype }: Node): ReadRange {
  const bytes = size * BYTES[dtype];
  if (stored?.entry) return { ...stored.entry, bytes };
  return { buffer: stored?.device ?? state!.buffer!, offset: 0, bytes };
}

/** The node's values on the host; computed if need be. Other nodes are read in the same go. */
export async function read(nodes: readonly Node[]): Promise<HostArray[]> {
  run(nodes);
  const missing = new Set(nodes.filter((n) => !n.stored?.host && !reading.has(n)));
  for (const [engine, list] of groupBy(missing, (n) => placeOf(n).buffer.engine)) {
    const fetched = engine.read(list.map(placeOf));
    list.forEach((node, k) => {
      const { state } = node;
      const isState = state !== null && node.version === state.version;
      const value = fetched.then((data) => {
        const host = node.dtype === "uint32" ? new Uint32Array(data[k]) : new Float32Array(data[k]);
        if (isState) return host; // the state's own buffer goes on being the value
        settle(node.stored!, host as Float32Array);
        node.stored!.host ??= host;
        giveBack(node.stored!);
        return host;
      }).finally(() => reading.delete(node));
      reading.set(node, value);
    });
  }
  return await Promise.all(nodes.map((n) => n.stored?.host ?? reading.get(n)!));
}
