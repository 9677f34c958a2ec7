/**
 * Encodes fused expressions as instructions for `assembly/interpreter.ts`: once for an expression;
 * addresses and run-time scalars are filled in for each run.
 */
import { bytesOf, type DType, isComplex } from "../contract/dtype.ts";
import type { Params } from "../contract/kernel.ts";
import type { MapFunction } from "../contract/map_function.ts";
import { type Value, valueDType } from "../contract/expression.ts";
import { type Index, operands, reach } from "../contract/indexing.ts";
import { functionsByName } from "../functions/by_name.ts";
import { SCRATCH } from "../contract/wasm_module.ts";
import { First, Fn } from "./function_opcodes.ts";
import { Op } from "./opcodes.ts";
import { LONG, stretchOf } from "./stretch.ts";

/** Elements of a block, as in `assembly/interpreter.ts`. */
export const WASM_BLOCK = 512;

/** Bytes of scratch memory that kernels around an expression may use: they lie before the registers. */
export const OWN_SCRATCH = 1 << 14;

/** The opcode of each elementwise function that has a form in assembly. */
const FUNCTIONS = new Map<MapFunction, Fn>();
for (const [name, fn] of functionsByName) {
  const op = Fn[name as keyof typeof Fn];
  if (op !== undefined) FUNCTIONS.set(fn, op);
}

/** True for the functions that have a form in assembly. */
export function hasOperation(fn: MapFunction): boolean {
  return FUNCTIONS.has(fn);
}

/** Nanoseconds that an element takes of one thread, about. */
function costOf(op: Op | Fn): number {
  if (op >= First.random) return 8;
  if (op >= First.transcendental) return 4;
  return op === Op.loadReal || op === Op.loadComplex ? 1 : 0.4;
}

/** An expression as words, to be sent with each run. */
export interface WasmExpression {
  /** The words for one run, from the addresses of the inputs and the params. */
  words(addresses: readonly number[], params: Params): readonly number[];
  /** The register of the result, as an operand. */
  readonly result: number;
  /** Nanoseconds that an element takes of one thread, about. */
  readonly cost: number;
}

/** An operation with operands that come before it in the list. */
interface Node {
  readonly op: Op | Fn;
  readonly bytes: number;
  /** Registers at words 2, 3, …; numbers are constants. */
  readonly words: readonly (Node | number)[];
  /** Whether every block gives the same. */
  readonly same: boolean;
  /** The period of the stretches for whose first places it stands, or 0. */
  readonly period: number;
  /** Words that are words of the params: [which of the instruction, which of the params]. */
  readonly params: readonly (readonly [number, number])[];
  /** The input whose own elements it stands for, or −1. */
  readonly input: number;
}

/** More words than this do not fit the arguments of a job with room for a kernel's own. */
const MOST_WORDS = 2900;

/**
 * The program of `root` over inputs of these kinds; with `output` the result goes to one more input,
 * the last. Null where some function has no form in assembly.
 */
export function wasmExpression(
  root: Value,
  inputs: readonly DType[],
  output: boolean,
): WasmExpression | null {
  const nodes = new Writer().write(root, output);
  return nodes && assemble(nodes, inputs, output ? valueDType(root) : null);
}

/** Turns values and indices into nodes; each once. */
class Writer {
  readonly #nodes: Node[] = [];
  readonly #values = new Map<Value, Node>();
  readonly #indices = new Map<string, Node>();
  #missing = false;

  /** All nodes, the result last; null where something can't be written. */
  write(root: Value, output: boolean): readonly Node[] | null {
    const last = this.#value(root);
    const copied = output && (last.input >= 0 || last.same || root.op === "index");
    if (copied) {
      const op = isComplex(valueDType(root)) ? Op.copyComplex : Op.copyReal;
      this.#add({ op, bytes: last.bytes, words: [last], same: false });
    }
    return this.#missing ? null : this.#nodes;
  }

