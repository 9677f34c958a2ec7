/** Descriptions of poolings and resampling. */
import { z } from "zod";
import * as pools from "../layers/pool.ts";
import { PolarUpsample, Upsample } from "../layers/upsample.ts";
import { flag, type Kinds, layer, oneOf, pairOf, size, whole } from "./kind.ts";

const windows = <S extends z.ZodType>(sizes: S) => ({
  kernel: sizes,
  stride: sizes.nullish(),
  padding: sizes.optional(),
  ceilMode: flag,
});
const most = <S extends z.ZodType>(sizes: S) => ({
  ...windows(sizes),
  dilation: sizes.optional(),
});
const mean = <S extends z.ZodType>(sizes: S) => ({ ...windows(sizes), countIncludePad: flag });
const [single, pair] = [oneOf(whole), pairOf(whole)];
const mean2d = { ...mean(pair), divisorOverride: whole.nullish() };
const resampling = {
  size: pairOf(size).nullish(),
  scaleFactor: pairOf(z.number()).nullish(),
  mode: z.enum(["nearest", "linear", "bilinear"]).optional(),
  alignCorners: flag,
};

export const pool: Kinds = {
  MaxPool1d: layer(
    pools.MaxPool1d,
    most(single),
    ({ kernel, ...o }) => new pools.MaxPool1d(kernel, o),
  ),
  MaxPool2d: layer(
    pools.MaxPool2d,
    most(pair),
    ({ kernel, ...o }) => new pools.MaxPool2d(kernel, o),
  ),
  AvgPool1d: layer(
    pools.AvgPool1d,
    mean(single),
    ({ kernel, ...o }) => new pools.AvgPool1d(kernel, o),
  ),
  AvgPool2d: layer(pools.AvgPool2d, mean2d, ({ kernel, ...o }) => new pools.AvgPool2d(kernel, o)),
  AdaptiveAvgPool1d: layer(
    pools.AdaptiveAvgPool1d,
    { size },
    (o) => new pools.AdaptiveAvgPool1d(o.size),
  ),
  AdaptiveAvgPool2d: layer(pools.AdaptiveAvgPool2d, { size: pairOf(size.nullable()) }, (o) => {
    return new pools.AdaptiveAvgPool2d(o.size);
  }),
  Upsample: layer(Upsample, resampling, (o) => new Upsample(o)),
  PolarUpsample: layer(PolarUpsample, resampling, (o) => new PolarUpsample(o)),
};
