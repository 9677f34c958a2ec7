/** From a graph to launches: fused expressions, programs, and when each buffer is last needed. */
import { BYTES, type Kernel, type Program, type Slot } from "../../../gpu/contract/kernel.ts";
import type { Engine, Executable } from "../../../gpu/contract/engine.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { loadsOf, type Value, valueDType } from "../../../gpu/contract/expression.ts";
import { type Index, linear, param as indexParam } from "../../../gpu/contract/indexing.ts";
import { mapKernel, type MapSpec } from "../../../gpu/kernels/elementwise/map.ts";
import { type Epilogue, isEpilogue, withEpilogue } from "../../../gpu/kernels/products/epilogue.ts";
import { fuse, type Graph } from "./fuse.ts";
import type { Lowering, Node } from "../graph.ts";
import { type Life, type Places, share } from "./memory.ts";
import { show, sizeOf } from "../shape.ts";

/** A params word of a launch: which node's, and which of its words. */
type Word = readonly [node: number, word: number];

/** One dispatch; buffers are named by their slot in the plan. */
export interface Launch {
  readonly executable: Executable;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly words: readonly Word[];
  /** The step's own params, which stand in place of the words. */
  readonly params: Uint32Array | null;
  /** Where the words are put together in each run; null where there are none. */
  readonly scratch: Uint32Array | null;
  /** Places that nothing needs after this launch. */
  readonly release: number[];
}

/** A schedule that can be run again for every graph of the same structure. */
export interface Plan {
  /** A number that no other plan has. */
  readonly id: number;
  /** The bytes of each slot. */
  readonly bytes: readonly number[];
  /** The buffers in which the slots lie. */
  readonly places: Places;
  /** The slots that hold leaves: `[slot, node]`. */
  readonly leaves: readonly (readonly [slot: number, node: number])[];
  readonly launches: readonly Launch[];
  /** For each root the slot that holds it in the end. */
  readonly results: readonly number[];
}

let nextId = 0;

/** Collects what one fused kernel loads and reads. */
class Expression {
  readonly inputs: number[] = [];
  readonly words: Word[] = [];
  readonly names = new Set<string>();
  readonly #wordAt = new Map<string, number>();
  readonly #values = new Map<string, Value>();

  constructor(readonly graph: Graph, readonly stored: readonly boolean[]) {}

  input(k: number): number {
    const known = this.inputs.indexOf(k);
    return known >= 0 ? known : this.inputs.push(k) - 1;
  }

  /** The place in the kernel's params of a node's words, which stay together. */
  word(k: number, first: number, count: number): number {
    const key = `${k}.${first}`;
    const known = this.#wordAt.get(key);
    if (known !== undefined) return known;
    const at = this.words.length;
    for (let w = 0; w < count; w++) this.words.push([k, first + w]);
    this.#wordAt.set(key, at);
    return at;
  }

  value(k: number, at: Index): Value {
    const key = `${k}@${at.key}`;
    const known = this.#values.get(key);
    if (known) return known;
    const made = this.stored[k]
      ? { op: "load", input: this.input(k), dtype: this.graph.nodes[k].dtype, at } as const
      : this.compute(k, at);
    this.#values.set(key, made);
    return made;
  }

  /** The value of a node at a linear index of its own shape, computed here. */
  compute(k: number, at: Index): Value {
    const { nodes, inputs } = this.graph;
    const node = nodes[k];
    const { lowering } = node.primitive;
    switch (lowering.kind) {
      case "map":
        this.names.add(node.primitive.name);
        return {
          op: "call",
          fn: lowering.fn,
          args: inputs[k].map((input) => this.value(input, at)),
        };
      case "view": {
        const read = (w: number, max: number) => indexParam(this.word(k, w, 1), max);
        const { at: place, guards = [] } = lowering.place(at, node, read);
        let value = this.value(inputs[k][0], place);
        for (const guard of guards) value = { op: "guard", of: value, ...guard };
        return value;
      }
      case "fill":
        return {
          op: "scalar",
          at: this.word(k, 0, node.params!.length),
          dtype: node.dtype,
        };
      case "iota":
        return { op: "index", at };
      default:
        throw new Error(`${node.primitive.name} is not computed inside an expression`);
    }
  }
}

/** A launch while the plan is made: nothing is compiled yet. */
type Draft = Omit<Launch, "executable"> & { readonly kernel: Kernel; readonly spec: unknown };

/** The launch of a map kernel, and the nodes that it loads. */
interface MapDraft {
  readonly at: number;
  readonly spec: MapSpec;
  readonly loads: readonly number[];
}

/** A product with the epilogue that gives a node. */
interface Finish {
  readonly of: number;
  readonly e: Expression;
  readonly epilogue: Epilogue;
}

