/** What an engine is asked to do, and what it would be asked. */
import type { Engine } from "../../gpu/contract/engine.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { explain } from "../../complex/transforms/explain.ts";

/** The kernels that evaluating tensors would dispatch. */
export function kernelsOf(...tensors: readonly Tensor[]): string[] {
  return explain(...tensors).rows.map(({ kernel }) => kernel);
}

/** Counts the dispatches and the newly compiled kernels of some work. */
export function count(
  engine: Engine,
  work: () => void,
): { dispatches: string[]; compiled: number } {
  const dispatches: string[] = [];
  let compiled = 0;
  const { begin, compile } = engine;
  engine.begin = () => {
    const pass = begin.call(engine);
    const { dispatch } = pass;
    pass.dispatch = (executable, ...rest) => {
      dispatches.push(executable.name);
      dispatch.call(pass, executable, ...rest);
    };
    return pass;
  };
  engine.compile = (kernel, spec) => {
    compiled++;
    return compile.call(engine, kernel, spec);
  };
  try {
    work();
  } finally {
    // The methods of the class come back when the own ones go.
    delete (engine as Partial<Engine>).begin;
    delete (engine as Partial<Engine>).compile;
  }
  return { dispatches, compiled };
}
