/**
 * Machine learning on physical systems, with complex tensors.
 *
 * @example
 * ```ts
 * import { complex, grad } from "@argand/argand";
 *
 * // The gradient of |z²| at 1 + 2i: for a real L it is ∂L/∂x + i ∂L/∂y, so that z − lr·grad descends.
 * const z = complex(1, 2);
 * const g = grad((w: typeof z) => w.square().abs())(z);
 * console.log(await g.item()); // { re: 2, im: 4 }
 * ```
 *
 * @module
 */
export * from "./complex/mod.ts";
export * as gpu from "./gpu.ts";
export * as nn from "./nn/mod.ts";
