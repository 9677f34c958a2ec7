/** The fused elementwise kernel: one expression, one output, a few neighbours a thread. */
import { range } from "../../contract/collections.ts";
import { type DType, lanesOf } from "../../contract/dtype.ts";
import {
  type Adapter,
  type Kernel,
  linearGrid,
  linearMain,
  type Shader,
} from "../../contract/kernel.ts";
import {
  BLOCK,
  type BlockEvaluator,
  compileBlocks,
  expressionWgsl,
  functionsIn,
  type Value,
  valueDType,
} from "../../contract/expression.ts";
import { Neighbours, neighboursOf, runsOf } from "./neighbours.ts";
import { WASM_BLOCK, wasmExpression } from "../../wasm/encode_expression.ts";

/** Blocks that a thread of the CPU engine takes at once. */
const BLOCKS_OF_CHUNK = 8;

/** A fused expression over `size` elements. */
export interface MapSpec {
  readonly size: number;
  readonly value: Value;
  /** The kinds of the inputs that the value loads from. */
  readonly inputs: readonly DType[];
  /** How many params words it reads. */
  readonly words: number;
  /** This input is the output too: it has no binding of its own, and only own elements are loaded. */
  readonly inPlace?: number;
}

/** The inputs as the value counts them, from those that are bound and the output. */
function allInputs<T>({ inPlace }: MapSpec, inputs: readonly T[], output: T): readonly T[] {
  if (inPlace === undefined) return inputs;
  return [...inputs.slice(0, inPlace), output, ...inputs.slice(inPlace)];
}

/**
 * The shader of a map: a function of one element, which a thread calls for each of `count` neighbours,
 * with what it has loaded of the inputs that are read in the order of the elements.
 */
export function mapShader(spec: MapSpec, adapter: Adapter, count?: number): Shader {
  const { size, value, inputs, inPlace } = spec;
  const dtype = valueDType(value);
  const runs = runsOf(value, inputs);
  const { functions, statements, result, lines } = expressionWgsl(
    value,
    (k) => runs.includes(k) ? `own${k}` : undefined,
  );
  const n = count ?? neighboursOf(adapter, size, [dtype, ...runs.map((k) => inputs[k])], lines);
  const bound = inputs.length - (inPlace === undefined ? 0 : 1);
  const places = allInputs(spec, range(bound), bound);
  const out = new Neighbours(dtype, bound, n, "read_write");
  const own = runs.map((k) =>
    k === inPlace ? out : new Neighbours(inputs[k], places[k], n, "read")
  );
  const takes = runs.map((k, r) => `own${k}: ${own[r].elementType}`);
  const elements = range(n).map((k) =>
    `element(${[`i * ${n}u + ${k}u`, ...own.map((run) => run.element(k))].join(", ")})`
  );
  const body = [...own.map((run) => run.load()), out.store(elements)].join("\n");
  return {
    source: `${functions}
${[...new Set([...own, out])].map((run) => run.declare()).join("\n")}
fn element(${["i: u32", ...takes].join(", ")}) -> ${out.elementType} {
${statements.replace(/\bin(\d+)\b/g, (_, k) => `in${places[Number(k)]}`)}
return ${result};
}
${linearMain(size / n, body)}`,
    workgroups: linearGrid(size / n),
  };
}

/** The kernel of one expression; named after its functions, so that errors say what ran. */
export function mapKernel(name: string): Kernel<MapSpec> {
  let evaluate: BlockEvaluator | null = null;
  return {
    name,
    bindings: ({ inputs, value, inPlace }) => ({
      inputs: inputs.filter((_, k) => k !== inPlace),
      outputs: [valueDType(value)],
    }),
    params: ({ words }) => words,
    flops: ({ size, value }) => size * functionsIn(value),
    wgsl: (spec, adapter) => mapShader(spec, adapter),
    cpu(spec, bound, [out], params) {
      const { size, value } = spec;
      const inputs = allInputs(spec, bound, out);
      evaluate ??= compileBlocks([value]);
      const width = lanesOf(valueDType(value));
      for (let start = 0; start < size; start += BLOCK) {
        const n = Math.min(BLOCK, size - start);
        const [block] = evaluate(start, n, inputs, params);
        out.set(block.subarray(0, n * width), start * width);
      }
    },
    wasm(spec, module) {
      const { size, value, inputs } = spec;
      const expression = wasmExpression(value, inputs, true);
      if (!expression) return null;
      const chunk = BLOCKS_OF_CHUNK * WASM_BLOCK;
      return (bound, [output], params) => {
        const words = expression.words([...allInputs(spec, bound, output), output], params);
        const args = module.args([size, chunk, ...words]);
        module.parallel("mapExpression", args, Math.ceil(size / chunk), size * expression.cost);
      };
    },
  };
}