  #add(node: Partial<Node> & Pick<Node, "op" | "bytes" | "words">): Node {
    const registers = node.words.filter((w) => typeof w !== "number");
    const made: Node = {
      same: registers.every((w) => w.same),
      period: 0,
      params: [],
      input: -1,
      ...node,
    };
    this.#nodes.push(made);
    return made;
  }

  #value(value: Value): Node {
    const known = this.#values.get(value);
    if (known) return known;
    const made = this.#makeValue(value);
    this.#values.set(value, made);
    return made;
  }

  #makeValue(value: Value): Node {
    const dtype = valueDType(value);
    const complex = isComplex(dtype);
    const bytes = bytesOf(dtype);
    switch (value.op) {
      case "call": {
        const op = FUNCTIONS.get(value.fn);
        if (op === undefined) this.#missing = true;
        const words = value.args.map((a) => this.#value(a));
        return this.#add({ op: op ?? Op.copyReal, bytes, words });
      }
      case "index":
        return this.#index(value.at, 0, true);
      case "scalar": {
        const params = [[2, value.at], [3, value.at + 1]].slice(0, complex ? 2 : 1);
        return this.#add({
          op: complex ? Op.scalarComplex : Op.scalarReal,
          bytes,
          words: params.map(() => 0),
          params: params as [number, number][],
        });
      }
      case "guard": {
        if (Math.max(value.low, value.size) >= MOST_INDEX) this.#missing = true;
        const words = [this.#value(value.of), this.#index(value.index, 0), value.low, value.size];
        return this.#add({ op: complex ? Op.guardComplex : Op.guardReal, bytes, words });
      }
      case "load": {
        const { at, input } = value;
        if (at.op === "linear") {
          return this.#add({ op: Op.linear, bytes, words: [], same: false, input });
        }
        const { period, slope } = stretchOf(at);
        if (slope !== null && period >= 16 && usesLinear(at)) {
          const long = Math.min(period, LONG);
          const words = [this.#index(at, long), input, long, slope];
          return this.#add({ op: complex ? Op.loadComplexRuns : Op.loadRealRuns, bytes, words });
        }
        const words = [this.#index(at, 0), input];
        return this.#add({ op: complex ? Op.loadComplex : Op.loadReal, bytes, words });
      }
    }
  }

  /**
   * An index for every element, or for the first of every stretch. With `wraps` only its lowest 32 bits
   * count, which sums and products keep.
   */
  #index(index: Index, period: number, wraps = false): Node {
    wraps &&= WRAPPING.has(index.op);
    if (!wraps && reach(index) >= MOST_INDEX) this.#missing = true;
    const key = `${index.key}@${period}`;
    const known = this.#indices.get(key);
    if (known) return known;
    const from = operands(index).map((o) => this.#index(o, period, wraps));
    const params = index.op === "param" ? [[4, index.at] as const] : [];
    const op = index.op === "param" ? Op.constant : INDEX_OPERATIONS[index.op];
    const made = this.#add({
      op,
      bytes: 4,
      words: [from[0] ?? 0, from[1] ?? 0, ...constantsOf(index)],
      period,
      params,
      same: index.op === "linear" ? false : from.every((f) => f.same),
    });
    this.#indices.set(key, made);
    return made;
  }
}

/** Beyond the indices that quotients are right for, see {@link magicOf}. */
const MOST_INDEX = 2 ** 31;

/** The operations whose lowest bits depend on no higher ones. */
const WRAPPING: ReadonlySet<Index["op"]> = new Set(["linear", "const", "param", "add", "mul"]);

const INDEX_OPERATIONS = {
  linear: Op.linear,
  const: Op.constant,
  add: Op.addIndex,
  mul: Op.mulIndex,
  div: Op.divIndex,
  mod: Op.modIndex,
  reverse: Op.reverse,
  shift: Op.shift,
} as const;

