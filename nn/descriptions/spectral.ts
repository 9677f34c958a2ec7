/** Descriptions of Fourier neural operators. */
import { z } from "zod";
import type { Layer } from "../layer.ts";
import { FNO2d } from "../layers/fno.ts";
import { SpectralConv1d, SpectralConv2d } from "../layers/spectral_conv.ts";
import { optionsOf } from "../made.ts";
import { inside, type Kinds, layer, type ModuleKind, pairOf, size } from "./kind.ts";

const channels = { inChannels: size, outChannels: size };
const [modes1, modes2] = [{ ...channels, modes: size }, { ...channels, modes: pairOf(size) }];

const fnoSchema = z.strictObject({
  ...modes2,
  width: size.optional(),
  layers: size.optional(),
  hidden: size.optional(),
  activation: inside,
});

const fno: ModuleKind<FNO2d, z.output<typeof fnoSchema>> = {
  of: FNO2d,
  schema: fnoSchema,
  describe: (module, child) =>
    ({
      ...optionsOf(module),
      activation: child(module.activations[0], "activation"),
    }) as z.output<typeof fnoSchema>,
  build: ({ activation, ...o }, child) =>
    new FNO2d({ ...o, activation: () => child(activation, "activation") as Layer }),
};

export const spectral: Kinds = {
  SpectralConv1d: layer(SpectralConv1d, modes1, ({ inChannels, outChannels, modes }) => {
    return new SpectralConv1d(inChannels, outChannels, modes);
  }),
  SpectralConv2d: layer(SpectralConv2d, modes2, ({ inChannels, outChannels, modes }) => {
    return new SpectralConv2d(inChannels, outChannels, modes);
  }),
  FNO2d: fno,
};
