/**
 * From recipes to values: walks the graph, takes or makes its plan, runs it in one submit. Every run
 * also carries out the updates of states that are pending.
 */
import { bytesOf, type HostArray } from "../../gpu/contract/dtype.ts";
import type { DeviceBuffer, Engine } from "../../gpu/contract/engine.ts";
import { groupBy } from "../../gpu/contract/collections.ts";
import {
  chosenEngine,
  engine as currentEngine,
  ready,
  replaced,
} from "../../gpu/engines/device.ts";
import { environment } from "../../gpu/contract/runtime.ts";
import { again } from "../../gpu/contract/errors.ts";
import { execute } from "./execute.ts";
import { checkShapeKept, type Node } from "./graph.ts";
import { computeAgain, isLost, lossOf } from "./residency/loss.ts";
import { placeOf } from "./residency/reads.ts";
import { type Residency, residencyOf } from "./residency/residency.ts";
import { SMALL } from "./residency/scalars.ts";
import { tell } from "./residency/submissions.ts";
import { type ExplainOptions, Schedule } from "./schedule/explanation.ts";
import { compile, type Plan, planGraph } from "./schedule/plan.ts";
import { PlanCache } from "./schedule/plan_cache.ts";
import { pendingStates, State } from "./state.ts";
import { Stored } from "./stored.ts";
import { gather, graphOf, hasValue, type Walk } from "./schedule/walk.ts";

const plans = new WeakMap<Engine, PlanCache>();

/** Looks at everything that schedules compute. */
export interface Watcher {
  /** Throws what has been found. */
  report(): void;
  /** Given all nodes of a schedule, some more to compute along, and what to do after that. */
  watch(
    nodes: readonly Node[],
    wanted: readonly Node[],
    updated: readonly State[],
  ): { readonly figures: readonly Node[]; ran(values: Promise<HostArray[]>): void };
  /** Waits until all that has run is looked at; rejects with what is found. */
  settled(): Promise<void>;
}

/** The one there is while somebody looks for anomalies. */
let watcher: Watcher | null = null;

/** Has `next` look at every schedule; null: nobody. */
export function watchWith(next: Watcher | null): void {
  watcher = next;
}

/** Begins the reads that wait for the engine to be opened. */
const waiting = new Set<() => void>();

/** Whether each schedule is shown when it is planned, before it runs. */
const shown = environment("ARGAND_DEBUG") === "1";

/** The plans of an engine. */
export function plansOf(engine: Engine): PlanCache {
  let cache = plans.get(engine);
  if (!cache) plans.set(engine, cache = new PlanCache());
  return cache;
}

function planOf(walk: Walk, engine: Engine): Plan {
  return plansOf(engine).take(walk.key, () => {
    walk.nodes.forEach(checkShapeKept);
    const graph = graphOf(walk);
    const planned = planGraph(graph, engine, walk.own);
    if (shown) console.error(`${new Schedule(graph, planned, engine)}\n`);
    return compile(planned, engine);
  });
}

/** Walk and plan of a schedule; where it can't be made, updates that are at fault are dropped. */
function prepare(
  states: readonly State[],
  wanted: readonly Node[],
  targets: readonly Node[],
  engine: Engine,
): { readonly states: readonly State[]; readonly walk: Walk; readonly plan: Plan } {
  const make = (roots: readonly Node[], updated: readonly State[] = []) => {
    const walk = gather(roots, updated);
    return { states: updated, walk, plan: planOf(walk, engine) };
  };
  try {
    return make([...states.map((s) => s.pending!), ...wanted], states);
  } catch (error) {
    const faulty = new Set<State>();
    for (const state of states) {
      try {
        make([state.pending!]);
      } catch {
        faulty.add(state);
        state.rollback();
      }
    }
    // A first value that can't be is the fault of nobody who does not ask for it.
    const blameless = faulty.size > 0 && [...faulty].every(({ version }) => version === 0) &&
      !targets.some(({ state }) => faulty.has(state as State));
    if (!blameless) throw error;
    return prepare(states.filter((state) => !faulty.has(state)), wanted, targets, engine);
  }
}