function constantsOf(index: Index): number[] {
  switch (index.op) {
    case "const":
      return [index.value];
    case "mul":
      return [index.n];
    case "div":
      return magicOf(index.n);
    case "mod":
      return [...magicOf(index.n), index.n];
    case "reverse":
      return [index.n - 1];
    case "shift":
      return [index.n, index.size];
    default:
      return [];
  }
}

/**
 * (m, s) with x / n = (x · m) >> (32 + s) for x below 2³¹ (Granlund and Montgomery, "Division by
 * invariant integers using multiplication", 1994).
 */
function magicOf(n: number): [number, number] {
  const digits = Math.ceil(Math.log2(n));
  return [Number((1n << BigInt(31 + digits)) / BigInt(n) + 1n), digits - 1];
}

function usesLinear(index: Index): boolean {
  return index.op === "linear" || operands(index).some(usesLinear);
}

/** Gives nodes registers and puts them into words. */
function assemble(
  nodes: readonly Node[],
  inputs: readonly DType[],
  output: DType | null,
): WasmExpression | null {
  const computed = nodes.filter((node) => node.input < 0);
  const order = [...computed.filter((node) => node.same), ...computed.filter((node) => !node.same)];
  const fixed = order.findIndex((node) => !node.same);
  const lastUse = new Map<Node, number>();
  order.forEach((node, k) => {
    for (const w of node.words) if (typeof w !== "number") lastUse.set(w, k);
  });
  const result = nodes[nodes.length - 1];

  let scratch = OWN_SCRATCH;
  const free: Record<number, number[]> = { 4: [], 8: [] };
  const place = new Map<Node, number>(
    nodes.filter((node) => node.input >= 0).map((node) => [node, -1 - node.input]),
  );
  const kinds = output ? [...inputs, output] : inputs;
  const code: number[] = [];
  const patches: number[] = [];
  const base = 3 + 2 * kinds.length;
  order.forEach((node, k) => {
    let own: number;
    if (node === result && output) own = -1 - inputs.length;
    else {
      const kept = free[node.bytes].pop();
      own = kept ?? scratch;
      // Loops go on to a multiple of 64 bytes, and stretches a little longer.
      if (kept === undefined) scratch += node.bytes * WASM_BLOCK + 64;
    }
    place.set(node, own);
    for (const [word, param] of node.params) patches.push(base + code.length + word, param);
    const words = node.words.map((w) => typeof w === "number" ? w : place.get(w)!);
    const line = [node.op, own, ...words, 0, 0, 0, 0, 0, 0].slice(0, 8);
    // An index that is the same everywhere is written once, for blocks with more stretches too.
    if (node.op < Op.copyReal && !node.same) line[7] = node.period;
    code.push(...line);
    // Registers that are the same in every block stay.
    for (const w of new Set(node.words)) {
      if (typeof w !== "number" && w.input < 0 && !w.same && lastUse.get(w) === k) {
        free[w.bytes].push(place.get(w)!);
      }
    }
  });
  if (scratch > SCRATCH || base + code.length > MOST_WORDS) return null;

  const words = [
    kinds.length,
    order.length,
    fixed < 0 ? order.length : fixed,
    ...kinds.flatMap((kind) => [0, Math.log2(bytesOf(kind))]),
    ...code,
  ];
  return {
    words: filler(words, patches),
    result: place.get(result)!,
    cost: 0.3 * kinds.length + order.reduce((sum, node) => sum + costOf(node.op), 0),
  };
}

/**
 * Fills addresses and params into words; `patches` are pairs of a word and a param. It stands alone, so that
 * what made the words does not stay with it.
 */
function filler(words: number[], patches: readonly number[]): WasmExpression["words"] {
  return (addresses, params) => {
    addresses.forEach((address, k) => words[3 + 2 * k] = address);
    for (let k = 0; k < patches.length; k += 2) words[patches[k]] = params.i32[patches[k + 1]];
    return words;
  };
}
