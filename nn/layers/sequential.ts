/** Layers one after the other. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { declareLayer } from "../declare/declaration.ts";
import { layers as inner } from "../declare/field.ts";
import { Layer, type LayerKind, type TensorOf } from "../layer.ts";

const SEQUENTIAL = declareLayer("a Sequential", () => Sequential, { layers: inner });

/**
 * Applies its layers, all of one kind, in order. Their parts are named by place: `0.weight`,
 * `2.bias`, …
 *
 * @throws {ArgandError} if something given is not a layer.
 *
 * @example
 * ```ts
 * import { nn, ones, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const net = new nn.Sequential(new nn.Linear(4, 8), new nn.CReLU(), new nn.Linear(8, 2));
 * assert(net.apply(randnComplex([3, 4])).shape[1] === 2);
 *
 * const kind = "real";
 * const real = new nn.Sequential(
 *   new nn.Linear(4, 8, { kind }),
 *   new nn.ReLU(),
 *   new nn.Linear(8, 2, { kind }),
 * );
 * assert(real.apply(ones([3, 4])).shape[1] === 2);
 * ```
 */
export class Sequential<K extends LayerKind = "complex"> extends Layer<K> {
  /** The layers in order. */
  readonly layers: readonly Layer<K>[];

  /** A module of these layers. */
  constructor(...layers: Layer<K>[]) {
    super();
    layers.forEach((layer, k) => {
      if (layer instanceof Layer) return;
      throw cannot(SEQUENTIAL.what, `layer ${k} is not a Layer: ${describe(layer)}`);
    });
    this.layers = layers;
    SEQUENTIAL.note(this, { layers });
  }

  /** The last layer of … of the first layer of z. */
  override apply(z: TensorOf<K>): TensorOf<K> {
    return this.layers.reduce((x, layer) => layer.apply(x), z);
  }

  /** The layers by place. */
  protected override members(): Iterable<readonly [string, unknown]> {
    return this.layers.map((layer, k) => [String(k), layer] as const);
  }
}
