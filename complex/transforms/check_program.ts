/** The dispatches of a program that a user has written. */
import { DTYPES } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { describe } from "../lazy/describe.ts";

/** Refuses a program whose dispatches do not bind what their kernels say. */
export function checkProgram(name: string, program: Program, inputs: number): void {
  const what = `run ${name}`;
  const { steps, scratch }: Partial<Program> = program ?? {};
  if (!steps?.length) {
    throw cannot(what, `program() must return { steps: […] }, got ${describe(program)}`);
  }
  const counts: Record<string, number> = {
    in: inputs,
    out: 1,
    tmp: scratch?.length ?? 0,
  };
  for (const { kernel, spec, ...given } of steps) {
    const bindings = kernel.bindings(spec);
    for (const side of ["inputs", "outputs"] as const) {
      const [slots, dtypes] = [given[side], bindings[side]];
      if (slots.length !== dtypes.length) {
        throw cannot(
          what,
          `kernel "${kernel.name}" binds ${dtypes.length} ${side} and is given ${slots.length}`,
        );
      }
      for (const dtype of dtypes) {
        if (Object.hasOwn(DTYPES, dtype)) continue;
        throw cannot(
          what,
          `kernel "${kernel.name}" binds ${describe(dtype)}, which is not a dtype`,
        );
      }
      for (const slot of slots) {
        const [, of, k] = /^(in|out|tmp)(\d+)$/.exec(slot) ?? [];
        if (of !== undefined && Number(k) < counts[of] && (side === "inputs" || of !== "in")) {
          continue;
        }
        throw cannot(
          what,
          `kernel "${kernel.name}" is given "${slot}" among its ${side}; there are ` +
            `${counts.in} in, ${counts.out} out and ${counts.tmp} tmp`,
        );
      }
    }
    const both = given.outputs.find((slot, k) =>
      given.inputs.includes(slot) || given.outputs.indexOf(slot) < k
    );
    if (both) throw cannot(what, `kernel "${kernel.name}" is given "${both}" twice, once to write`);
  }
}
