/** Activations and dropout. */
import * as nn from "../../../nn/mod.ts";
import type { Case } from "./case.ts";

export const activation: Case[] = [
  { name: "CReLU", make: () => new nn.CReLU(), shape: [3, 4] },
  { name: "CSigmoid", make: () => new nn.CSigmoid(), shape: [3, 4] },
  { name: "CTanh", make: () => new nn.CTanh(), shape: [3, 4] },
  { name: "Dropout", make: () => new nn.Dropout(0.1), shape: [4, 12] },
];
