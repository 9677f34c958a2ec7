/** Builds the expression that a fused kernel computes: what it loads, and which params words it reads. */
import type { Value } from "../../../gpu/contract/expression.ts";
import { type Index, param } from "../../../gpu/contract/indexing.ts";
import type { DType } from "../../../gpu/contract/dtype.ts";
import type { Slot } from "../../../gpu/contract/kernel.ts";
import type { Graph, Word } from "./draft.ts";

/** One expression; nodes that are stored are loaded, and all others computed where they are needed. */
export class ExpressionBuilder {
  /** The nodes that it loads, in the order of the kernel's inputs. */
  readonly loads: number[] = [];
  /** The params words that it reads, in the order of the kernel's. */
  readonly words: Word[] = [];
  /** The nodes that it computes, each once, the outermost first. */
  readonly computes = new Set<number>();
  readonly #graph: Graph;
  readonly #stored: readonly boolean[];
  readonly #wordAt = new Map<string, number>();
  readonly #values = new Map<string, Value>();

  constructor(graph: Graph, stored: readonly boolean[]) {
    this.#graph = graph;
    this.#stored = stored;
  }

  /** The kernel's input that holds node k. */
  input(k: number): number {
    const known = this.loads.indexOf(k);
    return known >= 0 ? known : this.loads.push(k) - 1;
  }

  /** The value of a node at a linear index of its own shape. */
  value(k: number, at: Index): Value {
    const key = `${k}@${at.key}`;
    const known = this.#values.get(key);
    if (known) return known;
    const made = this.#stored[k]
      ? { op: "load", input: this.input(k), dtype: this.#graph.nodes[k].dtype, at } as const
      : this.compute(k, at);
    this.#values.set(key, made);
    return made;
  }

  /** The same, computed here even where the node is stored. */
  compute(k: number, at: Index): Value {
    this.computes.add(k);
    const { nodes, inputs } = this.#graph;
    const node = nodes[k];
    const { lowering } = node.primitive;
    switch (lowering.kind) {
      case "map": {
        const args = inputs[k].map((input) => this.value(input, at));
        return { op: "call", fn: lowering.fn, args, dtype: node.dtype };
      }
      case "view": {
        const read = (w: number, max: number) => param(this.#word(k, w, 1), max);
        const { at: from, guards = [] } = lowering.source(at, node, read);
        let value = this.value(inputs[k][0], from);
        for (const guard of guards) value = { op: "guard", of: value, ...guard };
        return value;
      }
      case "fill":
        return { op: "scalar", at: this.#word(k, 0, node.params!.length), dtype: node.dtype };
      case "iota":
        return { op: "index", at };
      default:
        throw new Error(`${node.primitive.name} is not computed inside an expression`);
    }
  }

  /** Where a node's words stand among the kernel's params; they stay together. */
  #word(k: number, first: number, count: number): number {
    const key = `${k}.${first}`;
    const known = this.#wordAt.get(key);
    if (known !== undefined) return known;
    const at = this.words.length;
    for (let w = 0; w < count; w++) this.words.push([k, first + w]);
    this.#wordAt.set(key, at);
    return at;
  }

  /** The elementwise functions that it calls, joined by plus signs; they name the kernel. */
  get name(): string {
    const { nodes } = this.#graph;
    const maps = [...this.computes].filter((k) => nodes[k].primitive.lowering.kind === "map");
    return [...new Set(maps.map((k) => nodes[k].primitive.name))].join("+");
  }

  /** The kinds of the nodes that it loads. */
  get dtypes(): DType[] {
    return this.loads.map((k) => this.#graph.nodes[k].dtype);
  }

  /** The loads as a program's inputs. */
  get inputs(): Slot[] {
    return this.loads.map((_, i): Slot => `in${i}`);
  }
}
