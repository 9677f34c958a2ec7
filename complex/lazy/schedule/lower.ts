/** Lowering: from nodes that are stored to launches of kernels, in topological order. */
import { bytesOf } from "../../../gpu/contract/dtype.ts";
import type { Program, Slot } from "../../../gpu/contract/kernel.ts";
import type { Engine } from "../../../gpu/contract/engine.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { linear } from "../../../gpu/contract/indexing.ts";
import { mapKernel } from "../../../gpu/kernels/elementwise/map.ts";
import { withEpilogue } from "../../../gpu/kernels/products/epilogue.ts";
import type { Lowering, Node, Result } from "../graph.ts";
import { checkPrecision } from "../precision.ts";
import { show, sizeOf } from "../shape.ts";
import type { Draft, Graph, LaunchDraft, MapDraft, Word } from "./draft.ts";
import type { Finish } from "./epilogues.ts";
import { ExpressionBuilder } from "./expression_builder.ts";

/** The launches of a graph, given which nodes are stored and which products have epilogues. */
export function lower(
  graph: Graph,
  stored: readonly boolean[],
  finishes: ReadonlyMap<number, Finish>,
  engine: Engine,
): Draft {
  const lowerer = new Lowerer(graph, stored, engine);
  const postponed = new Set([...finishes.values()].map(({ of }) => of));
  graph.nodes.forEach((_, k) => {
    if (!stored[k] || postponed.has(k)) return;
    const finish = finishes.get(k);
    if (finish) lowerer.finish(k, finish);
    else lowerer.node(k);
  });
  return { ...lowerer, results: lowerer.results() };
}

class Lowerer {
  readonly bytes: number[] = [];
  readonly leaves: [number, number][] = [];
  readonly launches: LaunchDraft[] = [];
  readonly slots: number[][];
  readonly maps = new Map<number, MapDraft>();
  readonly #graph: Graph;
  readonly #stored: readonly boolean[];
  readonly #engine: Engine;

  constructor(graph: Graph, stored: readonly boolean[], engine: Engine) {
    this.#graph = graph;
    this.#stored = stored;
    this.#engine = engine;
    this.slots = graph.nodes.map(() => []);
  }

