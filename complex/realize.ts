/**
 * From recipes to values: walks the graph, takes or makes its plan, runs it in one submit. Every run
 * also carries out the updates of states that are pending.
 */
import { BYTES, type HostArray } from "../gpu/kernel.ts";
import type { DeviceBuffer, Engine, ReadRange } from "../gpu/engine.ts";
import { engine as currentEngine } from "../gpu/device.ts";
import { cannot } from "../gpu/errors.ts";
import type { Graph } from "./fuse.ts";
import { intern, type Node, type State, stateNode } from "./graph.ts";
import { abandonedStates, age, giveBack, keep, moveOn, mustReturn } from "./keep.ts";
import { drain, enter, settle, SMALL } from "./ledger.ts";
import { makePlan, type Plan } from "./plan.ts";
import { show } from "./shape.ts";
import { uploaded } from "./uploads.ts";

/** Plans kept for each engine; the oldest go first. */
const MOST_PLANS = 512;

const plans = new WeakMap<Engine, Map<string, Plan>>();
const pendingStates = new Set<State>();
let walk = 0;

/** Has the state's pending update run at the next occasion. */
export function enqueue(state: State): void {
  pendingStates.add(state);
}

/** True where a value or buffer for the node exists. */
function hasValue(node: Node): boolean {
  const { state } = node;
  if (state === null) return node.stored !== null;
  if (state.version === node.version) return true;
  if (state.pending && node.version === state.pendingVersion) return false;
  if (node.stored?.host) return true;
  throw cannot(
    `compute with an older value of ${state.name}`,
    `the recipe was made with version ${node.version} and it has been updated to version ` +
      `${state.version} since; compute what you need before the update, or detach and eval it`,
  );
}

interface Walk extends Graph {
  readonly key: string;
  /** Values given back earlier that this walk needs: they are kept again. */
  readonly returning: readonly Node[];
}

/** Everything `roots` need, inputs first, down to what has a value. Recursion-free. */
function gather(roots: readonly Node[]): Walk {
  walk++;
  const nodes: Node[] = [];
  const inputs: number[][] = [];
  const leaf: boolean[] = [];
  const returning: Node[] = [];
  const key: (number | string)[] = [];
  const stack: Node[] = [];
  const visited = -walk;
  for (const root of roots) {
    stack.push(root);
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      if (node.mark === walk) {
        stack.pop();
        continue;
      }
      const ready = hasValue(node);
      const { standIn } = node;
      if (!ready && standIn !== null && standIn.inputs[0].mark === walk) {
        if (standIn.mark !== walk) stack.push(standIn);
        else {
          node.mark = walk;
          node.order = standIn.order;
        }
        continue;
      }
      if (!ready && node.mark !== visited) {
        node.mark = visited;
        if (mustReturn(node)) returning.push(node);
        for (const input of node.inputs) if (input.mark !== walk) stack.push(input);
        continue;
      }
      stack.pop();
      node.mark = walk;
      if (!ready && node.state) { // a pending update: its recipe stands for it
        node.order = node.inputs[0].order;
        continue;
      }
      node.order = nodes.length;
      nodes.push(node);
      leaf.push(ready);
      const from = ready ? [] : node.inputs.map((input) => input.order);
      inputs.push(from);
      if (ready) key.push(-1 - intern(`${node.dtype}${node.shape}`));
      else key.push(node.signature, ...from);
    }
  }
  const all = [...roots, ...returning].map((r) => r.order);
  return { nodes, inputs, leaf, roots: all, returning, key: `${key.join()};${all.join()}` };
}

function planOf(graph: Walk, engine: Engine): Plan {
  let cache = plans.get(engine);
  if (!cache) plans.set(engine, cache = new Map());
  const known = cache.get(graph.key);
  if (known) {
    cache.delete(graph.key);
    cache.set(graph.key, known);
    return known;
  }
  const made = makePlan(graph, engine);
  cache.set(graph.key, made);
  if (cache.size > MOST_PLANS) cache.delete(cache.keys().next().value!);
  return made;
}

function checkEngine(buffer: DeviceBuffer, engine: Engine, node: Node): void {
  if (buffer.engine === engine) return;
  const what = node.state ? node.state.name : `a tensor of shape ${show(node.shape)}`;
  throw cannot(
    `compute on the ${engine.kind} engine`,
    `${what} is held by another engine (${buffer.engine.kind}); read it with data() first`,
  );
}

