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
}

/** The kernel of one expression; named after its functions, so that errors say what ran. */
export function mapKernel(name: string): Kernel<MapSpec> {
  let evaluate: BlockEvaluator | null = null;
  return {
    name,
    bindings: ({ inputs, value }) => ({ inputs, outputs: [valueDType(value)] }),
    params: ({ words }) => words,
    flops: ({ size, value }) => size * functionsIn(value),
    wgsl({ size, value }) {
      const { functions, statements, result } = expressionWgsl(value);
      return {
        source: `${functions}\n${linearMain(size, `${statements}\nout0[i] = ${result};`)}`,
        workgroups: linearGrid(size),
      };
    },
    cpu({ size, value }, inputs, [out], params) {
      evaluate ??= compileBlocks([value]);
      const width = WORDS[valueDType(value)];
      for (let start = 0; start < size; start += BLOCK) {
        const n = Math.min(BLOCK, size - start);
        const [block] = evaluate(start, n, inputs, params);
        out.set(block.subarray(0, n * width), start * width);
      }
    },
    wasm({ size, value, inputs }, module) {
      const expression = wasmExpression(value, inputs, true);
      if (!expression) return null;
      const chunk = BLOCKS * WASM_BLOCK;
      return (addresses, outputs, params) => {
        const words = expression.words([...addresses, ...outputs], params);
        const args = module.args([size, chunk, ...words]);
        module.parallel("mapExpression", args, Math.ceil(size / chunk), size * expression.cost);
      };
    },
  };
}
