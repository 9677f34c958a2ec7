/** Descriptions of convolutions. */
import { z } from "zod";
import { Conv1d, Conv2d, Conv3d } from "../layers/conv.ts";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "../layers/conv_transpose.ts";
import { flag, type Kinds, layer, oneOf, pairOf, size, tripleOf, whole } from "./kind.ts";

/** The options of a convolution whose sizes are `S`. */
const convolution = <S extends z.ZodType>(sizes: S) => ({
  inChannels: size,
  outChannels: size,
  kernel: sizes,
  stride: sizes.optional(),
  padding: z.union([sizes, z.enum(["same", "valid"])]).optional(),
  dilation: sizes.optional(),
  groups: size.optional(),
  bias: flag,
});

const transposed = <S extends z.ZodType>(sizes: S) => ({
  ...convolution(sizes),
  padding: sizes.optional(),
  outputPadding: sizes.optional(),
});

const [single, pair, triple] = [oneOf(whole), pairOf(whole), tripleOf(whole)];

export const conv: Kinds = {
  Conv1d: layer(Conv1d, convolution(single), ({ inChannels, outChannels, kernel, ...o }) => {
    return new Conv1d(inChannels, outChannels, kernel, o);
  }),
  Conv2d: layer(Conv2d, convolution(pair), ({ inChannels, outChannels, kernel, ...o }) => {
    return new Conv2d(inChannels, outChannels, kernel, o);
  }),
  Conv3d: layer(Conv3d, convolution(triple), ({ inChannels, outChannels, kernel, ...o }) => {
    return new Conv3d(inChannels, outChannels, kernel, o);
  }),
  ConvTranspose1d: layer(
    ConvTranspose1d,
    transposed(single),
    ({ inChannels, outChannels, kernel, ...o }) => {
      return new ConvTranspose1d(inChannels, outChannels, kernel, o);
    },
  ),
  ConvTranspose2d: layer(
    ConvTranspose2d,
    transposed(pair),
    ({ inChannels, outChannels, kernel, ...o }) => {
      return new ConvTranspose2d(inChannels, outChannels, kernel, o);
    },
  ),
  ConvTranspose3d: layer(
    ConvTranspose3d,
    transposed(triple),
    ({ inChannels, outChannels, kernel, ...o }) => {
      return new ConvTranspose3d(inChannels, outChannels, kernel, o);
    },
  ),
};