/** Runs the plan; the buffers of its results, in the order of the roots. */
function execute(
  graph: Walk,
  plan: Plan,
  engine: Engine,
  onPass: (
    buffers: readonly DeviceBuffer[],
    pass: ReturnType<Engine["begin"]>,
  ) => void,
): void {
  const { nodes } = graph;
  const buffers: (DeviceBuffer | null)[] = plan.bytes.map(() => null);
  const owned: boolean[] = plan.bytes.map(() => true);
  const transient = new Set<DeviceBuffer>();
  const acquire = (slot: number): DeviceBuffer => {
    const buffer = engine.acquire(plan.bytes[slot]);
    transient.add(buffer);
    return buffers[slot] = buffer;
  };
  try {
    const entries: { slot: number; from: DeviceBuffer; offset: number }[] = [];
    for (const [slot, k] of plan.leaves) {
      const node = nodes[k];
      const { state, stored } = node;
      const held = state && state.version === node.version ? state.buffer : stored!.device;
      if (stored?.host) {
        const { buffer, stays } = uploaded(stored, engine, plan);
        buffers[slot] = buffer;
        owned[slot] = !stays;
        if (!stays) transient.add(buffer);
      } else if (held) {
        checkEngine(held, engine, node);
        buffers[slot] = held;
        owned[slot] = false;
      } else {
        const { buffer, offset } = stored!.entry!;
        checkEngine(buffer, engine, node);
        entries.push({ slot, from: buffer, offset });
        acquire(slot);
      }
    }
    const pass = engine.begin();
    for (const { slot, from, offset } of entries) {
      pass.copy(from, offset, buffers[slot]!, 0, plan.bytes[slot]);
    }
    for (const { executable, inputs, outputs, words, params: own, release } of plan.launches) {
      const outs = outputs.map((s) => buffers[s] ?? acquire(s));
      let params = own ?? undefined;
      if (!own && words.length > 0) {
        params = new Uint32Array(words.length);
        for (let w = 0; w < words.length; w++) params[w] = nodes[words[w][0]].params![words[w][1]];
      }
      pass.dispatch(executable, inputs.map((s) => buffers[s]!), outs, params);
      for (const s of release) {
        if (!owned[s]) continue;
        transient.delete(buffers[s]!);
        engine.release(buffers[s]!);
      }
    }
    onPass(plan.results.map((s) => buffers[s]!), pass);
    transient.clear();
    pass.submit();
  } catch (error) {
    for (const buffer of transient) engine.release(buffer);
    throw error;
  }
}

/** Graph and plan of a schedule; where it can't be made, updates that are at fault are dropped. */
function prepare(
  states: readonly State[],
  wanted: readonly Node[],
  engine: Engine,
): { readonly graph: Walk; readonly plan: Plan } {
  const make = (roots: readonly Node[]) => {
    const graph = gather(roots);
    return { graph, plan: planOf(graph, engine) };
  };
  try {
    return make([...states.map((s) => s.pending!), ...wanted]);
  } catch (error) {
    for (const state of states) {
      try {
        make([state.pending!]);
      } catch {
        drop(state);
      }
    }
    throw error;
  }
}

/** Takes back an update that can't be carried out: the state keeps the value it has. */
function drop(state: State): void {
  pendingStates.delete(state);
  if (state.version === 0) return; // a first value: whoever asks for it is told why it can't be
  state.pending = null;
  state.current = stateNode(state, state.version, null);
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
    !hasValue(t) && !(t.state && states.includes(t.state))
  );
  if (wanted.length === 0 && states.length === 0) return;
  engine.check();
  const { graph, plan } = prepare(states, wanted, engine);
  const fresh = [...wanted, ...graph.returning];
  const leaves = evaluated ? graph.nodes.filter((_, k) => graph.leaf[k]) : [];
  if (evaluated) age(leaves);
  execute(graph, plan, engine, (results, pass) => {
    states.forEach((state, k) => update(state, results[k]));
    fresh.forEach((node, k) => {
      const buffer = results[states.length + k];
      const bytes = node.size * BYTES[node.dtype];
      node.stored = { host: null, device: null, entry: null };
      if (bytes <= SMALL) {
        enter(engine, pass, buffer, bytes, node.stored);
        engine.release(buffer);
      } else keep(node.stored, buffer);
    });
  });
  for (const node of wanted) if (!node.tracked && !evaluated) node.inputs = [];
  if (evaluated) moveOn(fresh.filter((n) => n.stored?.device), leaves);
  drain(engine);
}

/** Makes a computed buffer the state's newest version and gives the older one back. */
function update(state: State, buffer: DeviceBuffer): void {
  pendingStates.delete(state);
  if (state.buffer) {
    abandonedStates.unregister(state);
    state.buffer.engine.release(state.buffer);
  }
  state.buffer = buffer;
  abandonedStates.register(state, buffer, state);
  state.version = state.pendingVersion;
  state.pending = null;
  state.current.inputs = [];
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
  for (const [engine, list] of Map.groupBy(missing, (n) => placeOf(n).buffer.engine)) {
    const fetched = engine.read(list.map(placeOf));
    list.forEach((node, k) => {
      const { state } = node;
      const isState = state !== null && node.version === state.version;
      const value = fetched.then((data) => {
        const host = node.dtype === "u32" ? new Uint32Array(data[k]) : new Float32Array(data[k]);
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
