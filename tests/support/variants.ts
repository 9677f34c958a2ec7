/** A program in each of the ways in which its kernels can be written. */
import type { Adapter, Kernel, Program } from "../../gpu/contract/kernel.ts";

/** Names of the variants that a tuner may pick on adapters of both kinds, whatever this one is. */
export function variantNames<Spec>(kernel: Kernel<Spec>, spec: Spec, adapter: Adapter): string[] {
  const kinds = [{ ...adapter, software: true }, { ...adapter, software: false, texels: false }];
  return [...new Set(kinds.flatMap((kind) => kernel.variants?.(spec, kind) ?? []))];
}

/** The program with every kernel that has variants in the one of that name. */
export function inVariant(program: Program, name: string): Program {
  const steps = program.steps.map((step) => ({
    ...step,
    kernel: {
      ...step.kernel,
      variants: undefined,
      wgsl: (spec: unknown, adapter: Adapter) => step.kernel.wgsl(spec, adapter, name),
    },
  }));
  return { ...program, steps };
}
