/** Descriptions of norms. */
import { z } from "zod";
import * as batch from "../layers/batchnorm.ts";
import { GroupNorm, LayerNorm, RMSNorm } from "../layers/norm.ts";
import { flag, type Kinds, layer, number, size } from "./kind.ts";

const naive = {
  channels: size,
  eps: number,
  momentum: z.number().nullish(),
  affine: flag,
  trackRunningStats: flag,
};
const covariance = { ...naive, mixing: z.enum(["symmetric", "full"]).optional() };
const normalizedShape = z.union([size, z.array(size)]);
const elements = { normalizedShape, eps: number, elementwiseAffine: flag };
const groups = { numGroups: size, numChannels: size, eps: number, affine: flag };

export const norm: Kinds = {
  BatchNorm1d: layer(
    batch.BatchNorm1d,
    covariance,
    ({ channels, ...o }) => new batch.BatchNorm1d(channels, o),
  ),
  BatchNorm2d: layer(
    batch.BatchNorm2d,
    covariance,
    ({ channels, ...o }) => new batch.BatchNorm2d(channels, o),
  ),
  BatchNorm3d: layer(
    batch.BatchNorm3d,
    covariance,
    ({ channels, ...o }) => new batch.BatchNorm3d(channels, o),
  ),
  NaiveBatchNorm1d: layer(
    batch.NaiveBatchNorm1d,
    naive,
    ({ channels, ...o }) => new batch.NaiveBatchNorm1d(channels, o),
  ),
  NaiveBatchNorm2d: layer(
    batch.NaiveBatchNorm2d,
    naive,
    ({ channels, ...o }) => new batch.NaiveBatchNorm2d(channels, o),
  ),
  NaiveBatchNorm3d: layer(
    batch.NaiveBatchNorm3d,
    naive,
    ({ channels, ...o }) => new batch.NaiveBatchNorm3d(channels, o),
  ),
  LayerNorm: layer(
    LayerNorm,
    elements,
    ({ normalizedShape, ...o }) => new LayerNorm(normalizedShape, o),
  ),
  RMSNorm: layer(RMSNorm, elements, ({ normalizedShape, ...o }) => new RMSNorm(normalizedShape, o)),
  GroupNorm: layer(GroupNorm, groups, ({ numGroups, numChannels, ...o }) => {
    return new GroupNorm(numGroups, numChannels, o);
  }),
};
