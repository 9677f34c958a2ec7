/** The fused elementwise kernel: one expression, one output, one thread an element. */
import { type DType, type Kernel, linearGrid, linearMain, WORDS } from "../kernel.ts";
import {
  BLOCK,
  type BlockEvaluator,
  compileBlocks,
  expressionWgsl,
  functionsIn,
  type Value,
  valueDType,
} from "../expression.ts";
import { BLOCK as WASM_BLOCK, wasmExpression } from "../wasm/expression.ts";

/** Blocks that a thread of the CPU engine takes at once. */
const BLOCKS = 8;

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
  return inPlace === undefined ? inputs : inputs.toSpliced(inPlace, 0, output);
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
    wgsl(spec) {
      const { size, value, inputs } = spec;
      const { functions, statements, result } = expressionWgsl(value);
      const bound = inputs.length - (spec.inPlace === undefined ? 0 : 1);
      const names = allInputs(spec, Array.from({ length: bound }, (_, k) => `in${k}`), "out0");
      const body = `${statements}\nout0[i] = ${result};`
        .replace(/\bin(\d+)\b/g, (_, k) => names[Number(k)]);
      return {
        source: `${functions}\n${linearMain(size, body)}`,
        workgroups: linearGrid(size),
      };
    },
    cpu(spec, bound, [out], params) {
      const { size, value } = spec;
      const inputs = allInputs(spec, bound, out);
      evaluate ??= compileBlocks([value]);
      const width = WORDS[valueDType(value)];
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
      const chunk = BLOCKS * WASM_BLOCK;
      return (bound, [output], params) => {
        const words = expression.words([...allInputs(spec, bound, output), output], params);
        const args = module.args([size, chunk, ...words]);
        module.parallel("mapExpression", args, Math.ceil(size / chunk), size * expression.cost);
      };
    },
  };
}
