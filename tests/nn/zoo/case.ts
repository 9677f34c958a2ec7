/** A layer of the zoo: how to make it, what to feed it, and what it must refuse. */
import { complex } from "../../../complex/create/create.ts";
import type { ComplexTensor, RealTensor } from "../../../complex/tensor/tensor.ts";
import type { Layer, Module } from "../../../nn/mod.ts";

/** One layer with inputs for it. */
export interface Case<M extends Module = Module> {
  /** The exported name, then what is special about this case. */
  readonly name: string;
  readonly make: () => M;
  /** The shape of a fitting input. */
  readonly shape: readonly number[];
  /** Shapes that it refuses: wrong channels, wrong number of axes. */
  readonly refuses?: readonly (readonly number[])[];
  /** Of a module that is not a layer: both forms on an input of `shape`. */
  readonly apply?: (module: M, z: ComplexTensor) => ComplexTensor;
  readonly forward?: (
    module: M,
    xr: RealTensor,
    xi: RealTensor,
  ) => readonly [RealTensor, RealTensor];
}

/** A case of a module that is not a layer, with the types of that module. */
export function special<M extends Module>(
  one: Case<M> & Required<Pick<Case<M>, "apply" | "forward">>,
): Case {
  return one as unknown as Case;
}

/** A case of a real layer, which is applied to real and imaginary part by turns. */
export function realCase(
  one: Omit<Case<Layer<"real">>, "apply" | "forward">,
): Case {
  return special<Layer<"real">>({
    ...one,
    apply: (layer, z) => complex(layer.apply(z.real), layer.apply(z.imag)),
    forward: (layer, xr, xi) => [layer.forward(xr), layer.forward(xi)],
  });
}

/** The native form. */
export function native(one: Case, module: Module, z: ComplexTensor): ComplexTensor {
  return one.apply ? one.apply(module, z) : (module as Layer).apply(z);
}

/** The pair form. */
export function pairs(
  one: Case,
  module: Module,
  z: ComplexTensor,
): readonly [RealTensor, RealTensor] {
  const { real, imag } = z;
  return one.forward ? one.forward(module, real, imag) : (module as Layer).forward(real, imag);
}
