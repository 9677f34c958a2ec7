/**
 * Several fused expressions in one dispatch: those of one size share a thread, its loads and what they
 * have in common; each size has a stretch of threads of its own. For what is small, or reads the same.
 */
import {
  type Adapter,
  type DType,
  type Kernel,
  linearGrid,
  linearMain,
  type Shader,
  WGSL_TYPE,
  WORDS,
  WORKGROUP,
} from "../../kernel.ts";
import { linkWgsl, type Wgsl } from "../../function.ts";
import {
  BLOCK,
  type BlockEvaluator,
  compileBlocks,
  expressionsWgsl,
  functionsIn,
  loadsOf,
  type Value,
  valueDType,
} from "../../expression.ts";
import { range } from "../products/tile.ts";
import { Neighbours, neighboursOf } from "./neighbours.ts";

/** Expressions over `size` elements. */
export interface MapsPart {
  readonly size: number;
  readonly values: readonly Value[];
}

/** Fused expressions, and what they have in common. */
export interface MapsSpec {
  readonly parts: readonly MapsPart[];
  /** The kinds of the inputs that the values load from. */
  readonly inputs: readonly DType[];
  /** How many params words they read. */
  readonly words: number;
  /**
   * For each result, in their order, the input that it is written over, or −1. Such an input has no
   * binding of its own, and only its part loads from it, each element at its own index.
   */
  readonly over: readonly number[];
}

/** The inputs that have a binding of their own. */
function bound({ inputs, over }: MapsSpec): number[] {
  return range(inputs.length).filter((k) => !over.includes(k));
}

/** All inputs, from those that are bound and the outputs. */
function allInputs<T>(spec: MapsSpec, inputs: readonly T[], outputs: readonly T[]): T[] {
  const own = bound(spec);
  return spec.inputs.map((_, k) => {
    const at = own.indexOf(k);
    return at >= 0 ? inputs[at] : outputs[spec.over.indexOf(k)];
  });
}

/** For each input the one part that loads nothing of it but the thread's own elements, or −1. */
function runsOf({ parts, inputs }: MapsSpec): number[] {
  const loads = parts.map(({ values }) => values.flatMap(loadsOf));
  return inputs.map((_, k) => {
    const users = range(parts.length).filter((p) => loads[p].some(({ input }) => input === k));
    const [user] = users;
    const alone = users.length === 1 &&
      loads[user].every(({ input, at }) => input !== k || at.op === "linear");
    return alone ? user : -1;
  });
}

/** The shader; `count` says how many neighbours a thread takes. */
export function mapsShader(spec: MapsSpec, adapter: Adapter, count?: number): Shader {
  const { parts, inputs } = spec;
  const own = bound(spec), runs = runsOf(spec);
  const bindings = allInputs(spec, range(own.length), spec.over.map((_, j) => own.length + j));
  const uses = new Set<Wgsl>();
  const source: string[] = [], calls: string[] = [];
  let threads = 0, result = 0;
  parts.forEach(({ size, values }, p) => {
    const mine = range(inputs.length).filter((k) => runs[k] === p);
    const written = expressionsWgsl(values, (k) => runs[k] === p ? `own${k}` : undefined);
    for (const use of written.uses) uses.add(use);
    const kinds = values.map(valueDType);
    const all = [...kinds, ...mine.map((k) => inputs[k])];
    const n = count ?? neighboursOf(adapter, size, all, written.lines);
    const outs = kinds.map((kind, v) =>
      new Neighbours(kind, own.length + result + v, n, "read_write")
    );
    const loads = mine.map((k) =>
      outs.find(({ binding }) => binding === bindings[k]) ??
        new Neighbours(inputs[k], bindings[k], n, "read")
    );
    const takes = mine.map((k) => `own${k}: ${WGSL_TYPE[inputs[k]]}`);
    const given = (k: number) =>
      [`i * ${n}u + ${k}u`, ...loads.map((load) => load.element(k))].join(", ");
    source.push(
      ...new Set([...loads, ...outs].map((binding) => binding.declare())),
      `struct Results${p} { ${kinds.map((kind, v) => `r${v}: ${WGSL_TYPE[kind]}`).join(", ")} }`,
      `fn element${p}(${["i: u32", ...takes].join(", ")}) -> Results${p} {`,
      written.statements.replace(/\bin(\d+)\b/g, (_, k) => `in${bindings[Number(k)]}`),
      `return Results${p}(${written.results.join(", ")});`,
      "}",
      `fn part${p}(i: u32) {`,
      ...loads.map((load) => load.load()),
      ...range(n).map((k) => `let e${k} = element${p}(${given(k)});`),
      ...outs.map((out, v) => out.store(range(n).map((k) => `e${k}.r${v}`))),
      "}",
    );
    const taken = size / n;
    calls.push(
      parts.length === 1
        ? `part${p}(i);`
        // Below the first thread of the part this is a large number.
        : `if (i - ${threads}u < ${taken}u) { part${p}(i - ${threads}u); }`,
    );
    threads += p === parts.length - 1 ? taken : Math.ceil(taken / WORKGROUP) * WORKGROUP;
    result += values.length;
  });
  return {
    source: `${linkWgsl(uses)}\n${source.join("\n")}\n${linearMain(threads, calls.join("\n"))}`,
    workgroups: linearGrid(threads),
  };
}

/** The kernel of several expressions; named after their functions, so that errors say what ran. */
export function mapsKernel(name: string): Kernel<MapsSpec> {
  let evaluators: BlockEvaluator[] | null = null;
  return {
    name,
    bindings: (spec) => ({
      inputs: bound(spec).map((k) => spec.inputs[k]),
      outputs: spec.parts.flatMap(({ values }) => values.map(valueDType)),
    }),
    params: ({ words }) => words,
    flops: ({ parts }) =>
      parts.reduce(
        (sum, { size, values }) => values.reduce((n, v) => n + size * functionsIn(v), sum),
        0,
      ),
    wgsl: (spec, adapter) => mapsShader(spec, adapter),
    cpu(spec, own, outputs, params) {
      const inputs = allInputs(spec, own, outputs);
      evaluators ??= spec.parts.map(({ values }) => compileBlocks(values));
      let result = 0;
      spec.parts.forEach(({ size, values }, p) => {
        const outs = outputs.slice(result, result += values.length);
        for (let start = 0; start < size; start += BLOCK) {
          const n = Math.min(BLOCK, size - start);
          // Copies: a block may be a view of an input that another result is written over.
          const blocks = evaluators![p](start, n, inputs, params).map((block, v) =>
            block.slice(0, n * WORDS[valueDType(values[v])])
          );
          blocks.forEach((block, v) => outs[v].set(block, start * WORDS[valueDType(values[v])]));
        }
      });
    },
  };
}
