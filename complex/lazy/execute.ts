/** Runs a plan: binds its buffers, dispatches its launches and submits them at once. */
import type { DeviceBuffer, Engine, Pass } from "../../gpu/contract/engine.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "./graph.ts";
import { lossOf } from "./residency/loss.ts";
import type { Residency } from "./residency/residency.ts";
import { tell } from "./residency/submissions.ts";
import type { Launch, Plan } from "./schedule/plan.ts";
import { show } from "./shape.ts";
import type { State } from "./state.ts";

function checkEngine(buffer: DeviceBuffer, engine: Engine, node: Node): void {
  if (buffer.engine === engine) return;
  if (buffer.engine.lost) throw lossOf(node, buffer.engine.lost);
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
  for (let w = 0; 2 * w < words.length; w++) {
    scratch[w] = nodes[words[2 * w]].params![words[2 * w + 1]];
  }
  return scratch;
}

/** A buffer in which a result may be computed: that of the state that it updates, if nothing reads it. */
function unreadBuffers(
  { results, leaves, allocation: { bufferOf, bytes } }: Plan,
  nodes: readonly Node[],
  states: readonly State[],
  buffers: readonly (DeviceBuffer | null)[],
  engine: Engine,
): readonly (readonly [buffer: number, own: DeviceBuffer])[] {
  const found: [number, DeviceBuffer][] = [];
  let read: Set<unknown> | null = null;
  states.forEach((state, r) => {
    if (buffers[results[r]] !== null) return; // it is updated in place
    const own = state.buffer, b = bufferOf[results[r]];
    if (own?.engine !== engine || own.capacity < bytes[b]) return;
    read ??= new Set(leaves.map(([, k]) => nodes[k].state));
    if (!read.has(state)) found.push([b, own]);
  });
  return found;
}

/**
 * Runs the plan in one submit, to which `finish` may add; gives the buffers of its results, in the order
 * of the roots. Where something fails it holds nothing.
 */
export function execute(
  nodes: readonly Node[],
  plan: Plan,
  states: readonly State[],
  { engine, uploads }: Residency,
  finish: (results: readonly DeviceBuffer[], pass: Pass) => void,
): { readonly results: readonly DeviceBuffer[]; readonly outcome: ReturnType<Pass["submit"]> } {
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
      const isPresent = state !== null && state.version === node.version;
      const failure = isPresent ? state.failure : stored!.failure;
      if (failure) tell(failure);
      const present = isPresent ? state.buffer : stored!.device;
      if (stored?.host) {
        const { buffer, stays } = uploads.take(stored, plan.id);
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
    if (engine.atomicSubmit) {
      for (const [b, own] of unreadBuffers(plan, nodes, states, buffers, engine)) held[b] ??= own;
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
    const results = plan.results.map((s) => buffers[s]!);
    finish(results, pass);
    return { results, outcome: pass.submit() };
  } catch (error) {
    held.forEach((buffer, b) => owned[b] === 1 && engine.release(buffer!));
    throw error;
  }
}
