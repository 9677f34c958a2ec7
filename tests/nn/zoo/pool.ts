/** Poolings and resampling. */
import * as nn from "../../../nn/mod.ts";
import type { Case } from "./case.ts";

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
];
