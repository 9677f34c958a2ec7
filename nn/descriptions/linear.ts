/** Descriptions of linear maps and of what holds layers together. */
import { z } from "zod";
import type { Layer } from "../layer.ts";
import { Embedding } from "../layers/embedding.ts";
import { Flatten } from "../layers/flatten.ts";
import { Linear } from "../layers/linear.ts";
import { Sequential } from "../layers/sequential.ts";
import { UnitaryLinear } from "../layers/unitary.ts";
import {
  flag,
  inside,
  type Kinds,
  layer,
  type ModuleDescription,
  type ModuleKind,
  size,
  whole,
} from "./kind.ts";

const sequential: ModuleKind<Sequential, { layers: ModuleDescription[] }> = {
  of: Sequential,
  schema: z.strictObject({ layers: z.array(inside) }),
  describe: (module, child) => ({
    layers: module.layers.map((layer, k) => child(layer, `layers.${k}`)),
  }),
  build: ({ layers }, child) =>
    new Sequential(...layers.map((layer, k) => child(layer, `layers.${k}`) as Layer)),
};

const initOfUnitary = z.enum(["random", "identity"]).optional();

export const linear: Kinds = {
  Linear: layer(Linear, { inFeatures: size, outFeatures: size, bias: flag }, (o) => {
    return new Linear(o.inFeatures, o.outFeatures, { bias: o.bias });
  }),
  UnitaryLinear: layer(UnitaryLinear, { features: size, init: initOfUnitary }, (o) => {
    return new UnitaryLinear(o.features, { init: o.init });
  }),
  Embedding: layer(Embedding, { count: size, dim: size, paddingIdx: whole.nullish() }, (o) => {
    return new Embedding(o.count, o.dim, { paddingIdx: o.paddingIdx });
  }),
  Flatten: layer(Flatten, { start: whole, end: whole }, (o) => new Flatten(o.start, o.end)),
  Sequential: sequential,
};
