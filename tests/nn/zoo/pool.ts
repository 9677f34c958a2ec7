/** Poolings and resampling. */
import * as nn from "../../../nn/mod.ts";
import { type Case, realCase } from "./case.ts";

/** A layer of either kind, as a real one. */
const ofReal = (layer: nn.EitherLayer) => layer as unknown as nn.Layer<"real">;

export const pool: Case[] = [
  {
    name: "MaxPool2d",
    make: () => new nn.MaxPool2d(2),
    shape: [2, 2, 6, 5],
    refuses: [[2, 2, 1, 5], [6, 5]],
  },
  {
    name: "AvgPool2d",
    make: () => new nn.AvgPool2d(3, { stride: 2, padding: 1 }),
    shape: [2, 2, 6, 5],
    refuses: [[2, 6, 5]],
  },
  {
    name: "MaxPool1d",
    make: () => new nn.MaxPool1d(2),
    shape: [2, 2, 6],
    refuses: [[2, 2, 1], [2, 6], [2, 2, 6, 5]],
  },
  {
    name: "AvgPool1d",
    make: () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }),
    shape: [2, 2, 6],
    refuses: [[2, 6], [2, 2, 6, 5]],
  },
  {
    name: "AdaptiveAvgPool1d",
    make: () => new nn.AdaptiveAvgPool1d(3),
    shape: [2, 2, 5],
    refuses: [[2, 5], [2, 2, 5, 5]],
  },
  {
    name: "AdaptiveAvgPool2d",
    make: () => new nn.AdaptiveAvgPool2d([2, null]),
    shape: [2, 2, 5, 3],
    refuses: [[5, 3], [2, 5, 3]],
  },
  {
    name: "Upsample",
    make: () => new nn.Upsample({ scaleFactor: 2 }),
    shape: [2, 2, 2, 3],
    refuses: [[2, 3], [2, 2, 1, 2, 3]],
  },
  {
    name: "Upsample of sequences",
    make: () => new nn.Upsample({ size: 5, mode: "linear", alignCorners: true }),
    shape: [2, 2, 3],
    refuses: [[2, 2, 3, 3], [2, 3]],
  },
  realCase({
    name: "MaxPool2d of real numbers",
    make: () => ofReal(new nn.MaxPool2d(2)),
    shape: [2, 2, 6, 5],
    refuses: [[2, 2, 1, 5], [6, 5]],
  }),
  realCase({
    name: "MaxPool2d of real numbers in large windows",
    make: () => ofReal(new nn.MaxPool2d([3, 4], { padding: [1, 2], stride: 1 })),
    shape: [2, 2, 6, 5],
  }),
  realCase({
    name: "AvgPool2d of real numbers",
    make: () => ofReal(new nn.AvgPool2d(3, { stride: 2, padding: 1 })),
    shape: [2, 2, 6, 5],
  }),
  realCase({
    name: "AdaptiveAvgPool2d of real numbers",
    make: () => ofReal(new nn.AdaptiveAvgPool2d([2, null])),
    shape: [2, 2, 5, 3],
  }),
  realCase({
    name: "Upsample of real numbers",
    make: () => ofReal(new nn.Upsample({ scaleFactor: 2, mode: "bilinear" })),
    shape: [2, 2, 2, 3],
  }),
  {
    name: "PolarUpsample",
    make: () => new nn.PolarUpsample({ size: [3, 4], mode: "bilinear" }),
    shape: [2, 2, 2, 3],
    refuses: [[2, 3], [2, 2, 3]],
  },
];
