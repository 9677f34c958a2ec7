/** Layers and networks from one complex tensor to another, in both forms of application. */
import { classNameOf } from "../gpu/contract/class_names.ts";
import { cannot } from "../gpu/contract/errors.ts";
import { complex } from "../complex/create/create.ts";
import { checkComplex, type ComplexTensor, type RealTensor } from "../complex/tensor/tensor.ts";
import { Module } from "./module.ts";
import { joined } from "./pairs.ts";

/**
 * The base of layers and networks. A subclass implements `apply`, from complex tensor to complex
 * tensor, or `forward`, from real and imaginary part to real and imaginary part; the other form
 * follows. The pair costs nothing: both parts are views of the complex tensor.
 *
 * @example
 * ```ts
 * import { type ComplexTensor, nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * class Net extends nn.Layer {
 *   hidden = new nn.Linear(8, 16);
 *   out = new nn.Linear(16, 2);
 *   relu = new nn.CReLU();
 *   override apply(z: ComplexTensor): ComplexTensor {
 *     return this.out.apply(this.relu.apply(this.hidden.apply(z)));
 *   }
 * }
 *
 * const net = new Net();
 * console.log(net.namedParameters().map(([name]) => name)); // hidden.weight, hidden.bias, …
 * const z = randnComplex([4, 8]);
 * const [yr, yi] = net.forward(z.real, z.imag);
 * assert(yr.shape[1] === 2 && yi.shape[0] === 4);
 * ```
 */
export abstract class Layer extends Module {
  /**
   * The native form.
   *
   * @param z The input.
   * @returns The output.
   */
  apply(z: ComplexTensor): ComplexTensor {
    const what = `apply ${classNameOf(this)}`;
    if (this.forward === Layer.prototype.forward) {
      throw cannot(what, "it defines neither apply nor forward");
    }
    checkComplex(what, z);
    return complex(...this.forward(z.real, z.imag));
  }

  /**
   * The pair form: `const [yr, yi] = layer.forward(xr, xi)`.
   *
   * @param xr The real part.
   * @param xi The imaginary part, of the same shape.
   * @returns Both parts of the output.
   */
  forward(xr: RealTensor, xi: RealTensor): [RealTensor, RealTensor] {
    const what = `apply ${classNameOf(this)}`;
    const y = this.apply(joined(what, xr, xi));
    return [y.real, y.imag];
  }
}