/** Node k as the epilogue of product `of`; null where it is better off as a pass of its own. */
function finishOf(
  graph: Graph,
  stored: readonly boolean[],
  k: number,
  of: number,
): Finish | null {
  const e = new Expression(graph, stored);
  e.input(of); // its result is input 0
  const value = e.compute(k, linear(graph.nodes[k].size));
  const inputs = e.inputs.slice(1).map((i) => graph.nodes[i].dtype);
  const epilogue = { value, inputs, words: e.words.length };
  return isEpilogue(epilogue) ? { of, e, epilogue } : null;
}

/**
 * Writes the plan of a graph for an engine. Nothing runs and nothing is allocated yet. `own` has, for
 * each of the first roots, the leaf that it replaces, or −1; see {@link inPlace}.
 */
export function makePlan(graph: Graph, engine: Engine, own: readonly number[]): Plan {
  const { nodes, inputs, leaf, roots } = graph;
  const { stored, epilogues } = fuse(graph, Math.min(engine.maxBindings, 8) - 1);
  const bytes: number[] = [];
  const leaves: [number, number][] = [];
  const launches: Draft[] = [];
  const maps = new Map<number, MapDraft>();
  /** The slots of a node's results. */
  const slots: number[][] = nodes.map(() => []);

  const slot = (size: number, of: Node): number => {
    if (size > engine.maxBufferBytes) {
      throw cannot(
        `compute ${of.primitive.name} of shape ${show(of.shape)}`,
        `it takes ${size} bytes and "${engine.adapter.name}" binds at most ` +
          `maxStorageBufferBindingSize, ${engine.maxBufferBytes} bytes`,
      );
    }
    return bytes.push(size) - 1;
  };
  const launch = (
    program: Program,
    ins: readonly number[],
    outs: readonly number[],
    words: readonly Word[],
    node: Node,
  ): void => {
    const tmps = (program.scratch ?? []).map((size) => slot(size, node));
    const find = (s: Slot): number => {
      const k = Number(s.replace(/^\D+/, ""));
      return (s.startsWith("in") ? ins : s.startsWith("out") ? outs : tmps)[k];
    };
    for (const { kernel, spec, inputs, outputs, params } of program.steps) {
      const takesWords = !params && words.length > 0 && (kernel.params?.(spec) ?? 0) > 0;
      launches.push({
        kernel,
        spec,
        inputs: inputs.map(find),
        outputs: outputs.map(find),
        words: takesWords ? words : [],
        params: params ? Uint32Array.from(params) : null,
        scratch: takesWords ? new Uint32Array(words.length) : null,
        release: [],
      });
    }
  };
  /** A map kernel that computes node k, or copies it where it is stored already. */
  const map = (k: number, copy: boolean): number => {
    const node = nodes[k];
    const e = new Expression(graph, stored);
    const at = linear(node.size);
    const value = copy ? e.value(k, at) : e.compute(k, at);
    const out = slot(node.size * BYTES[node.dtype], node);
    const spec = {
      size: node.size,
      value,
      inputs: e.inputs.map((i) => nodes[i].dtype),
      words: e.words.length,
    };
    const kernel = mapKernel([...e.names].join("+") || "copy");
    const program: Program = {
      steps: [{ kernel, spec, inputs: e.inputs.map((_, i): Slot => `in${i}`), outputs: ["out0"] }],
    };
    if (!copy) maps.set(k, { at: launches.length, spec, loads: e.inputs });
    launch(program, e.inputs.map((i) => slots[i][0]), [out], e.words, node);
    return out;
  };

  const updates = new Set(roots.filter((_, r) => own[r] >= 0));
  const finishes = new Map<number, Finish>();
  for (const [k, of] of epilogues) {
    const finish = updates.has(k) ? null : finishOf(graph, stored, k, of);
    if (finish) finishes.set(k, finish);
  }
  const postponed = new Set([...finishes.values()].map(({ of }) => of));

  nodes.forEach((node, k) => {
    if (!stored[k] || postponed.has(k)) return;
    const finish = finishes.get(k);
    if (finish) {
      const { of, e, epilogue } = finish;
      slots[k] = [slot(node.size * BYTES[node.dtype], node)];
      const ins = [...inputs[of], ...e.inputs.slice(1)].map((i) => slots[i][0]);
      const { lowering } = nodes[of].primitive as { lowering: Lowering & { kind: "program" } };
      const program = withEpilogue(lowering.program(nodes[of], engine), epilogue, {
        count: inputs[of].length,
        name: [...e.names].join("+"),
      });
      return launch(program, ins, slots[k], e.words, node);
    }
    const size = node.size * BYTES[node.dtype];
    const { lowering } = node.primitive;
    if (leaf[k]) {
      slots[k] = [slot(size, node)];
      leaves.push([slots[k][0], k]);
    } else if (lowering.kind === "view" && lowering.alias && stored[inputs[k][0]]) {
      slots[k] = slots[inputs[k][0]];
    } else if (lowering.kind === "part") slots[k] = [slots[inputs[k][0]][lowering.index(node)]];
    else if (lowering.kind === "program") {
      slots[k] = node.results.map((r) => slot(sizeOf(r.shape) * BYTES[r.dtype], node));
      const words = (node.params ?? []).map((_, w): Word => [k, w]);
      launch(
        lowering.program(node, engine),
        inputs[k].map((i) => slots[i][0]),
        slots[k],
        words,
        node,
      );
    } else if (lowering.kind === "reduce") {
      const from = inputs[k][0];
      const { shape, size: whole } = nodes[from];
      const e = new Expression(graph, stored);
      const value = e.value(from, linear(whole));
      const axes = lowering.axes(node);
      slots[k] = [slot(size, node)];
      const program = lowering.reduce({
        shape,
        folded: shape.map((_, d) => axes.includes(d)),
        value,
        inputs: e.inputs.map((i) => nodes[i].dtype),
        words: e.words.length,
      });
      launch(program, e.inputs.map((i) => slots[i][0]), slots[k], e.words, node);
    } else slots[k] = [map(k, false)];
  });

  // Two roots in one buffer, and roots that lie in a leaf's, get buffers of their own.
  const held = new Set(leaves.map(([slot]) => slot));
  const taken = new Set(held);
  const results = roots.map((k) => {
    const own = slots[k][0];
    const result = taken.has(own) ? map(k, true) : own;
    taken.add(result);
    return result;
  });
  // Elsewhere a launch that fails would leave some states updated: here all are submitted, or none.
  if (engine.kind === "webgpu") {
    own.forEach((leafNode, r) => {
      const map = maps.get(roots[r]);
      if (leafNode < 0 || !map || results[r] !== slots[roots[r]][0]) return;
      const slot = slots[leafNode][0];
      if (inPlace(launches, map, map.loads.indexOf(leafNode), slot, results[r])) results[r] = slot;
    });
  }
  const places = share(livesOf(bytes, launches, held, results));
  releaseEarly(launches, places, results);
  return {
    id: nextId++,
    bytes,
    places,
    leaves,
    launches: launches.map(({ kernel, spec, ...rest }) => (
      { executable: engine.compile(kernel, spec), ...rest }
    )),
    results,
  };
}

