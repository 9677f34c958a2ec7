/** Linear maps and what holds layers together. */
import * as nn from "../../../nn/mod.ts";
import { type Case, realCase } from "./case.ts";

const kind = "real";

export const linear: Case[] = [
  { name: "Linear", make: () => new nn.Linear(5, 3), shape: [4, 5], refuses: [[4, 6], []] },
  { name: "Flatten", make: () => new nn.Flatten(), shape: [2, 3, 4], refuses: [[3]] },
  {
    name: "Sequential",
    make: () => new nn.Sequential(new nn.Linear(5, 4), new nn.CReLU()),
    shape: [2, 5],
    refuses: [[2, 4]],
  },
  realCase({
    name: "Linear of real kind",
    make: () => new nn.Linear(5, 3, { kind }),
    shape: [4, 5],
    refuses: [[4, 6], []],
  }),
  realCase({
    name: "Sequential of real kind",
    make: () =>
      new nn.Sequential(
        new nn.Flatten(),
        new nn.Linear(6, 4, { kind }),
        new nn.Tanh(),
        new nn.Dropout(0.01),
        new nn.Linear(4, 3, { kind, bias: false }),
      ),
    shape: [4, 2, 3],
    refuses: [[4, 5]],
  }),
];
