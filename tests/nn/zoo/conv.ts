/** Convolutions. */
import * as nn from "../../../nn/mod.ts";
import type { Case } from "./case.ts";

export const conv: Case[] = [
  {
    name: "Conv2d",
    make: () => new nn.Conv2d(2, 3, 3, { padding: 1, stride: 2 }),
    shape: [2, 2, 6, 5],
    refuses: [[2, 3, 6, 5], [2, 6, 5]],
  },
];