/**
 * Has the new version of a state written over the old one, in slot `state`, where nothing needs that
 * any more and the kernel, which wrote to slot `result`, reads of it only the element that it writes.
 */
function inPlace(
  launches: Draft[],
  { at, spec }: MapDraft,
  input: number,
  state: number,
  result: number,
): boolean {
  const own = linear(spec.size).key;
  const reads = loadsOf(spec.value).filter((load) => load.input === input);
  const fits = input >= 0 && spec.inputs[input] === valueDType(spec.value) &&
    reads.every((load) => load.at.key === own);
  const needed = launches.some(({ inputs }, l) => l > at && inputs.includes(state));
  if (!fits || needed) return false;
  const exchange = (slot: number) => (slot === result ? state : slot);
  const draft = launches[at];
  launches[at] = {
    ...draft,
    spec: { ...spec, inPlace: input },
    inputs: draft.inputs.filter((_, k) => k !== input),
    outputs: [state],
  };
  for (let l = at + 1; l < launches.length; l++) {
    launches[l] = { ...launches[l], inputs: launches[l].inputs.map(exchange) };
  }
  return true;
}

/** From when to when each slot is needed. */
function livesOf(
  bytes: readonly number[],
  launches: readonly Draft[],
  leaves: ReadonlySet<number>,
  results: readonly number[],
): Life[] {
  const first = bytes.map(() => Infinity), last = bytes.map(() => -1);
  launches.forEach(({ inputs, outputs }, l) => {
    for (const list of [inputs, outputs]) {
      for (const s of list) {
        if (last[s] < 0) first[s] = l;
        last[s] = l;
      }
    }
  });
  for (const s of results) last[s] = Infinity;
  return bytes.map((size, s) => (
    { bytes: size, first: first[s], last: last[s], alone: leaves.has(s) || last[s] < 0 }
  ));
}

/** Notes at each launch the places that no later launch touches. */
function releaseEarly(
  launches: readonly Draft[],
  { of }: Places,
  kept: readonly number[],
): void {
  const seen = new Set(kept.map((s) => of[s]));
  for (let l = launches.length - 1; l >= 0; l--) {
    for (const list of [launches[l].inputs, launches[l].outputs]) {
      for (const s of list) {
        if (seen.has(of[s])) continue;
        seen.add(of[s]);
        launches[l].release.push(of[s]);
      }
    }
  }
}
