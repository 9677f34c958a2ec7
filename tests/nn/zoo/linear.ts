/** Linear maps and what holds layers together. */
import * as nn from "../../../nn/mod.ts";
import type { Case } from "./case.ts";

export const linear: Case[] = [
  { name: "Linear", make: () => new nn.Linear(5, 3), shape: [4, 5], refuses: [[4, 6], []] },
  { name: "Flatten", make: () => new nn.Flatten(), shape: [2, 3, 4], refuses: [[3]] },
  {
    name: "Sequential",
    make: () => new nn.Sequential(new nn.Linear(5, 4), new nn.CReLU()),
    shape: [2, 5],
    refuses: [[2, 4]],
  },
];