/** Whether a pending update can be computed here, although the state has lived on another engine. */
function canMove({ pending }: State): boolean {
  if (pending!.stateful) return false;
  return gather([pending!]).nodes.every(({ stored }) => !stored || stored.onHost);
}

/** The work of the next schedule: pending updates, and those of `targets` that have no value. */
function due(
  targets: readonly Node[],
  engine: Engine,
): { readonly pending: readonly State[]; readonly wanted: readonly Node[] } {
  // An update that needs another engine waits until that one is chosen again, unless it is lost.
  const pending = [...pendingStates].filter((s) =>
    !s.buffer || s.buffer.engine === engine || s.buffer.engine.lost !== null || canMove(s)
  );
  // A pending update that is asked for needs no buffer beside the state's own.
  const wanted = [...new Set(targets)].filter((t) =>
    !hasValue(t) && !(t.state instanceof State && pending.includes(t.state))
  );
  return { pending, wanted };
}

/** The schedule that would compute `targets` and the pending updates now; nothing runs. */
export function explain(targets: readonly Node[], options?: ExplainOptions): Schedule {
  const engine = currentEngine();
  const { pending, wanted } = due(targets, engine);
  const walk = gather([...pending.map((s) => s.pending!), ...wanted], pending);
  const graph = graphOf(walk);
  return new Schedule(graph, planGraph(graph, engine, walk.own), engine, options);
}

/**
 * Computes `targets` and the pending updates in one schedule. Afterwards every target has a value on the
 * device. Returns without waiting for it; `undo` is called where the device reports later that nothing
 * of it has run.
 */
export function run(targets: readonly Node[], evaluated = false, undo = () => {}): void {
  const engine = currentEngine();
  if (waiting.size > 0) { for (const begin of [...waiting]) begin(); // before states move on
   }
  const { pending, wanted } = due(targets, engine);
  if (wanted.length === 0 && pending.length === 0) return;
  if (engine.lost) throw again(engine.lost);
  const residency = residencyOf(engine);
  const { uploads, scalars, retained, states: owner, submissions } = residency;
  submissions.report();
  const watched = watcher && watch(watcher, pending, wanted);
  const asked = watched ? [...wanted, ...watched.figures] : wanted;
  const { states, walk, plan } = prepare(pending, asked, targets, engine);
  const { nodes, returning } = walk;
  const fresh = returning.length > 0 ? [...asked, ...returning] : asked;
  const leaves = evaluated ? plan.leaves.map(([, k]) => nodes[k]) : [];
  if (evaluated) retained.age(leaves);
  const values = fresh.map(() => new Stored());
  let ran: ReturnType<typeof execute>;
  try {
    ran = execute(nodes, plan, states, residency, (results, pass) => {
      fresh.forEach((node, k) => {
        if (node.size * bytesOf(node.dtype) > SMALL) return;
        scalars.enter(pass, results[states.length + k], node, values[k]);
      });
      states.forEach((state, k) => {
        const target = owner.target(state, results[k]);
        if (target) pass.copy(results[k], 0, target, 0, target.bytes);
      });
    });
  } catch (error) {
    for (const value of values) scalars.leave(value);
    plans.get(engine)!.forget(plan);
    if (computeAgain(nodes)) return run(targets, evaluated, undo);
    dropLost(states);
    throw error;
  }
  if (ran.outcome) {
    const begun = states.filter(({ version }) => version === 0);
    submissions.add(ran.outcome, {
      used: usedBy(plan, nodes),
      made: values,
      updated: states,
      begun: begun.map((state) => [state, state.pending!]),
      undo() {
        plans.get(engine)!.forget(plan);
        undo();
      },
    });
  }
  commit(residency, states, fresh, values, ran.results);
  for (const node of wanted) if (!node.tracked && !evaluated) node.dropRecipe();
  if (evaluated) retained.moveOn(fresh.filter((n) => n.stored?.device), leaves);
  uploads.trim();
  scalars.drain();
  watched?.ran(valuesOf(watched.figures));
}

