/** Norms. */
import * as nn from "../../../nn/mod.ts";
import { type Case, realCase } from "./case.ts";

const kind = "real";

export const norm: Case[] = [
  {
    name: "BatchNorm1d",
    make: () => new nn.BatchNorm1d(3),
    shape: [6, 3],
    refuses: [[6, 4], [6], [1, 3]],
  },
  {
    name: "BatchNorm1d of sequences",
    make: () => new nn.BatchNorm1d(3),
    shape: [2, 3, 4],
    refuses: [[2, 4, 3]],
  },
  {
    name: "BatchNorm1d with a full matrix",
    make: () => new nn.BatchNorm1d(3, { mixing: "full" }),
    shape: [6, 3],
    refuses: [[6, 4]],
  },
  {
    name: "BatchNorm2d",
    make: () => new nn.BatchNorm2d(3),
    shape: [2, 3, 4, 4],
    refuses: [[2, 4, 4, 4], [2, 3, 4]],
  },
  {
    name: "BatchNorm3d",
    make: () => new nn.BatchNorm3d(3),
    shape: [2, 3, 2, 3, 2],
    refuses: [[2, 4, 2, 3, 2], [2, 3, 6, 2], [1, 3, 1, 1, 1]],
  },
  {
    name: "NaiveBatchNorm1d",
    make: () => new nn.NaiveBatchNorm1d(3),
    shape: [6, 3],
    refuses: [[6, 4], [1, 3]],
  },
  {
    name: "NaiveBatchNorm2d",
    make: () => new nn.NaiveBatchNorm2d(3),
    shape: [2, 3, 4, 4],
    refuses: [[2, 4, 4, 4], [2, 3, 4]],
  },
  {
    name: "NaiveBatchNorm3d",
    make: () => new nn.NaiveBatchNorm3d(3),
    shape: [2, 3, 2, 3, 2],
    refuses: [[2, 4, 2, 3, 2], [2, 3, 6, 2], [1, 3, 1, 1, 1]],
  },
  {
    name: "LayerNorm",
    make: () => new nn.LayerNorm(5),
    shape: [4, 5],
    refuses: [[4, 6], [5, 4]],
  },
  {
    name: "LayerNorm of two axes",
    make: () => new nn.LayerNorm([3, 4]),
    shape: [4, 3, 4],
    refuses: [[4, 4, 3], [4]],
  },
  {
    name: "GroupNorm",
    make: () => new nn.GroupNorm(2, 4),
    shape: [3, 4, 3],
    refuses: [[3, 6, 3], [4], [3, 3, 4]],
  },
  {
    name: "GroupNorm of images",
    make: () => new nn.GroupNorm(1, 2, { affine: false }),
    shape: [3, 2, 2, 3],
    refuses: [[3, 3, 2, 3]],
  },
  {
    name: "RMSNorm",
    make: () => new nn.RMSNorm([5]),
    shape: [4, 5],
    refuses: [[4, 6], [5, 4]],
  },
  realCase({
    name: "BatchNorm1d of real kind",
    make: () => new nn.BatchNorm1d(3, { kind }),
    shape: [6, 3],
    refuses: [[6, 4], [6], [1, 3]],
  }),
  realCase({
    name: "BatchNorm2d of real kind",
    make: () => new nn.BatchNorm2d(3, { kind }),
    shape: [2, 3, 4, 4],
    refuses: [[2, 4, 4, 4], [2, 3, 4]],
  }),
  realCase({
    name: "BatchNorm3d of real kind",
    make: () => new nn.BatchNorm3d(3, { kind, momentum: null }),
    shape: [2, 3, 2, 3, 2],
    refuses: [[2, 4, 2, 3, 2], [2, 3, 6, 2]],
  }),
  realCase({
    name: "LayerNorm of real kind",
    make: () => new nn.LayerNorm([3, 4], { kind }),
    shape: [4, 3, 4],
    refuses: [[4, 4, 3]],
  }),
  realCase({
    name: "GroupNorm of real kind",
    make: () => new nn.GroupNorm(2, 4, { kind }),
    shape: [4, 4, 3],
    refuses: [[4, 3, 4]],
  }),
  realCase({
    name: "RMSNorm of real kind",
    make: () => new nn.RMSNorm(6, { kind }),
    shape: [4, 6],
    refuses: [[4, 5]],
  }),
];