  /** A node that is stored: a leaf, another name for a slot, or launches that compute it. */
  node(k: number): void {
    const { nodes, inputs, leaf } = this.#graph;
    const node = nodes[k];
    const { lowering } = node.primitive;
    const [from] = inputs[k];
    if (leaf[k]) {
      this.slots[k] = [this.#slot(node, node)];
      this.leaves.push([this.slots[k][0], k]);
    } else if (lowering.kind === "view" && lowering.alias && this.#stored[from]) {
      this.slots[k] = this.slots[from];
      const map = this.maps.get(from);
      if (map) this.maps.set(k, map);
    } else if (lowering.kind === "part") this.slots[k] = [this.slots[from][lowering.index(node)]];
    else if (lowering.kind === "program") this.#program(k, lowering);
    else if (lowering.kind === "reduce") this.#reduction(k, lowering);
    else this.slots[k] = [this.#map(k, false)];
  }

  /** Kernels of the primitive's own. */
  #program(k: number, lowering: Lowering & { readonly kind: "program" }): void {
    const { nodes, inputs } = this.#graph;
    const node = nodes[k];
    this.slots[k] = node.results.map((result) => this.#slot(result, node));
    const words = (node.params ?? []).map((_, w): Word => [k, w]);
    const program = lowering.program(node, this.#engine);
    this.#launch(program, this.#inputs(inputs[k]), this.slots[k], words, { of: k, computes: [k] });
  }

  /** The kernels of a product of which the last stores node k. */
  finish(k: number, { of, builder, epilogue }: Finish): void {
    const { nodes, inputs } = this.#graph;
    const { lowering } = nodes[of].primitive as { lowering: Lowering & { kind: "program" } };
    const count = inputs[of].length;
    this.slots[k] = [this.#slot(nodes[k], nodes[k])];
    const program = lowering.program(nodes[of], this.#engine);
    const whole = withEpilogue(program, epilogue, { count, name: builder.name });
    const from = this.#inputs([...inputs[of], ...builder.loads.slice(1)]);
    const computes = [of, ...inOrder(builder.computes)];
    const at = whole.steps.length - 1;
    this.#launch(whole, from, this.slots[k], builder.words, { of, computes, at });
  }

  /** The reduction of a fused expression. */
  #reduction(k: number, lowering: Lowering & { readonly kind: "reduce" }): void {
    const { nodes, inputs } = this.#graph;
    const [summed] = inputs[k];
    const { shape, size } = nodes[summed];
    const builder = new ExpressionBuilder(this.#graph, this.#stored);
    const value = builder.value(summed, linear(size));
    this.slots[k] = [this.#slot(nodes[k], nodes[k])];
    const axes = lowering.axes(nodes[k]);
    const program = lowering.reduce({
      shape,
      folded: shape.map((_, d) => axes.includes(d)),
      value,
      inputs: builder.dtypes,
      words: builder.words.length,
    });
    const computes = [...inOrder(builder.computes), k];
    const from = this.#inputs(builder.loads);
    this.#launch(program, from, this.slots[k], builder.words, { of: k, computes });
  }

  /** The slot of a map kernel that computes node k, or copies it where it is stored already. */
  #map(k: number, copy: boolean): number {
    const node = this.#graph.nodes[k];
    const builder = new ExpressionBuilder(this.#graph, this.#stored);
    const at = linear(node.size);
    const value = copy ? builder.value(k, at) : builder.compute(k, at);
    const { loads, words, dtypes, inputs } = builder;
    const spec = { size: node.size, value, inputs: dtypes, words: words.length };
    const out = this.#slot(node, node);
    if (!copy) this.maps.set(k, { at: this.launches.length, spec, loads });
    const kernel = mapKernel(builder.name || "copy");
    const program: Program = { steps: [{ kernel, spec, inputs, outputs: ["out0"] }] };
    const computes = copy ? [k] : inOrder(builder.computes);
    this.#launch(program, this.#inputs(loads), [out], words, { of: k, computes });
    return out;
  }

  /** A slot for each root: two roots in one slot, and roots that lie in a leaf's, get their own. */
  results(): number[] {
    const taken = new Set(this.leaves.map(([slot]) => slot));
    return this.#graph.roots.map((k) => {
      const own = this.slots[k][0];
      const result = taken.has(own) ? this.#map(k, true) : own;
      taken.add(result);
      return result;
    });
  }

  /**
   * The launches of a program. Its step `at` computes all of `computes`, the others only the program's
   * own node, `of`.
   */
  #launch(
    program: Program,
    inputs: readonly number[],
    outputs: readonly number[],
    words: readonly Word[],
    { of, computes, at = 0 }: {
      readonly of: number;
      readonly computes: readonly number[];
      readonly at?: number;
    },
  ): void {
    const node = this.#graph.nodes[computes[computes.length - 1]];
    const scratch = (program.scratch ?? []).map((size) => this.#allow(size, node));
    const find = (slot: Slot): number => {
      const k = Number(slot.replace(/^\D+/, ""));
      return (slot.startsWith("in") ? inputs : slot.startsWith("out") ? outputs : scratch)[k];
    };
    program.steps.forEach((step, s) => {
      const { kernel, spec, params, more = [] } = step;
      const takesWords = !params && (kernel.params?.(spec) ?? 0) > 0;
      this.launches.push({
        kernel,
        spec,
        inputs: step.inputs.map(find),
        outputs: step.outputs.map(find),
        words: takesWords ? words : [],
        more,
        params: params ? Uint32Array.from(params) : null,
        computes: s === at ? computes : [of],
      });
    });
  }

  #inputs(nodes: readonly number[]): number[] {
    return nodes.map((k) => this.slots[k][0]);
  }

  #slot({ shape, dtype }: Result, of: Node): number {
    checkPrecision(dtype, this.#engine);
    return this.#allow(sizeOf(shape) * bytesOf(dtype), of);
  }

  /** A slot of so many bytes; refused where the engine can't bind them. */
  #allow(bytes: number, of: Node): number {
    const { maxBufferBytes, adapter } = this.#engine;
    if (bytes > maxBufferBytes) {
      throw cannot(
        `compute ${of.primitive.name} of shape ${show(of.shape)}`,
        `it takes ${bytes} bytes and "${adapter.name}" binds at most ` +
          `maxStorageBufferBindingSize, ${maxBufferBytes} bytes`,
      );
    }
    return this.bytes.push(bytes) - 1;
  }
}

/** The nodes, operands first. */
function inOrder(nodes: ReadonlySet<number>): number[] {
  return [...nodes].sort((a, b) => a - b);
}
