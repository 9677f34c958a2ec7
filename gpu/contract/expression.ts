/**
 * Fused expressions, which the schedule hands to the map and reduce kernels. A value is computed at
 * one linear index from loads, run-time scalars and elementwise functions; shared values are shared
 * objects and are computed once.
 */
import {
  bytesOf,
  type DType,
  dtypeOf,
  type HostArray,
  hostZeros,
  isComplex,
  isInteger,
  isReal,
  lanesOf,
  type Precision,
  realOf,
  wgslOf,
} from "./dtype.ts";
import { numberAt, type Params } from "./kernel.ts";
import { linkWgsl, type MapFunction, type Wgsl } from "./map_function.ts";
import { cannot } from "./errors.ts";
import {
  type Index,
  indexBlock,
  indexWgsl,
  type Indices,
  operands,
  reach,
  rebase,
} from "./indexing.ts";

/** A value at the kernel's linear index. */
export type Value =
  /** An element of an input. */
  | { readonly op: "load"; readonly input: number; readonly dtype: DType; readonly at: Index }
  /** An elementwise function of values. */
  | {
    readonly op: "call";
    readonly fn: MapFunction;
    readonly args: readonly Value[];
    readonly dtype: DType;
  }
  /** An index as a number. */
  | { readonly op: "index"; readonly at: Index }
  /** A run-time scalar, from the params word `at` on: as many words as it has 32 bits. */
  | { readonly op: "scalar"; readonly at: number; readonly dtype: DType }
  /** `of` where `low` ≤ `index` < `low` + `size`, else zero. */
  | {
    readonly op: "guard";
    readonly of: Value;
    readonly index: Index;
    readonly low: number;
    readonly size: number;
  };

/** The kind of a value. */
export function valueDType(value: Value): DType {
  switch (value.op) {
    case "index":
      return "uint32";
    case "guard":
      return valueDType(value.of);
    default:
      return value.dtype;
  }
}

/** A function of values, its result in that precision. */
export function call(
  fn: MapFunction,
  args: readonly Value[],
  precision: Precision = "single",
): Extract<Value, { readonly op: "call" }> {
  return { op: "call", fn, args, dtype: dtypeOf(fn.output, precision) };
}

/** The loads in a value. */
export function loadsOf(value: Value): Extract<Value, { readonly op: "load" }>[] {
  const loads: Extract<Value, { readonly op: "load" }>[] = [];
  visit([value], () => {}, (v) => {
    if (v.op === "load") loads.push(v);
  });
  return loads;
}

/** The value with `at` in the place of the linear index; what is shared stays shared. */
export function rebased(value: Value, at: Index): Value {
  const known = new Map<Value, Value>();
  const make = (v: Value): Value => {
    switch (v.op) {
      case "call":
        return { ...v, args: v.args.map(once) };
      case "guard":
        return { ...v, of: once(v.of), index: rebase(v.index, at) };
      case "scalar":
        return v;
      default:
        return { ...v, at: rebase(v.at, at) };
    }
  };
  const once = (v: Value): Value => {
    let made = known.get(v);
    if (!made) known.set(v, made = make(v));
    return made;
  };
  return once(value);
}

/** Whether places of elements can be counted by `bits` bits, and indices that are values by 32. */
export function countsWithin(value: Value, bits: number): boolean {
  const most = 2 ** bits;
  let fits = true;
  visit([value], () => {}, (v) => {
    if (v.op === "load") fits &&= reach(v.at) < most;
    else if (v.op === "index") fits &&= reach(v.at) < 2 ** 32;
    else if (v.op === "guard") fits &&= Math.max(reach(v.index), v.low, v.size) < most;
  });
  return fits;
}

/** The functions in a value, each counted once; for profiles. */
export function functionsIn(value: Value): number {
  let count = 0;
  visit([value], () => {}, ({ op }) => {
    if (op === "call") count++;
  });
  return count;
}

/** Visits everything that `roots` depend on, operands first, each once. */
function visit(
  roots: readonly (Value | Index)[],
  onIndex: (index: Index) => void,
  onValue: (value: Value) => void,
): void {
  const seenIndex = new Set<string>();
  const seenValue = new Set<Value>();
  const walkIndex = (index: Index): void => {
    if (seenIndex.has(index.key)) return;
    seenIndex.add(index.key);
    for (const o of operands(index)) walkIndex(o);
    onIndex(index);
  };
  const walk = (value: Value): void => {
    if (seenValue.has(value)) return;
    seenValue.add(value);
    if (value.op === "call") { for (const a of value.args) walk(a); }
    else if (value.op === "guard") {
      walk(value.of);
      walkIndex(value.index);
    } else if (value.op !== "scalar") walkIndex(value.at);
    onValue(value);
  };
  for (const r of roots) "key" in r ? walkIndex(r) : walk(r);
}

