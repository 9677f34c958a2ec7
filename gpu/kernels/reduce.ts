/**
 * Reductions over axes of a fused expression. Long ones run in stages: each thread folds a part, and
 * the parts are folded again, so that there is work for every thread and no long float32 sum.
 */
import {
  BYTES,
  type DType,
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  type Slot,
  type Step,
  WGSL_TYPE,
} from "../kernel.ts";
import {
  BLOCK,
  type BlockEvaluator,
  compileBlocks,
  expressionWgsl,
  type Value,
  valueDType,
} from "../expression.ts";
import { add, join, linear, mod, mul, split } from "../index.ts";

/** How values are folded; `argmax` gives the place of the first largest as a number. */
export type Fold = "sum" | "max" | "argmax";

/** Elements folded into one partial result before it joins the rest. */
const RUN = 32;
/** Threads worth having, and the fewest elements a thread should have to itself. */
const THREADS = 8192;
const SHARE = 128;

/** A reduction of an expression over some axes of its shape. */
export interface ReduceSpec {
  readonly fold: Fold;
  /** The expression's shape, and for each axis whether it is folded away. */
  readonly shape: readonly number[];
  readonly folded: readonly boolean[];
  readonly value: Value;
  readonly inputs: readonly DType[];
  readonly words: number;
}

