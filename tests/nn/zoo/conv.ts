/** Convolutions. */
import * as nn from "../../../nn/mod.ts";
import { type Case, realCase } from "./case.ts";

const kind = "real";

export const conv: Case[] = [
  {
    name: "Conv1d",
    make: () => new nn.Conv1d(2, 3, 3, { padding: 1, stride: 2 }),
    shape: [2, 2, 9],
    refuses: [[2, 3, 9], [2, 9], [2, 2, 9, 1]],
  },
  {
    name: "Conv2d",
    make: () => new nn.Conv2d(2, 3, 3, { padding: 1, stride: 2 }),
    shape: [2, 2, 6, 5],
    refuses: [[2, 3, 6, 5], [2, 6, 5]],
  },
  {
    name: "Conv2d of the same size",
    make: () => new nn.Conv2d(2, 2, [2, 3], { padding: "same", groups: 2, bias: false }),
    shape: [2, 2, 4, 3],
    refuses: [[2, 1, 4, 3], [2, 4, 3]],
  },
  {
    name: "Conv3d",
    make: () => new nn.Conv3d(2, 2, 2, { padding: [1, 0, 0], stride: [2, 1, 1] }),
    shape: [2, 2, 3, 3, 3],
    refuses: [[2, 1, 3, 3, 3], [2, 3, 3, 3], [2, 2, 3, 1, 3]],
  },
  {
    name: "ConvTranspose1d",
    make: () => new nn.ConvTranspose1d(3, 2, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    shape: [2, 3, 4],
    refuses: [[2, 2, 4], [3, 4]],
  },
  {
    name: "ConvTranspose2d",
    make: () => new nn.ConvTranspose2d(4, 2, 3, { stride: 2, padding: 1, groups: 2 }),
    shape: [2, 4, 2, 3],
    refuses: [[2, 2, 2, 3], [4, 2, 3]],
  },
  {
    name: "ConvTranspose3d",
    make: () => new nn.ConvTranspose3d(2, 1, 2, { stride: [2, 1, 1] }),
    shape: [2, 2, 2, 2, 2],
    refuses: [[2, 1, 2, 2, 2], [2, 2, 2, 2]],
  },
  realCase({
    name: "Conv1d of real kind",
    make: () => new nn.Conv1d(2, 3, 3, { padding: 1, stride: 2, kind }),
    shape: [2, 2, 9],
    refuses: [[2, 3, 9], [2, 9]],
  }),
  realCase({
    name: "Conv2d of real kind",
    make: () => new nn.Conv2d(2, 2, [2, 3], { padding: "same", groups: 2, kind }),
    shape: [2, 2, 4, 3],
    refuses: [[2, 1, 4, 3], [2, 4, 3]],
  }),
  realCase({
    name: "Conv3d of real kind",
    make: () => new nn.Conv3d(2, 2, 2, { stride: [2, 1, 1], bias: false, kind }),
    shape: [2, 2, 3, 3, 3],
    refuses: [[2, 1, 3, 3, 3]],
  }),
  realCase({
    name: "ConvTranspose1d of real kind",
    make: () => new nn.ConvTranspose1d(3, 2, 3, { stride: 2, outputPadding: 1, kind }),
    shape: [2, 3, 4],
    refuses: [[2, 2, 4]],
  }),
  realCase({
    name: "ConvTranspose2d of real kind",
    make: () => new nn.ConvTranspose2d(4, 2, 3, { stride: 2, padding: 1, groups: 2, kind }),
    shape: [2, 4, 2, 3],
    refuses: [[2, 2, 2, 3]],
  }),
  realCase({
    name: "ConvTranspose3d of real kind",
    make: () => new nn.ConvTranspose3d(2, 1, 2, { kind }),
    shape: [2, 2, 2, 2, 2],
    refuses: [[2, 1, 2, 2, 2]],
  }),
];
