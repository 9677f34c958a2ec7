/** Layers and networks from one tensor to another of its kind, complex ones in both forms of application. */
import { classNameOf } from "../gpu/contract/class_names.ts";
import { cannot } from "../gpu/contract/errors.ts";
import { complex } from "../complex/create/create.ts";
import {
  checkComplex,
  type ComplexTensor,
  type RealTensor,
  type Tensor,
} from "../complex/tensor/tensor.ts";
import { Module } from "./module.ts";
import { joined } from "./pairs.ts";

/** The kind of tensor that a layer takes, and gives. */
export type LayerKind = "real" | "complex";

/** A tensor of a kind. */
export type TensorOf<K extends LayerKind> = [K] extends ["real"] ? RealTensor : ComplexTensor;

/** What the pair form takes; of a real layer one tensor. */
export type PartsOf<K extends LayerKind> = [K] extends ["real"] ? [x: RealTensor]
  : [xr: RealTensor, xi: RealTensor];

/** What the pair form gives; of a real layer one tensor. */
export type PairOf<K extends LayerKind> = [K] extends ["real"] ? RealTensor
  : [RealTensor, RealTensor];

/**
 * The base of layers and networks. A subclass implements `apply`, from complex tensor to complex
 * tensor, or `forward`, from real and imaginary part to real and imaginary part; the other form
 * follows. The pair costs nothing: both parts are views of the complex tensor. A `Layer<"real">`
 * implements `apply` from real tensor to real tensor.
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
export abstract class Layer<K extends LayerKind = "complex"> extends Module {
  /** The kind, for the compiler alone: by it the kind of a `Sequential` follows from its layers'. */
  declare readonly kind?: K;

  /**
   * The native form.
   *
   * @param z The input.
   * @returns The output.
   */
  apply(z: TensorOf<K>): TensorOf<K> {
    const what = `apply ${classNameOf(this)}`;
    if (this.forward === Layer.prototype.forward) {
      throw cannot(what, "it defines neither apply nor forward");
    }
    if (this.forward.length === 1) { // PyTorch's
      throw cannot(what, "its forward takes one tensor; name it apply, as forward takes two parts");
    }
    const { real, imag } = checkComplex(what, z);
    return complex(...(this as Layer).forward(real, imag)) as TensorOf<K>;
  }

  /**
   * The pair form: `const [yr, yi] = layer.forward(xr, xi)`; of a real layer `layer.forward(x)`.
   *
   * @param parts The real and the imaginary part, of one shape; of a real layer one tensor.
   * @returns Both parts of the output; of a real layer the output.
   */
  forward(...parts: PartsOf<K>): PairOf<K> {
    const [xr, xi] = parts as RealTensor[];
    if (parts.length === 1) return this.apply(xr as TensorOf<K>) as unknown as PairOf<K>;
    const y = (this as Layer).apply(joined(`apply ${classNameOf(this)}`, xr, xi));
    return [y.real, y.imag] as RealTensor[] as PairOf<K>;
  }
}

/**
 * The same class, to the compiler of no kind: layers of either kind must not decide that of others.
 * @internal
 */
export const LayerOfNoKind: abstract new () => Module = Layer;

/**
 * The base of layers that map a tensor of either kind to one of its kind. They fit among layers of both.
 *
 * @example
 * ```ts
 * import { nn, ones, type Tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * class Half extends nn.EitherLayer {
 *   apply<T extends Tensor>(x: T): T {
 *     return x.slice([0, x.shape[0] / 2]) as T;
 *   }
 * }
 *
 * const net = new nn.Sequential(new nn.Linear(3, 2, { kind: "real" }), new Half());
 * assertEquals(net.apply(ones([4, 3])).shape, [2, 2]);
 * ```
 */
export abstract class EitherLayer extends LayerOfNoKind {
  /** The native form. */
  abstract apply<T extends Tensor>(x: T): T;

  /** The form of real tensors. */
  forward(x: RealTensor): RealTensor;
  /** The pair form. */
  forward(xr: RealTensor, xi: RealTensor): [RealTensor, RealTensor];
  forward(...parts: [x: RealTensor]): never {
    return Layer.prototype.forward.apply(this as Layer, parts as never) as never;
  }
}
