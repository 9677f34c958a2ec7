/**
 * Sums and maxima over axes of a fused expression. Long ones run in stages: each thread folds a part,
 * and the parts are folded again, so that there is work for every thread and no long float32 sum.
 */
import { range } from "../../contract/collections.ts";
import { bytesOf, isReal, lanesOf, wgslOf } from "../../contract/dtype.ts";
import {
  type Adapter,
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  type Shader,
  type Slot,
  type Step,
  WORKGROUP,
} from "../../contract/kernel.ts";
import {
  BLOCK,
  type BlockEvaluator,
  compileBlocks,
  expressionWgsl,
  functionsIn,
  valueDType,
} from "../../contract/expression.ts";
import { add, linear, mod, mul } from "../../contract/indexing.ts";
import { wasmExpression } from "../../wasm/encode_expression.ts";
import { layoutOf, STRIDE } from "./wasm_reduce.ts";
import {
  collapse,
  elementWgsl,
  type FoldSpec,
  MOST_ELEMENTS,
  offset,
  paramsOf,
  partsOf,
  placeWgsl,
  resultsOf,
  resultWgsl,
  sizes,
  targets,
} from "./fold.ts";
import { cut } from "./slabs.ts";
import { sumsNeighbours, threadsInStep } from "../costs.ts";
import { Neighbours, neighboursOf, runsOf } from "../elementwise/neighbours.ts";

/** How values are folded. */
export type Fold = "sum" | "max";

/** A reduction by one of the folds. */
export interface ReduceSpec extends FoldSpec {
  readonly fold: Fold;
}

interface Stage extends ReduceSpec {
  /** Each result is left in this many parts. */
  readonly parts: number;
}

/** Elements folded into one partial result before it joins the rest. */
const RUN = 32;

/**
 * The larger of two numbers; NaN if either is. NaN is known by its bits, for WGSL lets `max` and
 * comparisons take it for any number; an adapter may still lose one that it computed.
 */
const LARGER = `fn larger(x: f32, y: f32) -> f32 {
  let lost = (bitcast<vec2<u32>>(vec2<f32>(x, y)) & vec2<u32>(0x7fffffffu)) > vec2<u32>(0x7f800000u);
  return select(select(max(x, y), y, lost.y), x, lost.x);
}`;

const evaluators = new WeakMap<Stage, BlockEvaluator>();

/**
 * WGSL of a part's first element and the end of its share, and the stride from element to element.
 * Along memory the parts of threads that run together share a stretch of the run, so that they read
 * it line by line; elsewhere all parts share the run. (The CPU engine distributes its elements in
 * other ways.)
 */
function shareWgsl(spec: Stage, adapter: Adapter): { stride: number; bounds: string } {
  const { parts, folded } = spec;
  const { run } = sizes(spec);
  if (parts <= WORKGROUP || parts % WORKGROUP !== 0 || !folded[folded.length - 1]) {
    return { stride: parts, bounds: `  let first_of_part = part; let end_of_part = ${run}u;` };
  }
  const team = threadsInStep(adapter);
  const stretch = team * Math.ceil(run / parts);
  return {
    stride: team,
    bounds: `  let stretch = part / ${team}u * ${stretch}u;
  let first_of_part = stretch + part % ${team}u;
  let end_of_part = min(stretch + ${stretch}u, ${run}u);`,
  };
}

/** In how many parts to fold: along memory whole workgroups where they are many. */
function wholeParts(spec: FoldSpec): number {
  const parts = partsOf(spec);
  const along = spec.folded[spec.folded.length - 1];
  return parts <= WORKGROUP || !along ? parts : Math.ceil(parts / WORKGROUP) * WORKGROUP;
}

/**
 * The shader of a sum of which a thread has four results side by side, with loads of all four, where that
 * pays and the last axis stays. Null elsewhere.
 */
function sumBeside(spec: Stage, adapter: Adapter): Shader | null {
  const { fold, parts, value, inputs, shape, folded } = spec;
  if (!sumsNeighbours(adapter) || fold !== "sum" || folded.at(-1) !== false) return null;
  const { kept, run } = sizes(spec);
  const runs = runsOf(value, inputs);
  const dtype = valueDType(value);
  const { functions, statements, result, lines } = expressionWgsl(
    value,
    (k) => runs.includes(k) ? `own${k}` : undefined,
  );
  const n = neighboursOf(adapter, shape[shape.length - 1], [dtype], lines);
  // Two side by side were slower than one over a middle axis.
  if (n !== 4 || runs.length === 0) return null;
  const own = runs.map((k) => new Neighbours(inputs[k], k, n, "read"));
  const takes = runs.map((k, r) => `own${k}: ${own[r].elementType}`);
  const type = wgslOf(dtype);
  const each = (write: (k: number) => string) => range(n).map(write).join("\n");
  const body = `${placeWgsl(spec, parts, n)}
${each((k) => `var acc${k} = ${type}();`)}
  for (var first = part; first < ${run}u; first = first + ${parts * RUN}u) {
${each((k) => `var some${k} = ${type}();`)}
    for (var k = 0u; k < ${RUN}u; k = k + 1u) {
      let r = first + k * ${parts}u;
      if (r < ${run}u) {
        let at = base + ${offset(spec, true, "r")};
        let unit = at / ${n}u;
${own.map((load) => load.load("unit")).join("\n")}
${
    each((k) =>
      `some${k} += element(${[`at + ${k}u`, ...own.map((load) => load.element(k))].join(", ")});`
    )
  }
      }
    }
${each((k) => `acc${k} += some${k};`)}
  }
${each((k) => `out0[${resultWgsl(spec, parts, `(o + ${k}u)`)}] = acc${k};`)}`;
  return {
    source: `${functions}
${own.map((load) => load.declare()).join("\n")}
fn element(${["i: u32", ...takes].join(", ")}) -> ${type} {
${statements}
return ${result};
}
${linearMain(kept * parts / n, body)}`,
    workgroups: linearGrid(kept * parts / n),
  };
}

