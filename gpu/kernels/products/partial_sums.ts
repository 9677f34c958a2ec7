/** The second step of a split sum: adds the partial results that the first step left in scratch. */
import { type InexactDType, lanesOf, wgslOf } from "../../contract/dtype.ts";
import { type Kernel, linearGrid, linearMain } from "../../contract/kernel.ts";
import { type Finished, finished } from "./epilogue.ts";
import { Writer } from "./writer.ts";
import { MOST_ROUNDS } from "../costs.ts";

/** `parts` arrays of `count` elements each, one after the other. */
export interface PartialSumsSpec extends Finished {
  readonly dtype: InexactDType;
  readonly parts: number;
  readonly count: number;
  /** Columns of a bias (a second input) added to every row of the sum; 0 for none. */
  readonly bias: number;
}

/** Numbers that a thread of the CPU engine adds up at once. */
const CHUNK = 8192;

/**
 * In how many parts to cut a sum of `depth` terms for each of `outputs` elements: enough that a GPU has
 * threads to fill it, never fewer than 256 terms to a part, nor more than a thread may loop over.
 */
export function partsOfSum(depth: number, outputs: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, 32768 / outputs)));
  const allowed = 2 ** Math.floor(Math.log2(Math.max(1, depth / 256)));
  const needed = 2 ** Math.ceil(Math.log2(Math.max(1, depth / MOST_ROUNDS)));
  return Math.max(Math.min(wanted, allowed), needed);
}

/** out[i] = Σ_p in0[p · count + i] (+ bias[i mod columns]). */
export const partialSums: Kernel<PartialSumsSpec> = finished({
  name: "partialSums",
  flops: ({ dtype, parts, count }) => parts * count * lanesOf(dtype),
  bindings: ({ dtype, bias }) => ({ inputs: bias ? [dtype, dtype] : [dtype], outputs: [dtype] }),
  wgsl({ dtype, parts, count, bias, epilogue }) {
    const type = wgslOf(dtype);
    const out = new Writer(dtype, bias ? 2 : 1, 1, epilogue);
    const source = out.declare() + linearMain(
      count,
      `  var sum = ${type}();
  for (var p = 0u; p < ${parts}u; p += 1u) { sum += in0[p * ${count}u + i]; }
  ${out.put("i", [`(sum${bias ? ` + in1[i % ${bias}u]` : ""})`])}`,
    );
    return { source, workgroups: linearGrid(count) };
  },
  cpu({ dtype, parts, count, bias }, [partials, offsets], [out]) {
    const words = lanesOf(dtype);
    for (let i = 0; i < count * words; i++) {
      let sum = bias ? offsets[i % (bias * words)] : 0;
      for (let p = 0; p < parts; p++) sum += partials[p * count * words + i];
      out[i] = sum;
    }
  },
  wasm({ dtype, parts, count, bias }, module) {
    const words = lanesOf(dtype), numbers = count * words;
    const chunks = Math.ceil(numbers / CHUNK);
    return (inputs, [out]) => {
      const offsets = bias ? inputs[1] : 0;
      const args = module.args([inputs[0], out, offsets, numbers, parts, bias * words, CHUNK]);
      module.parallel("partialSums", args, chunks, numbers * (parts + 1) / 4);
    };
  },
}, ({ count }) => count);
