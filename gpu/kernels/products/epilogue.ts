/**
 * Epilogues: an elementwise expression of a product, such as its activation, that is computed where
 * the product is stored, instead of in a pass of its own over memory.
 */
import { type DType, precisionOf } from "../../contract/dtype.ts";
import type { Kernel, Program, Slot } from "../../contract/kernel.ts";
import { expressionWgsl, loadsOf, type Value, valueDType } from "../../contract/expression.ts";
import { wasmExpression } from "../../wasm/encode_expression.ts";
import { mapKernel, type MapSpec } from "../elementwise/map.ts";

/** The value that is stored in place of a kernel's result; it is of the same kind. */
export interface Epilogue {
  /** Input 0 is the result itself, of which only the element at the linear index is loaded. */
  readonly value: Value;
  /** The kinds of the operands that follow. */
  readonly inputs: readonly DType[];
  /** How many params words it reads. */
  readonly words: number;
}

/** The spec of a kernel that takes an epilogue. */
export interface Finished {
  readonly epilogue?: Epilogue;
}

/**
 * Lines of WGSL in an epilogue at most: it is written out for each of a tile's sums, and longer
 * ones gain nothing from one pass less.
 */
const MOST_LINES = 16;

/** True where an expression is short enough, and has a form in WebAssembly. */
export function isEpilogue({ value, inputs }: Epilogue): boolean {
  const own = loadsOf(value).every(({ input, at }) => input > 0 || at.op === "linear");
  const single = precisionOf(valueDType(value)) === "single";
  return own && single && expressionWgsl(value).lines <= MOST_LINES &&
    wasmExpression(value, [valueDType(value), ...inputs], true) !== null;
}

/**
 * The program with an epilogue in its last kernel, which takes one. The program has `count` inputs; the
 * epilogue's operands are those that follow.
 */
export function withEpilogue(
  { steps, scratch }: Program,
  epilogue: Epilogue,
  { count, name }: { readonly count: number; readonly name: string },
): Program {
  const { kernel, spec, inputs, ...rest } = steps[steps.length - 1];
  const last = {
    ...rest,
    kernel: { ...kernel, name: `${kernel.name}+${name}` },
    spec: { ...spec as Finished, epilogue },
    inputs: [...inputs, ...epilogue.inputs.map((_, k): Slot => `in${count + k}`)],
  };
  return { steps: [...steps.slice(0, -1), last], scratch };
}

/**
 * The kernel with epilogues: in WGSL it writes them itself (`writer.ts`), on the CPU engine they go over
 * its `elementsOf(spec)` results when these are there.
 */
export function finished<Spec extends Finished>(
  kernel: Kernel<Spec>,
  elementsOf: (spec: Spec) => number,
): Kernel<Spec> {
  const pass = (spec: Spec, { value, inputs, words }: Epilogue) => {
    const map: MapSpec = {
      size: elementsOf(spec),
      value,
      inputs: [valueDType(value), ...inputs],
      words,
      inPlace: 0,
    };
    return { kernel: mapKernel(kernel.name), map };
  };
  return {
    ...kernel,
    bindings(spec) {
      const { inputs, outputs } = kernel.bindings(spec);
      return { inputs: [...inputs, ...spec.epilogue?.inputs ?? []], outputs };
    },
    params: ({ epilogue }) => epilogue?.words ?? 0,
    cpu(spec, inputs, outputs, params) {
      const { epilogue } = spec;
      kernel.cpu(spec, inputs, outputs, params);
      if (!epilogue) return;
      const own = inputs.slice(inputs.length - epilogue.inputs.length);
      const { kernel: after, map } = pass(spec, epilogue);
      after.cpu(map, own, outputs, params);
    },
    wasm(spec, module) {
      const { epilogue } = spec;
      const run = kernel.wasm?.(spec, module) ?? null;
      if (!epilogue || !run) return run;
      const { kernel: after, map } = pass(spec, epilogue);
      const finish = after.wasm!(map, module);
      return finish && ((inputs, outputs, params) => {
        run(inputs, outputs, params);
        finish(inputs.slice(inputs.length - epilogue.inputs.length), outputs, params);
      });
    },
  };
}