const stage: Kernel<Stage> = {
  name: "reduce",
  flops(spec) {
    const { kept, run } = sizes(spec);
    return kept * run * (1 + functionsIn(spec.value));
  },
  bindings: ({ inputs, value }) => ({ inputs, outputs: [valueDType(value)] }),
  params: paramsOf,
  wgsl(spec, adapter) {
    const beside = sumBeside(spec, adapter);
    if (beside) return beside;
    const { fold, parts, value } = spec;
    const { kept, run } = sizes(spec);
    const zero = `${wgslOf(valueDType(value))}()`;
    // A maximum starts from an element: WGSL can't write −∞, and all elements may be that.
    const [start, some] = fold === "sum"
      ? [zero, zero]
      : [`element(base, min(first_of_part, ${run - 1}u))`, "acc"];
    const { stride, bounds } = shareWgsl(spec, adapter);
    const join = (a: string, b: string) => fold === "sum" ? `${a} + ${b}` : `larger(${a}, ${b})`;
    return {
      source: `${elementWgsl(spec)}
${fold === "max" ? LARGER : ""}
${
        linearMain(
          kept * parts,
          `${placeWgsl(spec, parts)}
${bounds}
  var acc = ${start};
  for (var first = first_of_part; first < end_of_part; first = first + ${stride * RUN}u) {
    var some = ${some};
    for (var k = 0u; k < ${RUN}u; k = k + 1u) {
      let r = first + k * ${stride}u;
      if (r < end_of_part) { some = ${join("some", "element(base, r)")}; }
    }
    acc = ${join("acc", "some")};
  }
  out0[${resultWgsl(spec, parts, "o")}] = acc;`,
        )
      }`,
      workgroups: linearGrid(kept * parts),
    };
  },
  cpu(spec, inputs, [out], params) {
    const { fold, parts, value } = spec;
    const { kept, run } = sizes(spec);
    let evaluate = evaluators.get(spec);
    if (!evaluate) {
      const at = targets(spec);
      evaluate = compileBlocks([value, add(mul(at.kept, parts), mod(at.run, parts))]);
      evaluators.set(spec, evaluate);
    }
    const lanes = lanesOf(valueDType(value));
    const acc = new Float64Array(kept * parts * lanes);
    if (fold === "max") acc.fill(-Infinity);
    for (let start = 0; start < kept * run; start += BLOCK) {
      const n = Math.min(BLOCK, kept * run - start);
      const [v, target] = evaluate(start, n, inputs, params);
      if (fold === "max") {
        for (let j = 0; j < n; j++) {
          if (v[j] > acc[target[j]] || Number.isNaN(v[j])) acc[target[j]] = v[j];
        }
      } else if (isReal(valueDType(value))) {
        for (let j = 0; j < n; j++) acc[target[j]] += v[j];
      } else {
        for (let j = 0; j < n; j++) {
          acc[2 * target[j]] += v[2 * j];
          acc[2 * target[j] + 1] += v[2 * j + 1];
        }
      }
    }
    const { stride, first } = resultsOf(spec, parts, params);
    if (stride === parts) return out.set(acc, first * lanes);
    for (let o = 0; o < kept; o++) {
      const own = acc.subarray(o * parts * lanes, (o + 1) * parts * lanes);
      out.set(own, (first + o * stride) * lanes);
    }
  },
  wasm(spec, module) {
    const { fold, inputs, value, parts } = spec;
    const { kept, run } = sizes(spec);
    const expression = kept * run <= MOST_ELEMENTS ? wasmExpression(value, inputs, false) : null;
    if (!expression) return null;
    const { words, across, chunks } = layoutOf(spec);
    const floats = lanesOf(valueDType(value));
    const head = [Number(across), Number(fold === "max"), floats, expression.result, ...words];
    return (addresses, [out], params) => {
      const { stride, first } = resultsOf(spec, parts, params);
      head[STRIDE - 1] = stride;
      const at = out + 4 * floats * first;
      const args = module.args([at, ...head, ...expression.words(addresses, params)]);
      module.parallel("reduceExpression", args, chunks, kept * run * (expression.cost + 0.5));
    };
  },
};

/**
 * The reduction of an expression, in as many stages as its length asks for. A dispatch reaches `most`
 * elements at most, as far as the expression can be cut.
 */
export function reduce(spec: ReduceSpec, most?: number): Program {
  const dtype = valueDType(spec.value);
  const steps: Step[] = [];
  const scratch: number[] = [];
  let now = collapse(spec);
  let inputs = spec.inputs.map((_, k): Slot => `in${k}`);
  const { kept } = sizes(now);
  for (;;) {
    const { parts, dispatches } = cut(now, wholeParts, most);
    const output: Slot = parts === 1 ? "out0" : `tmp${scratch.length}`;
    for (const own of dispatches) steps.push({ ...own, kernel: stage, inputs, outputs: [output] });
    if (parts === 1) return { steps, scratch };
    scratch.push(kept * parts * bytesOf(dtype));
    inputs = [output];
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