interface Stage extends ReduceSpec {
  /** Each output is left in this many parts. */
  readonly parts: number;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Neighbouring axes of one sort become one. */
function collapse(
  shape: readonly number[],
  folded: readonly boolean[],
): { shape: number[]; folded: boolean[] } {
  const out = { shape: [] as number[], folded: [] as boolean[] };
  shape.forEach((n, d) => {
    if (n === 1) return;
    const last = out.shape.length - 1;
    if (last >= 0 && out.folded[last] === folded[d]) out.shape[last] *= n;
    else {
      out.shape.push(n);
      out.folded.push(folded[d]);
    }
  });
  return out;
}

/** Sizes of the result and of what is folded into each of its elements. */
function sizes({ shape, folded }: ReduceSpec): { kept: number; run: number } {
  return {
    kept: product(shape.filter((_, d) => !folded[d])),
    run: product(shape.filter((_, d) => folded[d])),
  };
}

const axes = (spec: ReduceSpec, folded: boolean) =>
  spec.shape.filter((_, d) => spec.folded[d] === folded);

/** WGSL: what the index `at` over the kept or the folded axes adds to the linear index. */
function strides(spec: ReduceSpec, folded: boolean, at: string): string {
  const terms: string[] = [];
  const mine = axes(spec, folded);
  let inner = 1;
  for (let d = spec.shape.length - 1, k = mine.length - 1; d >= 0; d--) {
    const stride = product(spec.shape.slice(d + 1));
    if (spec.folded[d] !== folded) continue;
    const quotient = inner === 1 ? at : `${at} / ${inner}u`;
    const coord = k === 0 ? quotient : `(${quotient}) % ${spec.shape[d]}u`;
    terms.push(`(${coord}) * ${stride}u`);
    inner *= spec.shape[d];
    k--;
  }
  return terms.join(" + ") || "0u";
}

const START: Record<Fold, Partial<Record<DType, string>>> = {
  sum: { f32: "0.0", c64: "vec2<f32>(0.0)" },
  max: { f32: "-3.4028234e38" },
  argmax: { f32: "-3.4028234e38" },
};

const stage: Kernel<Stage> = {
  name: "reduce",
  bindings: ({ inputs, value }) => ({ inputs, outputs: [valueDType(value)] }),
  params: ({ words }) => words,
  wgsl(spec) {
    const { fold, parts, value } = spec;
    const { kept, run } = sizes(spec);
    const type = WGSL_TYPE[valueDType(value)];
    const zero = START[fold][valueDType(value)]!;
    const { functions, statements, result } = expressionWgsl(value);
    // Neighbouring threads read neighbouring elements: along the run where it lies innermost.
    const alongRun = spec.folded[spec.folded.length - 1] === true;
    const place = alongRun
      ? `let o = t / ${parts}u; let part = t % ${parts}u;`
      : `let o = t % ${kept}u; let part = t / ${kept}u;`;
    const join = {
      sum: `part_acc = part_acc + element(base, r PARAMS);`,
      max: `part_acc = max(part_acc, element(base, r PARAMS));`,
      argmax: "",
    }[fold];
    const loop = fold === "argmax"
      ? `var best = ${zero}; var found = 0u;
  for (var r = 0u; r < ${run}u; r = r + 1u) {
    let v = element(base, r);
    if (v > best || r == 0u) { best = v; found = r; }
  }
  out0[o] = f32(found);`
      : `var acc = ${zero};
  for (var first = part; first < ${run}u; first = first + ${parts * RUN}u) {
    var part_acc = ${zero};
    for (var k = 0u; k < ${RUN}u; k = k + 1u) {
      let r = first + k * ${parts}u;
      if (r < ${run}u) { ${join.replace(" PARAMS", "")} }
    }
    acc = ${fold === "sum" ? "acc + part_acc" : "max(acc, part_acc)"};
  }
  out0[o * ${parts}u + part] = acc;`;
    return {
      source: `${functions}
fn element(base: u32, r: u32) -> ${type} {
  let i = base + ${strides(spec, true, "r")};
  ${statements}
  return ${result};
}
${
        linearMain(
          kept * parts,
          `  let t = i;
  ${place}
  let base = ${strides(spec, false, "o")};
  ${loop}`,
        )
      }`,
      workgroups: linearGrid(kept * parts),
    };
  },
  cpu(spec, inputs, [out], params) {
    const { fold, parts, value } = spec;
    const { kept } = sizes(spec);
    let evaluate = evaluators.get(spec);
    if (!evaluate) {
      const coords = split(linear(product(spec.shape)), spec.shape);
      const at = (folded: boolean) =>
        join(coords.filter((_, d) => spec.folded[d] === folded), axes(spec, folded));
      const target = fold === "argmax"
        ? at(false)
        : add(mul(at(false), parts), mod(at(true), parts));
      evaluate = compileBlocks([value, target, at(true)]);
      evaluators.set(spec, evaluate);
    }
    const complex = valueDType(value) === "c64";
    const cells = kept * parts;
    const acc = new Float64Array(complex ? 2 * cells : cells);
    if (fold !== "sum") acc.fill(-Infinity);
    const found = fold === "argmax" ? new Float64Array(kept) : acc;
    const size = product(spec.shape);
    for (let start = 0; start < size; start += BLOCK) {
      const n = Math.min(BLOCK, size - start);
      const [v, target, r] = evaluate(start, n, inputs, params);
      if (fold === "sum" && complex) {
        for (let j = 0; j < n; j++) {
          acc[2 * target[j]] += v[2 * j];
          acc[2 * target[j] + 1] += v[2 * j + 1];
        }
      } else if (fold === "sum") { for (let j = 0; j < n; j++) acc[target[j]] += v[j]; }
      else if (fold === "max") {
        for (let j = 0; j < n; j++) if (v[j] > acc[target[j]]) acc[target[j]] = v[j];
      } else {
        for (let j = 0; j < n; j++) {
          if (v[j] > acc[target[j]]) [acc[target[j]], found[target[j]]] = [v[j], r[j]];
        }
      }
    }
    out.set(found);
  },
};

const evaluators = new WeakMap<ReduceSpec, BlockEvaluator>();

/** The reduction of an expression, in as many stages as its length asks for. */
export function reduce(spec: ReduceSpec): Program {
  const first: ReduceSpec = { ...spec, ...collapse(spec.shape, spec.folded) };
  const inputs = spec.inputs.map((_, k): Slot => `in${k}`);
  const dtype = valueDType(spec.value);
  const steps: Step[] = [];
  const scratch: number[] = [];
  for (let now = first, from = inputs;;) {
    const { kept, run } = sizes(now);
    const parts = spec.fold === "argmax"
      ? 1
      : Math.max(1, Math.min(Math.floor(run / SHARE), Math.ceil(THREADS / kept)));
    const done = parts === 1;
    const to: Slot = done ? "out0" : `tmp${scratch.length}`;
    steps.push({ kernel: stage, spec: { ...now, parts }, inputs: from, outputs: [to] });
    if (done) return { steps, scratch };
    scratch.push(kept * parts * BYTES[dtype]);
    from = [to];
    now = {
      fold: spec.fold,
      shape: [kept, parts],
      folded: [false, true],
      value: { op: "load", input: 0, dtype, at: linear(kept * parts) },
      inputs: [dtype],
      words: 0,
    };
  }
}