/** Has the watcher look at the schedule that is about to run. */
function watch(by: Watcher, pending: readonly State[], wanted: readonly Node[]) {
  by.report();
  const { nodes } = gather([...pending.map((s) => s.pending!), ...wanted]);
  return by.watch(nodes, wanted, pending);
}

/** Takes back updates that are computed from lost values: they would stop every schedule. */
function dropLost(states: readonly State[]): void {
  for (const state of states) {
    if (gather([state.pending!]).nodes.some(isLost)) state.rollback();
  }
}

/** The values that a plan reads: those of the host can't have failed. */
function usedBy({ leaves }: Plan, nodes: readonly Node[]): (Stored | State)[] {
  const used: (Stored | State)[] = [];
  for (const [, k] of leaves) {
    const { state, stored, version } = nodes[k];
    if (state !== null && state.version === version) used.push(state as State);
    else if (!stored!.onHost) used.push(stored!);
  }
  return used;
}

/** Makes what a schedule has computed, updates first, the values of states and nodes. */
function commit(
  { engine, states: owner, retained }: Residency,
  states: readonly State[],
  fresh: readonly Node[],
  values: readonly Stored[],
  results: readonly DeviceBuffer[],
): void {
  states.forEach((state, k) => {
    const { buffer } = state;
    if (buffer && buffer.engine !== engine) residencyOf(buffer.engine).states.leave(state);
    owner.commit(state, results[k]);
  });
  fresh.forEach((node, k) => {
    const buffer = results[states.length + k];
    const value = node.stored = values[k];
    if (value.entry) engine.release(buffer);
    else retained.keep(value, buffer);
  });
}

/** Carries out the updates that are pending. */
export function runPending(): void {
  run([]);
}

/** The values of states on the host. */
export function readStates(states: readonly State[]): Promise<HostArray[]> {
  return read(states.map(({ current }) => current));
}

/**
 * The values of nodes on the host; computed if need be. Where no engine is in use yet, this opens one;
 * what computes in the meantime begins the read.
 */
export function read(nodes: readonly Node[]): Promise<HostArray[]> {
  if (chosenEngine()) return readNow(nodes);
  return new Promise((resolve, reject) => {
    const begin = () => {
      if (waiting.delete(begin)) readNow(nodes).then(resolve, reject);
    };
    waiting.add(begin);
    ready().then(begin, (error) => {
      if (waiting.delete(begin)) reject(error);
    });
  });
}

async function readNow(nodes: readonly Node[]): Promise<HostArray[]> {
  const values = await valuesOf(nodes);
  await watcher?.settled();
  return values;
}

async function valuesOf(nodes: readonly Node[]): Promise<HostArray[]> {
  nodes.forEach(checkShapeKept);
  computeAgain(nodes);
  run(nodes);
  const arriving = new Map<Node, Promise<HostArray>>();
  const missing = new Set(nodes.filter((n) => !n.stored?.host));
  for (const node of missing) {
    if (node.stored?.failure) tell(node.stored.failure);
    const { lost } = placeOf(node).buffer.engine;
    if (lost) throw lossOf(node, lost);
  }
  for (const [engine, list] of groupBy(missing, (n) => placeOf(n).buffer.engine)) {
    const values = residencyOf(engine).reads.read(list);
    for (const [k, node] of list.entries()) arriving.set(node, orLost(engine, values[k]));
  }
  const values = await Promise.all(nodes.map((n) => n.stored?.host ?? arriving.get(n)!));
  const residency = residencyOf(currentEngine());
  if (residency.isPressed) await residency.relieve();
  return values;
}

/** A value that is under way; where it went with the device, it is told when another one is there. */
async function orLost(engine: Engine, value: Promise<HostArray>): Promise<HostArray> {
  try {
    return await value;
  } catch (error) {
    if (!engine.lost) throw error;
    await replaced();
    const { aftermath } = residencyOf(engine);
    const loss = again(engine.lost);
    if (aftermath) loss.message += `; ${aftermath}`;
    throw loss;
  }
}
