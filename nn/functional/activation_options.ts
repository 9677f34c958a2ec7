/** Checks that activations and their layers share. */
import { cannot } from "../../gpu/contract/errors.ts";
import { show } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { checkPositive, checkWord, withDefaults } from "../checks.ts";

/** Numbers of shape [1] or [channels] in the shape in which they broadcast along axis 1 of z. */
export function perChannel<T extends Tensor>(
  what: string,
  name: string,
  x: T,
  z: ComplexTensor,
): T {
  const channels = z.shape[1] ?? 1;
  if (x.rank !== 1 || x.size !== 1 && x.size !== channels) {
    throw cannot(
      what,
      `${name} has shape ${show(x.shape)} and the input ${
        show(z.shape)
      } takes [1] or [${channels}]`,
    );
  }
  const shape = z.shape.slice(1).map((_, d) => d === 0 ? x.size : 1);
  return x.reshape(x.size === 1 ? [] : shape);
}

/** Options of `cgelu` and `CGELU`. */
export interface GeluOptions {
  /** `"none"` for erf, `"tanh"` for an approximation by tanh; `"none"`, if absent. */
  readonly approximate?: "none" | "tanh";
}

/** The options with their defaults, checked. */
export function geluOptions(what: string, options?: GeluOptions): Required<GeluOptions> {
  const full = withDefaults<Required<GeluOptions>>(what, options, { approximate: "none" });
  checkWord(what, "approximate", full.approximate, ["none", "tanh"]);
  return full;
}

/** Options of `sigLog` and `SigLog`. */
export interface SigLogOptions {
  /** The divisor at 0, above 0; 1, if absent. */
  readonly c?: number;
  /** The bound of the modulus, above 0; 1, if absent. */
  readonly r?: number;
}

/** The options with their defaults, checked. */
export function sigLogOptions(what: string, options?: SigLogOptions): Required<SigLogOptions> {
  const full = withDefaults<Required<SigLogOptions>>(what, options, { c: 1, r: 1 });
  checkPositive(what, "c", full.c);
  checkPositive(what, "r", full.r);
  return full;
}