/**
 * An expression in WGSL: the statements, given that `i` is the linear index, and the functions they
 * call.
 */
export interface ExpressionWgsl {
  readonly functions: string;
  readonly statements: string;
  readonly result: string;
  /** Lines that run, those of the functions counted at each call. */
  readonly lines: number;
}

/** WGSL of an expression. `run(k)` may name the element `i` of input k, if it is already loaded. */
export function expressionWgsl(
  value: Value,
  run: (input: number) => string | undefined = () => undefined,
): ExpressionWgsl {
  if (!countsWithin(value, 32)) {
    throw cannot(
      "compute with a view of so many elements on WebGPU",
      "its shaders count by 32 bits, up to 4294967295; the CPU engine has no such limit",
    );
  }
  const names = new Map<string | Value, string>();
  const lines: string[] = [];
  const used = new Set<Wgsl>();
  let called = 0;
  const nameOf = (index: Index): string => names.get(index.key)!;
  visit([value], (index) => {
    const text = indexWgsl(index, nameOf);
    if (index.op === "linear" || index.op === "const") names.set(index.key, text);
    else {
      const name = `k${lines.length}`;
      lines.push(`let ${name} = ${text};`);
      names.set(index.key, name);
    }
  }, (v) => {
    const name = `v${lines.length}`;
    names.set(v, name);
    let text: string;
    switch (v.op) {
      case "load":
        text = run(v.input) ?? `in${v.input}[${nameOf(v.at)}]`;
        break;
      case "call":
        for (const u of v.fn.uses ?? []) used.add(u);
        if (v.fn.uses) called += linkWgsl(v.fn.uses).split("\n").length;
        text = v.fn.wgsl(...v.args.map((a) => names.get(a)!));
        break;
      case "index":
        text = nameOf(v.at);
        break;
      case "scalar":
        text = isInteger(v.dtype)
          ? `param_u32(${v.at}u)`
          : isReal(v.dtype)
          ? `param_f32(${v.at}u)`
          : `vec2<f32>(param_f32(${v.at}u), param_f32(${v.at + 1}u))`;
        break;
      case "guard": {
        const zero = `${wgslOf(valueDType(v))}()`;
        const inside = `${nameOf(v.index)} - ${v.low}u < ${v.size}u`;
        text = `select(${zero}, ${names.get(v.of)!}, ${inside})`;
      }
    }
    lines.push(`let ${name}: ${wgslOf(valueDType(v))} = ${text};`);
  });
  return {
    functions: linkWgsl(used),
    statements: lines.join("\n"),
    result: names.get(value)!,
    lines: lines.length + called,
  };
}

/** Elements that the CPU engine evaluates at a time: a few such blocks fit the first-level cache. */
export const BLOCK = 1024;

/** Blocks of results: for each root of a compiled expression, `n` elements from `start` on. */
export type BlockEvaluator = (
  start: number,
  n: number,
  inputs: readonly HostArray[],
  params: Params,
) => readonly HostArray[];

const NOTHING = new Uint32Array(0);

type Instruction = (start: number, n: number, ins: readonly HostArray[], params: Params) => void;
type Load = Value & { op: "load" };

/** True for a load of elements in the kernel's own order, which needs no copy. */
function isRun(node: Value | Index): node is Load {
  return !("key" in node) && node.op === "load" && node.at.op === "linear";
}

function loadRun({ input, dtype }: Load, slot: number, registers: HostArray[]): Instruction {
  const width = lanesOf(dtype);
  return (start, n, ins) => {
    registers[slot] = ins[input].subarray(start * width, (start + n) * width);
  };
}

function indexStep(
  node: Index,
  own: HostArray,
  from: readonly number[],
  registers: readonly HostArray[],
): Instruction {
  const [a, b] = from;
  return (start, n, _, params) =>
    indexBlock(
      node,
      start,
      n,
      own as Indices,
      registers[a] as Indices,
      registers[b] as Indices,
      params.u32,
    );
}

