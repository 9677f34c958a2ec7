/** Checks that activations and their layers share. */
import { cannot } from "../../gpu/contract/errors.ts";
import { show } from "../../complex/lazy/shape.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { declareOptions } from "../declare/declaration.ts";
import { optional, positiveNumber, word } from "../declare/field.ts";

/** Numbers of shape [1] or [channels] in the shape in which they broadcast along axis 1 of z. */
export function perChannel<T extends Tensor>(
  what: string,
  name: string,
  x: T,
  z: Tensor,
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

export const GELU_OPTIONS = declareOptions<GeluOptions>({
  approximate: optional(word("none", "tanh"), "none"),
});

/** Options of `sigLog` and `SigLog`. */
export interface SigLogOptions {
  /** The divisor at 0, above 0; 1, if absent. */
  readonly c?: number;
  /** The bound of the modulus, above 0; 1, if absent. */
  readonly r?: number;
}

export const SIG_LOG_OPTIONS = declareOptions<SigLogOptions>({
  c: optional(positiveNumber, 1),
  r: optional(positiveNumber, 1),
});