function valueStep(
  node: Value,
  own: HostArray,
  from: readonly number[],
  registers: readonly HostArray[],
): Instruction {
  switch (node.op) {
    case "call": {
      const { fn } = node;
      // Runs of inputs stand in other registers for each block.
      const args = from.map((slot) => registers[slot]);
      return (_, n) => {
        for (let k = 0; k < from.length; k++) args[k] = registers[from[k]];
        fn.cpu(n, own, ...args);
      };
    }
    case "load": {
      const { input, dtype } = node;
      const [at] = from;
      return isComplex(dtype)
        ? (_, n, ins) => gatherComplex(n, own, ins[input], registers[at])
        : (_, n, ins) => gatherReal(n, own, ins[input], registers[at]);
    }
    case "index": {
      const [at] = from;
      return (_, n) => own.set(registers[at].subarray(0, n));
    }
    case "scalar": {
      const { at, dtype } = node;
      if (isInteger(dtype)) return (_start, n, _, params) => own.fill(params.u32[at], 0, n);
      const next = at + bytesOf(realOf(dtype)) / 4;
      if (isReal(dtype)) {
        return (_start, n, _, params) => own.fill(numberAt(params, at, dtype), 0, n);
      }
      return (_start, n, _, params) => {
        const [re, im] = [numberAt(params, at, dtype), numberAt(params, next, dtype)];
        for (let j = 0; j < n; j++) {
          own[2 * j] = re;
          own[2 * j + 1] = im;
        }
      };
    }
    case "guard": {
      const { low, size } = node;
      const width = lanesOf(valueDType(node));
      const [of, index] = from;
      return (_, n) => {
        const values = registers[of];
        const indices = registers[index];
        for (let j = 0; j < n; j++) {
          const inside = indices[j] >= low && indices[j] < low + size;
          for (let p = j * width; p < (j + 1) * width; p++) own[p] = inside ? values[p] : 0;
        }
      };
    }
  }
}

function gatherReal(n: number, out: HostArray, from: HostArray, at: HostArray): void {
  for (let j = 0; j < n; j++) out[j] = from[at[j]];
}

function gatherComplex(n: number, out: HostArray, from: HostArray, at: HostArray): void {
  for (let j = 0; j < n; j++) {
    const p = 2 * at[j];
    out[2 * j] = from[p];
    out[2 * j + 1] = from[p + 1];
  }
}

/** A register for indices beyond 32 bits. Only index arithmetic and loads read it. */
function wideIndices(): HostArray {
  return new Float64Array(BLOCK) as unknown as HostArray;
}

/**
 * Compiles an expression for evaluation in blocks, one tight loop an operation. Registers are
 * reused once nothing needs them any more.
 */
export function compileBlocks(roots: readonly (Value | Index)[]): BlockEvaluator {
  type Id = string | Value;
  const idOf = (r: Value | Index): Id => "key" in r ? r.key : r;
  const order: (Value | Index)[] = [];
  visit(roots, (i) => order.push(i), (v) => order.push(v));

  const inputsOf = (node: Value | Index): Id[] => {
    if ("key" in node) return operands(node).map((o) => o.key);
    if (node.op === "call") return [...node.args];
    if (node.op === "guard") return [node.of, node.index.key];
    return node.op === "scalar" ? [] : [node.at.key];
  };
  const lastUse = new Map<Id, number>();
  order.forEach((node, step) => inputsOf(node).forEach((id) => lastUse.set(id, step)));
  for (const r of roots) lastUse.set(idOf(r), Infinity);

  const free = new Map<DType, HostArray[]>();
  const registers: HostArray[] = [];
  const slotOf = new Map<Id, number>();
  const owned = new Map<Id, HostArray>();
  const dtypeOf = new Map<Id, DType>();
  const program: Instruction[] = [];

  order.forEach((node, step) => {
    const id = idOf(node);
    const dtype: DType = "key" in node ? "uint32" : valueDType(node);
    const slot = registers.length;
    slotOf.set(id, slot);
    dtypeOf.set(id, dtype);
    const from = inputsOf(node).map((input) => slotOf.get(input)!);
    if (isRun(node)) {
      registers.push(NOTHING);
      program.push(loadRun(node, slot, registers));
    } else {
      const wide = "key" in node && node.max >= 2 ** 32;
      const own = wide ? wideIndices() : free.get(dtype)?.pop() ?? hostZeros(dtype, BLOCK);
      registers.push(own);
      if (!wide) owned.set(id, own);
      program.push(
        "key" in node
          ? indexStep(node, own, from, registers)
          : valueStep(node, own, from, registers),
      );
    }
    for (const input of new Set(inputsOf(node))) {
      const register = lastUse.get(input) === step ? owned.get(input) : undefined;
      if (!register) continue;
      const dtype = dtypeOf.get(input)!;
      const unused = free.get(dtype);
      if (unused) unused.push(register);
      else free.set(dtype, [register]);
    }
  });
  const results = roots.map((r) => slotOf.get(idOf(r))!);
  return (start, n, inputs, params) => {
    for (const run of program) run(start, n, inputs, params);
    return results.map((slot) => registers[slot]);
  };
}
